"""Logs with known mistakes: each planted record bears a figure made by plain arithmetic, not by the audit's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from llmpricing.domain.quotes.context import UNSTATED, Context, context
from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed

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


def fee(figure: Figure, amount: str) -> Figure:
    """The figure and a fee of each request."""
    return lambda counts: figure(counts) + Decimal(amount)


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
    return {**found, "output_reasoning_tokens": rng.randint(51, found["output_tokens"] - 20)}


def long(rng: Random) -> dict[str, int]:
    """A prompt beyond 272,000 tokens."""
    return {"input_tokens": rng.randint(280_001, 400_000), "output_tokens": rng.randint(101, 4_000)}


def heard(rng: Random) -> dict[str, int]:
    """A prompt with sound."""
    return {**text(rng), "input_audio_tokens": rng.randint(501, 4_000)}


def searched(rng: Random) -> dict[str, int]:
    """A prompt and searches."""
    return {**text(rng), "web_searches": rng.randint(1, 9)}


@dataclass(frozen=True)
class Plant:
    """A mistake: of which model, with what counts, what is right and what is logged."""

    cause: str
    model: str
    counts: Callable[[Random], dict[str, int]]
    right: Figure
    logged: Figure
    context: Context = UNSTATED
    at: datetime = NOON


_HAIKU, _SONNET = "anthropic/claude-haiku-4-5", "anthropic/claude-sonnet-4-6"
_TERRA, _MINI = "openai/gpt-5.6-terra", "openai/gpt-4.1-mini"
_FLASH, _DEEP = "google/gemini-2.5-flash", "deepseek/deepseek-v4-pro"
CACHING = per_mtok(
    plain="1", cache_read_tokens="0.1", cache_write_5m_tokens="1.25", cache_write_1h_tokens="2", output_tokens="5"
)
TERRA = per_mtok(plain="2", cache_read_tokens="0.2", output_tokens="12")
TERRA_ABOVE = per_mtok(plain="4", cache_read_tokens="0.4", output_tokens="18")
MINI = per_mtok(plain="0.4", cache_read_tokens="0.1", output_tokens="1.6")
SONNET = per_mtok(plain="3", cache_read_tokens="0.3", output_tokens="15")
OPUS = per_mtok(plain="5", cache_read_tokens="0.5", output_tokens="25")
DEEP = per_mtok(plain="0.66", cache_read_tokens="0.022", output_tokens="1.98")


def _terra_by_parts(counts: Counts) -> Decimal:
    """What lies beyond 272,000 tokens at the higher price, what lies below at the lower one, all output higher."""
    beyond = counts["input_tokens"] - 272_000
    return (272_000 * Decimal(2) + beyond * Decimal(4) + counts["output_tokens"] * Decimal(18)) / 1_000_000


PLANTS: Sequence[Plant] = (
    Plant("cached_at_full_price", _HAIKU, cached, CACHING, per_mtok(input_tokens="1", output_tokens="5")),
    Plant(
        "cached_counted_twice",
        _HAIKU,
        cached,
        CACHING,
        per_mtok(input_tokens="1", cache_read_tokens="0.1", output_tokens="5"),
    ),
    Plant("cached_dropped", _HAIKU, cached, CACHING, per_mtok(plain="1", output_tokens="5")),
    Plant("cache_write_at_input_price", _HAIKU, written, CACHING, per_mtok(input_tokens="1", output_tokens="5")),
    Plant(
        "write_1h_at_5m_price",
        _HAIKU,
        kept,
        CACHING,
        per_mtok(plain="1", cache_write_1h_tokens="1.25", output_tokens="5"),
    ),
    Plant(
        "reasoning_counted_twice",
        _TERRA,
        thought,
        TERRA,
        per_mtok(plain="2", output_tokens="12", output_reasoning_tokens="12"),
    ),
    Plant(
        "reasoning_dropped",
        _TERRA,
        thought,
        TERRA,
        per_mtok(plain="2", output_tokens="12", output_reasoning_tokens="-12"),
    ),
    Plant("step_ignored", _TERRA, long, TERRA_ABOVE, TERRA),
    Plant("step_on_the_part", _TERRA, long, TERRA_ABOVE, _terra_by_parts),
    Plant("step_on_wrong_side", _TERRA, cached, TERRA, TERRA_ABOVE),
    Plant(
        "batch_ignored",
        _MINI,
        cached,
        per_mtok(plain="0.2", cache_read_tokens="0.05", output_tokens="0.8"),
        MINI,
        context("batch"),
    ),
    Plant(
        "flex_ignored",
        _TERRA,
        cached,
        per_mtok(plain="1", cache_read_tokens="0.1", output_tokens="6"),
        TERRA,
        context("flex"),
    ),
    Plant(
        "priority_ignored",
        _TERRA,
        cached,
        per_mtok(plain="4", cache_read_tokens="0.4", output_tokens="24"),
        TERRA,
        context("priority"),
    ),
    Plant("fast_ignored", "anthropic/claude-opus-4-8", cached, times(OPUS, "2"), OPUS, context("fast")),
    Plant("region_ignored", _SONNET, cached, times(SONNET, "1.1"), SONNET, context(None, "us")),
    Plant(
        "media_at_text_price",
        _FLASH,
        heard,
        per_mtok(plain="0.3", input_audio_tokens="1", output_tokens="2.5"),
        per_mtok(input_tokens="0.3", output_tokens="2.5"),
    ),
    Plant("search_fee_missing", _HAIKU, searched, plus(CACHING, web_searches="0.01"), CACHING),
    Plant(
        "another_day",
        "openai/gpt-5.6-sol",
        cached,
        per_mtok(plain="4", cache_read_tokens="0.4", output_tokens="20"),
        per_mtok(plain="5", cache_read_tokens="0.5", output_tokens="30"),
    ),
    Plant("another_hour", _DEEP, cached, times(DEEP, "2"), DEEP, at=PEAK),
    Plant("another_seller", _DEEP, cached, DEEP, per_mtok(plain="1.74", cache_read_tokens="0.2", output_tokens="3.48")),
    Plant("another_model", _MINI, cached, MINI, per_mtok(plain="2", cache_read_tokens="0.5", output_tokens="8")),
    Plant("unit_slip", _MINI, cached, MINI, times(MINI, "1000")),
    Plant("billed_zero", _MINI, cached, MINI, times(MINI, "0")),
    Plant("flat_discount", _MINI, cached, MINI, times(MINI, "0.9")),
)
# Two at once, of which neither alone gives the figure.
PAIRS: Sequence[Plant] = (
    Plant(
        "cached_at_full_price + batch_ignored",
        _MINI,
        cached,
        per_mtok(plain="0.2", cache_read_tokens="0.05", output_tokens="0.8"),
        per_mtok(input_tokens="0.4", output_tokens="1.6"),
        context("batch"),
    ),
    Plant(
        "cached_dropped + region_ignored",
        _SONNET,
        cached,
        times(SONNET, "1.1"),
        per_mtok(plain="3", output_tokens="15"),
        context(None, "us"),
    ),
    Plant(
        "reasoning_dropped + flex_ignored",
        _TERRA,
        thought,
        per_mtok(plain="1", output_tokens="6"),
        per_mtok(plain="2", output_tokens="12", output_reasoning_tokens="-12"),
        context("flex"),
    ),
    Plant(
        "cached_counted_twice + unit_slip",
        _HAIKU,
        cached,
        CACHING,
        times(per_mtok(input_tokens="1", cache_read_tokens="0.1", output_tokens="5"), "100"),
    ),
)
RIGHT: Sequence[tuple[str, Callable[[Random], dict[str, int]], Figure, Context]] = (
    (_HAIKU, cached, CACHING, context()),
    (_HAIKU, kept, CACHING, context()),
    (_TERRA, long, TERRA_ABOVE, context()),
    (_MINI, cached, MINI, context()),
    (_SONNET, cached, times(SONNET, "1.1"), context(None, "us")),
)


class PlantedRecord(NamedTuple):
    """A record, the cause that it was planted with (empty where it is right), and by how much it is wrong."""

    record: UsageRecord
    cause: str
    money: Decimal


def planted(plant: Plant, counts: Mapping[str, int], name: str) -> PlantedRecord:
    """The record of a plant."""
    right, logged = plant.right(counts), plant.logged(counts)
    record = UsageRecord(
        plant.model, plant.at, count(counts), None, context=plant.context, charged=logged, record_id=name
    )
    return PlantedRecord(record, plant.cause, logged - right)


def planted_log(seed: int, rows: int, wrong: float = 0.2, pairs: float = 0.05) -> list[PlantedRecord]:
    """A log of so many rows: some wrong by one mistake each, in equal parts, some by two, some failed and billed or
    told twice, the rest right; in a random order.
    """
    rng = Random(seed)  # noqa: S311 - a log for tests
    found = []
    for number in range(rows):
        name, chance = f"r{seed}-{number}", rng.random()
        if chance < pairs:
            plant = PAIRS[number % len(PAIRS)]
            found.append(planted(plant, plant.counts(rng), name))
        elif chance < pairs + wrong:
            plant = PLANTS[number % len(PLANTS)]
            found.append(planted(plant, plant.counts(rng), name))
        else:
            found.append(_right(rng, name))
    failed = [_failed(one) for one in found[: rows // 50]]
    rng.shuffle(found)
    return [*found, *failed]


def _right(rng: Random, name: str) -> PlantedRecord:
    model, made, figure, where = RIGHT[rng.randrange(len(RIGHT))]
    counts = made(rng)
    day = NOON - timedelta(days=rng.randrange(3), minutes=rng.randrange(700))
    logged = figure(counts)
    noisy = Decimal(repr(float(logged)))  # what a tool that counts in floating point writes
    record = UsageRecord(model, day, count(counts), None, context=where, charged=noisy, record_id=name)
    return PlantedRecord(record, "", noisy - logged)


def _failed(one: PlantedRecord) -> PlantedRecord:
    """The same call, failed, and billed all the same."""
    charged = one.record.charged or Decimal(0)
    record = UsageRecord(
        one.record.model,
        NOON,
        None,
        None,
        charged=charged,
        record_id=f"{one.record.record_id}-failed",
        outcome=not_billed("failed"),
    )
    return PlantedRecord(record, "charged_but_not_billed", charged)
