"""models.dev's api.json with the published prices laid over it: USD per million tokens, by size of context where it
matters. Input and output stand together or not at all, as the list's readers expect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import BASE, Conditions, conditions
from llmpricing.domain.meters import MTOK
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import FieldChange, Laid, Note, number_of
from llmpricing.sources.models_dev.costs import COST_METERS, THINKING_IS_OUTPUT
from llmpricing.sources.reading.bounds import step_at
from llmpricing.sources.reading.providers import canonical

_NEEDED = ("input", "output")
_WRITTEN = ("input", "output", "cache_read", "cache_write")  # also where the list has no such key
_OLD_TIER, _OLD_BOUND = "context_over_200k", 200_000


def models_in(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The offering's id, the list's own name, and the entry of each model of an api.json."""
    for key, provider in document.items() if isinstance(document, dict) else ():
        models = provider.get("models") if isinstance(provider, dict) else None
        for api_id, model in models.items() if isinstance(models, dict) else ():
            if isinstance(model, dict):
                yield f"{canonical(key)}/{api_id}", f"{key}/{api_id}", model


def lay_over_api(data: bytes, published: Mapping[str, CountingPrices]) -> Laid:
    """The list in ``data`` with the prices ``published`` by id of the offering."""
    laid = Laid(json.loads(data, parse_float=Decimal))
    for slug, name, model in models_in(laid.document):
        prices = published.get(slug)
        if prices is not None and any(price.state is not State.SUBSCRIPTION for price in prices.prices):
            laid.notes += _laid_over(name, model, prices)
    return laid


def _laid_over(name: str, model: dict[str, Any], prices: CountingPrices) -> list[Note]:
    cost = model.get("cost")
    cost = cost if isinstance(cost, dict) else {}
    notes = _written(name, cost, prices, BASE, "cost")
    for path, when, tier in _tiers(name, cost):
        notes += _written(name, tier, prices, when, path)
    if cost and all(key in cost for key in _NEEDED):
        model["cost"] = cost
    elif notes:
        model.pop("cost", None)
    return notes


def _tiers(name: str, cost: Mapping[str, Any]) -> Iterator[tuple[str, Conditions, dict[str, Any]]]:
    """The tiers that the list itself has, with what they ask for."""
    provider, old = canonical(name.partition("/")[0]), _OLD_BOUND
    for number, tier in enumerate(cost.get("tiers") or ()):
        bound = tier.get("tier") or {}
        if bound.get("type", "context") == "context" and isinstance(bound.get("size"), int):
            yield f"cost.tiers.{number}", conditions(step=step_at(provider, bound["size"])), tier
            old = bound["size"]  # which the older form repeats, whatever it is called
    if isinstance(cost.get(_OLD_TIER), dict):
        yield f"cost.{_OLD_TIER}", conditions(step=step_at(provider, old)), cost[_OLD_TIER]


def _written(name: str, costs: dict[str, Any], prices: CountingPrices, when: Conditions, path: str) -> list[Note]:
    notes = []
    for key, meter in COST_METERS.items():
        if key == "reasoning" and canonical(name.partition("/")[0]) in THINKING_IS_OUTPUT:
            continue  # there it is the price of output in another mode
        price, listed = prices.of(meter, when), costs.get(key)
        if price is None or (listed is None and (key not in _WRITTEN or price.meter != meter)):
            continue
        number = number_of(price, MTOK)
        stated = None if listed is None else Decimal(str(listed))
        if number == stated or (number is None and not stated):
            continue
        if price.state not in (State.UNKNOWN, State.NOT_OFFERED) and number is None:
            notes.append(Note(name, f"{path}.{key}", FieldChange.AS_LISTED, stated, None, price.id))
            continue
        change = FieldChange.WITHOUT_PRICE if number is None else FieldChange.CHANGED
        change = FieldChange.ADDED if listed is None else change
        notes.append(Note(name, f"{path}.{key}", change, stated, number, price.id))
        if number is None:
            del costs[key]
        else:
            costs[key] = number
    return notes
