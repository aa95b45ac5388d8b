"""What else a quote might come to: by other lists, before or after a change whose time is not known, by what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeVar

from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.line_evidence import CODES, ROUNDING
from llmpricing.domain.quotes.notices import Notice

Compiled = TypeVar("Compiled")
_BOUNDING = (OtherReason.BOUND, OtherReason.DISAGREEMENT)


class Alternative(NamedTuple):
    """All prices as they would be for one ``reason`` by the list of ``source``; ``meters`` are those that differ."""

    reason: OtherReason
    source: str
    meters: tuple[str, ...]
    prices: tuple[Price, ...]


def alternatives(prices: Sequence[Price], others: Iterable[OtherPrice]) -> list[Alternative]:
    """What may stand in place of these prices, all valid at one time; a series is replaced whole."""
    found: dict[tuple[OtherReason, str], list[Price]] = {}
    for other in others:
        if other.reason in CODES or other.reason is OtherReason.BOUND:
            found.setdefault((other.reason, other.price.source), []).append(other.price)
    return [
        Alternative(reason, source, tuple(dict.fromkeys(price.meter for price in rows)), _replaced(prices, rows))
        for (reason, source), rows in found.items()
    ]


def bounds_of(snapshot: str, own: Sequence[Price], prices: Iterable[Price]) -> list[OtherPrice]:
    """What a snapshot of an offering asks for sounds, pictures and films, of which the ``own`` prices name none: the
    most that they can cost.
    """
    listed = {price.meter for price in own if price.state is State.PRICED}
    return [
        OtherPrice(OtherReason.BOUND, replace(price, source=snapshot))
        for price in prices
        if price.state is State.PRICED and price.meter not in listed and _is_of_its_own(price.meter)
    ]


def _is_of_its_own(meter: str) -> bool:
    return METERS[meter].dimensions.get("modality") in ("audio", "image", "video")


def highest(answer: Quote, found: Iterable[tuple[Alternative, Compiled]], bill: Callable[[Compiled], Quote]) -> Quote:
    """The answer with a high bound where it has only a low one and another list or a snapshot prices all of it."""
    if answer.total is not None or answer.low is None or answer.high is not None:
        return answer
    others = [bill(prices) for alternative, prices in found if alternative.reason in _BOUNDING]
    totals = [other.total for other in others if other.total is not None and other.currency == answer.currency]
    high = max(totals, default=None)
    return answer if high is None or high < answer.low else answer._replace(high=high)


def _replaced(prices: Sequence[Price], rows: Sequence[Price]) -> tuple[Price, ...]:
    series = {(row.meter, row.conditions.series) for row in rows}
    kept = (price for price in prices if (price.meter, price.conditions.series) not in series)
    return (*kept, *(replace(row, valid_from=None, valid_until=None) for row in rows))


def other_notices(
    answer: Quote,
    usage: Sequence[str],
    found: Iterable[tuple[Alternative, Compiled]],
    bill: Callable[[Compiled], Quote],
) -> list[Notice]:
    """What to say of the alternatives that give another total; ``bill`` is that of the prices beside each."""
    told = []
    for alternative, prices in found:
        if alternative.reason is OtherReason.BOUND:
            continue
        other = bill(prices)
        if other.total is None or (answer.currency != other.currency and answer.total is not None):
            continue
        if differs(alternative.reason, answer.total, other.total):
            told.append(_notice(alternative, other.total, usage))
    return told


def differs(reason: OtherReason, ours: Decimal | int | None, theirs: Decimal | int) -> bool:
    """Whether a quote says of another total, beside its own (None: unknown) in the same unit, that it may be right."""
    if ours is None or reason is not OtherReason.DISAGREEMENT:
        return ours != theirs and (ours is not None or reason is not OtherReason.DISAGREEMENT)
    return abs(Fraction(theirs) - Fraction(ours)) > ROUNDING * Fraction(ours)


def _notice(alternative: Alternative, total: Decimal, usage: Sequence[str]) -> Notice:
    reason, source, meters, _ = alternative
    concerned = [meter for meter in meters if meter in usage] or list(meters)
    what = concerned[0] if len(concerned) == 1 else None
    messages = {
        OtherReason.DISAGREEMENT: f"{source} lists other prices for this time",
        OtherReason.BETWEEN_SIGHTINGS: f"{source} changed the price of {what or 'several meters'} at an unknown time",
        OtherReason.UNDER_REVIEW: f"what {source} asks for {what or 'several meters'} now waits for a decision",
    }
    return Notice(CODES[reason], messages[reason], what, total, source)
