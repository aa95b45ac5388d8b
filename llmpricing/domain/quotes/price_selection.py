"""All prices of one fully decided context, and which of them each size of request selects."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.allocation import Allocation, allocate
from llmpricing.domain.quotes.contract_rates import ContractRate, amount_for
from llmpricing.domain.quotes.notices import Notice
from llmpricing.domain.quotes.stand_ins import UnitRates
from llmpricing.domain.quotes.unit_rates import (
    PriceDataError,
    UnitRate,
    contract_unit_rate,
    flat_beyond_step,
    least_input,
    list_unit_rate,
    remembered,
)
from llmpricing.domain.usage.quantities import Quantity


class PriceSelection:
    """Prices by meter. ``reason`` tells why a meter has none, ``doubts`` what to warn of when a unit rate is used."""

    def __init__(
        self,
        prices: Iterable[Price],
        rates: Sequence[ContractRate],
        reason: Callable[[str], str],
        doubts: Callable[[UnitRate], tuple[Notice, ...]],
        offering: str = "",
    ) -> None:
        self._offering = offering
        self._rates, self._reason, self._doubts = tuple(rates), reason, doubts
        self._by_meter: dict[str, list[Price]] = {}
        for price in prices:
            self._by_meter.setdefault(price.meter, []).append(price)
        for listed in self._by_meter.values():
            listed.sort(key=lambda price: price.conditions.specificity, reverse=True)
        steps = {price.conditions.step for listed in self._by_meter.values() for price in listed}
        self._bounds: list[Quantity] = sorted({least_input(step) for step in steps if step})
        self._levels: list[tuple[UnitRates, dict[tuple[str, ...], Allocation]] | None]
        self._levels = [None] * (len(self._bounds) + 1)

    def allocation(self, request_input: Quantity, keys: tuple[str, ...]) -> Allocation:
        """How shares of these meters are billed in a request with so many input tokens, cached ones included."""
        place = bisect_right(self._bounds, request_input) if self._bounds else 0
        level = self._levels[place]
        if level is None:
            least = int(self._bounds[place - 1]) if place else 0
            level = self._levels[place] = (self._select(least), {})
        unit_rates, allocations = level
        allocation = allocations.get(keys)
        if allocation is None:
            allocation = remembered(
                allocations, keys, lambda: allocate(unit_rates, keys, self._reason, self._doubts, self._offering)
            )
        return allocation

    def _select(self, request_input: int) -> UnitRates:
        selected = {}
        for meter, listed in self._by_meter.items():
            met = [p for p in listed if not (s := p.conditions.step) or s.met_by(request_input)]
            if bands := _bands(met):
                selected[meter] = self._beyond_step(bands[0], met, listed) or self._unit_rates(meter, bands)
        for rate in self._rates:
            if rate.amount is not None and rate.meter and rate.meter not in selected:
                selected[rate.meter] = (contract_unit_rate(rate, rate.meter, None),)
        return selected

    def _beyond_step(self, flat: Price, met: Sequence[Price], listed: Sequence[Price]) -> tuple[UnitRate, ...]:
        """The bounded unit rate of a tier's price without a step where the usual price has one that is met."""
        asked = flat.conditions
        if asked.service_tier == STANDARD or asked.step or flat.state is not State.PRICED:
            return ()
        steps = (p for p in met if p.conditions.step and p.conditions.service_tier == STANDARD)
        stepped = next((p for p in steps if p.state is State.PRICED), None)
        if stepped is None:
            return ()
        usual = replace(stepped.conditions, step=None)
        base = next((p for p in listed if p.conditions == usual and p.state is State.PRICED), None)
        return (flat_beyond_step(flat, base, stepped, self._rates),) if base else ()

    def _unit_rates(self, meter: str, bands: list[Price]) -> tuple[UnitRate, ...]:
        agreed = amount_for(self._rates, meter)
        if agreed and bands[0].conditions.service_tier == STANDARD:
            return (contract_unit_rate(agreed, meter, bands[-1]),)
        return tuple(list_unit_rate(price, self._rates) for price in bands)


def _bands(listed: Sequence[Price]) -> list[Price]:
    """The most specific price and, where it is marginal, those that hold below its bound; a tie is a data error."""
    bands: list[Price] = []
    for price in listed:
        last = bands[-1] if bands else None
        if last and price.conditions.specificity == last.conditions.specificity:
            raise PriceDataError(f"prices {last.id} and {price.id} of {price.meter} apply alike; one must go")
        step = last.conditions.step if last else None
        if last and not (step and step.marginal):
            break
        bands.append(price)
    if bands and (step := bands[-1].conditions.step) and step.marginal and least_input(step) > 1:
        raise PriceDataError(f"price {bands[-1].id} of {bands[-1].meter} runs from a bound on; none holds below it")
    return bands
