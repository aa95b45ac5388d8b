"""Where a seller's long context begins, which most lists leave open: beyond the bound that they state, or at it."""

from __future__ import annotations

from llmpricing.domain.conditions import Step

# xAI charges long context for requests "at or above" 200,000 tokens (its list of models and prices): genai-prices
# writes 199,999 for it, and LiteLLM's calculator has the same exception.
_AT_THE_BOUND = frozenset({"x-ai"})


def step_at(provider: str, bound: int) -> Step:
    """The step that a list states as a bare number of tokens; ``provider`` by its id in the price book."""
    return Step(bound, inclusive=provider in _AT_THE_BOUND)
