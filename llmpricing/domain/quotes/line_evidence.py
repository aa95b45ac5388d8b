"""What a line of a quote rests on: how its price is known at that time, and what other lists say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.evidence import Standing
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Amount, Basis, State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.quotes.notices import Code

CODES = {
    OtherReason.DISAGREEMENT: Code.DISAGREEMENT,
    OtherReason.BETWEEN_SIGHTINGS: Code.BETWEEN_SIGHTINGS,
    OtherReason.UNDER_REVIEW: Code.UNDER_REVIEW,
}
ROUNDING = Fraction(5, 1000)  # what differs by no more is the same


@dataclass(frozen=True, eq=False, slots=True)
class PriceStanding:
    """What is known of a price at a time: the sources that agree, and what others ask per ``price.per`` of its meter
    (None: no price of it by the unit). When its source last said so, the readings tell.
    """

    price: Price
    standing: Standing
    agrees: tuple[str, ...]
    differs: tuple[tuple[str, Decimal | None], ...]


def standing_of(price: Price, others: Iterable[OtherPrice], at: datetime) -> PriceStanding:
    """What is known of a price at a time for which it is valid; ``others`` are those kept beside its offering's."""
    series = (price.meter, price.conditions.series)
    beside = [
        other
        for other in others
        if other.price.valid_at(at) and (other.price.meter, other.price.conditions.series) == series
    ]
    differing = {other.price.source for other in beside if other.reason is OtherReason.DISAGREEMENT}
    agreeing = {other.price.source for other in beside if other.reason is OtherReason.AGREEMENT}
    asked = {other.price.source: other.price for other in beside if other.price.conditions == price.conditions}
    return PriceStanding(
        price,
        _standing(price, at),
        tuple(sorted(agreeing - differing)),
        tuple((source, _amount(asked.get(source), price)) for source in sorted(differing)),
    )


def _standing(price: Price, at: datetime) -> Standing:
    if not price.is_fresh(at):
        return Standing.CARRIED
    is_stated = price.fresh_from is None and price.basis in (Basis.DOCUMENTED, Basis.MANUAL)
    return Standing.STATED if is_stated else Standing.SEEN


def _amount(other: Price | None, price: Price) -> Decimal | None:
    """What the other asks for as many units as the price is for."""
    if other is None or other.amount is None:
        return None
    if other.per == price.per:
        return other.amount
    return multiply(other.amount, Decimal(price.per) / Decimal(other.per))


def codes_of(prices: Iterable[Price], others: Iterable[OtherPrice], at: datetime) -> tuple[Code, ...]:
    """What a quote of these prices, all valid at a time, would say of their evidence; ``others`` are those kept beside
    their offering's.
    """
    beside = [other for other in others if other.price.valid_at(at) and other.reason in CODES]
    found: set[Code] = set()
    for price in prices:
        if not price.is_fresh(at):
            found.add(Code.DATE_UNKNOWN)
        if price.via:
            found.add(Code.VIA_OFFERING)
        found.update(CODES[other.reason] for other in _in_place_of(price, beside) if _differs(price, other))
    return tuple(code for code in Code if code in found)


def waiting_for(price: Price, others: Iterable[OtherPrice], at: datetime) -> tuple[tuple[str, Decimal | None], ...]:
    """What newer values that wait for a decision ask in the place of a price that is valid at a time: the source and
    how much for as many units (zero: free; None: no price of it by the unit in the price's currency).
    """
    waits = (other for other in others if other.reason is OtherReason.UNDER_REVIEW and other.price.valid_at(at))
    found = (other.price for other in _in_place_of(price, waits) if _differs(price, other))
    return tuple(sorted({other.source: _asked_instead(other, price) for other in found}.items()))


def _asked_instead(other: Price, price: Price) -> Decimal | None:
    if other.state is State.FREE:
        return Decimal(0)
    return _amount(other, price) if other.currency == price.currency else None


def _in_place_of(price: Price, others: Iterable[OtherPrice]) -> Iterable[OtherPrice]:
    """What others ask in the place of a price: of its own conditions, or of their series' base where they have none."""
    series, found = (price.meter, price.conditions.series), {}
    for other in others:
        if (other.price.meter, other.price.conditions.series) == series:
            found[other.reason, other.price.source, other.price.conditions] = other
    for reason, source in {(reason, source) for reason, source, _ in found}:
        for conditions in (price.conditions, price.conditions.series):
            if (reason, source, conditions) in found:
                yield found[reason, source, conditions]
                break


def _differs(price: Price, other: OtherPrice) -> bool:
    """Whether a quote that takes the other's price for this one would come to another total."""
    ours, theirs = _asked(price), _asked(other.price)
    if theirs.state is State.UNKNOWN or ours.same_as(theirs):
        return False
    if other.reason is not OtherReason.DISAGREEMENT:
        return True
    if ours.state is State.UNKNOWN or ours.currency != theirs.currency:
        return False
    factor = theirs.factor(ours)
    return factor is None or abs(factor - 1) > ROUNDING


def _asked(price: Price) -> Amount:
    return Amount(price.state, price.amount, price.per, price.currency)
