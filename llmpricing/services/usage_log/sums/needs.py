"""What a request needs of an offering besides a price, and whether an offering has it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from llmpricing.domain.choice.kinds import CHAT, kind_of
from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.catalogue.offered_facts import OfferedFacts
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.columns import LogError

_CAPABILITIES = {
    "tools": "tool_call",
    "tool_call": "tool_call",
    "reasoning": "reasoning",
    "json": "structured_output",
    "structured_output": "structured_output",
    "attachment": "attachment",
    "open_weights": "open_weights",
    "temperature": "temperature",
}
_MODALITIES = {"vision": "image", "image": "image", "audio": "audio", "video": "video", "pdf": "pdf"}
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class Wanted:
    """What was asked of offerings, whatever the log needs."""

    capabilities: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()
    context: int = 0

    def lacking(self, facts: OfferedFacts) -> str:
        """What the offering lacks of it, or is not known to have; empty where it has all."""
        if missing := sorted(self.capabilities - (facts.capabilities or frozenset())):
            return _not_said("has", missing, facts.capabilities is None)
        if missing := sorted(self.modalities - (facts.input_modalities or frozenset())):
            return _not_said("takes", missing, facts.input_modalities is None)
        if facts.context_window is None and self.context:
            return "no list says how long its context is"
        if self.context and (facts.context_window or 0) < self.context:
            return f"its context is {facts.context_window:,} tokens"
        return ""


def wanted(words: Iterable[str]) -> Wanted:
    """What these words ask for, such as vision, tools or 128k; raises LogError for one that means nothing."""
    abilities, modalities, context = set(), set(), 0
    for word in words:
        if found := re.fullmatch(r"(\d{1,9})([km]?)", word.lower()):
            context = max(context, int(found[1]) * _THOUSANDS[found[2]])
        elif word in _CAPABILITIES:
            abilities.add(_CAPABILITIES[word])
        elif word in _MODALITIES:
            modalities.add(_MODALITIES[word])
        else:
            known = ", ".join([*_CAPABILITIES, *_MODALITIES])
            raise LogError(f"{word!r} is nothing that can be asked of a model: say a context such as 128k, or {known}.")
    return Wanted(frozenset(abilities), frozenset(modalities), context)


class NeededKind(NamedTuple):
    """The kind of model that requests need: that of their own offering, and modalities besides text."""

    kind: str
    takes: frozenset[str]
    makes: frozenset[str]


class NeededRoom(NamedTuple):
    """Room for so many tokens in all, and of output."""

    context: int
    output: int


class Needs(NamedTuple):
    """What requests need of an offering."""

    kind: NeededKind
    room: NeededRoom


class RequestSizes:
    """Request sizes rounded up to the next one that any offering tells apart."""

    def __init__(self, limits: Iterable[int | None]) -> None:
        self._limits = sorted({limit for limit in limits if limit})

    def fitting(self, tokens: int) -> int:
        """The smallest limit that holds so many tokens; more than all of them where none does."""
        place = bisect_left(self._limits, tokens)
        return self._limits[place] if place < len(self._limits) else max(tokens, 1 + (self._limits or [0])[-1])

    @property
    def size(self) -> int:
        """How many limits there are."""
        return len(self._limits)

    def places(self, tokens: Numbers) -> Numbers:
        """Which of the limits is the smallest that holds each number of tokens; their number where none does."""
        return np.searchsorted(self._limits, tokens, "left").astype(np.int64)


def kind_of_offering(facts: OfferedFacts | None) -> str:
    """What an offering is for, by what lists say or by its id; chat where nothing says otherwise."""
    if facts is None:
        return CHAT
    return kind_of(facts.mode, facts.output_modalities, facts.slug.partition("/")[2])


def modalities(usage: Usage, direction: str) -> frozenset[str]:
    """What is not text of what a request takes (``input``) or makes (``output``)."""
    found = (METERS[meter].dimensions.get("modality") for meter in usage.keys if METERS[meter].direction == direction)
    return frozenset(one for one in found if one and one != "text")


class LogNeeds:
    """The needs of a log by the number of records that have them."""

    def __init__(self, needs: Iterable[tuple[Needs, int]]) -> None:
        self.records = 0
        self._rooms: dict[NeededKind, Counter[NeededRoom]] = defaultdict(Counter)
        for one, records in needs:
            self.records += records
            self._rooms[one.kind][one.room] += records

    def lacking(self, facts: OfferedFacts, prices: OfferingPrices) -> Counter[str]:
        """How many records the offering cannot serve, by what it lacks for them, as far as is known."""
        found: Counter[str] = Counter()
        for kind, rooms in self._rooms.items():
            if reason := _lacking_kind(kind, facts, prices):
                found[reason] += sum(rooms.values())
            else:
                found.update(_lacking_room(rooms, facts))
        return found


def _lacking_kind(needs: NeededKind, facts: OfferedFacts, prices: OfferingPrices) -> str:
    if kind_of_offering(facts) != needs.kind:
        return f"it is no {needs.kind} model"
    for needed, stated, verb, direction in (
        (needs.takes, facts.input_modalities, "takes", "input"),
        (needs.makes, facts.output_modalities, "makes", "output"),
    ):
        unsaid = needed - (stated or frozenset())
        if unsaid and (missing := sorted(unsaid - _priced(prices, direction))):
            return _not_said(verb, missing, stated is None)
    return ""


def _lacking_room(rooms: Counter[NeededRoom], facts: OfferedFacts) -> Counter[str]:
    window, most = facts.context_window, facts.max_output_tokens
    found: Counter[str] = Counter()
    for room, records in rooms.items():
        if window is not None and room.context > window:
            found[f"its context is {window:,} tokens"] += records
        elif most is not None and room.output > most:
            found[f"it makes no more than {most:,} tokens"] += records
    return found


def _priced(prices: OfferingPrices, direction: str) -> frozenset[str]:
    """The modalities that an offering asks a price of its own for."""
    return frozenset(_modalities_of(prices, direction))


def _modalities_of(prices: OfferingPrices, direction: str) -> Iterator[str]:
    for price in prices.prices:
        meter = METERS[price.meter]
        if meter.direction == direction and (modality := meter.dimensions.get("modality")):
            yield modality


def _not_said(verb: str, missing: Iterable[str], is_unknown: bool) -> str:
    named = " and ".join(missing).replace("_", " ")
    return f"no list says that it {verb} {named}" if is_unknown else f"it {verb} no {named}"
