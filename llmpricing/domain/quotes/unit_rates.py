"""What one unit of a meter costs in a decided context, as an exact rational ready to multiply."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeVar

from llmpricing.domain.conditions import Step
from llmpricing.domain.money import multiply, to_text
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.contract_rates import ContractRate, discount_for

UNIT = 10**12  # amounts are summed in units of 1e-12
_REMEMBERED = 1024

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class PriceDataError(ValueError):
    """The stored prices contradict each other or are incomplete; no request can be at fault."""


def remembered(cache: dict[Key, Made], key: Key, make: Callable[[], Made], most: int = _REMEMBERED) -> Made:
    """The cached value, made on first use; a full cache starts afresh, so that it stays bounded."""
    found = cache.get(key)
    if found is None:
        if len(cache) >= most:
            cache.clear()
        found = cache[key] = make()
    return found


class Bounds(NamedTuple):
    """What one unit without a price costs at least and at most, in 1e-12 of ``currency``; ``high`` None: no bound."""

    low: Fraction
    high: Fraction | None
    currency: str | None = None  # none where the low bound is nothing


@dataclass(frozen=True)
class UnitRate:
    """One unit of ``meter`` costs ``units`` / ``per`` of 1e-12 ``currency``.

    ``price`` is the list price it rests on and ``contract_rate`` what was agreed on it, of which one is there.
    ``after`` is the number of input tokens beyond which a marginal price runs. An UNKNOWN one may have ``bounds``.
    """

    meter: str
    price: Price | None
    contract_rate: ContractRate | None
    state: State
    currency: str
    units: int
    per: int
    after: int = 0
    bounds: Bounds | None = None

    @cached_property
    def rate(self) -> Decimal:
        """What is paid for ``paid_per`` units, less an agreed discount."""
        agreed = self.contract_rate
        if agreed and agreed.amount is not None:
            return agreed.amount
        listed = (self.price.amount if self.price else None) or Decimal(0)
        return multiply(listed, 1 - agreed.discount) if agreed and agreed.discount is not None else listed

    @cached_property
    def paid_per(self) -> int:
        agreed, price = self.contract_rate, self.price
        return agreed.per if price is None or (agreed and agreed.amount is not None) else price.per  # type: ignore[union-attr]

    @cached_property
    def rate_text(self) -> str:
        """``rate`` as plain text."""
        return to_text(self.rate)

    @cached_property
    def rule(self) -> str:
        """Which of the meter's prices this is, e.g. ``base`` or ``tier=batch;above=272000``."""
        if self.contract_rate and self.contract_rate.amount is not None:
            return "contract rate"
        return (self.price.conditions.key or "base") if self.price else "base"


def list_unit_rate(price: Price, rates: Sequence[ContractRate] = ()) -> UnitRate:
    """The unit rate of a list price, less the agreed discount, if any."""
    per_unit = Fraction(0)
    agreed = None
    if price.state is State.PRICED:
        if price.amount is None or price.amount < 0 or price.per < 1:
            raise PriceDataError(f"price {price.id} is said to be priced but has no usable amount")
        agreed = discount_for(rates, price.meter)
        share = 1 - Fraction(agreed.discount or 0) if agreed else 1
        per_unit = Fraction(price.amount) * share * UNIT / price.per
    step = price.conditions.step
    after = least_input(step) - 1 if step and step.marginal else 0
    return UnitRate(
        price.meter, price, agreed, price.state, price.currency, per_unit.numerator, per_unit.denominator, after
    )


def flat_beyond_step(flat: Price, base: Price, stepped: Price, rates: Sequence[ContractRate]) -> UnitRate:
    """The unit rate of a tier's ``flat`` price where the ``base`` has become a ``stepped`` one: between the flat price
    and the flat one raised as the base was.
    """
    rate, factor = list_unit_rate(flat, rates), Fraction(1)
    if (below := base.amount) and (above := stepped.amount):
        factor = Fraction(above) / stepped.per / (Fraction(below) / base.per)
    low = Fraction(rate.units, rate.per)
    ends = sorted((low, low * factor))
    return replace(rate, state=State.UNKNOWN, bounds=Bounds(ends[0], ends[1], flat.currency))


def contract_unit_rate(rate: ContractRate, meter: str, replaced: Price | None) -> UnitRate:
    """The unit rate of an agreed amount, beside the list price that it replaces."""
    per_unit = Fraction(rate.amount or 0) * UNIT / rate.per
    state = State.PRICED if rate.amount else State.FREE
    return UnitRate(meter, replaced, rate, state, rate.currency, per_unit.numerator, per_unit.denominator)


def least_input(step: Step) -> int:
    """The smallest whole number of input tokens that meets the step."""
    return step.above if step.inclusive else step.above + 1
