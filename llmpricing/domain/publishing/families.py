"""What a source's prices of one family make of each other's words: a new step or schedule takes the old one's place.

A family is a meter under conditions without step and schedule. Each step and schedule is a component of its own, so a
bound or an hour that moves is a price withdrawn and another that is new; alone, each would claim the whole past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.publishing.timelines import BEGINNING, Component, Observation

Family = tuple[str, Conditions, str]  # meter, conditions without step and schedule, source


def in_families(words: Mapping[Component, Sequence[Observation]]) -> dict[Component, list[Observation]]:
    """All words on one offering, each as its family lets it be understood.

    A component that is new in a family of which the source had spoken before counts from its stated dates or from the
    day of its list, never "as ever"; what is withdrawn together with its arrival ends where it begins.
    """
    families: dict[Family, list[tuple[Observation, Component]]] = defaultdict(list)
    for component, told in words.items():
        for word in told:
            families[component[0], component[1].family, word.source].append((word, component))
    found: dict[Component, list[Observation]] = {component: [] for component in words}
    for said in families.values():
        for component, word in _understood(said):
            found[component].append(word)
    return found


def _understood(said: list[tuple[Observation, Component]]) -> Iterator[tuple[Component, Observation]]:
    first = min(word.time for word, _ in said)
    founders = {component for word, component in said if word.time == first}
    standing: set[Component] = set()
    for _, group in groupby(sorted(said, key=_time), key=_time):
        utterance = list(group)
        arrivals = [word for word, component in utterance if word.segments and component not in standing]
        takes_over = min(map(_begins, arrivals), default=None) if standing else None
        for word, component in utterance:
            (standing.add if word.segments else standing.discard)(component)
            if not word.segments:
                word = replace(word, withdrawn_from=takes_over)
            yield component, word if component in founders else replace(word, as_ever=False)


def _time(pair: tuple[Observation, Component]) -> datetime:
    return pair[0].time


def _begins(word: Observation) -> datetime:
    """From when on, up to the day of the list, an arriving component takes the place of another."""
    lead = word.segments[0]
    if lead.valid_from is not None:
        return min(lead.valid_from, word.day)
    return word.day if lead.valid_until is None or lead.valid_until > word.day else BEGINNING
