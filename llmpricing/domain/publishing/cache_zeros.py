"""What a source said to be free of a cache ends where it says no more than a zero beside a price of input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from llmpricing.domain.components import Component, uncached_beside
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.timelines import Observation

_Caches = Mapping[Component, Sequence[Observation]]
_OF_A_CACHE = frozenset({"cache_read", "cache_write"})


def with_free_caches_ended(observed: _Caches) -> _Caches:
    """All observations of one offering, in which a cache's zero after nothing but free is a withdrawal where the source
    prices the input beside it: the model was free and is not any more, or the zero was once taken for free.
    """
    ended = {
        component: list(_ended(component, observations, observed))
        for component, observations in observed.items()
        if METERS[component.meter].dimensions.get("token_type") in _OF_A_CACHE
        and len(observations) > 1
        and any(observation.is_zero for observation in observations)
    }
    return {**observed, **ended} if ended else observed


def _ended(component: Component, observations: Sequence[Observation], observed: _Caches) -> Iterator[Observation]:
    for _, of_source in groupby(sorted(observations, key=_place), key=lambda one: one.source):
        was_free = False
        for one in of_source:
            if one.is_zero and was_free and _prices_input(component, one, observed):
                one = replace(one, segments=())
            was_free = (was_free and one.is_zero) or _is_free(one)
            yield one


def _place(observation: Observation) -> tuple[str, object]:
    return observation.source, observation.time


def _is_free(observation: Observation) -> bool:
    return bool(observation.segments) and all(segment.state is State.FREE for segment in observation.segments)


def _prices_input(component: Component, zero: Observation, observed: _Caches) -> bool:
    """Whether the source's last word on the input beside the zero is a price."""
    for plain in uncached_beside(component):
        said = [one for one in observed.get(plain, ()) if one.source == zero.source and one.time <= zero.time]
        if said:
            return any(segment.unit_price for segment in max(said, key=lambda one: one.time).segments)
    return False
