"""The prices of an offering that a log pays: now, from announced days on, and those announced and withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms
from llmpricing.domain.quotes.linear import turns
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.usage_sums import at_one_time
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.publishing.published_prices import belief_changes
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.usage_log.pricer import LogPricer

_TICK = timedelta(microseconds=1)
_MOST_BELIEVED = 50  # changes of belief looked back at, the newest


@dataclass
class BelievedPrices:
    """An offering's prices as believed from ``since`` on, and what they are at single times."""

    since: datetime
    prices: OfferingPrices
    rates: tuple[ContractRate, ...]
    _at: dict[datetime, OfferingPrices] = field(default_factory=dict)

    def at(self, time: datetime) -> OfferingPrices:
        """The prices of a time, as if they held at any."""
        start = self.prices.since(time) or datetime.min.replace(tzinfo=time.tzinfo)
        if start not in self._at:
            self._at[start] = at_one_time(self.prices, time)
        return self._at[start]

    def terms(self, time: datetime, exchanges: Sequence[Exchange]) -> Terms:
        """The contract rates of a time, as if they held at any, and what currencies are worth."""
        held = (rate for rate in self.rates if rate.valid_at(time))
        rates = tuple(replace(rate, valid_from=None, valid_until=None) for rate in held)
        return Terms(rates, None, tuple(exchanges))

    def turns(self, after: datetime, until: datetime) -> list[datetime]:
        """When what is paid changes after one time and until another, but for the clock."""
        return [turn for turn in turns(self.prices, self.rates, ()) if after < turn <= until]


@dataclass(frozen=True)
class WithdrawnStep:
    """A step of ``day`` that was announced, and of which nothing is known since ``withdrawn``; ``believed`` held it."""

    day: datetime
    believed: BelievedPrices
    withdrawn: datetime


class OwnPrices:
    """The prices of offerings as believed now and before."""

    def __init__(self, reads: Reads, pricer: LogPricer) -> None:
        self._reads, self._pricer = reads, pricer
        self._offerings = names_of(reads, pricer.known).offerings

    def before(self, slug: str, rates: tuple[ContractRate, ...]) -> list[BelievedPrices]:
        """What was believed of an offering before, oldest first, up to what is believed now."""
        number = self._offerings[slug].id
        times = belief_changes(self._reads, number, self._pricer.recorded)[-_MOST_BELIEVED:]
        return [
            BelievedPrices(time, prices_of(self._reads, self._pricer.known, time, {number: slug})[number], rates)
            for time in times
        ]


def withdrawn_steps(versions: Sequence[BelievedPrices], since: datetime) -> Iterator[WithdrawnStep]:
    """Steps no earlier than ``since`` that one version of belief announced, and that the last one knows nothing of."""
    last = {}
    for place, version in enumerate(versions[:-1]):
        for day in version.prices.bounds:
            if day > version.since and day >= since and _is_step(version, day):
                last[day] = place
    for day, place in sorted(last.items()):
        if not _is_step(versions[-1], day):
            yield WithdrawnStep(day, versions[place], versions[place + 1].since)


def _is_step(version: BelievedPrices, day: datetime) -> bool:
    """Whether prices other than those before are believed to hold from a day on."""
    before, after = version.prices.period(day - _TICK).prices, version.prices.period(day).prices
    return {price.id for price in before} != {price.id for price in after}
