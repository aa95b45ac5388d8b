"""What ours and its peers are asked alike: popular models of five sellers, with their usage."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from genai_prices.data import providers

SELLERS = ("openai", "anthropic", "google", "mistral", "x-ai", "deepseek", "groq", "cohere")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """A request to ``model`` of ``seller``; ``cached`` of its ``input`` tokens were read from a cache."""

    seller: str
    model: str
    input: int
    cached: int
    output: int
    at: datetime

    @property
    def usage(self) -> dict[str, int]:
        """As both libraries name it."""
        return {"input_tokens": self.input, "cache_read_tokens": self.cached, "output_tokens": self.output}


def models() -> list[tuple[str, str]]:
    """(seller, model) of all that the sellers price by input, cached input and output tokens, and the peer finds."""
    found = []
    for provider in providers:
        for model in provider.models if provider.id in SELLERS else ():
            prices = model.prices if not isinstance(model.prices, list) else model.prices[-1].prices
            is_priced = all(getattr(prices, f"{name}_mtok", None) for name in ("input", "cache_read", "output"))
            if is_priced and provider.find_model(model.id) is model:
                found.append((provider.id, model.id))
    return found


def calls(count: int) -> list[Call]:
    """So many calls, the same in every run."""
    chance, known = random.Random(20261122), models()
    made = []
    for _ in range(count):
        seller, model = chance.choice(known)
        size = chance.choice([chance.randint(1, 30_000), chance.randint(100_000, 300_000)])
        at = AT - timedelta(minutes=chance.randint(0, 60 * 24 * 90))
        made.append(Call(seller, model, size, chance.randint(0, size), chance.randint(1, 4000), at))
    return made
