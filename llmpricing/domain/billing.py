"""Lines of a bill: shares times tariffs as exact rationals, quantised once so that the lines sum to the total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

from llmpricing.domain.meters import METERS
from llmpricing.domain.quantities import Quantity, Usage
from llmpricing.domain.shapes import Entry, Shape
from llmpricing.domain.tariffs import Tariff

_WIDE = Context(prec=400)  # more digits than any amount times any quantity has
_PROMPT_ORDER = {"cache_read": 0, "cache_write": 1}  # a cached prefix comes first in a request


class Charge(NamedTuple):
    """What a line will say: ``quantity`` as billed, and its exact cost in units of 1e-12 of the tariff's currency."""

    tariff: Tariff
    quantity: Quantity
    units: Fraction
    rule: str


def charges(shape: Shape, usage: Usage) -> list[Charge]:
    """All charges of a usage, exactly: minimum quantities and marginal bands included."""
    leaves = (*usage.leaves, 1)
    quantities = [sum(leaves[place] for place in entry.places) for entry in shape.entries]
    return [
        charge
        for entry, quantity, before in zip(shape.entries, quantities, _before(shape.entries, quantities), strict=True)
        for charge in _entry_charges(entry, quantity, before)
    ]


def _entry_charges(entry: Entry, quantity: Quantity, before: Quantity) -> Iterator[Charge]:
    if len(entry.tariffs) > 1 and METERS[entry.meter].direction == "input":
        end = before + quantity
        for tariff in entry.tariffs:
            part = end - max(before, tariff.after)
            if part > 0:
                yield _charge(tariff, part, entry.rule.replace(entry.tariffs[0].rule, tariff.rule, 1))
                end -= part
    else:  # all output comes after the whole input, so beyond every bound that is met
        yield _charge(entry.tariffs[0], quantity, entry.rule)


def _charge(tariff: Tariff, quantity: Quantity, rule: str) -> Charge:
    minimum = tariff.price.minimum_quantity if tariff.price else None
    if minimum and quantity < minimum:
        quantity = int(minimum) if minimum == minimum.to_integral_value() else minimum
        rule += f"; minimum {minimum.normalize():f}"
    return Charge(tariff, quantity, Fraction(quantity) * Fraction(tariff.units, tariff.per), rule)


def _before(entries: Sequence[Entry], quantities: Sequence[Quantity]) -> list[Quantity]:
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
    return Decimal(units).scaleb(-12, _WIDE)
