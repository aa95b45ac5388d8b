"""What a line of a quote rests on: how its price is known at that time, and what other lists say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.evidence import Standing
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Amount, Basis, State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.publishing.alike import paid_instead
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


def standing_of(price: Price, listed: Iterable[Price], others: Iterable[OtherPrice], at: datetime) -> PriceStanding:
    """What is known of a price at a time for which it is valid; ``listed`` are its offering's at that time, ``others``
    those kept beside them. Where prices go by the hour, what lists ask for the same hours is compared.
    """
    series = (price.meter, price.conditions.series)
    beside = [
        other
        for other in others
        if other.price.valid_at(at) and (other.price.meter, other.price.conditions.series) == series
    ]
    differing = {other.price.source for other in beside if other.reason is OtherReason.DISAGREEMENT}
    agreeing = {other.price.source for other in beside if other.reason is OtherReason.AGREEMENT}
    asked = {other.price.source: other.price for other in beside if other.price.conditions == price.conditions}
    ours = _conditions_of(price, listed)
    for source in sorted(differing):
        theirs = [o for o in beside if o.price.source == source and o.reason is OtherReason.DISAGREEMENT]
        if not _goes_by_hours(ours, theirs):
            continue
        instead = _instead(price, ours, theirs, at)
        if all(_differs(price, other) for other in instead) and instead:
            asked[source] = instead[0].price
        else:
            differing.remove(source)
            agreeing |= {source} if instead else set()
    return PriceStanding(
        price,
        _standing(price, at),
        tuple(sorted(agreeing - differing)),
        tuple((source, _amount(asked.get(source), price)) for source in sorted(differing)),
    )


def _conditions_of(price: Price, listed: Iterable[Price]) -> set[Conditions]:
    """The conditions of a price's series, of an offering's prices at one time."""
    series = (price.meter, price.conditions.series)
    return {price.conditions, *(p.conditions for p in listed if (p.meter, p.conditions.series) == series)}


def _goes_by_hours(ours: Iterable[Conditions], theirs: Iterable[OtherPrice]) -> bool:
    return any(one.schedule for one in ours) or any(other.price.conditions.schedule for other in theirs)


def _instead(
    price: Price, ours: Collection[Conditions], theirs: Sequence[OtherPrice], at: datetime
) -> list[OtherPrice]:
    """What another list asks in the hours in which this price is asked, by its prices of the same series. Where it asks
    the same in some of them, the lists differ in hours, not in the price: a quote at such an hour says so.
    """
    by_conditions = {other.price.conditions: other for other in theirs}
    found = paid_instead(price.conditions, ours, by_conditions.keys(), at)
    return [by_conditions[one] for one in sorted(found, key=lambda one: one.key)]


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


def codes_of(
    prices: Iterable[Price], listed: Sequence[Price], others: Iterable[OtherPrice], at: datetime
) -> tuple[Code, ...]:
    """What a quote of these prices, all valid at a time, would say of their evidence; ``listed`` are all of their
    offering's at that time, ``others`` those kept beside them.
    """
    beside = [other for other in others if other.price.valid_at(at) and other.reason in CODES]
    found: set[Code] = set()
    for price in prices:
        if not price.is_fresh(at):
            found.add(Code.DATE_UNKNOWN)
        if price.via:
            found.add(Code.VIA_OFFERING)
        instead = _in_place_of(price, beside, _conditions_of(price, listed), at)
        found.update(CODES[other.reason] for other in instead if _differs(price, other))
    return tuple(code for code in Code if code in found)


def waiting_for(price: Price, others: Iterable[OtherPrice], at: datetime) -> tuple[tuple[str, Decimal | None], ...]:
    """What newer values that wait for a decision ask in the place of a price that is valid at a time: the source and
    how much for as many units (zero: free; None: no price of it by the unit in the price's currency).
    """
    waits = (other for other in others if other.reason is OtherReason.UNDER_REVIEW and other.price.valid_at(at))
    found = (other.price for other in _in_place_of(price, waits, (), at) if _differs(price, other))
    return tuple(sorted({other.source: _asked_instead(other, price) for other in found}.items()))


def _asked_instead(other: Price, price: Price) -> Decimal | None:
    if other.state is State.FREE:
        return Decimal(0)
    return _amount(other, price) if other.currency == price.currency else None


def _in_place_of(
    price: Price, others: Iterable[OtherPrice], ours: Collection[Conditions], at: datetime
) -> Iterable[OtherPrice]:
    """What others ask in the place of a price: of its own conditions, or of their series' base where they have none; of
    a list that differs, in the same hours where prices go by the hour (``ours`` are the conditions of our series).
    """
    series, found = (price.meter, price.conditions.series), {}
    for other in others:
        if (other.price.meter, other.price.conditions.series) == series:
            found[other.reason, other.price.source, other.price.conditions] = other
    for reason, source in {(reason, source) for reason, source, _ in found}:
        theirs = [other for (why, who, _), other in found.items() if (why, who) == (reason, source)]
        if reason is OtherReason.DISAGREEMENT and _goes_by_hours(ours, theirs):
            instead = _instead(price, ours, theirs, at)
            if all(_differs(price, other) for other in instead):
                yield from instead
            continue
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
