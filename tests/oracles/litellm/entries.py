"""The priced entries of a LiteLLM map, beside what our price list says of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import Statement
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.sources import litellm
from llmpricing.sources.litellm.names import Name, provider_of, read_name
from tests.prices import prices_of

LOG_IN = ("github_copilot", "chatgpt")  # LiteLLM asks for a login where their models are named


@dataclass(frozen=True)
class Entry:
    """An entry of the map: its key, what we read of its name, and all that our price list says of the offering."""

    key: str
    raw: Mapping[str, Any]
    name: Name
    statements: tuple[Statement, ...]
    prices: OfferingPrices

    @property
    def provider(self) -> str:
        """The provider by which LiteLLM's own callers ask for the entry."""
        family = str(self.raw["litellm_provider"])
        return "vertex_ai" if family.startswith("vertex_ai") else family.replace("bedrock_converse", "bedrock")

    @cached_property
    def alone(self) -> tuple[Statement, ...]:
        """What this entry says for itself, without the conditions in its key; LiteLLM reads no other beside it."""
        (offering,) = litellm.parse(json.dumps({self.key: self.raw}).encode()).offerings
        return tuple(
            replace(said, conditions=self._within_key(said.conditions))
            for said in offering.statements
            if not said.is_zero
        )

    def _within_key(self, when: Conditions) -> Conditions:
        extra = tuple(fact for fact in when.extra if fact not in self.name.extra)
        return replace(when, region="" if when.region == self.name.region else when.region, extra=extra)


def entries(data: bytes) -> tuple[list[Entry], int]:
    """The priced entries of a map whose models can be asked for without a login, and how many were left out."""
    found = litellm.parse(data)
    offerings = {offering.slug: offering for offering in found.offerings}
    refused = {problem.key for problem in found.problems}
    listed = []
    left = 0
    for key, raw in json.loads(data).items():
        provider = isinstance(raw, dict) and (raw.get("litellm_provider") or provider_of(key))
        if not provider or provider in LOG_IN or key in refused or key == "sample_spec":
            left += 1
            continue
        name = read_name(key, provider)
        statements = tuple(said for said in offerings[name.slug].statements if not said.is_zero)
        if statements:
            listed.append(Entry(key, raw, name, statements, OfferingPrices(prices_of(statements))))
        else:
            left += 1
    return listed, left
