"""Lines of a bill: shares times unit rates as exact rationals, quantised once so that the lines sum to the total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.allocation import Allocation, BillEntry
from llmpricing.domain.quotes.unit_rates import UnitRate
from llmpricing.domain.usage.quantities import Quantity, Usage

WIDE = Context(prec=400)  # more digits than any amount times any quantity has
_PROMPT_ORDER = {"cache_read": 0, "cache_write": 1}  # a cached prefix comes first in a request


class Charge(NamedTuple):
    """What a line will say: ``quantity`` as billed, and its exact cost in 1e-12 of the unit rate's currency."""

    unit_rate: UnitRate
    quantity: Quantity
    units: Fraction
    rule: str


def charges(allocation: Allocation, usage: Usage) -> list[Charge]:
    """All charges of a usage, exactly: minimum quantities and marginal bands included."""
    leaves = (*usage.leaves, 1)
    quantities = [sum(leaves[place] for place in entry.places) for entry in allocation.entries]
    before = _before(allocation.entries, quantities)
    charged = []
    for place, entry in enumerate(allocation.entries):
        for unit_rate, quantity, rule in _bands(entry, quantities[place], before[place]):
            least, note = _minimum(allocation.entries, quantities, place)
            billed = quantity + least
            charged.append(
                Charge(unit_rate, billed, Fraction(billed) * Fraction(unit_rate.units, unit_rate.per), rule + note)
            )
    return charged


def _bands(entry: BillEntry, quantity: Quantity, before: Quantity) -> Iterator[tuple[UnitRate, Quantity, str]]:
    """The parts of a quantity by marginal band, all of it where there is one unit rate."""
    first = entry.unit_rates[0]
    if len(entry.unit_rates) == 1 or METERS[entry.meter].direction != "input":
        yield first, quantity, entry.rule  # all output comes after the whole input, so beyond every bound that is met
        return
    end = before + quantity
    for unit_rate in entry.unit_rates:
        part = end - max(before, unit_rate.after)
        if part > 0:
            yield unit_rate, part, entry.rule.replace(first.rule, unit_rate.rule, 1)
            end -= part


def _minimum(entries: Sequence[BillEntry], quantities: Sequence[Quantity], place: int) -> tuple[Quantity, str]:
    """What the line must add so that the request reaches a minimum, once for all lines of one family, and its note."""
    price = entries[place].unit_rates[0].price
    minimum = price.minimum_quantity if price else None
    if not minimum:
        return 0, ""
    family = METERS[entries[place].meter].family
    alike = [i for i, entry in enumerate(entries) if METERS[entry.meter].family == family]
    lacking = minimum - sum(quantities[i] for i in alike)
    if lacking <= 0 or place != alike[0]:
        return 0, ""
    whole = lacking == lacking.to_integral_value()
    return int(lacking) if whole else lacking, f"; minimum {minimum.normalize():f}"


def _before(entries: Sequence[BillEntry], quantities: Sequence[Quantity]) -> list[Quantity]:
    """How many input tokens of the request stand before those of each entry."""
    before: list[Quantity] = [0] * len(entries)
    position: Quantity = 0
    tokens = [i for i, e in enumerate(entries) if METERS[e.meter].dimensions.items() >= _INPUT.items()]
    for index in sorted(tokens, key=lambda i: _prompt_place(entries[i].meter)):
        before[index] = position
        position += quantities[index]
    return before


_INPUT = METERS["input_tokens"].dimensions


def _prompt_place(meter: str) -> int:
    return _PROMPT_ORDER.get(METERS[meter].dimensions.get("token_type", ""), len(_PROMPT_ORDER))


def share_out(exact: Sequence[Fraction]) -> tuple[int, list[int]]:
    """The sum rounded half even, and whole shares that sum to it: each rounded down, then up where most was lost."""
    total = round(sum(exact, Fraction(0)))
    shares = [floor(part) for part in exact]
    lost = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for index in lost[: total - sum(shares)]:
        shares[index] += 1
    return total, shares


def money(units: int) -> Decimal:
    """Units of 1e-12 as an exact decimal."""
    return WIDE.scaleb(units, -12)
