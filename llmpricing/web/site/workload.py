"""The workload of a page's address: a preset or numbers as people write them, ``20M`` tokens and ``70%`` cached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from llmpricing.domain.choice.kinds import SILENT, kind_of
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.shown_offering import Weigh
from llmpricing.services.quotes.workload_hours import CostBounds, WorkloadCost
from llmpricing.services.quotes.workloads import Workload, why_no_cost
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.site.addresses import address
from llmpricing.web.site.workload_form import JUST, NUMBERS
from llmpricing.web.workloads import PRESETS

_COUNT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s?([kKmMbB]?)", re.ASCII)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s?(%?)", re.ASCII)
_PLACES = 6
_MILLION = 10**6


def count(low: int, high: int) -> p.Reader:
    """A whole number as people write it: ``20M``, ``1.5M``, ``20,000,000``."""
    plain = p.whole(low, high)

    def read(name: str, raw: str) -> int:
        found = _COUNT.fullmatch(raw.replace(",", ""))
        number = Decimal(found[1]) * _UNITS[found[2].lower()] if found else None
        if number is None or number != int(number) or not low <= number <= high:
            raise invalid(name, f"{name} takes a number from {low:,} to {high:,}, such as 20M.")
        return int(number)

    return p.Reader(read, plain.schema)


def _percent_or_share(name: str, raw: str) -> Decimal:
    """``70%``, ``70`` or ``0.7``: a number above 1 counts per cents, 1 is the whole. To the places of ``p.share``, so
    that API and charts take the same.
    """
    found = _SHARE.fullmatch(raw)
    if not found or (number := Decimal(found[1])) > 100:
        raise invalid(name, f"{name} takes a share of 0% to 100%, such as 70% or 0.7.")
    return round(number / 100 if found[2] or number > 1 else number, _PLACES).normalize()


percent_or_share = p.Reader(_percent_or_share, {"type": "string"})
WORKLOAD: Mapping[str, p.Reader] = {
    "preset": p.one_of(*PRESETS),
    "tokens": count(1, 10**12),
    "requests": count(1, 10**9),
    "input_share": percent_or_share,
    "cached_share": percent_or_share,
}


def tidy_address(request: Request, *of_one_request: str) -> None:
    """Lead an address with empty parameters to the one without, and one by which a preset was chosen in the place of
    numbers of one's own to that of the preset alone; ``of_one_request`` are parameters that tell the month otherwise.
    """
    stated = [(name, text) for name, text in request.GET.items() if text.strip()]
    preset = next((text.strip() for name, text in stated if name == "preset"), "")
    if preset.startswith(JUST):
        instead = ("preset", *NUMBERS, *of_one_request)
        stated = [*(one for one in stated if one[0] not in instead), ("preset", preset.removeprefix(JUST))]
    elif len(stated) == len(request.GET):
        return
    raise HTTPSeeOther(request.path_url + (address(stated) if stated else ""))


def weighing(workload: Workload) -> Weigh:
    """What base prices make of the workload, near enough to tell a cheap seller from a dear one; None where unknown."""
    quantities = workload.quantities
    cached, outputs = quantities["cache_read_tokens"], quantities["output_tokens"]
    fresh = quantities["input_tokens"] - cached

    def weigh(row: Any) -> Decimal | None:
        price, output = row.input_per_mtok, row.output_per_mtok
        if price is None or row.currency != "USD":
            return None
        if output is None and outputs and kind_of(row.mode, row.outputs, row.id.partition("/")[2]) not in SILENT:
            return None
        read = price if row.cache_read_per_mtok is None else row.cache_read_per_mtok
        return Decimal(price * fresh + read * cached + (output or 0) * outputs)

    return weigh


def per_mtok(total: Decimal | None, workload: Workload) -> Decimal | None:
    """What a million tokens of the workload cost on the average."""
    return None if total is None else total * _MILLION / workload.tokens


def month_total(price_state: str, cost: WorkloadCost | None) -> Decimal | None:
    """What the workload costs in USD at an offering; None where that is unknown, and where a subscription pays: its
    own price is no cost of tokens, so such an offering never looks free; nor where its price was not known then, nor
    where tokens cost nothing and what it gives is charged otherwise, by the image or the song.
    """
    if cost is None or cost.total is None or cost.currency != "USD" or price_state == UNDATED:
        return None
    return None if why_no_cost(price_state, cost.total) else cost.total


def month_bounds(price_state: str, cost: WorkloadCost | None) -> CostBounds | None:
    """Between what a month lies whose total depends on what it does not state, such as a place."""
    is_told = cost is not None and cost.currency == "USD" and price_state == State.PRICED
    return cost.bounds if cost is not None and is_told else None


def month_between(price_state: str, cost: WorkloadCost | None) -> tuple[Decimal, Decimal] | None:
    """The ``month_total`` twice, or else the ``month_bounds``; None where neither is known."""
    if (total := month_total(price_state, cost)) is not None:
        return total, total
    bounds = month_bounds(price_state, cost)
    return bounds and (bounds.low, bounds.high)


def month_hours(total: Decimal | None, cost: WorkloadCost | None) -> tuple[HourTotal, ...]:
    """What a ``month_total`` would be in each of the hours of a week; none where it is unknown or the same in all."""
    return () if total is None or cost is None else cost.by_hours
