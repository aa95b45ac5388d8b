"""What a source withdrew goes on as evidence from another time: an import takes no answer away.

So only where its source gave up the tariff, or one half of it: a meter withdrawn from one that goes on may be contained
in another meter now, and a fee that is charged no more would be charged for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis
from llmpricing.domain.publishing.choosing import INPUT, agree, lineage
from llmpricing.domain.publishing.flags import Timelines
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, TimelineEntry

OUTPUT = "output_tokens"


def with_carried(believed: Timelines) -> Timelines:
    """The timelines, each price that was withdrawn with its input carried on until its source prices either again, and
    that of output while its input is the same.
    """
    withdrawn = [
        (component, source)
        for component, by_source in believed.items()
        for source, entries in by_source.items()
        if any(entry.withdrawn_until for entry in entries)
    ]
    if not withdrawn:
        return believed
    found: Timelines = defaultdict(dict, {component: dict(by_source) for component, by_source in believed.items()})
    for component, source in withdrawn:
        found[component][source] = tuple(_carried(believed, component, source))
    return found


def _carried(believed: Timelines, component: Component, source: str) -> Iterator[TimelineEntry]:
    for entry in believed[component][source]:
        yield entry
        begins, until = entry.end, entry.withdrawn_until
        if until is None:
            continue
        rivals = [other.start for other in _rivals(believed, component, source, begins) if other.end > begins]
        until = min([until, *rivals])
        if until > begins:
            yield carried(entry, begins, until)


def carried(entry: TimelineEntry, start: datetime, end: datetime) -> TimelineEntry:
    """An entry's price for a period in which its source did not say it: evidence from another time."""
    segment = replace(
        entry.segment,
        valid_from=None if start == BEGINNING else start,
        valid_until=None if end == END else end,
        basis=Basis.BRACKET,
    )
    return replace(entry, segment=segment, bracket_from=None, withdrawn_until=None, is_carried_on=True)


def _rivals(believed: Timelines, component: Component, source: str, begins: datetime) -> Iterator[TimelineEntry]:
    """What a source says that leaves no place for a price it withdrew: of its series, and of its input, but for the
    other half of an entry the same input as before; of all of its group where the source priced no input.
    """
    group = component.conditions.series
    inputs = {Component(INPUT, conditions) for conditions in lineage(group)}
    prices_input = any(source in believed.get(one, {}) for one in inputs)
    for other, by_source in believed.items():
        entries = by_source.get(source, ())
        if other.series == component.series:
            yield from entries
        elif other.series in inputs:
            before = [entry.segment for entry in entries if entry.covers(begins - datetime.resolution)]
            is_same = component.meter == OUTPUT and before
            yield from (entry for entry in entries if not (is_same and agree(entry.segment, before[0])))
        elif not prices_input and other.conditions.series == group:
            yield from entries
