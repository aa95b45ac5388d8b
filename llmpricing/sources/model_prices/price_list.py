"""model-prices' snapshot.json: dated prices of first-party providers with their evidence, modes and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.observations import ObservedOffering, ObservedProvider, PriceList
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.model_prices.rates import rate_changes, read_timelines
from llmpricing.sources.model_prices.schedules import Clock, read_clocks
from llmpricing.sources.reading.cache_zeros import without_cache_zeros
from llmpricing.sources.reading.documents import decode, entries_in
from llmpricing.sources.reading.fields import as_entry, as_id, members, optional_members, problem
from llmpricing.sources.reading.providers import canonical
from llmpricing.sources.reading.timelines import statements

SLUG = "model-prices"
_SCHEMA = 1
_STATUSES = ("deprecated", "removed")


@dataclass(frozen=True)
class _ListedProvider:
    """One provider of the list, with what holds for all its models."""

    key: str
    status: Mapping[str, Any]
    clocks: tuple[Clock, ...]

    @property
    def slug(self) -> str:
        return canonical(self.key)


def parse(data: bytes) -> PriceList:
    """All models of a snapshot; ``entries`` counts models. Raises SourceError if there is none or another schema."""
    snapshot = decode(data)
    if not isinstance(snapshot, dict) or snapshot.get("schema") != _SCHEMA:
        raise SourceError(f"not a model-prices snapshot of schema {_SCHEMA}")
    found = PriceList(SLUG)
    snapshot = members(snapshot, "snapshot", found.problems)
    prices = optional_members(snapshot, "prices", found.problems)
    statuses = optional_members(snapshot, "status", found.problems)
    clocks = read_clocks(optional_members(snapshot, "schedules", found.problems), found.problems)
    offerings: dict[str, ObservedOffering] = {}
    for key, models in prices.items():
        status = optional_members(statuses, key, found.problems)
        _read_provider(_ListedProvider(key, status, tuple(clocks.get(key, ()))), models, found, offerings)
    found.offerings = list(offerings.values())
    if not found.offerings:
        raise SourceError("the model-prices snapshot holds no model that can be read")
    _read_aliases(snapshot, found)
    return found


def _read_provider(
    seller: _ListedProvider, models: object, found: PriceList, offerings: dict[str, ObservedOffering]
) -> None:
    try:
        as_id(seller.key, "provider")
        entries = members(models, "models", found.problems, f"{seller.key}/")
    except EntryError as error:
        found.problems.append(problem(seller.key, error))
        return
    if seller.slug not in {provider.slug for provider in found.providers}:
        found.providers.append(ObservedProvider(seller.slug, seller.key))
    found.entries += entries_in(entries)
    for api_id, timelines in entries.items():
        path = f"{seller.key}/{api_id}"
        try:
            offering = _offering(seller, api_id, as_entry(timelines, "prices", path, found.problems), found)
            if offerings.setdefault(offering.slug, offering) != offering:
                raise EntryError(f"another entry states {offering.slug} otherwise")
        except EntryError as error:
            found.problems.append(problem(path, error))


def _offering(seller: _ListedProvider, api_id: str, timelines: Mapping[str, Any], found: PriceList) -> ObservedOffering:
    model = read_timelines(seller.slug, as_id(api_id, "model"), timelines, found.unknown_keys)
    status = seller.status.get(api_id)
    stated = statements(rate_changes(model, [clock for clock in seller.clocks if clock.applies_to(api_id)]))
    return ObservedOffering(
        provider=seller.slug,
        api_id=api_id,
        mode="embedding" if "embed" in api_id else None,
        status=status if status in _STATUSES else None,
        statements=without_cache_zeros(stated),
    )


def _read_aliases(snapshot: Mapping[str, Any], found: PriceList) -> None:
    """Names that the list resolves: its own aliases, and the labs' model names of the ids that serve them."""
    aliases = optional_members(snapshot, "aliases", found.problems)
    named = list(optional_members(aliases, "models", found.problems).items())
    bases = optional_members(snapshot, "bases", found.problems)
    for provider in bases:
        for name, api_id in optional_members(bases, provider, found.problems).items():
            named.append((f"{provider}/{name}", f"{provider}/{api_id}"))
    slugs = {offering.slug for offering in found.offerings}
    for alias, target in named:
        try:
            found.aliases.append((SLUG, as_id(alias, "the alias"), _target(target, slugs)))
        except EntryError as error:
            found.problems.append(problem(f"alias {alias}", error))


def _target(target: object, slugs: set[str]) -> str:
    provider, _, api_id = target.partition("/") if isinstance(target, str) else ("", "", "")
    slug = f"{canonical(provider)}/{api_id}"
    if slug not in slugs:
        raise EntryError("it points to a model without prices in this list")
    return slug
