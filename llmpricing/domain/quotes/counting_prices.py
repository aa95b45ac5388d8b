"""Which price counts for one unit under decided conditions, at one moment: the one that a quote would bill it at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.meters import ancestors
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.net_prices import net_prices
from llmpricing.domain.quotes.search_fees import with_one_fee
from llmpricing.domain.quotes.sellers import makes_only
from llmpricing.domain.quotes.stand_ins import payment
from llmpricing.domain.quotes.unit_rates import list_unit_rate


class CountingPrices:
    """The prices of one offering that are valid at one moment; ``offering`` is its id. With contract ``rates`` of that
    moment, in order of precedence, the prices are less what was agreed. ``is_listed``: some list price is known.
    """

    def __init__(self, prices: Iterable[Price], offering: str, rates: Sequence[ContractRate] = ()) -> None:
        self.offering = offering
        listed = with_one_fee(tuple(prices), offering)
        self.is_listed = bool(listed)
        self.prices = net_prices(listed, rates) if rates else tuple(listed)
        self._direct = {(price.meter, price.conditions): price for price in self.prices}
        self._by_meter: dict[str, list[Price]] = {}
        for price in sorted(self.prices, key=lambda price: price.conditions.specificity, reverse=True):
            self._by_meter.setdefault(price.meter, []).append(price)
        self._tiers = {price.conditions.service_tier for price in self.prices} | {STANDARD}

    def of(self, meter: str, when: Conditions) -> Price | None:
        """The price of the meter itself, or that of the meter that stands in for it; None where nothing is known.

        A service tier that no price names is unknown; one that has some prices pays the usual ones for the rest.
        """
        direct = self._direct.get((meter, when))
        if direct is not None or when.service_tier not in self._tiers:
            return direct
        met = {
            slug: price for slug in (meter, *ancestors(meter)) if (price := self._most_specific(slug, when)) is not None
        }
        rates = {slug: (list_unit_rate(price),) for slug, price in met.items() if price.state is not State.UNKNOWN}
        payer = payment(rates, meter, self.offering).payer
        return None if payer is None else met[payer]

    def of_told(self, meter: str, when: Conditions) -> Price | None:
        """The price of tokens of which no more is told than this meter: ``of_output`` for output, else ``of``."""
        return self.of_output(when) if meter == "output_tokens" else self.of(meter, when)

    def of_output(self, when: Conditions) -> Price | None:
        """The price of output that does not say what it is: of a model that makes nothing but pictures or sound theirs,
        as a quote bills it, else that of ``output_tokens``.
        """
        modality = makes_only(self.offering)
        return self.of(f"output_{modality}_tokens" if modality else "output_tokens", when)

    def _most_specific(self, meter: str, when: Conditions) -> Price | None:
        return next((price for price in self._by_meter.get(meter, ()) if _covers(price.conditions, when)), None)


def _covers(asked: Conditions, when: Conditions) -> bool:
    """Whether a request that these conditions describe pays a price that asks for those."""
    return (
        asked.service_tier in (STANDARD, when.service_tier)
        and asked.region in ("", when.region)
        and asked.schedule in (None, when.schedule)
        and set(asked.extra) <= set(when.extra)
        and (asked.step is None or (when.step is not None and asked.step.above <= when.step.above))
    )
