"""Where fresh lists differ now from what is published, and by how much; nothing is averaged, all is shown.

Like is compared with like: what one and the same request would pay here and there, whatever conditions a list puts on
that price. A step, hours or a tier that only one of them knows is a disagreement too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import Component, ComponentKey
from llmpricing.domain.conditions import BASE, STANDARD, Conditions
from llmpricing.domain.observations import Amount, State
from llmpricing.domain.publishing.alike import paid_together
from llmpricing.services.catalogue.stated_now import PublishedNow, StatedNow, offerings_now
from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.price_book import Reads

_SAME = 1 + Fraction(1, 10**9)  # closer than this is the same number written otherwise
_ROUNDING, _SEVERE = Fraction(1005, 1000), Fraction(4)
_PublishedSeries = Mapping[Component, Mapping[Conditions, PublishedNow]]
_StatedSeries = Mapping[Component, Mapping[Conditions, StatedNow]]
_PaidPrices = tuple[PublishedNow, StatedNow]
_NOTHING = {State.UNKNOWN, State.ZERO}  # says no price
_Stands = TypeVar("_Stands", PublishedNow, StatedNow)


class DisagreementKind(StrEnum):
    """How far apart two prices are."""

    ROUNDING = "rounding"  # less than 0.5 %
    DIFFERENCE = "difference"
    SEVERE = "severe"  # four times or more, or a price where the other says free
    MISSING = "missing"  # only one of the two has a price for such a request


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is published for a request, and what another source states for the same request.

    Of what one of them does not know, the state is unknown and the conditions are None.
    """

    offering: str
    provider: str
    meter: str
    ours: PublishedNow
    theirs: StatedNow

    @property
    def component(self) -> ComponentKey:
        """The meter and the narrower conditions of the two: what a request must be like."""
        both = (self.ours.conditions, self.theirs.conditions)
        return ComponentKey(self.meter, max((c for c in both if c), key=lambda c: (c.specificity, c.key)).key)

    @property
    def published(self) -> Amount:
        return self.ours.amount

    @property
    def observed(self) -> Amount:
        return self.theirs.amount

    @property
    def source(self) -> str:
        return self.theirs.source

    @property
    def review(self) -> str | None:
        """Open where a guard stopped the observation, rejected where a person did."""
        return self.theirs.review

    @property
    def factor(self) -> Fraction | None:
        """Theirs / ours; None where one is free, has no unit price, or is in another currency."""
        return self.observed.factor(self.published)

    @property
    def distance(self) -> Fraction | None:
        """The factor or its inverse, whichever is above 1."""
        return max(self.factor, 1 / self.factor) if self.factor else None

    @property
    def kind(self) -> DisagreementKind:
        if State.UNKNOWN in (self.published.state, self.observed.state):
            return DisagreementKind.MISSING
        if self.distance is None:
            ours, theirs = self.published.unit_price, self.observed.unit_price
            is_free_for_one = ours is not None and theirs is not None and bool(ours) != bool(theirs)
            return DisagreementKind.SEVERE if is_free_for_one else DisagreementKind.DIFFERENCE
        if self.distance < _ROUNDING:
            return DisagreementKind.ROUNDING
        return DisagreementKind.SEVERE if self.distance >= _SEVERE else DisagreementKind.DIFFERENCE


ComparedFigure = tuple[Disagreement, bool]  # and whether the two are apart


def disagreements(reads: Reads, now: datetime, offerings: Collection[str] | None = None) -> list[Disagreement]:
    """All of them, the farthest apart first: prices against free, then by factor; ``offerings`` asks for some only.

    Those of a book in memory are remembered: to find them takes most of a second.
    """
    if isinstance(reads, PriceBook) and offerings is None:
        return _found.remember((reads.book, reads.version, now), lambda: _find(reads, now, None))
    return _find(reads, now, offerings)


_found: Memory[tuple[str, int, datetime], list[Disagreement]] = Memory(2, lambda found: SMALL + 800 * len(found))


def _find(reads: Reads, now: datetime, offerings: Collection[str] | None) -> list[Disagreement]:
    return sorted((one for one, is_apart in comparisons(reads, now, offerings) if is_apart), key=_order)


def _order(found: Disagreement) -> tuple[bool, Fraction, str, str, str]:
    is_beyond_factor = found.distance is None and found.kind is DisagreementKind.SEVERE
    return (not is_beyond_factor, -(found.distance or Fraction(0)), found.offering, found.component.text, found.source)


def comparisons(reads: Reads, now: datetime, offerings: Collection[str] | None = None) -> Iterator[ComparedFigure]:
    """Each figure that a fresh list states beside another source's that is published, for the same request: all that
    agreement is counted of, and those apart are the disagreements.
    """
    for offering in offerings_now(reads, now, offerings):
        for stated in offering.stated.values():
            for meter, ours, theirs in _side_by_side(offering.published, stated, now):
                if _is_compared(ours, theirs):
                    yield Disagreement(offering.slug, offering.provider, meter, ours, theirs), _is_apart(ours, theirs)


def _side_by_side(
    published: _PublishedSeries, stated: _StatedSeries, now: datetime
) -> Iterator[tuple[str, PublishedNow, StatedNow]]:
    for series in published.keys() | stated.keys():
        for ours, theirs in _pairs(series, published, stated, now):
            yield series.meter, ours, theirs


def _pairs(
    series: Component, published: _PublishedSeries, stated: _StatedSeries, now: datetime
) -> Iterator[_PaidPrices]:
    """What the same requests would pay here and there, of one series."""
    ours, theirs = published.get(series), stated.get(series)
    if ours and theirs:
        for here, there in paid_together(ours.keys(), theirs.keys(), now):
            yield _paid(ours, here), _paid(theirs, there)
    elif series.conditions.service_tier != STANDARD:  # only one of them knows the tier: told where both know the meter
        standard = Component(series.meter, replace(series.conditions, service_tier=STANDARD))
        ours, theirs = ours or _unknown(published.get(standard)), theirs or _unknown(stated.get(standard))
        if ours and theirs:
            yield _plainest(ours), _plainest(theirs)


def _paid(prices: Mapping[Conditions, _Stands], conditions: Conditions | None) -> _Stands:
    return _missing(_plainest(prices)) if conditions is None else prices[conditions]


def _unknown(prices: Mapping[Conditions, _Stands] | None) -> Mapping[Conditions, _Stands] | None:
    """Nothing but unknown, in the name of who states these prices; None where nobody does."""
    return {BASE: _missing(_plainest(prices))} if prices else None


def _plainest(prices: Mapping[Conditions, _Stands]) -> _Stands:
    return prices[min(prices, key=lambda conditions: (conditions.specificity, conditions.key))]


def _missing(price: _Stands) -> _Stands:
    amount = Amount(State.UNKNOWN, None, price.amount.per, price.amount.currency)
    return replace(price, conditions=None, amount=amount)


def _is_compared(ours: PublishedNow, theirs: StatedNow) -> bool:
    """Whether the two are of different sources and both say something; a published or stated unknown is nobody's."""
    states = _states(ours, theirs)
    is_lone = None in (ours.conditions, theirs.conditions)
    return ours.source != theirs.source and not states & _NOTHING and not (is_lone and State.NOT_OFFERED in states)


def _is_apart(ours: PublishedNow, theirs: StatedNow) -> bool:
    """Whether the two, which are compared, ask different things."""
    if None in (ours.conditions, theirs.conditions):
        return True
    factor = theirs.amount.factor(ours.amount)
    if factor is None:
        return not theirs.amount.same_as(ours.amount)
    return max(factor, 1 / factor) >= _SAME or _is_marginal(ours) is not _is_marginal(theirs)


def _states(ours: PublishedNow, theirs: StatedNow) -> set[State]:
    """What the two say, without what stands for a price that is not known."""
    return {price.amount.state for price in (ours, theirs) if price.conditions is not None}


def _is_marginal(price: PublishedNow | StatedNow) -> bool:
    """Whether it is asked of the tokens beyond a step only."""
    step = price.conditions.step if price.conditions else None
    return step is not None and step.marginal
