"""What a source withdrew goes on as evidence from another time: an import takes no answer away.

So only where its source gave up the tariff: a meter withdrawn from one that goes on may be contained in another meter
now, and a fee that is charged no more would be charged for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis
from llmpricing.domain.publishing.choosing import INPUT, lineage
from llmpricing.domain.publishing.flags import Timelines
from llmpricing.domain.publishing.timelines import END, TimelineEntry

_Entries = Sequence[TimelineEntry]


def with_carried(believed: Timelines) -> Timelines:
    """The timelines, each price that was withdrawn with its input carried on until its source prices either again."""
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
        rivals = [entry for entries in _rivals(believed, component, source) for entry in entries]
        found[component][source] = tuple(_carried(believed[component][source], rivals))
    return found


def _rivals(believed: Timelines, component: Component, source: str) -> Iterator[_Entries]:
    """What a source says that leaves no place for a price it withdrew: of its series, and of its input; of all of its
    group where the source priced no input.
    """
    group = component.conditions.series
    inputs = {Component(INPUT, conditions) for conditions in lineage(group)}
    prices_input = any(source in believed.get(one, {}) for one in inputs)
    for other, by_source in believed.items():
        beside = other.series in inputs if prices_input else other.conditions.series == group
        if source in by_source and (other.series == component.series or beside):
            yield by_source[source]


def _carried(entries: _Entries, rivals: Iterable[TimelineEntry]) -> Iterator[TimelineEntry]:
    for entry in entries:
        yield entry
        begins, until = entry.end, entry.withdrawn_until
        if until is None:
            continue
        until = min((other.start for other in rivals if other.end > begins), default=until)
        until = min(until, entry.withdrawn_until or END)
        if until > begins:
            segment = replace(
                entry.segment, valid_from=begins, valid_until=None if until == END else until, basis=Basis.BRACKET
            )
            yield replace(entry, segment=segment, bracket_from=None, withdrawn_until=None, is_carried_on=True)
