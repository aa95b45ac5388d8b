"""A quote's answer: lines that sum to the total, what could not be priced, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from llmpricing.domain.observations import Basis, State
from llmpricing.domain.quotes.allocation import REQUESTS, UNKNOWN, Allocation
from llmpricing.domain.quotes.charges import WIDE, Charge, charges, money, share_out
from llmpricing.domain.quotes.contract_rates import Exchange, exchange
from llmpricing.domain.quotes.notices import Notice
from llmpricing.domain.quotes.unit_rates import UnitRate
from llmpricing.domain.usage.quantities import Quantity, Usage

_MAIN_CURRENCY = "USD"

EXCHANGE_RATE = "exchange rate "  # before the currencies, where a rate is missing


class Line(NamedTuple):
    """One meter's part of a bill: ``rate`` x ``quantity`` / ``per`` is ``amount``, to 1e-12 of ``currency``.

    ``quantity`` is what is billed: without what narrower lines bill, and not below a minimum.
    """

    unit_rate: UnitRate
    quantity: Quantity
    amount: Decimal
    currency: str
    rule: str
    list_amount: Decimal | None

    @property
    def meter(self) -> str:
        return self.unit_rate.meter

    @property
    def rate(self) -> Decimal:
        """What is paid per ``per``, in ``rate_currency``."""
        return self.unit_rate.rate

    @property
    def per(self) -> int:
        return self.unit_rate.paid_per

    @property
    def rate_currency(self) -> str:
        return self.unit_rate.currency

    @property
    def state(self) -> State:
        return self.unit_rate.state

    @property
    def price_id(self) -> int | None:
        """The list price behind the line; None for an agreed amount of a meter without one."""
        return self.unit_rate.price.id if self.unit_rate.price else None

    @property
    def rate_id(self) -> int | None:
        """The contract rate, if one applied."""
        return self.unit_rate.contract_rate.id if self.unit_rate.contract_rate else None

    @property
    def source(self) -> str | None:
        return self.unit_rate.price.source if self.unit_rate.price else None

    @property
    def basis(self) -> Basis | None:
        return self.unit_rate.price.basis if self.unit_rate.price else None

    @property
    def valid_from(self) -> datetime | None:
        return self.unit_rate.price.valid_from if self.unit_rate.price else None


_new_line: Callable[[tuple[Any, ...]], Line] = partial(tuple.__new__, Line)  # Line(*...) in half the time


class Unpriced(NamedTuple):
    """A share of the usage that no price covers, and why."""

    meter: str
    quantity: Quantity
    reason: str


class Quote(NamedTuple):
    """``total`` is null exactly where ``state`` is ``unknown`` or ``not_offered``. ``low`` and ``high`` bound it where
    facts named in ``missing`` were not stated (of which ``choices`` are the values with prices of their own), or what
    has no price has bounds; the lines hold in any case. They stand beside the total of a sum of requests, of which
    single ones may lie across a step. ``warnings`` say why the total may be wrong, ``notes`` what it takes for granted.
    """

    total: Decimal | None
    list_total: Decimal | None
    currency: str | None
    state: str
    lines: tuple[Line, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    warnings: tuple[Notice, ...] = ()
    notes: tuple[Notice, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    missing: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()


def refused(state: str, reason: str, usage: Usage) -> Quote:
    """The answer where nothing at all can be priced, not even a request that used nothing."""
    unpriced = tuple(Unpriced(*share, reason) for share in zip(usage.keys, usage.leaves, strict=True))
    return Quote(None, None, None, state, (), unpriced or (Unpriced(REQUESTS, 1, reason),))


def simple_bill(allocation: Allocation, usage: Usage) -> Quote:
    """The bill of an allocation's products and whole quantities: integers only."""
    leaves = (*usage.leaves, 1)
    total, lines, scaled, new_line = 0, [], WIDE.scaleb, _new_line
    for places, per_unit, unit_rate, currency, rule in allocation.products:
        quantity = leaves[places[0]] if len(places) == 1 else sum([leaves[place] for place in places])
        units: int = quantity * per_unit  # type: ignore[assignment]
        total += units
        amount = scaled(units, -12)  # money(), without the cost of a call
        lines.append(new_line((unit_rate, quantity, amount, currency, rule, amount)))
    sum_ = money(total)
    said = (allocation.warnings, allocation.notes)
    return Quote(sum_, sum_, allocation.products[0].currency, allocation.state, tuple(lines), (), *said)


def exact_bill(
    allocation: Allocation, usage: Usage, currency: str | None = None, rates: Sequence[Exchange] = ()
) -> Quote:
    """The bill of any allocation, in ``currency`` or, without one, in the prices' own if they have one in common."""
    charged = charges(allocation, usage)
    counted = (*usage.leaves, 1)  # the place after the last one counts the request
    unpriced = tuple(Unpriced(share.meter, counted[share.place], share.reason) for share in allocation.unpriced)
    wanted = _currency(charged, currency)
    factors, used = _factors(charged, wanted, rates)
    gone = tuple(f"{EXCHANGE_RATE}{name} to {wanted}" for name, factor in factors.items() if factor is None)
    total, shares = share_out([charge.units * (factors[charge.unit_rate.currency] or 1) for charge in charged])
    lines = tuple(
        Line(
            charge.unit_rate,
            charge.quantity,
            money(share),
            wanted if factors[charge.unit_rate.currency] else charge.unit_rate.currency,
            charge.rule,
            money(share),
        )
        for charge, share in zip(charged, shares, strict=True)
    )
    state = UNKNOWN if gone else allocation.state
    known = None if state in (UNKNOWN, State.NOT_OFFERED) else money(total)
    low, high = _bounds(allocation, counted, total, wanted) if known is None and not gone else (None, None)
    said = (allocation.warnings, allocation.notes)
    return Quote(known, known, wanted, state, lines, unpriced, *said, low, high, gone, used)


def _bounds(
    allocation: Allocation, counted: Sequence[Quantity], total: int, currency: str
) -> tuple[Decimal | None, Decimal | None]:
    """What a bill costs at least and at most whose unpriced shares have bounds, all of them; else nothing is said."""
    shares = [(share.bounds, Fraction(counted[share.place])) for share in allocation.unpriced]
    bounds = [(found, quantity) for found, quantity in shares if found and found.currency in (None, currency)]
    if not bounds or len(bounds) < len(shares):
        return None, None
    low = money(round(total + sum(found.low * quantity for found, quantity in bounds)))
    highs = [found.high * quantity for found, quantity in bounds if found.high is not None]
    return low, money(round(total + sum(highs))) if len(highs) == len(bounds) else None


def _currency(charged: Sequence[Charge], currency: str | None) -> str:
    own = {charge.unit_rate.currency for charge in charged if charge.units}
    return currency or (own.pop() if len(own) == 1 else _MAIN_CURRENCY)


def _factors(
    charged: Sequence[Charge], wanted: str, rates: Sequence[Exchange]
) -> tuple[dict[str, Fraction | None], tuple[Exchange, ...]]:
    """By currency what turns it into the wanted one, None where no rate was given, and the rates used."""
    factors: dict[str, Fraction | None] = {wanted: Fraction(1)}
    used = []
    for charge in charged:
        name = charge.unit_rate.currency
        if name not in factors:
            found = exchange(rates, name, wanted)
            factors[name] = found[0] if found else None if charge.units else Fraction(1)
            used += [found[1]] if found else []
    return factors, tuple(used)
