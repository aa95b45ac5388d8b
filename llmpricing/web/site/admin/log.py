"""/admin/log: who decided what, when and why, by filters, and as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.decisions.audit import Decision, EventFilter, list_events
from llmpricing.web import parameters as p
from llmpricing.web.parameters import read_parameters
from llmpricing.web.selecting import cell
from llmpricing.web.site import display

SHOWN, MOST = 200, 100_000  # the newest on the page, and in the CSV
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(\+00:00|Z)")
_IDENTIFIERS = frozenset({"meter", "rule", "benchmark"})  # of which values are words with underscores
_READERS = {"since": p.time, "by": p.text, "action": p.text, "about": p.text}


def show(request: Request) -> dict[str, Any]:
    """The newest decisions that the filters mean."""
    found = _asked(request, SHOWN + 1)
    typed = {name: request.GET.get(name, "") for name in _READERS}
    return {
        "show": display,
        "in_words": subject_words,
        "events": [(one, _facts(one.details)) for one in found[:SHOWN]],
        "is_cut": len(found) > SHOWN,
        "shown": SHOWN,
        "filters": typed,
        "query": {name: text for name, text in typed.items() if text},
    }


def show_csv(request: Request) -> Response:
    """The same as CSV, of which no spreadsheet takes a cell for a formula."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("at", "actor", "action", "subject", "details"))
    for one in _asked(request, MOST):
        writer.writerow([one.at.isoformat(), *map(cell, (one.actor, one.action, one.subject, details_of(one)))])
    response = Response(text.getvalue(), content_type="text/csv", charset="utf-8")
    response.content_disposition = 'attachment; filename="decisions.csv"'
    return response


def _facts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details of a decision for people: names and what each is, in the order of the names."""
    return [(display.words(name), _in_words(name, value)) for name, value in sorted(details.items())]


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(name, one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{display.words(key)} {_in_words(key, one)}" for key, one in sorted(value.items()))
    text = str(value)
    if _TIME.fullmatch(text):
        return text[:16].replace("T", " ") + " UTC"
    return display.words(text) if name in _IDENTIFIERS else text


def _asked(request: Request, most: int) -> list[Decision]:
    asked = read_parameters(request, _READERS)
    action = asked["action"].strip().replace(" ", "_") if "action" in asked else None  # as the page writes it too
    wanted = EventFilter(asked.get("since"), asked.get("by"), action, asked.get("about"))
    return list_events(request.dbsession, wanted, most)


def subject_words(subject: str) -> str:
    """What a decision is about as the page writes it: a price by what it counts, with its conditions where it has any.
    The CSV and the filters have it as it is logged, ``openai/gpt-4o input_tokens|``.
    """
    component, bar, conditions = subject.rpartition("|")
    if not bar:
        return subject
    offering, space, meter = component.rpartition(" ")
    about = f"{offering}{space}{display.words(meter)}"
    return f"{about} ({display.conditions(conditions)})" if conditions else about


def details_of(one: Decision) -> str:
    """What a decision holds besides, as JSON; of a contract rate its figures, which the scope ``admin`` may see."""
    return msgspec.json.encode(one.details, order="sorted").decode() if one.details else ""
