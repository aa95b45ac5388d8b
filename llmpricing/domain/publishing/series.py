"""How observations of one series bear on each other: a new step or schedule takes the old one's place.

A series is a component without step and schedule, by one source. Each step and schedule is a component of its own, so a
bound or an hour that moves is a price withdrawn and another that is new; alone, each would claim the whole past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from llmpricing.domain.components import Component
from llmpricing.domain.publishing.timeline_entries import BEGINNING
from llmpricing.domain.publishing.timelines import Observation, turn

NONE: Mapping[str, Sequence[datetime]] = MappingProxyType({})
_ObservedComponent = tuple[Observation, Component]


def read_in_series(
    observed: Mapping[Component, Sequence[Observation]], snapshots: Mapping[str, Sequence[datetime]] = NONE
) -> dict[Component, list[Observation]]:
    """All observations of one offering, each as its series lets it be understood.

    A component that is new in a series which the source had priced before counts from its stated dates or from
    the middle between its list and the one before, never "as ever"; what is withdrawn together with its arrival ends
    where it begins. ``snapshots`` are the sorted times of each source's lists.
    """
    by_series: dict[tuple[Component, str], list[_ObservedComponent]] = defaultdict(list)
    for component, observations in observed.items():
        for observation in observations:
            by_series[component.series, observation.source].append((observation, component))
    found: dict[Component, list[Observation]] = {component: [] for component in observed}
    for (_, source), pairs in by_series.items():
        for component, observation in _understood(pairs, snapshots.get(source, ())):
            found[component].append(observation)
    return found


def _understood(
    pairs: list[_ObservedComponent], snapshots: Sequence[datetime]
) -> Iterator[tuple[Component, Observation]]:
    first = min(observation.time for observation, _ in pairs)
    founders = {component for observation, component in pairs if observation.time == first}
    standing: set[Component] = set()
    zeroed: set[Component] = set()  # of those, what only a zero that may mean nothing was said of
    for _, group in groupby(sorted(pairs, key=_time), key=_time):
        in_series = bool(standing - zeroed)
        together = [(replace(made, in_series=True) if in_series else made, component) for made, component in group]
        arrivals = [observed for observed, component in together if observed.segments and component not in standing]
        takes_over = min((_begins(o, snapshots) for o in arrivals), default=None) if standing else None
        for observation, component in together:
            (standing.add if observation.segments else standing.discard)(component)
            (zeroed.add if observation.is_zero else zeroed.discard)(component)
            if not observation.segments:
                observation = replace(observation, withdrawn_from=takes_over)
            if observation.as_ever and component not in founders:
                observation = replace(observation, as_ever=False)
            yield component, observation


def _time(pair: _ObservedComponent) -> datetime:
    return pair[0].time


def _begins(observation: Observation, snapshots: Sequence[datetime]) -> datetime:
    """From when on, up to the turn of the list, an arriving component takes the place of another."""
    lead, begins = observation.segments[0], turn(observation, (), snapshots)
    if lead.valid_from is not None:
        return min(lead.valid_from, begins)
    return begins if lead.valid_until is None or lead.valid_until > observation.day else BEGINNING
