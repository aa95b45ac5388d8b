"""A proxy's sign-in: who it says is there, believed only from the trusted proxy's own address."""

from __future__ import annotations

from typing import NamedTuple

from pyramid.request import Request

from llmpricing.setting_values import SCOPES
from llmpricing.settings import Settings
from llmpricing.web.answer_task import FROM_PROXY, REPEATED

LONGEST = 200  # signs of a name


class SignedIn(NamedTuple):
    """Somebody whom the proxy knows; ``scopes`` are those of their groups, perhaps none."""

    name: str
    scopes: tuple[str, ...]


def strip_forged(request: Request, settings: Settings) -> None:
    """Take what only the proxy may say out of a request that does not come from it."""
    if not request.environ.get(FROM_PROXY):
        for header in (settings.auth_user_header, settings.auth_groups_header):
            if header:
                request.environ.pop(_key(header), None)


def signed_in(request: Request, settings: Settings) -> SignedIn | None:
    """Who is signed in at the proxy; None where it says nobody, what is no one name, or either header twice: then one
    of the two is not the proxy's.
    """
    if not settings.auth_user_header or not request.environ.get(FROM_PROXY):
        return None
    told_by = {
        _key(name).removeprefix("HTTP_") for name in (settings.auth_user_header, settings.auth_groups_header) if name
    }
    if told_by & request.environ.get(REPEATED, frozenset()):
        return None
    name = _text(request, settings.auth_user_header)
    if not name or len(name) > LONGEST or "," in name or not name.isprintable():
        return None
    stated = _text(request, settings.auth_groups_header) if settings.auth_groups_header else ""
    groups = {"*", *(group.strip() for group in stated.split(","))}
    reached = [SCOPES.index(scope) + 1 for group, scope in settings.auth_groups if group in groups]
    return SignedIn(name, SCOPES[: max(reached, default=0)])


def _text(request: Request, header: str) -> str:
    """A header's text, which WSGI hands over as Latin-1; nothing where it is no UTF-8."""
    raw: str = request.environ.get(_key(header), "")
    try:
        return raw.encode("latin-1").decode().strip()
    except UnicodeError:
        return ""


def _key(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
