"""models.dev's api.json: what models can do (capabilities, modalities, limits, labs), and their prices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from llmpricing.domain.names.labs import lab_of
from llmpricing.domain.observations import ObservedOffering, ObservedProvider, PriceList
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.models_dev.costs import read_costs
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
from llmpricing.sources.reading.providers import canonical

SLUG = "models-dev"
_CAPABILITIES = (
    "attachment",
    "interleaved",
    "open_weights",
    "reasoning",
    "structured_output",
    "temperature",
    "tool_call",
)
_STATUSES = MappingProxyType({"deprecated": "deprecated", "alpha": "preview", "beta": "preview"})
_NAMED_MODES = MappingProxyType({"rerank": "rerank", "embed": "embedding", "bge-": "embedding"})
_MODES = MappingProxyType({"image": "image_generation", "video": "video_generation", "audio": "audio_speech"})


def parse(data: bytes) -> PriceList:
    """All providers and models of an api.json; raises SourceError if it holds none."""
    providers = decode(data)
    if not isinstance(providers, dict) or not providers:
        raise SourceError("models.dev data is a JSON object of providers; this is something else, or empty")
    found = PriceList(SLUG)
    offerings: dict[str, ObservedOffering] = {}
    for key, provider in members(providers, "providers", found.problems).items():
        try:
            _read_provider(key, provider, found, offerings)
        except EntryError as error:
            found.problems.append(problem(key, error))
    if not offerings:
        raise SourceError("models.dev data holds no model that can be read")
    found.offerings = list(offerings.values())
    return found


def _read_provider(key: str, value: object, found: PriceList, offerings: dict[str, ObservedOffering]) -> None:
    slug = canonical(as_id(key, "provider"))
    entry = as_entry(value, "provider", key, found.problems, containers=("models",))
    models = members(entry.get("models") or {}, "models", found.problems, f"{key}/")
    found.entries += entries_in(models)
    if slug not in {provider.slug for provider in found.providers}:
        name = Facts(entry, key, found.problems).read(optional_text, "name")
        found.providers.append(ObservedProvider(slug, name or key))
    for api_id, model in models.items():
        path = f"{key}/{api_id}"
        try:
            facts = Facts(as_entry(model, "model", path, found.problems), path, found.problems)
            offering = _offering(slug, key, as_id(api_id, "id"), facts, found.unknown_keys)
            # Two of the list's providers may be one seller; then both state the same of a model.
            if offerings.setdefault(offering.slug, offering) != offering:
                raise EntryError(f"another entry states {offering.slug} otherwise")
        except EntryError as error:
            found.problems.append(problem(path, error))


def _offering(slug: str, key: str, api_id: str, facts: Facts, unknown: Counter[str]) -> ObservedOffering:
    entry, limit, modalities = facts.entry, facts.within("limit"), facts.within("modalities")
    input_, output = (modalities.read(texts, side) or () for side in ("input", "output"))
    family = facts.read(optional_text, "family") or ""
    mode = _mode(entry, output, f"{family} {api_id}".lower())
    return ObservedOffering(
        provider=slug,
        api_id=api_id,
        name=facts.read(optional_text, "name"),
        lab=lab_of(family),
        mode=mode,
        status=_STATUSES.get(str(entry.get("status"))),
        context_window=limit.read(optional_count, "context"),
        max_output_tokens=limit.read(optional_count, "output"),
        capabilities=frozenset(name for name in _CAPABILITIES if entry.get(name)),
        denied_capabilities=frozenset(name for name in _CAPABILITIES if entry.get(name) is False) or None,
        input_modalities=input_ or None,
        output_modalities=output or None,
        released_on=facts.read(_released, "release_date"),
        knowledge_cutoff=facts.read(_cutoff, "knowledge"),
        statements=read_costs(key, api_id, entry, _only_reads(entry, mode, (input_, output)), unknown),
    )


_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


def _released(entry: Mapping[str, Any], name: str) -> date | None:
    """The day of the release; the first of the month where the list names the month alone."""
    month = _month(entry, name)
    return optional_date({name: f"{month}-01"} if month else entry, name)


def _cutoff(entry: Mapping[str, Any], name: str) -> str | None:
    """The day up to which the model knows, as ISO 8601; a month stays one, for nobody says which day of it is meant."""
    stated = _released(entry, name)
    return _month(entry, name) or (None if stated is None else stated.isoformat())


def _month(entry: Mapping[str, Any], name: str) -> str | None:
    stated = entry.get(name)
    return stated if isinstance(stated, str) and _MONTH.fullmatch(stated) else None


def _mode(entry: Mapping[str, Any], output: tuple[str, ...], named: str) -> str | None:
    """What its name says; chat where the model takes tools or reasons in text; a generator where it makes one other
    thing only.
    """
    for word, mode in _NAMED_MODES.items():
        if word in named:
            return mode
    if "text" in output:
        return "chat" if entry.get("tool_call") is True or entry.get("reasoning") is True else None
    return _MODES.get(output[0]) if len(output) == 1 else None


def _only_reads(entry: Mapping[str, Any], mode: str | None, modalities: tuple[tuple[str, ...], ...]) -> bool:
    """Whether an output price of 0 means that nothing is written: so say embeddings and rerankers by their names, and
    classifiers and their like by taking text without tools or reasoning.
    """
    writes = entry.get("tool_call") is True or entry.get("reasoning") is True
    return mode in _NAMED_MODES.values() or (modalities == (("text",), ("text",)) and not writes)
