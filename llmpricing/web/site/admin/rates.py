"""/admin/rates: discounts and prices agreed with sellers; shown to nobody without the scope ``rates``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import multiply, to_text
from llmpricing.services.decisions.contract_rates import (
    RateValue,
    add_contract_rates,
    contract_rates,
    end_contract_rate,
)
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.errors import invalid
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import Reader, read_parameters
from llmpricing.web.site.admin.posting import SHOWN, done, words
from llmpricing.web.site.admin.work_forms import CURRENCY, PER, WHY, AskedField, WorkForm, amount, meter

_PATH = f"{ADMIN_PATH}/rates"
_PERCENT = re.compile(r"(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?) ?%?", re.ASCII)


def _discount(name: str, raw: str) -> Decimal:
    if not _PERCENT.fullmatch(raw):
        raise invalid(name, f"{name} takes per cent from 0 to 100, such as 12.5.")
    return Decimal(raw.rstrip(" %")) / 100


ADD = WorkForm(
    "add",
    f"{_PATH}/add",
    "Add",
    (
        AskedField("provider", "Seller", p.text, "Name the seller, such as openai.", hint="openai"),
        AskedField("glob", "Models", p.text, hint="*, or gpt-4o*"),
        AskedField("discount", "Discount in per cent", Reader(_discount, {}), hint="12.5"),
        AskedField("meter", "Or a price of", meter, choices=tuple(METERS)),
        AskedField("amount", "Amount", amount, hint="2.50"),
        PER,
        CURRENCY,
        AskedField("valid_from", "From", p.time, "Say from when on it holds.", hint="YYYY-MM-DD"),
        AskedField("until", "Until", p.time, hint="for good, or YYYY-MM-DD"),
        WHY,
    ),
)
END = WorkForm(
    "end",
    f"{_PATH}/end",
    "End",
    (
        AskedField("rate", "Number", p.whole(1, 2**63 - 1), "Choose the rate."),
        AskedField("at", "First day without it", p.time, hint="now, or YYYY-MM-DD"),
        WHY,
    ),
)


def show(request: Request) -> dict[str, Any]:
    """All rates that are believed now."""
    asked = read_parameters(request, {"done": p.one_of("added", "ended"), "count": p.whole(0, 10**6)})
    return {**show_refused(request), "done": asked.get("done"), "count": asked.get("count", 0)}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a decision that was refused."""
    found = contract_rates(request.dbsession)
    shown = {"rates": found[:SHOWN], "more": max(0, len(found) - SHOWN)}
    return {**words(), "add": ADD, "end": END, "percent": _percent, **shown}


def add(request: Request) -> Response:
    """Agree on a discount, or on a price of one meter."""
    asked = ADD.read(request)
    if ("discount" in asked) == ("amount" in asked or "meter" in asked):
        raise invalid("discount", "Give either a discount, or a price with its meter and amount.")
    value, by = _value(asked), decider_of(request, asked["note"])
    whose = (asked["provider"], asked.get("glob", "*"))
    count = add_contract_rates(request.dbsession, by, *whose, [value], asked["valid_from"], asked.get("until"))
    return done(_PATH, done="added", count=count)


def _value(asked: dict[str, Any]) -> RateValue:
    if "discount" in asked:
        return RateValue(discount=asked["discount"])
    for name, message in (("meter", "Choose what the price is of."), ("amount", "Say the amount; 0 means free.")):
        if name not in asked:
            raise invalid(name, message)
    per = asked.get("per", METERS[asked["meter"]].per)
    return RateValue(None, asked["meter"], asked["amount"], per, asked.get("currency", "USD"))


def end(request: Request) -> Response:
    """Let a rate end."""
    asked = END.read(request)
    by = decider_of(request, asked["note"])
    end_contract_rate(request.dbsession, by, asked["rate"], asked.get("at", by.at))
    return done(_PATH, done="ended")


def _percent(discount: Decimal) -> str:
    return to_text(multiply(discount, Decimal(100)))
