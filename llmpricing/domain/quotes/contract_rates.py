"""Contract rates (a discount, an agreed amount) and dated exchange rates: from a list price to what is paid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class RateIdError(ValueError):
    """Ids that are of no contract rate for the offering; ``ids`` names them."""

    def __init__(self, ids: Collection[int]) -> None:
        self.ids = tuple(sorted(ids))
        super().__init__(f"no such rate for this offering: {', '.join(map(str, self.ids))}")


@dataclass(frozen=True, slots=True)
class ContractRate:
    """What was agreed for an offering: either ``discount``, a fraction off every list price (0.125 is 12.5 %), or
    ``amount`` per ``per`` of ``meter`` in place of its list price in the standard tier, all steps.

    ``meter`` may narrow a discount too. Of several rates for one line the first given counts, amounts before
    discounts. Valid from (inclusive) until (exclusive).
    """

    id: int
    discount: Decimal | None = None
    meter: str | None = None
    amount: Decimal | None = None
    per: int = 1_000_000
    currency: str = "USD"
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        if (self.discount is None) == (self.amount is None):
            raise ValueError("a rate is either a discount or an amount")
        if self.discount is not None and not 0 <= self.discount <= 1:
            raise ValueError("a discount is a fraction between 0 and 1")
        if self.amount is not None and (self.meter is None or self.amount < 0 or self.per < 1):
            raise ValueError("an agreed amount needs a meter and must not be negative")

    def valid_at(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


def amount_for(rates: Iterable[ContractRate], meter: str) -> ContractRate | None:
    """The agreed amount in place of the meter's list price, if any."""
    return next((rate for rate in rates if rate.amount is not None and rate.meter == meter), None)


def discount_for(rates: Iterable[ContractRate], meter: str) -> ContractRate | None:
    """The discount on the meter's list price, if any."""
    return next((r for r in rates if r.discount is not None and r.meter in (None, meter)), None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A dated exchange rate: one unit of ``base`` is worth ``rate`` units of ``quote``, on a day, according to whom."""

    base: str
    quote: str
    rate: Decimal
    on: date
    source: str

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError("an exchange rate is positive")


class Terms(NamedTuple):
    """What a bill is made by besides list prices: contract ``rates``, in order of precedence, and the ``currency`` to
    answer in, by the given ``exchanges``; without one the prices' own.
    """

    rates: tuple[ContractRate, ...] = ()
    currency: str | None = None
    exchanges: tuple[Exchange, ...] = ()


LIST_TERMS = Terms()


def exchange(rates: Sequence[Exchange], currency: str, wanted: str) -> tuple[Fraction, Exchange] | None:
    """The factor from ``currency`` to ``wanted`` and the rate it rests on, directly or by the inverse."""
    for rate in rates:
        if (rate.base, rate.quote) == (currency, wanted):
            return Fraction(rate.rate), rate
    for rate in rates:
        if (rate.base, rate.quote) == (wanted, currency):
            return 1 / Fraction(rate.rate), rate
    return None
