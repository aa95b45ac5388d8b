"""What a value is compared with outside its own offering: what is usual, and what others ask for the same model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from llmpricing.domain.components import Component
from llmpricing.domain.evidence import GRACE, is_documented, last_reading
from llmpricing.domain.publishing.timeline_entries import TimelineEntry, entry_at

Lists = Mapping[str, Sequence[datetime]]  # by source the sorted published times of its lists
Range = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class OtherSeller:
    """What the sources state of the same model at another seller: timelines by component and source."""

    provider: str
    timelines: Mapping[Component, Mapping[str, tuple[TimelineEntry, ...]]]


def _nothing_usual(mode: str | None, meter: str) -> Range | None:
    return None


def _nobody() -> Sequence[OtherSeller]:
    return ()


@dataclass(frozen=True)
class Market:
    """``derived_from``: which source takes its prices from which other one. ``usual``: the range of what sellers ask
    for a unit of a meter in a mode, in USD, None where too few do. ``sellers``: the other sellers of the model; both
    are asked only where a value needs it. A source speaks on for the ``grace`` after its last list.
    """

    derived_from: Mapping[str, str] = field(default_factory=dict)
    usual: Callable[[str | None, str], Range | None] = _nothing_usual
    sellers: Callable[[], Sequence[OtherSeller]] = _nobody
    grace: timedelta = GRACE

    def asked(self, component: Component, at: datetime, sources: frozenset[str], lists: Lists) -> AskingPrices:
        """What other sellers ask at a time, by what these sources were seen to state then."""
        found: dict[str, list[Fraction]] = {}
        for seller in self.sellers():
            for source, entries in seller.timelines.get(component, {}).items():
                entry = entry_at(entries, at) if source in sources else None
                price = entry.segment.unit_price if entry and entry.segment.currency == "USD" else None
                if entry and price and is_fresh(entry, at, lists, grace=self.grace):
                    found.setdefault(seller.provider, []).append(price)
        return AskingPrices(found)


@dataclass(frozen=True, slots=True)
class AskingPrices:
    """Prices of a unit by seller, in USD."""

    prices: Mapping[str, Sequence[Fraction]]

    @property
    def median(self) -> Fraction | None:
        """The middle one of all sellers, each counted once."""
        return _middle([_middle(prices) for prices in self.prices.values()]) if self.prices else None

    def within(self, usual: Range | None) -> AskingPrices:
        """Only those that are usual: the others judge no price."""
        if usual is None:
            return self
        kept = {slug: [p for p in prices if usual[0] <= p <= usual[1]] for slug, prices in self.prices.items()}
        return AskingPrices({slug: prices for slug, prices in kept.items() if prices})


NO_MARKET = Market()


def _middle(prices: Sequence[Fraction]) -> Fraction:
    if len(prices) == 1:
        return prices[0]  # most sellers are known by one list
    # Fractions are slow to compare: by the nearest floats, which are in the same order, and exactly where these tie.
    in_order = sorted(prices, key=lambda price: (float(price), price))
    half = len(in_order) // 2
    return in_order[half] if len(in_order) % 2 else (in_order[half - 1] + in_order[half]) / 2


def are_independent(one: str, other: str, derived_from: Mapping[str, str]) -> bool:
    """Whether two sources are different and neither takes its prices from the other, or both from a third."""
    return derived_from.get(one, one) != derived_from.get(other, other)


def is_fresh(
    entry: TimelineEntry, at: datetime, lists: Lists, left_out: datetime | None = None, *, grace: timedelta
) -> bool:
    """Whether a source was seen to state an entry at a time, or states its period, its last list being no older than
    the grace.
    """
    is_stated = is_documented(entry.segment.basis, entry.segment.valid_from)
    return (is_stated or entry.first_seen <= at) and at <= last_list(entry, lists, left_out) + grace


def last_list(entry: TimelineEntry, lists: Lists, before: datetime | None = None) -> datetime:
    """The source's last list while the entry held, and before a time."""
    return last_reading(lists.get(entry.source, ()), entry.observed, min(entry.end, before or entry.end))
