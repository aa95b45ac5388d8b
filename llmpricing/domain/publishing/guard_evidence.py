"""What a new value is judged by: what else is known of its offering, by whom and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from llmpricing.domain.components import Component
from llmpricing.domain.meters import METERS, Meter
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.market import AskingPrices, Lists, Market, Range, are_independent, is_fresh
from llmpricing.domain.publishing.timeline_entries import TimelineEntry, entry_at

UNRANKED = 1_000
CHAT_MODES = (None, "chat", "completion", "responses")


class GuardRule(StrEnum):
    """Why a change waits."""

    JUMP = "jump"  # 50x or more against the source's own last value
    DISAGREEMENT = "disagreement"  # 50x or more against a more trusted fresh source, or two independent fresh ones
    ELSEWHERE = "far_from_other_sellers"  # arrived 30x or more off what others ask for the same model
    TOO_DEAR = "too_dear"
    TOO_CHEAP = "too_cheap"
    ZERO = "zero_where_priced"
    SUBSCRIPTION = "subscription_where_priced"
    CACHE_READ_ABOVE_INPUT = "cache_read_above_input"
    CACHE_WRITE_BELOW_INPUT = "cache_write_below_input"
    BATCH_ABOVE_STANDARD = "batch_above_standard"
    TOKENS_BELOW_CHARACTERS = "tokens_below_characters"
    OUTPUT_FAR_BELOW_INPUT = "output_far_below_input"
    COMPANION = "companion"  # stated together with a price of the same entry that waits


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a new value breaks, what it was measured against, and the factor between the two."""

    rule: GuardRule
    against: str  # a source, a meter or a bound, in words
    old: DatedPrice | None = None
    factor: Fraction | None = None
    slip: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What a new value is judged by, besides its source's last value: the other sources on the same component, the
    same source on the offering's other prices, and the market. ``lists`` are the sorted times of each source's lists.
    """

    component: Component
    source: str
    mode: str | None
    is_arrival: bool
    others: Mapping[str, tuple[TimelineEntry, ...]]  # accepted so far, by source
    ranks: Mapping[str, int]
    stated_by_others: tuple[TimelineEntry, ...]  # accepted or not, earlier or later
    sibling: Callable[[Component, datetime], DatedPrice | None]
    lists: Lists
    left_out: Mapping[str, datetime]  # by source the first of its last lists that price the offering no more
    market: Market

    @cached_property
    def meter(self) -> Meter:
        return METERS[self.component.meter]

    @property
    def is_call(self) -> bool:
        return self.meter.family in ("queries", "rerank", "tool_calls")

    @property
    def is_cache(self) -> bool:
        return self.meter.dimensions.get("token_type", "").startswith("cache")

    @cached_property
    def is_chat_text(self) -> bool:
        meter = self.meter
        return (
            self.mode in CHAT_MODES
            and meter.family == "tokens"
            and (meter.dimensions.get("modality", "text") == "text")
        )

    def is_at_least_as_trusted(self, source: str) -> bool:
        """Whether another source is believed no less than the one that is judged."""
        return self.ranks.get(source, UNRANKED) <= self.ranks.get(self.source, UNRANKED)

    def fresh_others(self, at: datetime) -> list[TimelineEntry]:
        """What other sources were seen to state at a time, accepted or not, by trust."""
        found = (one for one in self.stated_by_others if one.covers(at) and self._is_fresh(one, at))
        return sorted(found, key=lambda entry: (self.ranks.get(entry.source, UNRANKED), entry.source))

    def accepted_of(self, source: str, at: datetime) -> TimelineEntry | None:
        """What another source states at a time and no guard stops, if it was seen to then."""
        entry = entry_at(self.others.get(source, ()), at)
        return entry if entry and self._is_fresh(entry, at) else None

    def _is_fresh(self, entry: TimelineEntry, at: datetime) -> bool:
        return is_fresh(entry, at, self.lists, self.left_out.get(entry.source), grace=self.market.grace)

    def are_independent(self, one: str, other: str) -> bool:
        """Whether neither of two sources takes its prices from the other one."""
        return are_independent(one, other, self.market.derived_from)

    @property
    def usual(self) -> Range | None:
        """What is usual for a unit of the meter, in USD."""
        return self.market.usual(self.mode, self.meter.slug)

    def elsewhere(self, at: datetime) -> AskingPrices:
        """What other sellers of the model ask for a token at a time. Caches are left out: what they cost differs a
        hundredfold between sellers.
        """
        if self.meter.family != "tokens" or self.is_cache:
            return AskingPrices({})
        trusted = frozenset(source for source in self.ranks if self.is_at_least_as_trusted(source))
        return self.market.asked(self.component, at, trusted | {self.source}, self.lists)


def compared_at(entry: TimelineEntry) -> datetime:
    """The time at which an entry is compared: its start, or when it was observed where it has none."""
    return entry.segment.valid_from or min(entry.observed, entry.end - datetime.resolution)
