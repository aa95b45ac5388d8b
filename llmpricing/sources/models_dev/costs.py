"""models.dev's cost objects: USD per million tokens, with context tiers and modes.

Zero needs care, because the list writes 0 also where nothing is charged per token. All zero is free where the id says
so, paid for by the subscription where the provider is one, and otherwise states nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from llmpricing.domain.conditions import BASE, Conditions, conditions
from llmpricing.domain.meters import MTOK
from llmpricing.domain.names.sold_as import sells_by_plan
from llmpricing.domain.observations import DatedPrice, State, Statement
from llmpricing.sources.reading.bounds import step_at
from llmpricing.sources.reading.cache_zeros import without_cache_zeros
from llmpricing.sources.reading.fields import as_amount, as_condition, as_count, as_list, as_mapping
from llmpricing.sources.reading.providers import canonical
from llmpricing.sources.reading.timelines import ListRate, ListRates

COST_METERS: Mapping[str, str] = MappingProxyType(
    {
        "input": "input_tokens",
        "output": "output_tokens",
        "cache_read": "cache_read_tokens",
        "cache_write": "cache_write_tokens",
        "reasoning": "output_reasoning_tokens",
        "input_audio": "input_audio_tokens",
        "output_audio": "output_audio_tokens",
    }
)
_OTHER_KEYS = frozenset({"tiers", "context_over_200k"})
_OLD_STEP = 200_000
# Here ``reasoning`` is the output price while thinking, answer included (model-prices found out, backfill.py).
THINKING_IS_OUTPUT = frozenset({"alibaba", "alibaba-cn"})
_SAYS_FREE = re.compile(r"[:/-]free$")


def read_costs(
    provider: str, api_id: str, entry: Mapping[str, Any], only_reads: bool, unknown: Counter[str]
) -> tuple[Statement, ...]:
    """What a model costs, undated; nothing if the list does not tell. Unknown cost keys are counted.

    Output at 0 of a model that ``only_reads`` is not offered.
    """
    if entry.get("cost") is None:
        return ()
    cost = as_mapping(entry["cost"], "cost")
    found: ListRates = {}
    _read(cost, BASE, found, unknown)
    for bound, tier in _tiers(cost, unknown):
        _read(tier, conditions(step=step_at(canonical(provider), bound)), found, unknown)
    for mode, values in _modes(entry):
        _read(values, conditions(service_tier=mode), found, unknown)
    if not any(rate.amount for rate in found.values()):
        return _all_zero(provider, api_id)
    _settle_reasoning(provider, found)
    if only_reads and ("output_tokens", BASE) in found and not found["output_tokens", BASE].amount:
        found["output_tokens", BASE] = ListRate(None, MTOK)
    return without_cache_zeros([Statement(meter, when, (rate.segment(None),)) for (meter, when), rate in found.items()])


def _read(values: Mapping[str, Any], when: Conditions, found: ListRates, unknown: Counter[str]) -> None:
    for key, value in values.items():
        if key in COST_METERS:
            if value is not None:
                amount, raw = as_amount(value, key)
                found[COST_METERS[key], when] = ListRate(amount, MTOK, raw)
        elif key not in _OTHER_KEYS and key != "tier":
            unknown[f"cost.{key}"] += 1


def _tiers(cost: Mapping[str, Any], unknown: Counter[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """Context tiers with their bound. ``context_over_200k`` is their older form and repeats them, at times with
    another bound than they have."""
    found = []
    for item in as_list(cost.get("tiers") or [], "tiers"):
        tier = as_mapping(item, "tiers")
        bound = as_mapping(tier.get("tier"), "tier")
        if bound.get("type", "context") == "context":
            found.append((as_count(bound.get("size"), "size"), tier))
        else:
            unknown["cost.tiers of another type"] += 1
    if not found and cost.get("context_over_200k") is not None:
        found.append((_OLD_STEP, as_mapping(cost["context_over_200k"], "context_over_200k")))
    return found


def _modes(entry: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    experimental = entry.get("experimental")
    modes = experimental.get("modes") if isinstance(experimental, dict) else None
    found = []
    for name, mode in (modes if isinstance(modes, dict) else {}).items():
        if isinstance(mode, dict) and mode.get("cost") is not None:
            found.append((as_condition(name, "mode"), as_mapping(mode["cost"], "cost")))
    return found


def _settle_reasoning(provider: str, found: ListRates) -> None:
    """A reasoning price that is the output price says nothing new; in Alibaba's lists it is another mode's output."""
    reasoning = found.get(("output_reasoning_tokens", BASE))
    output = found.get(("output_tokens", BASE))
    if reasoning is None:
        return
    if provider in THINKING_IS_OUTPUT or (output and output.same_price(reasoning)):
        del found["output_reasoning_tokens", BASE]
    if provider in THINKING_IS_OUTPUT and not (output and output.same_price(reasoning)):
        found["output_tokens", conditions(thinking="enabled")] = reasoning


def _all_zero(provider: str, api_id: str) -> tuple[Statement, ...]:
    if sells_by_plan(provider):
        segment = DatedPrice(State.SUBSCRIPTION, None, MTOK)
    elif _SAYS_FREE.search(api_id):
        segment = ListRate(Decimal(0), MTOK).segment(None)
    else:
        segment = DatedPrice(State.ZERO, Decimal(0), MTOK)
    return tuple(Statement(meter, BASE, (segment,)) for meter in ("input_tokens", "output_tokens"))
