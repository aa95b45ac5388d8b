"""/admin/prices: what a price was or is, entered by a person with where it is stated; nothing is overwritten."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.meters import METERS
from llmpricing.services.decisions.manual_prices import enter_price, take_back
from llmpricing.services.decisions.reviews_and_pins import HeldPrice
from llmpricing.services.publishing.pins import entered_prices
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site.admin.posting import SHOWN, done, words
from llmpricing.web.site.admin.work_forms import (
    AMOUNT,
    CONDITIONS,
    CURRENCY,
    METER,
    OFFERING,
    PER,
    WHY,
    AskedField,
    WorkForm,
)

_PATH = f"{ADMIN_PATH}/prices"
_SOURCE = AskedField(
    "source",
    "Stated by",
    p.text,
    "Say where it is stated, such as the address of the page.",
    hint="https://...",
    is_long=True,
)
_FROM = AskedField("valid_from", "From", p.time, "Say from when on it counts.", hint="YYYY-MM-DD")
_UNTIL = AskedField("until", "Until", p.time, hint="for good, or YYYY-MM-DD")
ENTER = WorkForm(
    "enter",
    f"{_PATH}/enter",
    "Enter",
    (OFFERING, METER, AMOUNT, PER, CURRENCY, CONDITIONS, _FROM, _UNTIL, _SOURCE, WHY),
)
TAKE_BACK = WorkForm(
    "take-back",
    f"{_PATH}/take-back",
    "Take back",
    (AskedField("number", "Number", p.whole(1, 2**63 - 1), "Choose the price."), WHY),
)
_READERS = {**ENTER.readers, "done": p.one_of("entered", "taken_back")}


def show(request: Request) -> dict[str, Any]:
    """The form, and the newest prices of people; the form is filled with what the address says."""
    asked = read_parameters(request, _READERS)
    return {**show_refused(request), "filled": request.GET, "done": asked.get("done")}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a decision that was refused."""
    found = entered_prices(request.dbsession, SHOWN + 1)
    shown = {"entered": found[:SHOWN], "more": len(found) > SHOWN, "shown": SHOWN}
    return {**words(), "enter": ENTER, "take_back": TAKE_BACK, **shown}


def enter(request: Request) -> Response:
    """Keep a price for its time."""
    asked = ENTER.read(request)
    component = ComponentKey(asked["meter"], asked.get("conditions", ""))
    per, currency = asked.get("per", METERS[component.meter].per), asked.get("currency", "USD")
    times = (asked["valid_from"], asked.get("until"))
    price = HeldPrice(asked["offering"], component, asked["amount"], per, currency, *times)
    enter_price(request.dbsession, price, asked["source"], decider_of(request, asked["note"]))
    return done(_PATH, done="entered")


def undo(request: Request) -> Response:
    """Take back a price, as if it had never been entered."""
    asked = TAKE_BACK.read(request)
    take_back(request.dbsession, asked["number"], decider_of(request, asked["note"]))
    return done(_PATH, done="taken_back")
