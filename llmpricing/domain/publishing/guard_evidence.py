"""What a new value is judged by: what else is known of its offering, by whom and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from llmpricing.domain.components import Component
from llmpricing.domain.meters import METERS, Meter
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.timelines import TimelineEntry

_CHAT_MODES = (None, "chat", "completion", "responses")


class GuardRule(StrEnum):
    """Why a change waits."""

    JUMP = "jump"  # 50x or more against the source's own last value
    DISAGREEMENT = "disagreement"  # 50x or more against another source at that date
    TOO_DEAR = "too_dear"
    TOO_CHEAP = "too_cheap"
    ZERO = "zero_where_priced"
    CACHE_READ_ABOVE_INPUT = "cache_read_above_input"
    CACHE_WRITE_BELOW_INPUT = "cache_write_below_input"
    BATCH_ABOVE_STANDARD = "batch_above_standard"
    TOKENS_BELOW_CHARACTERS = "tokens_below_characters"
    OUTPUT_FAR_BELOW_INPUT = "output_far_below_input"
    COMPANION = "companion"  # arrived together with a price whose unit slipped


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
    """What a new value is judged by, besides its source's last value: the other sources on the same component, and
    the same source on the offering's other prices.
    """

    component: Component
    mode: str | None
    is_arrival: bool
    others: Mapping[str, tuple[TimelineEntry, ...]]  # accepted so far, by source
    less_trusted: frozenset[str]
    stated_by_others: tuple[TimelineEntry, ...]  # accepted or not, earlier or later
    sibling: Callable[[Component, datetime], DatedPrice | None]

    @property
    def meter(self) -> Meter:
        return METERS[self.component.meter]

    @property
    def is_call(self) -> bool:
        return self.meter.family in ("queries", "rerank", "tool_calls")

    @property
    def is_cache(self) -> bool:
        return self.meter.dimensions.get("token_type", "").startswith("cache")

    @property
    def is_chat_text(self) -> bool:
        meter = self.meter
        return (
            self.mode in _CHAT_MODES
            and meter.family == "tokens"
            and (meter.dimensions.get("modality", "text") == "text")
        )


def compared_at(entry: TimelineEntry) -> datetime:
    """The time at which an entry is compared: its start, or when it was observed where it has none."""
    return entry.segment.valid_from or min(entry.observed, entry.end - datetime.resolution)
