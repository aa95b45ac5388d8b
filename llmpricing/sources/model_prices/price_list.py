"""model-prices' snapshot.json: dated prices of first-party providers with their evidence, modes and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.observations import ObservedOffering, ObservedProvider, PriceList, Problem
from llmpricing.sources.errors import EntryError, SourceError
from llmpricing.sources.model_prices.rates import rate_changes, read_timelines
from llmpricing.sources.model_prices.schedules import Clock, read_clocks
from llmpricing.sources.reading.fields import as_id, as_mapping, decode
from llmpricing.sources.reading.providers import canonical
from llmpricing.sources.reading.timelines import statements

SOURCE = "model-prices"
_SCHEMA = 1
_STATUSES = ("deprecated", "removed")


@dataclass(frozen=True)
class _Seller:
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
    prices = snapshot.get("prices")
    if not isinstance(prices, dict) or not prices:
        raise SourceError("the model-prices snapshot holds no prices")
    found = PriceList(SOURCE, states_dates=True)
    clocks = read_clocks(snapshot.get("schedules"), found.problems)
    statuses = snapshot.get("status")
    for key, models in prices.items():
        status = statuses.get(key) if isinstance(statuses, dict) else None
        seller = _Seller(key, status if isinstance(status, dict) else {}, tuple(clocks.get(key, ())))
        _read_provider(seller, models, found)
    if not found.offerings:
        raise SourceError("the model-prices snapshot holds no model that can be read")
    _read_aliases(snapshot, found)
    return found


def _read_provider(seller: _Seller, models: object, found: PriceList) -> None:
    try:
        as_id(seller.key, "provider")
        entries = as_mapping(models, "models")
    except EntryError as error:
        found.problems.append(Problem(seller.key[:400], str(error)))
        return
    found.providers.append(ObservedProvider(seller.slug, seller.key))
    found.entries += len(entries)
    for api_id, timelines in entries.items():
        try:
            found.offerings.append(_offering(seller, api_id, timelines, found))
        except EntryError as error:
            found.problems.append(Problem(f"{seller.key}/{api_id}"[:400], str(error)))


def _offering(seller: _Seller, api_id: str, timelines: object, found: PriceList) -> ObservedOffering:
    model = read_timelines(seller.slug, as_id(api_id, "model"), as_mapping(timelines, "prices"), found.unknown_keys)
    status = seller.status.get(api_id)
    return ObservedOffering(
        provider=seller.slug,
        api_id=api_id,
        mode="embedding" if "embed" in api_id else None,
        status=status if status in _STATUSES else None,
        statements=statements(rate_changes(model, [clock for clock in seller.clocks if clock.applies_to(api_id)])),
    )


def _read_aliases(snapshot: Mapping[str, Any], found: PriceList) -> None:
    """Names that the list resolves: its own aliases, and the labs' model names of the ids that serve them."""
    aliases, bases = snapshot.get("aliases"), snapshot.get("bases")
    models = aliases.get("models") if isinstance(aliases, dict) else None
    named = list(models.items()) if isinstance(models, dict) else []
    for provider, names in (bases if isinstance(bases, dict) else {}).items():
        for name, api_id in (names if isinstance(names, dict) else {}).items():
            named.append((f"{provider}/{name}", f"{provider}/{api_id}"))
    slugs = {offering.slug for offering in found.offerings}
    for alias, target in named:
        provider, _, api_id = target.partition("/") if isinstance(target, str) else ("", "", "")
        slug = f"{canonical(provider)}/{api_id}"
        if slug in slugs and alias.strip() and alias.isprintable():
            found.aliases.append((SOURCE, alias[:400], slug))
        else:
            found.problems.append(
                Problem(f"alias {alias}"[:400], "it cannot be shown, or points to a model without prices in this list")
            )
