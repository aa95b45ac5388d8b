"""Which prices differ between two stretches of an offering's time."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from llmpricing.domain.meters import ancestors
from llmpricing.domain.observations import Amount
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.periods import Period


class MovedPrice(NamedTuple):
    """A price under its conditions (their key); ``old`` or ``new`` is None where there is none."""

    meter: str
    conditions: str
    old: Amount | None
    new: Amount | None


def moved_prices(before: Period, after: Period, meters: Collection[str], tiers: Collection[str]) -> list[MovedPrice]:
    """What moved of the prices that these meters may pay in these service tiers, in order."""
    counting = {"requests", *meters, *(one for meter in meters for one in ancestors(meter))}
    old, new = (
        {
            (price.meter, price.conditions.key): _amount(price)
            for price in side.prices
            if price.meter in counting and price.conditions.service_tier in tiers
        }
        for side in (before, after)
    )
    keys = sorted({*old, *new})
    return [MovedPrice(*key, old.get(key), new.get(key)) for key in keys if not _same(old.get(key), new.get(key))]


def _amount(price: Price) -> Amount:
    return Amount(price.state, price.amount, price.per, price.currency)


def _same(old: Amount | None, new: Amount | None) -> bool:
    return old is not None and new is not None and old.same_as(new)
