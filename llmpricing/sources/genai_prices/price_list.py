"""genai-prices' v2 data.json: providers, match clauses, and prices with tiers, dates, windows and variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import ObservedOffering, ObservedProvider, PriceList, Problem, Statement
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.genai_prices import rules as rules
from llmpricing.sources.reading.fields import (
    Facts,
    as_id,
    as_list,
    as_mapping,
    decode,
    optional_count,
    optional_text,
    texts,
)
from llmpricing.sources.reading.match_rules import read_match
from llmpricing.sources.reading.timelines import ListRate, statements

SOURCE = "genai-prices"
_FREE = ListRate(rules.ZERO, 1_000_000)


def parse(data: bytes) -> PriceList:
    """All providers and offerings of a v2 data.json; raises SourceError if it holds none."""
    providers = decode(data)
    if not isinstance(providers, list) or not providers:
        raise SourceError("genai-prices data is a JSON list of providers; this is something else, or empty")
    found = PriceList(SOURCE, states_dates=True)
    for position, provider in enumerate(providers):
        try:
            _read_provider(as_mapping(provider, "provider"), found)
        except EntryError as error:
            found.problems.append(Problem(_name(provider, f"provider {position + 1}"), str(error)))
    if not found.offerings:
        raise SourceError("genai-prices data holds no model that can be read")
    return found


def _name(entry: object, otherwise: str) -> str:
    given = entry.get("id") if isinstance(entry, dict) else None
    return given[:400] if isinstance(given, str) and given else otherwise


def _read_provider(entry: Mapping[str, Any], found: PriceList) -> None:
    slug = as_id(entry.get("id"), "id")
    models = as_list(entry.get("models") or [], "models")
    found.entries += len(models)
    if any(provider.slug == slug for provider in found.providers):
        raise EntryError("this provider comes twice")
    found.providers.append(_provider(slug, entry))
    seen: set[str] = set()
    for position, model in enumerate(models):
        key = f"{slug}/{_name(model, f'model {position + 1}')}"
        try:
            offering = _offering(slug, Facts(as_mapping(model, "model"), key, found.problems), found.unknown_keys)
            if offering.api_id in seen:
                raise EntryError("this model comes twice")
        except EntryError as error:
            found.problems.append(Problem(key, str(error)))
            continue
        seen.add(offering.api_id)
        found.offerings.append(offering)


def _provider(slug: str, entry: Mapping[str, Any]) -> ObservedProvider:
    return ObservedProvider(
        slug=slug,
        name=optional_text(entry, "name") or slug,
        api_pattern=optional_text(entry, "api_pattern"),
        pricing_urls=texts(entry, "pricing_urls"),
        provider_match=_optional_match(entry, "provider_match"),
        model_match=_optional_match(entry, "model_match"),
        fallback_providers=texts(entry, "fallback_model_providers"),
    )


def _optional_match(entry: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = entry.get(name)
    return None if value is None else read_match(value, name)


def _offering(provider: str, facts: Facts, unknown: Counter[str]) -> ObservedOffering:
    entry = facts.entry
    api_id = as_id(entry.get("id"), "id")
    said = _statements(provider, api_id, entry, unknown)
    return ObservedOffering(
        provider=provider,
        api_id=api_id,
        name=facts.read(optional_text, "name"),
        mode=_mode(api_id, said),
        status="deprecated" if entry.get("deprecated") is True else None,
        context_window=facts.read(optional_count, "context_window"),
        match=_optional_match(entry, "match"),
        statements=said,
    )


def _statements(provider: str, api_id: str, entry: Mapping[str, Any], unknown: Counter[str]) -> tuple[Statement, ...]:
    """What the model costs. No price key at all means unknown, except where the id itself says ``:free``."""
    minimum = rules.MINIMUM_SECONDS if (provider, api_id) in rules.MINIMUM_BILLED else None
    reader = rules.RuleReader(unknown, minimum)
    said = statements(rules.price_changes(reader.prices(entry.get("prices")), reader.variants(entry)))
    if said or ":free" not in api_id:
        return said
    return statements([(None, {(meter, BASE): _FREE for meter in ("input_tokens", "output_tokens")})])


def _mode(api_id: str, said: tuple[Statement, ...]) -> str | None:
    """Embedding where the id says so and nothing is charged for output; otherwise the list does not tell."""
    offers_output = any(
        statement.meter.startswith("output") and any(segment.amount is not None for segment in statement.segments)
        for statement in said
    )
    return "embedding" if "embed" in api_id.lower() and not offers_output else None
