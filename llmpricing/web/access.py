"""Who may ask: by token or a proxy's sign-in where there is one, and who sees what was agreed with sellers."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from hmac import compare_digest
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.access_tokens import digest_of
from llmpricing.services.decisions.kept_tokens import TokensRead
from llmpricing.services.decisions.known_tokens import KnownTokens
from llmpricing.setting_values import SCOPES, AccessToken
from llmpricing.settings import Settings
from llmpricing.web.answer_task import PASSED_ON, TOLD_BY_PROXIES
from llmpricing.web.errors import Refused
from llmpricing.web.sign_in import signed_in, strip_forged

ADMIN_PATH = "/admin"  # its pages know of passwords too, and refuse by themselves
OPEN_PATHS = ("/api/health", "/static/")  # probes and files never need a token
EXPORTS = ("/api/v1/export/", "/api/ratio_config", "/api/v1/prices.", "/changes.json", "/changes.atom")
_PROBE_PATIENCE_S = 0.3
TOKENS = "llmpricing.known_tokens"  # in the registry
_LOCAL = ("127.0.0.1", "::1", "localhost")
_WHO = {"WWW-Authenticate": 'Basic realm="llmpricing", charset="UTF-8"'}


class Caller(NamedTuple):
    """Who asks, by the name of the token or at the proxy, and what that may see: each scope holds those before it.

    ``is_guarded`` where it is known who may ask, so that nobody may without a name.
    """

    name: str | None
    scopes: tuple[str, ...]
    is_guarded: bool = False

    @property
    def sees_rates(self) -> bool:
        """Whether contract rates are shown to this one."""
        return "rates" in self.scopes


def includeme(config: Any) -> None:
    """Give requests ``caller``; refuse who lacks the scope of the address before anything is read."""
    known = KnownTokens(config.registry.settings["llmpricing"])
    config.registry[TOKENS] = known
    config.registry.setdefault("llmpricing.closing", []).append(known.close)
    config.add_request_method(_caller, "caller", reify=True)
    config.add_tween(
        "llmpricing.web.access.tween_factory",
        under="llmpricing.web.errors.tween_factory",
        over="llmpricing.web.bulkhead.tween_factory",
    )


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Let pass who may; a token is not told whether it is unknown or missing."""
    settings: Settings = registry.settings["llmpricing"]
    told_apart_by = ("Authorization", *(("Cookie", settings.auth_user_header) if settings.auth_user_header else ()))
    at_home_by = ("Origin",) if settings.environment == "development" else ()

    def tween(request: Request) -> Response:
        strip_forged(request, settings)
        if _refuses_by_itself(request.path_info):
            return handler(request)
        is_guarded = request.caller.is_guarded
        if is_guarded:
            refuse_without(request.caller, "feed" if request.path_info.startswith(EXPORTS) else "read")
        response = handler(request)
        if names := told_apart_by if is_guarded else at_home_by:
            response.vary = (*(response.vary or ()), *names)
        return response

    return tween


def _refuses_by_itself(path: str) -> bool:
    return path.startswith((*OPEN_PATHS, f"{ADMIN_PATH}/")) or path == ADMIN_PATH


def refuse_without(caller: Caller, needed: str) -> None:
    """Raise the error of a caller who lacks this scope: 401 without a name, else 403."""
    if caller.name is None:
        message = "This needs a token: send it as Bearer, or as the password of Basic with any user name."
        raise Refused(401, "UNAUTHORIZED", message, headers=_WHO)
    if needed not in caller.scopes:
        message = f"This needs the scope {needed}: ask whoever runs this service for a token or a group that has it."
        raise Refused(403, "FORBIDDEN", message, scope=needed)


def is_private(request: Request) -> bool:
    """Whether an answer is for this caller alone, and no shared cache may keep it."""
    return bool(request.caller.is_guarded or request.caller.sees_rates)


def _caller(request: Request) -> Caller:
    settings: Settings = request.registry.settings["llmpricing"]
    stated = _stated(request.headers.get("Authorization", ""))
    if found := _known(settings.auth_tokens, stated):
        return _named(found)
    who = signed_in(request, settings)
    read = _of_database(request)
    if found := _known(read.tokens, stated):
        return _named(found)
    if who:
        return Caller(*who, is_guarded=True)
    if settings.auth_tokens or settings.auth_user_header or read.was_made:
        return Caller(None, (), is_guarded=True)
    if settings.environment == "development" and _is_at_home(request):
        return Caller(None, SCOPES)
    return Caller(None, ("feed", "read"))


def _of_database(request: Request) -> TokensRead:
    """The tokens of the database. A probe does not wait for them; others are a 503 while nobody knows who may ask."""
    known: KnownTokens = request.registry[TOKENS]
    if request.path_info.startswith(OPEN_PATHS):
        return known.peek(_PROBE_PATIENCE_S) or TokensRead((), was_made=False)
    return known.read()


def _named(token: AccessToken) -> Caller:
    return Caller(token.name, SCOPES[: SCOPES.index(token.scope) + 1], is_guarded=True)


def _known(tokens: tuple[AccessToken, ...], stated: str) -> AccessToken | None:
    """The token of these signs; all are compared, each in constant time."""
    digest = digest_of(stated)
    found = None
    for token in tokens:
        if compare_digest(token.digest, digest):
            found = token
    return found


def _stated(authorization: str) -> str:
    """The token of a header: that of Bearer, or the password of Basic."""
    kind, _, rest = authorization.strip().partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (NotBase64, ValueError):
            return ""
    return ""


def _is_at_home(request: Request) -> bool:
    """Whether the one who develops asks: from this machine and through no proxy, by one of the machine's own names, and
    no page of another site (one without a name says ``Origin: null``).
    """
    if any(name in request.environ for name in (PASSED_ON, *TOLD_BY_PROXIES)):
        return False
    try:
        asked = urlsplit(f"//{request.host}")
        is_own_name = asked.hostname in _LOCAL and (asked.port is None or asked.port > 0)  # two names are no port
    except ValueError:
        return False
    local_client = request.client_addr in (None, *_LOCAL)  # none where no server is between, as in tests
    origin = request.headers.get("Origin")
    return local_client and is_own_name and origin in (None, f"{request.scheme}://{request.host}")
