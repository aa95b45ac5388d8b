"""Who works on the pages of /admin, by token, proxy or local password, and that their forms come from these pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pyramid.csrf import CookieCSRFStoragePolicy, check_csrf_token, new_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.audit import account_name
from llmpricing.services.decisions.operator_passwords import known_passwords
from llmpricing.services.decisions.operator_sessions import LASTS, signed_in_by
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.decisions.sign_in_throttle import SignInThrottle
from llmpricing.setting_values import SCOPES
from llmpricing.settings import Settings
from llmpricing.web.access import ADMIN_PATH, Caller, refuse_without
from llmpricing.web.errors import Refused, invalid, wants_json
from llmpricing.web.forms import FORM_FIELD, posted

COOKIE, FORM_COOKIE = "llmpricing_operator", "llmpricing_form"
THROTTLE = "llmpricing.sign_in_throttle"  # in the registry
_FORM_TOKEN = re.compile(r"[0-9a-f]{32}")
_NOBODY = (
    "Nobody can sign in here yet. Whoever runs this service: llmpricing admin set-password NAME, a token of scope "
    "admin, or a proxy's sign-in."
)

AdminView = Callable[[Request], Any]


def includeme(config: Any) -> None:
    """Give requests ``form_token``, which each form of these pages sends back."""
    settings: Settings = config.registry.settings["llmpricing"]
    secure = settings.environment != "development"
    config.set_csrf_storage_policy(
        CookieCSRFStoragePolicy(FORM_COOKIE, secure=secure, httponly=True, path=ADMIN_PATH, samesite="Strict")
    )
    config.add_request_method(_form_token, "form_token", reify=True)
    throttle = config.registry[THROTTLE] = SignInThrottle(settings)
    config.registry.setdefault("llmpricing.closing", []).append(throttle.close)


def for_operators(view: AdminView, needs: str | None = None) -> AdminView:
    """The view of a page that only an operator sees, who is the request's ``caller`` from then on.

    ``needs`` is a further scope; the request's ``signs_out`` says whether there is a session to end.
    """

    def answering(request: Request) -> Any:
        request.caller, request.signs_out = _operator(request)
        if needs is not None:
            refuse_without(request.caller, needs)
        return view(request)

    return kept_private(answering)


def kept_private(view: AdminView) -> AdminView:
    """The view with what each page of /admin has: no cache keeps it, and what is posted comes from such a page."""

    def answering(request: Request) -> Any:
        if request.method == "POST":
            _refuse_foreign(request)
        answer = view(request)
        response = answer if isinstance(answer, Response) else request.response
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Frame-Options"] = "DENY"
        response.vary = (*(response.vary or ()), "Cookie", "Authorization")
        return answer

    return answering


def decider_of(request: Request, note: str | None) -> Decider:
    """The operator, who decides now."""
    return Decider(request.caller.name, datetime.now(UTC), note)


def session_name(request: Request) -> str | None:
    """Who is signed in by a password."""
    shown = request.cookies.get(COOKIE, "")
    if not shown:
        return None
    return signed_in_by(request.dbsession, _settings(request).auth_passwords, shown, datetime.now(UTC))


def keep_session(request: Request, response: Response, shown: str | None) -> None:
    """Let the browser show this from now on, to these pages alone; None: nothing any more."""
    response.set_cookie(
        COOKIE,
        shown,
        max_age=LASTS,
        path=ADMIN_PATH,
        secure=_settings(request).environment != "development",
        httponly=True,
        samesite="Strict",
    )


def refuse_where_nobody_can(request: Request) -> None:
    """Raise the 403 that says what to do first, where no password is known."""
    if not known_passwords(request.dbsession, _settings(request).auth_passwords):
        raise Refused(403, "FORBIDDEN", _NOBODY)


def _operator(request: Request) -> tuple[Caller, bool]:
    """Who asks, where that is an operator, and whether it is by a password that they signed in; else raises what leads
    to the sign-in, or says why there is none.
    """
    caller: Caller = request.caller
    if caller.name is not None and "admin" in caller.scopes:
        return caller, False
    if name := session_name(request):
        return Caller(name, SCOPES, is_guarded=True), True
    if caller.name is not None:
        refuse_without(caller, "admin")
    has_passwords = bool(known_passwords(request.dbsession, _settings(request).auth_passwords))
    if "admin" in caller.scopes and not has_passwords:
        return Caller(account_name(), SCOPES), False  # who develops, on this machine
    if has_passwords and not wants_json(request):
        back = f"?next={quote(request.path_qs, safe='/')}" if request.method in ("GET", "HEAD") else ""
        raise HTTPSeeOther(f"{ADMIN_PATH}/sign-in{back}")
    if has_passwords or caller.is_guarded:
        refuse_without(Caller(None, ()), "admin")
    raise Refused(403, "FORBIDDEN", _NOBODY)


def _settings(request: Request) -> Settings:
    settings: Settings = request.registry.settings["llmpricing"]
    return settings


def _form_token(request: Request) -> str:
    shown = request.cookies.get(FORM_COOKIE, "")
    token: str = shown if _FORM_TOKEN.fullmatch(shown) else new_csrf_token(request)
    return token


def _refuse_foreign(request: Request) -> None:
    """Refuse a form that was not sent by the page that this browser was shown."""
    own = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    sent = posted(request).get(FORM_FIELD, [""])[0]
    shown = request.cookies.get(FORM_COOKIE, "")
    known = bool(_FORM_TOKEN.fullmatch(shown) and _FORM_TOKEN.fullmatch(str(sent)))
    if not (own and known and check_csrf_token(request, header=None, raises=False)):
        raise invalid(
            FORM_FIELD, "This form is old, or another site sent it. Open the page again and send it from there."
        )
