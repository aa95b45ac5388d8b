"""List prices less what was agreed: what a quote bills by contract rates, as prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llmpricing.domain.conditions import BASE, STANDARD
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.contract_rates import ContractRate, amount_for, discount_for
from llmpricing.domain.times import EPOCH

NO_PRICE = 0  # the id of an agreed amount for a meter that has no list price


def net_prices(prices: Iterable[Price], rates: Sequence[ContractRate]) -> tuple[Price, ...]:
    """The prices of one offering at one moment with the ``rates`` that hold then, in order of precedence."""
    listed = tuple(prices)
    usual = {price.meter for price in listed if price.conditions == BASE}
    beside = dict.fromkeys(rate.meter for rate in rates if rate.meter and rate.meter not in usual)
    agreed = [rate for meter in beside if meter and (rate := amount_for(rates, meter))]
    return (*(_net(price, rates) for price in listed), *map(_agreed, agreed))


def _net(price: Price, rates: Sequence[ContractRate]) -> Price:
    """The price, or what was agreed in its place: an amount in the usual tier, else a discount."""
    amount = amount_for(rates, price.meter)
    if amount is not None and price.conditions.service_tier == STANDARD:
        found = _agreed(amount)
        return replace(price, state=found.state, amount=found.amount, currency=found.currency, per=found.per)
    off = discount_for(rates, price.meter)
    if off is None or off.discount is None or price.state is not State.PRICED or price.amount is None:
        return price
    return replace(price, amount=multiply(price.amount, 1 - off.discount))


def _agreed(rate: ContractRate) -> Price:
    """An agreed amount as the usual price of its meter."""
    return Price(
        id=NO_PRICE,
        meter=rate.meter or "",
        conditions=BASE,
        state=State.PRICED if rate.amount else State.FREE,
        amount=rate.amount,
        currency=rate.currency,
        per=rate.per,
        valid_from=rate.valid_from,
        valid_until=rate.valid_until,
        basis=Basis.MANUAL,
        source="contract rate",
        known_from=rate.valid_from or EPOCH,
    )
