"""models.dev's api.json with the published prices laid over it: USD per million tokens, by size of context where it
matters. Input and output stand together or not at all, as the list's readers expect: opencode forgets a model with half
a tier. What has no key costs nothing there, so cached tokens that nobody prices apart are stated at the price of input.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import BASE, Conditions, Step, conditions
from llmpricing.domain.meters import MTOK
from llmpricing.domain.observations import PriceList, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.listed_prices import with_own_prices
from llmpricing.exports.overlay import FieldChange, Laid, Note, number_of
from llmpricing.sources.models_dev.costs import COST_METERS, THINKING_IS_OUTPUT
from llmpricing.sources.reading.bounds import step_at
from llmpricing.sources.reading.providers import canonical

_NEEDED = ("input", "output")
_WRITTEN = ("input", "output", "cache_read", "cache_write")  # also where the list has no such key
_CACHED = ("cache_read", "cache_write")
_OLD_TIER, _OLD_BOUND = "context_over_200k", 200_000


def models_in(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The offering's id, the list's own name, and the entry of each model of an api.json."""
    for key, provider in document.items() if isinstance(document, dict) else ():
        models = provider.get("models") if isinstance(provider, dict) else None
        for api_id, model in models.items() if isinstance(models, dict) else ():
            if isinstance(model, dict):
                yield f"{canonical(key)}/{api_id}", f"{key}/{api_id}", model


def lay_over_api(data: bytes, listed: PriceList, published: Mapping[str, CountingPrices]) -> Laid:
    """The list in ``data``, which was read as ``listed``, with the prices ``published`` by id of the offering.

    What nobody prices in the price book costs what the list asks, as if that were published: so an import of these very
    bytes changes none of them.
    """
    laid = Laid(json.loads(data, parse_float=Decimal))
    offerings = {one.slug: one for one in listed.offerings}
    for slug, name, model in models_in(laid.document):
        own, counting = offerings.get(slug), published.get(slug)
        if own is None or (counting is None and not own.statements):
            continue
        prices = with_own_prices(own, counting)
        if not _is_subscribed(prices):
            laid.notes += _laid_over(name, model, prices)
    return laid


def _is_subscribed(prices: CountingPrices) -> bool:
    return bool(prices.prices) and all(price.state is State.SUBSCRIPTION for price in prices.prices)


def _laid_over(name: str, model: dict[str, Any], prices: CountingPrices) -> list[Note]:
    cost = model.get("cost")
    cost = cost if isinstance(cost, dict) else {}
    if not prices.is_listed:
        return _without_price(name, model, cost)
    notes = _written(name, cost, prices, BASE, "cost")
    notes += _without_untrue_tier(name, cost)
    listed = list(_tiers(name, cost))
    for path, when, tier in listed:
        notes += _written(name, tier, prices, when, path)
    notes += _new_tiers(name, cost, prices, {when.step for _, when, _ in listed})
    _leave_whole_tiers(cost)
    if cost and all(key in cost for key in _NEEDED):
        model["cost"] = cost
    elif notes:
        model.pop("cost", None)
    return notes


def _without_price(name: str, model: dict[str, Any], cost: Mapping[str, Any]) -> list[Note]:
    """Let the model have no price, where the list's own is not believed; mere zeros may stay."""
    listed = {key: Decimal(str(cost[key])) for key in COST_METERS if cost.get(key)}
    if listed:
        del model["cost"]
    return [Note(name, f"cost.{key}", FieldChange.WITHOUT_PRICE, stated, None, None) for key, stated in listed.items()]


def _without_untrue_tier(name: str, cost: dict[str, Any]) -> list[Note]:
    """Take the older form of a tier away where the newer one says that it begins elsewhere: opencode would bill it from
    200,000 tokens on.
    """
    bounds = [(tier.get("tier") or {}).get("size") for tier in cost.get("tiers") or ()]
    if not bounds or _OLD_BOUND in bounds or not isinstance(cost.get(_OLD_TIER), dict):
        return []
    untrue = cost.pop(_OLD_TIER)
    return [
        Note(name, f"cost.{_OLD_TIER}.{key}", FieldChange.WITHOUT_PRICE, Decimal(str(untrue[key])), None, None)
        for key in COST_METERS
        if untrue.get(key) is not None
    ]


def _new_tiers(name: str, cost: dict[str, Any], prices: CountingPrices, known: Collection[Step | None]) -> list[Note]:
    """Add a tier for each step by size of request that the list lacks."""
    provider, notes = canonical(name.partition("/")[0]), list[Note]()
    steps = {price.conditions.step for price in prices.prices if price.conditions.series == BASE}
    for step in sorted((one for one in steps if one and one not in known), key=lambda one: one.above):
        if step != step_at(provider, step.above):
            continue  # the list cannot say it
        tier: dict[str, Any] = {}
        tiers = cost.get("tiers") or []
        told = _written(name, tier, prices, conditions(step=step), f"cost.tiers.{len(tiers)}")
        if all(key in tier for key in _NEEDED):
            cost["tiers"] = [*tiers, tier | {"tier": {"type": "context", "size": step.above}}]
            notes += told
    return notes


def _leave_whole_tiers(cost: dict[str, Any]) -> None:
    """Take away tiers without a price of input or output."""
    if tiers := cost.get("tiers"):
        cost["tiers"] = [tier for tier in tiers if all(key in tier for key in _NEEDED)]
        if not cost["tiers"]:
            del cost["tiers"]
    if _OLD_TIER in cost and not all(key in cost[_OLD_TIER] for key in _NEEDED):
        del cost[_OLD_TIER]


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
        price, listed = prices.of_told(meter, when), costs.get(key)
        if price is None or (listed is None and (key not in _WRITTEN or not _is_its_own(key, price, costs))):
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


def _is_its_own(key: str, price: Price, costs: Mapping[str, Any]) -> bool:
    """Whether the price is one of this field: of its own meter, or of cached text that pays what input does. What pays
    for input and output as such is theirs, also that of pictures where a model makes nothing else.
    """
    return key in _NEEDED or price.meter == COST_METERS[key] or (key in _CACHED and bool(costs.get("input")))
