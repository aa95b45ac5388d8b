"""Prices as ccusage's pricing overrides: USD per token, by the name that an agent wrote into its log.

Every price is stated, for what is left out ccusage takes from its own list. It bills a step at 200,000 tokens by the
tokens of each kind beyond it, not by the whole request, and no other steps, tiers or hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from llmpricing.domain.conditions import BASE, Conditions, Step
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import number_of

_METERS = {
    "inputCostPerToken": "input_tokens",
    "outputCostPerToken": "output_tokens",
    "cacheReadInputTokenCost": "cache_read_tokens",
    "cacheCreationInputTokenCost": "cache_write_tokens",
}
_NEEDED = ("inputCostPerToken", "outputCostPerToken")
_STEP = 200_000


def overrides_of(published: Mapping[str, CountingPrices]) -> dict[str, dict[str, Decimal]]:
    """By name the prices of tokens; a name without a known price of input and output is left out, never set to 0."""
    found = {name: _override(prices) for name, prices in sorted(published.items())}
    return {name: costs for name, costs in found.items() if all(field in costs for field in _NEEDED)}


def _override(prices: CountingPrices) -> dict[str, Decimal]:
    found = {}
    for suffix, when in (("", BASE), ("Above200kTokens", Conditions(step=Step(_STEP)))):
        for field, meter in _METERS.items():
            price = prices.of_told(meter, when)
            number = number_of(price, 1) if price else None
            if number is not None:
                found[field + suffix] = number
    return found
