"""/admin/sign-in and /admin/sign-out: by a name and its password, of which neither is told to be the wrong one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import structlog
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.operator_passwords import MOST, is_right, known_passwords
from llmpricing.services.decisions.operator_sessions import begin_session, end_session
from llmpricing.services.decisions.sign_in_throttle import SignInThrottle, ThrottleAway
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.errors import Refused, invalid, wants_json
from llmpricing.web.forms import read_form
from llmpricing.web.operators import COOKIE, THROTTLE, keep_session, refuse_where_nobody_can, session_name
from llmpricing.web.parameters import Reader, read_parameters

_PAGES = re.compile(rf"{ADMIN_PATH}(/[a-z0-9.-]+)*(\?[!-~]*)?")
log = structlog.get_logger()


def _page_of_ours(name: str, raw: str) -> str:
    if len(raw) > 2000 or not _PAGES.fullmatch(raw) or ".." in unquote(raw.partition("?")[0]):
        raise invalid(name, f"{name} takes an address below {ADMIN_PATH}.")
    return raw


def _password(name: str, raw: str) -> str:
    if len(raw) > MOST:
        raise invalid(name, f"{name} takes at most {MOST} characters.")
    return raw


_NEXT = Reader(_page_of_ours, {})
_READERS = {"name": p.text_of(64), "password": Reader(_password, {}), "next": _NEXT}


def show(request: Request) -> Any:
    """The form, or what it leads to where somebody is signed in already."""
    after = read_parameters(request, {"next": _NEXT}).get("next", ADMIN_PATH)
    refuse_where_nobody_can(request)
    return HTTPSeeOther(after) if session_name(request) else {"after": after}


def sign_in(request: Request) -> Any:
    """Let in who names the password that belongs to a name; 403 in the same words and time whatever is wrong."""
    refuse_where_nobody_can(request)
    typed = read_form(request, _READERS)
    name, after = typed.get("name", ""), typed.get("next", ADMIN_PATH)
    try:
        _count(request, name)
        known = known_passwords(request.dbsession, request.registry.settings["llmpricing"].auth_passwords).get(name)
        if not is_right(known, typed.get("password", "")) or known is None:
            log.warning("sign_in_refused")  # without the name: people type passwords there
            raise Refused(403, "FORBIDDEN", "That name and that password do not belong together. Try again.")
    except Refused as refused:
        if refused.status >= 500 or wants_json(request):
            raise
        request.response.status_int = refused.status
        request.response.headers.update(refused.headers)
        return {"after": after, "problem": refused, "typed": {"name": name}}
    shown = begin_session(request.dbsession, known, datetime.now(UTC))
    log.info("signed_in", operator=known.name)
    return _with_session(request, HTTPSeeOther(after), shown)


def sign_out(request: Request) -> Response:
    """End the session, for every copy of it."""
    read_form(request, {})
    end_session(request.dbsession, request.cookies.get(COOKIE, ""))
    return _with_session(request, HTTPSeeOther(f"{ADMIN_PATH}/sign-in"), None)


def _with_session(request: Request, response: Response, shown: str | None) -> Response:
    keep_session(request, response, shown)
    return response


def _count(request: Request, name: str) -> None:
    """Refuse who tried too often, and everybody while nobody can count that."""
    throttle: SignInThrottle = request.registry[THROTTLE]
    try:
        # The address that the server knows: X-Forwarded-For is the client's own word where no proxy is trusted.
        wait_s = throttle.wait_s(name, request.environ.get("REMOTE_ADDR", ""))
    except ThrottleAway:
        message = (
            "Nobody can sign in just now: Redis does not answer, which counts attempts. Whoever is signed in stays so. "
            "See /api/health, then try again."
        )
        raise Refused(503, "UNAVAILABLE", message) from None
    if wait_s:
        message = f"Too many attempts. Try again in {wait_s} seconds, or ask another operator."
        raise Refused(429, "TOO_MANY_ATTEMPTS", message, headers={"Retry-After": str(wait_s)})
