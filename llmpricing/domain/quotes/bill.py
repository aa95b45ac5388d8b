"""A quote's answer: lines that sum to the total, what could not be priced, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.quotes.allocation import UNKNOWN, Allocation
from llmpricing.domain.quotes.charges import WIDE, Charge, charges, money, share_out
from llmpricing.domain.quotes.contract_rates import Exchange, exchange
from llmpricing.domain.quotes.unit_rates import UnitRate
from llmpricing.domain.usage.quantities import Quantity, Usage

_MAIN_CURRENCY = "USD"


class Line(NamedTuple):
    """One meter's part of a bill: ``rate`` x ``quantity`` / ``per`` is ``amount``, to 1e-12 of ``currency``.

    ``quantity`` is what is billed: without what narrower lines bill, and not below a minimum.
    """

    tariff: UnitRate
    quantity: Quantity
    amount: Decimal
    currency: str
    rule: str
    list_amount: Decimal | None

    @property
    def meter(self) -> str:
        return self.tariff.meter

    @property
    def rate(self) -> Decimal:
        """What is paid per ``per``, in ``rate_currency``."""
        own, price = self.tariff.own, self.tariff.price
        if own and own.amount is not None:
            return own.amount
        listed = (price.amount if price else None) or Decimal(0)
        return multiply(listed, 1 - own.discount) if own and own.discount is not None else listed

    @property
    def per(self) -> int:
        own, price = self.tariff.own, self.tariff.price
        return own.per if price is None or (own and own.amount is not None) else price.per  # type: ignore[union-attr]

    @property
    def rate_currency(self) -> str:
        return self.tariff.currency

    @property
    def state(self) -> State:
        return self.tariff.state

    @property
    def price_id(self) -> int | None:
        """The list price behind the line; None for an own amount of a meter without one."""
        return self.tariff.price.id if self.tariff.price else None

    @property
    def rate_id(self) -> int | None:
        """One's own rate, if one applied."""
        return self.tariff.own.id if self.tariff.own else None

    @property
    def source(self) -> str | None:
        return self.tariff.price.source if self.tariff.price else None

    @property
    def basis(self) -> Basis | None:
        return self.tariff.price.basis if self.tariff.price else None

    @property
    def valid_from(self) -> datetime | None:
        return self.tariff.price.valid_from if self.tariff.price else None


class Unpriced(NamedTuple):
    """A share of the usage that no price covers, and why."""

    meter: str
    quantity: Quantity
    reason: str


class Quote(NamedTuple):
    """``total`` is null exactly where ``state`` is ``unknown`` or ``not_offered``. ``low`` and ``high`` bound it where
    facts named in ``missing`` were not stated; the lines are then those that hold in any case.
    """

    total: Decimal | None
    list_total: Decimal | None
    currency: str | None
    state: str
    lines: tuple[Line, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    warnings: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    missing: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()


def refused(state: str, reason: str, usage: Usage) -> Quote:
    """The answer where nothing at all can be priced."""
    unpriced = tuple(Unpriced(*share, reason) for share in zip(usage.keys, usage.leaves, strict=True))
    return Quote(None, None, None, state, (), unpriced, () if unpriced else (reason,))


def simple_bill(shape: Allocation, usage: Usage) -> Quote:
    """The bill of a simple shape and whole quantities: integers only."""
    leaves = (*usage.leaves, 1)
    total = 0
    lines = []
    for entry in shape.entries:
        places = entry.places
        quantity = leaves[places[0]] if len(places) == 1 else sum([leaves[place] for place in places])
        tariff = entry.tariffs[0]
        units: int = quantity * tariff.units  # type: ignore[assignment]
        total += units
        amount = Decimal(units).scaleb(-12, WIDE)  # money(), without the cost of a call
        lines.append(Line(tariff, quantity, amount, tariff.currency, entry.rule, amount))
    sum_ = money(total)
    return Quote(sum_, sum_, shape.entries[0].tariffs[0].currency, shape.state, tuple(lines), (), shape.warnings)


def exact_bill(shape: Allocation, usage: Usage, currency: str | None = None, rates: Sequence[Exchange] = ()) -> Quote:
    """The bill of any shape, in ``currency`` or, without one, in the prices' own if they have one in common."""
    charged = charges(shape, usage)
    counted = (*usage.leaves, 1)  # the place after the last one counts the request
    unpriced = tuple(Unpriced(meter, counted[place], why) for meter, place, why in shape.unpriced)
    wanted = _currency(charged, currency)
    factors, used = _factors(charged, wanted, rates)
    gone = tuple(f"exchange rate {name} to {wanted}" for name, factor in factors.items() if factor is None)
    total, shares = share_out([charge.units * (factors[charge.tariff.currency] or 1) for charge in charged])
    lines = tuple(
        Line(
            charge.tariff,
            charge.quantity,
            money(share),
            wanted if factors[charge.tariff.currency] else charge.tariff.currency,
            charge.rule,
            money(share),
        )
        for charge, share in zip(charged, shares, strict=True)
    )
    state = UNKNOWN if gone else shape.state
    known = None if state in (UNKNOWN, State.NOT_OFFERED) else money(total)
    return Quote(known, known, wanted, state, lines, unpriced, shape.warnings, None, None, gone, used)


def _currency(charged: Sequence[Charge], currency: str | None) -> str:
    own = {charge.tariff.currency for charge in charged if charge.units}
    return currency or (own.pop() if len(own) == 1 else _MAIN_CURRENCY)


def _factors(
    charged: Sequence[Charge], wanted: str, rates: Sequence[Exchange]
) -> tuple[dict[str, Fraction | None], tuple[Exchange, ...]]:
    """By currency what turns it into the wanted one, None where no rate was given, and the rates used."""
    factors: dict[str, Fraction | None] = {wanted: Fraction(1)}
    used = []
    for charge in charged:
        name = charge.tariff.currency
        if name not in factors:
            found = exchange(rates, name, wanted)
            factors[name] = found[0] if found else None if charge.units else Fraction(1)
            used += [found[1]] if found else []
    return factors, tuple(used)
