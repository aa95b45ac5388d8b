"""What a line of a quote rests on: how its price is known at that time, and what other lists say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.evidence import Standing
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Basis
from llmpricing.domain.prices import OtherPrice, OtherReason, Price


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
