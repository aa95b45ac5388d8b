"""What a quote of one request rests on, and how it can be read otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Statement
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from tests.prices import prices_of

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class View:
    """What a quote rests on."""

    statements: tuple[Statement, ...]
    used: dict[str, int]
    facts: Context

    def quote(self) -> Quote:
        """The quote of it, without facts on which no price depends."""
        prices = OfferingPrices(prices_of(self.statements))
        known = {name: value for name, value in self.facts.extra if name in prices.extra}
        facts = self.facts._replace(extra=tuple(known.items()), region=self.facts.region if prices.regions else None)
        return quote(prices, read_usage(self.used), AT, facts)

    def says(self, meter: str, tier: str | None = None) -> bool:
        """Whether the meter has a price, in that tier whatever the size of the request."""
        return any(
            said.meter == meter
            and (tier is None or (said.conditions.service_tier == tier and not said.conditions.step))
            for said in self.statements
        )

    def base(self, meter: str, tier: str, region: str | None = None) -> Decimal:
        """The meter's price per million in a tier and region, whatever the size of the request; 0 without one."""
        when = Conditions(tier, region or "")
        found = [said for said in self.statements if (said.meter, said.conditions) == (meter, when)]
        return (found[0].segments[0].amount if found else None) or Decimal(0)

    def copied(self, meter: str, other: str) -> Iterator[Statement]:
        """A meter's prices in no tier but fast mode, and of requests of any size, as those of another."""
        for said in self.statements:
            when = said.conditions
            if said.meter == meter and not when.step and when.service_tier in (STANDARD, "fast"):
                yield replace(said, meter=other)

    def inputs(self) -> Iterator[Statement]:
        """The prices of input tokens."""
        return (said for said in self.statements if METERS[said.meter].direction == "input")

    def using(self, *meters: str) -> View:
        """The usage counted by these meters alone; what they do not tell apart counts as their parents."""
        return replace(self, used={meter: count for meter, count in self.used.items() if meter in meters})

    def saying(self, *more: Statement) -> View:
        """With further prices, which replace those of the same meter and conditions."""
        told = {(said.meter, said.conditions) for said in more}
        kept = tuple(said for said in self.statements if (said.meter, said.conditions) not in told)
        return replace(self, statements=kept + more)

    def unsaid(self, *meters: str) -> View:
        """Without the prices of some meters."""
        return replace(self, statements=tuple(said for said in self.statements if said.meter not in meters))
