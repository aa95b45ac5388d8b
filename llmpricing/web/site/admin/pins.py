"""/admin/pins: prices that somebody holds against all lists, what the lists say meanwhile, and letting them go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.meters import METERS
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.decisions.reviews_and_pins import HeldPrice, hold_price, release_price
from llmpricing.services.publishing.pins import pinned_prices
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

_PATH = f"{ADMIN_PATH}/pins"
_UNTIL = AskedField("until", "Until", p.time, hint="for good, or YYYY-MM-DD")
_REACH = AskedField(
    "reach", "What it held until now", p.one_of("stays", "undone"), choices=("stays", "undone"), usual="stays"
)
HOLD = WorkForm(
    "hold", f"{_PATH}/hold", "Pin", (OFFERING, METER, AMOUNT, PER, CURRENCY, CONDITIONS, _UNTIL, WHY)
)  # fmt: skip
LET_GO = WorkForm("let-go", f"{_PATH}/let-go", "Unpin", (OFFERING, METER, CONDITIONS, _REACH, WHY))
_READERS = {**HOLD.readers, "done": p.one_of("pinned", "unpinned"), "left": p.text}


def show(request: Request) -> dict[str, Any]:
    """What is pinned; the form is filled with what the address says of a price."""
    asked = read_parameters(request, _READERS)
    return {**show_refused(request), "filled": request.GET, "done": asked.get("done"), "left": asked.get("left")}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a decision that was refused."""
    now = datetime.now(UTC)
    held = pinned_prices(request.dbsession, now)
    others: dict[tuple[str, ComponentKey], list[Any]] = {}
    for one in disagreements(request.dbsession, now, [price.offering for price in held[:SHOWN]]):
        others.setdefault((one.offering, one.component), []).append(one)
    pins = [(price, others.get((price.offering, price.component), ())) for price in held[:SHOWN]]
    return {**words(), "hold": HOLD, "let_go": LET_GO, "pins": pins, "more": max(0, len(held) - SHOWN)}


def hold(request: Request) -> Response:
    """Hold a price from now on."""
    asked = HOLD.read(request)
    component = ComponentKey(asked["meter"], asked.get("conditions", ""))
    per = asked.get("per", METERS[component.meter].per)
    currency, until = asked.get("currency", "USD"), asked.get("until")
    price = HeldPrice(asked["offering"], component, asked["amount"], per, currency, None, until)
    found = hold_price(request.dbsession, price, decider_of(request, asked["note"]))
    return done(_PATH, done="pinned", left=", ".join(found.not_held)[:300] or None)


def let_go(request: Request) -> Response:
    """Let the lists count again from now on, or for the past too."""
    asked = LET_GO.read(request)
    component, by = ComponentKey(asked["meter"], asked.get("conditions", "")), decider_of(request, asked["note"])
    release_price(request.dbsession, asked["offering"], component, by, void=asked.get("reach") == "undone")
    return done(_PATH, done="unpinned")
