"""/admin/aliases: names of one's own for offerings, such as those of deployments."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.own_aliases import add_alias, end_alias, own_aliases
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site.admin.posting import SHOWN, done, words
from llmpricing.web.site.admin.work_forms import OFFERING, WHY, AskedField, WorkForm

_PATH = f"{ADMIN_PATH}/aliases"
_NAME = AskedField("name", "Your name", p.text, "Say the name, such as my-gpt.", hint="my-gpt")
_FROM = AskedField("valid_from", "From", p.time, hint="ever, or YYYY-MM-DD")
_UNTIL = AskedField("until", "Until", p.time, hint="for good, or YYYY-MM-DD")
_AT = AskedField("at", "First day without it", p.time, hint="now, or YYYY-MM-DD")
ADD = WorkForm("add", f"{_PATH}/add", "Add", (_NAME, OFFERING, _FROM, _UNTIL, WHY))
END = WorkForm("end", f"{_PATH}/end", "End", (_NAME, _AT, WHY))
_READERS = {**ADD.readers, "done": p.one_of("added", "ended")}


def show(request: Request) -> dict[str, Any]:
    """All own names."""
    asked = read_parameters(request, _READERS)
    return {**show_refused(request), "filled": request.GET, "done": asked.get("done")}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a decision that was refused."""
    found = own_aliases(request.dbsession)
    return {**words(), "add": ADD, "end": END, "aliases": found[:SHOWN], "more": max(0, len(found) - SHOWN)}


def add(request: Request) -> Response:
    """Let a name mean an offering."""
    asked = ADD.read(request)
    times = (asked.get("valid_from"), asked.get("until"))
    add_alias(request.dbsession, decider_of(request, asked["note"]), asked["name"], asked["offering"], *times)
    return done(_PATH, done="added")


def end(request: Request) -> Response:
    """Let a name mean nothing from a time on."""
    asked = END.read(request)
    by = decider_of(request, asked["note"])
    end_alias(request.dbsession, by, asked["name"], asked.get("at", by.at))
    return done(_PATH, done="ended")
