"""Prices as model definitions of Langfuse: a row for each name and stretch of time, with a tier for each step of size.

A row of ours is known by its usual tier's name; rows of others are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from llmpricing.domain.conditions import BASE, Conditions
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.domain.quotes.flat_rates import dated_prices
from llmpricing.exports.overlay import number_of

OURS = "llmpricing"  # what the usual tier of a row of ours is called
_OBEYED = re.compile(r"[.^$*+?{}\[\]\\|()]")  # no sign more: not all dialects know other escapes
_LONGEST_PATTERN = 200  # characters; Langfuse refuses longer ones
_INPUT = "^(input|cache_|prompt)"  # the counts that are input, whatever an SDK calls them
_KEYS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "output_reasoning_tokens": "output_tokens",
    **dict.fromkeys(("input_cached_tokens", "cache_read_input_tokens", "input_cache_read"), "cache_read_tokens"),
    **dict.fromkeys(("cache_creation_input_tokens", "input_cache_creation"), "cache_write_tokens"),
}

LangfuseRow = dict[str, Any]  # a definition as Langfuse's API takes it


class Changes(NamedTuple):
    """What makes Langfuse's rows the wanted ones: rows to create, each with the id of the row that it replaces, if any;
    ids of rows to delete; and how many stay.
    """

    created: list[tuple[str | None, LangfuseRow]]
    deleted: list[str]
    kept: int


def rows_of(
    name: str, offering: str, prices: Sequence[Price], contract: Sequence[ContractRate] = ()
) -> Iterator[LangfuseRow]:
    """The rows of a name with all prices of its offering, less what the ``contract`` says; none where input or output
    is not known then.
    """
    escaped = _OBEYED.sub(r"\\\g<0>", name)
    pattern = f"(?i)^{escaped}$"
    if len(pattern) > _LONGEST_PATTERN:
        return
    before: list[LangfuseRow] | None = None
    for start, _, counting in dated_prices(offering, prices, contract):
        tiers = _tiers(counting)
        if tiers and tiers != before:
            row = {"modelName": name, "matchPattern": pattern, "unit": "TOKENS", "pricingTiers": tiers}
            yield row if start is None else row | {"startDate": start.astimezone(UTC).isoformat()}
        before = tiers


def _tiers(prices: CountingPrices) -> list[LangfuseRow]:
    """The usual tier, and one for each step, the highest first: the first whose conditions hold counts."""
    steps = {when.step for when in (price.conditions for price in prices.prices) if when.step and not when.schedule}
    usual = _numbers(prices, BASE)
    if "input" not in usual or "output" not in usual:
        return []
    tiers: list[LangfuseRow] = []
    below = usual
    for step in sorted(steps, key=lambda step: step.above):
        costs = below | _numbers(prices, Conditions(step=step))
        if costs == below:
            continue
        below = costs
        condition = {
            "usageDetailPattern": _INPUT,
            "operator": "gte" if step.inclusive else "gt",
            "value": step.above,
            "caseSensitive": False,
        }
        tiers.append({"name": step.key, "isDefault": False, "conditions": [condition], "prices": costs})
    highest_first = [tier | {"priority": number} for number, tier in enumerate(reversed(tiers), 1)]
    return [{"name": OURS, "isDefault": True, "priority": 0, "conditions": [], "prices": usual}, *highest_first]


def _numbers(prices: CountingPrices, when: Conditions) -> dict[str, Decimal]:
    found = {}
    for key, meter in _KEYS.items():
        price = prices.of_told(meter, when)
        number = number_of(price, 1) if price else None
        if number is not None:
            found[key] = number
    return found


def changes(wanted: Iterable[LangfuseRow], there: Iterable[Mapping[str, Any]]) -> Changes:
    """What to change in the rows that are ``there``, as Langfuse lists them."""
    ours = [row for row in there if _is_ours(row)]
    places: dict[tuple[str, datetime | None], Mapping[str, Any]] = {}
    deleted = []
    for row in ours:
        if _place(row) in places:
            deleted.append(row["id"])
        places.setdefault(_place(row), row)
    created, kept = list[tuple[str | None, LangfuseRow]](), 0
    for row in wanted:
        known = places.pop(_place(row), None)
        if known is not None and _content(known) == _content(row):
            kept += 1
        else:
            created.append((known["id"] if known else None, row))
    return Changes(created, [*deleted, *(row["id"] for row in places.values())], kept)


def _is_ours(row: Mapping[str, Any]) -> bool:
    tiers = row.get("pricingTiers") or ()
    return not row.get("isLangfuseManaged") and any(tier["isDefault"] and tier["name"] == OURS for tier in tiers)


def _place(row: Mapping[str, Any]) -> tuple[str, datetime | None]:
    start = row.get("startDate")
    return row["modelName"], datetime.fromisoformat(start).astimezone(UTC) if start else None


def _content(row: Mapping[str, Any]) -> Any:
    """What counts of a row; numbers as the floats in which Langfuse gives them back."""
    tiers = sorted(row["pricingTiers"], key=lambda tier: tier["priority"])
    return row["matchPattern"], [
        (tier["name"], tier["conditions"], {key: float(number) for key, number in tier["prices"].items()})
        for tier in tiers
    ]
