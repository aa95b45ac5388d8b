"""/admin/reviews: the prices that a guard stopped, in the groups of the command line; looked at first, then decided."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from pyramid.request import Request

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import to_text
from llmpricing.domain.publishing.verdicts import Verdict
from llmpricing.services.decisions.effects import moved_by
from llmpricing.services.decisions.review_groups import ReviewFilter, grouped
from llmpricing.services.decisions.review_queue import Waiting, decided_reviews, offerings_in, waiting_reviews
from llmpricing.services.decisions.reviews_and_pins import decide, reopen
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.forms import read_form
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.admin.posting import done, words

_PATH = f"{ADMIN_PATH}/reviews"
_SHOWN = 200  # reviews of a group, and prices that a decision moves
_WORDS = {Verdict.ACCEPTED.value: "accept", Verdict.REJECTED.value: "reject", "reopened": "reopen"}
_NUMBER = p.whole(1, 2**63 - 1)
_METER_AT = re.compile(r"([a-z0-9_]+) at ([0-9]+(?:\.[0-9]+)?)", re.ASCII)
_READERS = {
    "rule": p.text, "source": p.text, "provider": p.text, "offering": p.text, "since": p.time,
    "state": p.one_of("waiting", "decided"), "done": p.one_of(*_WORDS), "count": p.whole(0, 10**6),
}  # fmt: skip
_FORM = {"review": _NUMBER, "verdict": p.one_of(*_WORDS), "note": p.text_of(500), "sure": p.one_of("yes")}


def show(request: Request) -> dict[str, Any]:
    """What waits, or what was decided, as far as the filters mean it."""
    asked = read_parameters(request, _READERS)
    is_decided = asked.get("state") == "decided"
    names = ("rule", "source", "provider", "offering", "since")
    wanted = ReviewFilter(**{name: asked.get(name) for name in names})
    now = datetime.now(UTC)
    return {
        **_words(),
        "groups": grouped((decided_reviews if is_decided else waiting_reviews)(request.dbsession, now), wanted),
        "is_decided": is_decided,
        "is_filtered": not wanted.is_any,
        "now": now,
        "shown": _SHOWN,
        "done": asked.get("done"),
        "count": asked.get("count", 0),
    }


def judge(request: Request) -> Any:
    """Show what the decision would move; make it once the operator is sure."""
    asked = read_form(request, _FORM, repeatable=("review",))
    for name, message in (("review", "Choose the prices that are meant."), ("verdict", "Say what is to be done.")):
        if name not in asked:
            raise invalid(name, message)
    if "note" not in asked:
        raise invalid("note", "Say why, for the audit log.")
    numbers, verdict, by = asked["review"], asked["verdict"], decider_of(request, asked["note"])

    def act() -> int:
        if verdict == "reopened":
            return reopen(request.dbsession, numbers, by)
        return decide(request.dbsession, numbers, Verdict(verdict), by)

    if "sure" in asked:
        return done(_PATH, done=verdict, count=act())
    moves = moved_by(request.dbsession, offerings_in(request.dbsession, numbers), by.at, act)
    request.tm.doom()  # it was looked at, not done
    told = {"moves": moves[:_SHOWN], "more": max(0, len(moves) - _SHOWN), "total": len(moves)}
    return {**_words(), **told, "numbers": numbers, "verdict": verdict, "note": asked["note"]}


def show_refused(request: Request) -> dict[str, Any]:
    """The queue, for a decision that was refused."""
    try:
        return show(request)
    except Refused:  # of a strange address, which the problem names
        return {**_words(), "groups": [], "is_decided": False, "is_filtered": False, "shown": _SHOWN, "done": None}


def _words() -> dict[str, Any]:
    return {**words(), "verbs": _WORDS, "pin_of": _pin_of, "against": against}


def against(one: Waiting) -> str:
    """What it was measured against: ``input tokens at $0.50 per million tokens``, ``what one said before: $2.50``."""
    if one.against == one.source:
        said = "" if one.said_before is None else f": {display.asks(one.said_before, one.currency)}"
        return f"what {one.source} said before{said}"
    if (found := _METER_AT.fullmatch(one.against)) and found[1] in METERS:
        asked = f"{display.asks(found[2], one.currency)} {display.per(found[1], one.per)}"
        return f"{display.words(found[1])} at {asked}"
    return one.against


def _pin_of(one: Waiting) -> dict[str, str]:
    """What the form of a pin is filled with: the price that stands now."""
    told = {"offering": one.offering, "meter": one.meter, "conditions": one.condition_key, "per": str(one.per)}
    return told | {"currency": one.currency} | ({} if one.old is None else {"amount": to_text(one.old)})
