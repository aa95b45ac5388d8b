"""genai-prices' v2 data.json: providers, match clauses, and prices with tiers, dates, windows and variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import ObservedOffering, ObservedProvider, PriceList, Statement
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.genai_prices import rules
from llmpricing.sources.genai_prices.price_changes import price_changes
from llmpricing.sources.reading.cache_zeros import without_cache_zeros
from llmpricing.sources.reading.documents import decode
from llmpricing.sources.reading.fields import (
    Facts,
    as_entry,
    as_id,
    as_list,
    optional_count,
    optional_text,
    problem,
    texts,
)
from llmpricing.sources.reading.match_rules import optional_match, optional_pattern
from llmpricing.sources.reading.timelines import ListRate, statements

SLUG = "genai-prices"
_FREE = ListRate(rules.ZERO, 1_000_000)


def parse(data: bytes) -> PriceList:
    """All providers and offerings of a v2 data.json; raises SourceError if it holds none."""
    providers = decode(data)
    if not isinstance(providers, list) or not providers:
        raise SourceError("genai-prices data is a JSON list of providers; this is something else, or empty")
    found = PriceList(SLUG)
    for position, provider in enumerate(providers):
        try:
            _read_provider(provider, _name(provider, f"provider {position + 1}"), found)
        except EntryError as error:
            found.problems.append(problem(_name(provider, f"provider {position + 1}"), error))
    if not found.offerings:
        raise SourceError("genai-prices data holds no model that can be read")
    return found


def _name(entry: object, otherwise: str) -> str:
    given = entry.get("id") if isinstance(entry, dict) else None
    return given if isinstance(given, str) and given else otherwise


def _read_provider(value: object, key: str, found: PriceList) -> None:
    entry = as_entry(value, "provider", key, found.problems, containers=("models",))
    slug = as_id(entry.get("id"), "id")
    models = as_list(entry.get("models") or [], "models")
    found.entries += len(models)
    if any(provider.slug == slug for provider in found.providers):
        raise EntryError("this provider comes twice")
    found.providers.append(_provider(slug, Facts(entry, key, found.problems)))
    offerings: dict[str, ObservedOffering] = {}
    for position, model in enumerate(models):
        path = f"{slug}/{_name(model, f'model {position + 1}')}"
        try:
            facts = Facts(as_entry(model, "model", path, found.problems), path, found.problems)
            offering = _offering(slug, facts, found)
            if offerings.setdefault(offering.api_id, offering) is not offering:
                raise EntryError("this model comes twice; the first one counts")
        except EntryError as error:
            found.problems.append(problem(path, error))
    found.offerings += offerings.values()


def _provider(slug: str, facts: Facts) -> ObservedProvider:
    """The seller; what cannot be read of how it is recognised is left out, and its models count."""
    name = facts.read(optional_text, "name")
    return ObservedProvider(
        slug=slug,
        name=name or slug,
        api_pattern=facts.read(optional_pattern, "api_pattern"),
        pricing_urls=facts.read(texts, "pricing_urls") or (),
        provider_match=facts.read(optional_match, "provider_match"),
        model_match=facts.read(optional_match, "model_match"),
        fallback_providers=facts.read(texts, "fallback_model_providers") or (),
    )


def _offering(provider: str, facts: Facts, found: PriceList) -> ObservedOffering:
    api_id = as_id(facts.entry.get("id"), "id")
    stated = _statements(provider, api_id, facts.entry, found.unknown_keys)
    return ObservedOffering(
        provider=provider,
        api_id=api_id,
        name=facts.read(optional_text, "name"),
        mode=_mode(api_id, stated),
        status="deprecated" if facts.entry.get("deprecated") is True else None,
        context_window=facts.read(optional_count, "context_window"),
        match=facts.read(optional_match, "match"),
        statements=stated,
    )


def _statements(provider: str, api_id: str, entry: Mapping[str, Any], unknown: Counter[str]) -> tuple[Statement, ...]:
    """What the model costs. No price key at all means unknown, except where the id itself says ``:free``."""
    minimum = rules.MINIMUM_SECONDS if (provider, api_id) in rules.MINIMUM_BILLED else None
    reader = rules.RuleReader(unknown, minimum)
    changes = price_changes(reader.prices(entry.get("prices")), reader.variants(entry))
    if provider == "openrouter":
        changes = ((since, rules.with_whole_cache_writes(rates)) for since, rates in changes)
    found = without_cache_zeros(statements(changes))
    if found or ":free" not in api_id:
        return found
    return statements([(None, {(meter, BASE): _FREE for meter in ("input_tokens", "output_tokens")})])


def _mode(api_id: str, stated: tuple[Statement, ...]) -> str | None:
    """Embedding where the id says so and nothing is charged for output; otherwise the list does not tell."""
    offers_output = any(
        statement.meter.startswith("output") and any(segment.amount is not None for segment in statement.segments)
        for statement in stated
    )
    return "embedding" if "embed" in api_id.lower() and not offers_output else None
