"""LiteLLM's model cost map: every entry as prices, limits and capabilities of an offering.

Entries that differ by region, image size or commitment only are one offering with conditions; the entry without
conditions states the rest. Each key that names an offering as a whole is its alias in the namespace ``litellm``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import (
    DatedPrice,
    ObservedOffering,
    ObservedProvider,
    PriceList,
    State,
    Statement,
)
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.litellm.keys import read_key
from llmpricing.sources.litellm.names import Name, provider_of, read_name
from llmpricing.sources.litellm.other_keys import OTHER_KEYS
from llmpricing.sources.litellm.prices import EntryReader, nothing_charged, zeros_of
from llmpricing.sources.reading.cache_zeros import without_cache_zeros
from llmpricing.sources.reading.documents import decode, entries_in
from llmpricing.sources.reading.fields import (
    Facts,
    as_entry,
    as_id,
    members,
    optional_count,
    optional_date,
    optional_text,
    problem,
    texts,
)

SLUG = "litellm"
_NOT_MODELS = frozenset({"sample_spec", "fallback_generalizations"})
# Fireworks' makers of images, some of which the map calls chat models, at a tenth of a cent per million tokens.
_MAKES_IMAGES = re.compile(r"^accounts/fireworks/models/(?:flux|(?:japanese-)?stable-|playground-v|ssd-1b)", re.I)
_CAPABILITIES = MappingProxyType(
    {
        "function_calling": "tool_call",
        "native_structured_output": "structured_output",
        "response_schema": "structured_output",
    }
)


@dataclass
class _Gathered:
    """What the entries of one offering state together."""

    offering: ObservedOffering
    statements: dict[tuple[str, Conditions], DatedPrice] = field(default_factory=dict)
    zeros: set[tuple[str, Conditions]] = field(default_factory=set)  # that an entry states by their own keys


def parse(data: bytes) -> PriceList:
    """All models of a cost map; raises SourceError if it holds none."""
    entries = decode(data)
    if not isinstance(entries, dict) or not entries:
        raise SourceError("a LiteLLM cost map is a JSON object of models; this is something else, or empty")
    found = PriceList(SLUG)
    named = named_entries(entries, found)
    gathered: dict[str, _Gathered] = {}
    for key, name, entry in sorted(named, key=lambda item: item[1].has_conditions):
        try:
            _read_entry(key, name, entry, gathered, found)
        except EntryError as error:
            found.problems.append(problem(key, error))
    if not gathered:
        raise SourceError("the cost map holds no model that can be read")
    found.offerings = [_finished(item) for item in gathered.values()]
    found.providers = [ObservedProvider(slug, slug) for slug in dict.fromkeys(o.provider for o in found.offerings)]
    return found


def named_entries(entries: dict[str, Any], found: PriceList) -> list[tuple[str, Name, Mapping[str, Any]]]:
    """The entries whose names can be read, with those; what cannot is a problem of ``found``."""
    named = []
    found.entries = entries_in(entries) - len(_NOT_MODELS & entries.keys())
    for key, value in members(entries, "cost map", found.problems).items():
        if key in _NOT_MODELS:
            continue
        try:
            entry = as_entry(value, "entry", key, found.problems)
            provider = as_id(entry.get("litellm_provider") or provider_of(key), "litellm_provider")
            name = read_name(as_id(key, "key"), provider)
            as_id(name.api_id, "id")
            named.append((key, name, entry))
        except EntryError as error:
            found.problems.append(problem(key, error))
    return named


def _read_entry(
    key: str, name: Name, entry: Mapping[str, Any], gathered: dict[str, _Gathered], found: PriceList
) -> None:
    facts = Facts(entry, key, found.problems)
    offering = offering_of(name, facts)
    url = facts.read(optional_text, "source")
    reader = EntryReader(entry, name.provider, offering.mode or "", found.unknown_keys, url)
    reader.read()
    found.problems += [problem(key, fault) for fault in reader.faults]
    found.unknown_keys.update(
        name for name in entry if name not in OTHER_KEYS and not name.startswith("supports_") and not read_key(name)
    )
    stated = _segments(name, reader)
    known = gathered.setdefault(name.slug, _Gathered(offering))
    clashes = [at for at, segment in stated.items() if not _same(known.statements.get(at, segment), segment)]
    if clashes:
        raise EntryError(f"another entry states {name.slug} otherwise")
    known.statements.update(
        {at: s for at, s in stated.items() if s.state is not State.ZERO or at not in known.statements}
    )
    known.zeros |= {(meter, placed_under(when, name)) for meter, when in reader.zeros}
    if not name.has_conditions:
        found.aliases.append((SLUG, key, name.slug))


def _same(one: DatedPrice, other: DatedPrice) -> bool:
    """Whether two entries agree on a price; a zero that may mean nothing agrees with all."""
    if State.ZERO in (one.state, other.state):
        return True
    return (one.state, one.amount, one.currency) == (other.state, other.amount, other.currency)


def _segments(name: Name, reader: EntryReader) -> dict[tuple[str, Conditions], DatedPrice]:
    """What the entry states, under the conditions that its key states too."""
    stated = {at: rate.segment(None) for at, rate in reader.found.items()}
    nothing: dict[tuple[str, Conditions], DatedPrice] = {}
    if not stated and not name.has_conditions:
        nothing = nothing_charged(name.provider, name.api_id, says_zero=bool(reader.zeros))
    means_it = any(segment.state is not State.ZERO for segment in nothing.values())
    stated = nothing if means_it else zeros_of(reader) | nothing | stated
    return {(meter, placed_under(when, name)): segment for (meter, when), segment in stated.items()}


def placed_under(when: Conditions, name: Name) -> Conditions:
    """Conditions of a price, with those that the key itself states."""
    extra = {**dict(when.extra), **dict(name.extra)}
    return replace(when, region=when.region or name.region, extra=tuple(sorted(extra.items())))


def offering_of(name: Name, facts: Facts) -> ObservedOffering:
    """What the entry tells of its offering beside prices."""
    mode = "image_generation" if _MAKES_IMAGES.search(name.api_id) else facts.entry.get("mode")
    return ObservedOffering(
        provider=name.provider,
        api_id=name.api_id,
        mode=as_id(mode, "mode") if mode else None,
        region=name.home,
        context_window=facts.read(optional_count, "max_input_tokens"),
        max_output_tokens=facts.read(optional_count, "max_output_tokens"),
        capabilities=_capabilities(facts.entry),
        denied_capabilities=_denied(facts.entry),
        input_modalities=facts.read(texts, "supported_modalities") or None,
        output_modalities=facts.read(texts, "supported_output_modalities") or None,
        deprecated_on=facts.read(optional_date, "deprecation_date"),
    )


def _capabilities(entry: Mapping[str, Any]) -> frozenset[str] | None:
    """The ``supports_*`` that are true, under models.dev's names where it has one; None if the entry has none."""
    flags = [name for name in entry if name.startswith("supports_")]
    named = (name.removeprefix("supports_") for name in flags if entry[name] is True)
    return frozenset(_CAPABILITIES.get(name, name) for name in named) if flags else None


def _denied(entry: Mapping[str, Any]) -> frozenset[str] | None:
    """The ``supports_*`` that are false, where no other of the same name is true; None if there is none."""
    denied = {name.removeprefix("supports_") for name in entry if name.startswith("supports_") and entry[name] is False}
    return frozenset(_CAPABILITIES.get(name, name) for name in denied) - (_capabilities(entry) or set()) or None


def _finished(item: _Gathered) -> ObservedOffering:
    stated = [Statement(meter, when, (segment,)) for (meter, when), segment in item.statements.items()]
    if not all(statement.is_zero for statement in stated):  # what is taken for zero, no entry of the offering says so
        stated = [one for one in stated if not one.is_zero or one.component in item.zeros]
    caches = "prompt_caching" in (item.offering.capabilities or ())
    return replace(item.offering, statements=without_cache_zeros(stated, caches=caches))
