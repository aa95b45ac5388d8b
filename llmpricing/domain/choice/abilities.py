"""What lists state of a model's abilities, list by list: what it can, what it cannot, what it takes and gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llmpricing.domain.choice.needs import NEEDS, Need

NO_LIST = ""  # in the place of a list's name, where which it was is not known


@dataclass(frozen=True, slots=True)
class ListAbilities:
    """What one list states: flags that are true and that are false, modalities of input and output; None: nothing."""

    can: frozenset[str] | None = None
    cannot: frozenset[str] | None = None
    takes: frozenset[str] | None = None
    gives: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class StatedNeed:
    """Whether lists say that a need is met, and which lists, in order of name."""

    is_met: bool
    lists: tuple[str, ...]


_KEYS: Mapping[str, str] = {  # of a list's facts of an offering
    "can": "capabilities",
    "cannot": "denied_capabilities",
    "takes": "input_modalities",
    "gives": "output_modalities",
}


def abilities_text(facts: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What lists state, by the list's name, as one text that is the same for the same; None where none states any."""
    found = {
        source: {key: sorted(stated[name]) for key, name in _KEYS.items() if stated.get(name) is not None}
        for source, stated in facts.items()
    }
    told = {source: stated for source, stated in found.items() if stated}
    return json.dumps(told, sort_keys=True, separators=(",", ":")) if told else None


def abilities_of(text: str) -> dict[str, ListAbilities]:
    """What ``abilities_text`` wrote, by the list's name."""
    return {
        source: ListAbilities(**{key: frozenset(words) for key, words in stated.items()})
        for source, stated in json.loads(text).items()
    }


@lru_cache(4096)  # offerings are many, what lists state of them is much alike
def needs_stated(text: str | None) -> Mapping[str, StatedNeed]:
    """By need whether lists say that it is met or not; needs of which none says either are left out. Of lists that
    differ those count that say yes.
    """
    lists = abilities_of(text) if text else {}
    found = ((need.id, _stated(need, lists)) for need in NEEDS.values())
    return {name: stated for name, stated in found if stated is not None}


def _stated(need: Need, lists: Mapping[str, ListAbilities]) -> StatedNeed | None:
    told = {source: need.is_met(one.can, one.cannot, one.takes, one.gives) for source, one in lists.items()}
    for verdict in (True, False):
        if sources := sorted(source for source, met in told.items() if met is verdict):
            return StatedNeed(verdict, tuple(sources))
    return None


def columns_text(can: Iterable[str] | None, takes: Iterable[str] | None, gives: Iterable[str] | None) -> str | None:
    """The text of what was believed where it was not kept which list stated it."""
    facts = {"capabilities": can, "input_modalities": takes, "output_modalities": gives}
    return abilities_text({NO_LIST: facts})
