"""What a tier or a region lacks comes from the base of the source that speaks for it: one bill, one tariff.

A quote takes a meter that a tier does not price from the base. Where the base is another source's, and that asks
another input there than the tier's own source does, the two are not halves of one tariff: the tier's source answers
with its own base then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.choosing import INPUT, Book, agree, lineage
from llmpricing.domain.publishing.flags import Timelines
from llmpricing.domain.publishing.timeline_entries import TimelineEntry, gaps

Piece = tuple[str, datetime, datetime]  # a source, and a period in which it speaks


def with_own_base(book: Book, timelines: Timelines) -> Book:
    """The published prices, and beside those of each tier or region what its source's own base asks for the rest."""
    added: dict[Component, list[TimelineEntry]] = defaultdict(list)
    for group in {component.conditions.series for component in book if component.meter == INPUT}:
        base = next((one for one in lineage(group) if one != group and Component(INPUT, one) in book), None)
        if base is None or Component(INPUT, group) not in book:
            continue
        for piece in _mixed(book, timelines, group, base):
            for component, entry in _own_base(book, timelines, group, base, piece):
                added[component].append(entry)
    merged = {component: (*book.get(component, ()), *entries) for component, entries in added.items()}
    return book | {one: tuple(sorted(entries, key=lambda entry: entry.start)) for one, entries in merged.items()}


def _mixed(book: Book, timelines: Timelines, group: Conditions, base: Conditions) -> Iterator[Piece]:
    """When the source of a group's input asks another input in the base than the source that speaks there."""
    own = timelines.get(Component(INPUT, base), {})
    for entry in _known(book[Component(INPUT, group)]):
        for usual in _known(book[Component(INPUT, base)]):
            for said in _known(own.get(entry.source, ())) if usual.source != entry.source else ():
                start, end = max(entry.start, usual.start, said.start), min(entry.end, usual.end, said.end)
                if start < end and not agree(said.segment, usual.segment):
                    yield entry.source, start, end


def _own_base(
    book: Book, timelines: Timelines, group: Conditions, base: Conditions, piece: Piece
) -> Iterator[tuple[Component, TimelineEntry]]:
    """What a source's base asks in a period for the meters that its group does not price in it."""
    source, start, end = piece
    for component, by_source in timelines.items():
        usual = component.conditions
        if usual.series != base or component.meter == INPUT:
            continue
        inherited = Component(component.meter, replace(group, step=usual.step, schedule=usual.schedule))
        listed = sorted((e for one in book if one.series == inherited.series for e in book[one]), key=lambda e: e.start)
        for entry in _known(by_source.get(source, ())):
            for first, last in gaps(listed, max(start, entry.start), min(end, entry.end)):
                yield inherited, entry.within(first, last)


def _known(entries: Iterable[TimelineEntry]) -> Iterator[TimelineEntry]:
    return (entry for entry in entries if entry.segment.state is not State.UNKNOWN)
