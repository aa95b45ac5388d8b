"""Figures by plain arithmetic, and counts of requests, for logs with planted mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

Counts = Mapping[str, int]
Figure = Callable[[Counts], Decimal]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
PEAK = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)  # within DeepSeek's peak hours


def per_mtok(**rates: str) -> Figure:
    """The sum of counts times rates in USD per million; ``plain`` is input that is neither read from nor written to a
    cache, audio left out.
    """

    def figure(counts: Counts) -> Decimal:
        named = {**counts, "plain": plain(counts)}
        return sum((named.get(name, 0) * Decimal(rate) for name, rate in rates.items()), Decimal(0)) / 1_000_000

    return figure


def plain(counts: Counts) -> int:
    """Input that is text and has nothing to do with a cache."""
    apart = ("cache_read_tokens", "cache_write_tokens", "input_audio_tokens")
    return counts.get("input_tokens", 0) - sum(counts.get(name, 0) for name in apart)


def plus(figure: Figure, **each: str) -> Figure:
    """The figure and counts times rates in USD each."""
    return lambda counts: (
        figure(counts) + sum((counts[name] * Decimal(rate) for name, rate in each.items()), Decimal(0))
    )


def times(figure: Figure, factor: str) -> Figure:
    """The figure, so many times."""
    return lambda counts: figure(counts) * Decimal(factor)


def text(rng: Random) -> dict[str, int]:
    """A prompt and an answer, without a cache."""
    return {"input_tokens": rng.randint(5_001, 90_000), "output_tokens": rng.randint(101, 4_000)}


def cached(rng: Random) -> dict[str, int]:
    """A prompt that is mostly read from a cache."""
    found = text(rng)
    return {**found, "cache_read_tokens": rng.randint(2_001, found["input_tokens"] - 1_000)}


def written(rng: Random) -> dict[str, int]:
    """A prompt that is written to a cache for five minutes, in part."""
    number = rng.randint(1_001, 4_000)
    return {**text(rng), "cache_write_tokens": number, "cache_write_5m_tokens": number}


def kept(rng: Random) -> dict[str, int]:
    """A prompt that is written to a cache for an hour, in part."""
    number = rng.randint(1_001, 4_000)
    return {**text(rng), "cache_write_tokens": number, "cache_write_1h_tokens": number}


def thought(rng: Random) -> dict[str, int]:
    """An answer after thinking."""
    found = text(rng)
    number = rng.randint(51, found["output_tokens"] - 20)
    # A quarter of the output left out at the standard price is what flex costs beyond the step: none tells them apart.
    number += 4 * number == found["output_tokens"]
    return {**found, "output_reasoning_tokens": number}


def long(rng: Random) -> dict[str, int]:
    """A prompt beyond 272,000 tokens."""
    return {"input_tokens": rng.randint(280_001, 400_000), "output_tokens": rng.randint(101, 4_000)}


def long_cached(rng: Random) -> dict[str, int]:
    """A prompt beyond 272,000 tokens that is read from a cache in part."""
    return {**long(rng), "cache_read_tokens": rng.randint(20_001, 250_000)}


def heard(rng: Random) -> dict[str, int]:
    """A prompt with sound."""
    return {**text(rng), "input_audio_tokens": rng.randint(501, 4_000)}


def searched(rng: Random) -> dict[str, int]:
    """A prompt and searches."""
    return {**text(rng), "web_searches": rng.randint(1, 9)}
