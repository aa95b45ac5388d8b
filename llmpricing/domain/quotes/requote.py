"""The prices of an earlier answer, to be priced by again: taken as they are, whoever asks for them and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.context import Use
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.unit_rates import least_input


class PriceIdError(ValueError):
    """Price ids that cannot be priced by; ``ids`` names them."""

    def __init__(self, ids: Collection[int], why: str = "no such price of this offering") -> None:
        self.ids = tuple(sorted(ids))
        super().__init__(f"{why}: {', '.join(map(str, self.ids))}")


class ClashingPriceIds(PriceIdError):
    """Price ids of which no one answer can have been made: several that bill the same tokens."""

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__(ids, "these prices bill the same usage")


def stripped(price: Price) -> Price:
    """The price without what chose it, but for its step."""
    return replace(price, conditions=Conditions(step=price.conditions.step), valid_from=None, valid_until=None)


def reused(wanted: Sequence[Price]) -> list[Price]:
    """The wanted prices, of each meter the lowest marginal band from the first token on: an answer leaves out the bands
    that billed nothing. Raises ClashingPriceIds.
    """
    bands: dict[str, dict[int, Price]] = {}
    for price in wanted:
        step = price.conditions.step
        least = least_input(step) if step else 0
        other = bands.setdefault(price.meter, {}).setdefault(least, price)
        if other is not price:
            raise ClashingPriceIds((other.id, price.id))
    found = []
    for by_least in bands.values():
        first, *others = (by_least[least] for least in sorted(by_least))
        found += [_whole(first), *others]
    return found


def _whole(price: Price) -> Price:
    step = price.conditions.step
    if step is None or not step.marginal:
        return price
    return replace(price, conditions=replace(price.conditions, step=replace(step, marginal=False)))


def withheld(prices: OfferingPrices, wanted: Sequence[Price], use: Use) -> list[Price]:
    """The most specific price of each meter that was not offered beside the wanted prices: its usage costs nothing, and
    an answer has no line for it.
    """
    usage, at, context = use
    tiers = {STANDARD, context.service_tier, *(price.conditions.service_tier for price in wanted)}
    regions = {"", context.region, *(price.conditions.region for price in wanted)}
    facts = {*context.extra, *(fact for price in wanted for fact in price.conditions.extra)}
    priced = {price.meter for price in wanted}

    def applied(price: Price) -> bool:
        asked = price.conditions
        return (
            asked.service_tier in tiers
            and asked.region in regions
            and facts.issuperset(asked.extra)
            and (not asked.step or least_input(asked.step) <= usage.request_input)
            and (not asked.schedule or asked.schedule.contains(at))
        )

    found = {
        price.meter: price
        for price in sorted(prices.prices, key=lambda price: price.conditions.specificity)
        if price.state is State.NOT_OFFERED and price.meter not in priced and price.valid_at(at) and applied(price)
    }
    return list(found.values())
