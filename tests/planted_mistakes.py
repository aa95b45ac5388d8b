"""Mistakes to plant in logs, one or two at a time, with the arithmetic of what is right and of what is logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from llmpricing.domain.quotes.context import UNSTATED, Context, context
from tests.planted_figures import (
    NOON,
    PEAK,
    Counts,
    Figure,
    cached,
    heard,
    kept,
    long,
    long_cached,
    per_mtok,
    plus,
    searched,
    thought,
    times,
    written,
)


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
_SOL, _OPUS = "openai/gpt-5.6-sol", "anthropic/claude-opus-4-8"
_FIVE, _OLD_HAIKU = "gpt-5", "anthropic/claude-3-haiku-20240307"
CACHING = per_mtok(
    plain="1", cache_read_tokens="0.1", cache_write_5m_tokens="1.25", cache_write_1h_tokens="2", output_tokens="5"
)
TERRA = per_mtok(plain="2", cache_read_tokens="0.2", output_tokens="12")
TERRA_ABOVE = per_mtok(plain="4", cache_read_tokens="0.4", output_tokens="18")
MINI = per_mtok(plain="0.4", cache_read_tokens="0.1", output_tokens="1.6")
SONNET = per_mtok(plain="3", cache_read_tokens="0.3", output_tokens="15")
OPUS = per_mtok(plain="5", cache_read_tokens="0.5", output_tokens="25")
DEEP = per_mtok(plain="0.66", cache_read_tokens="0.022", output_tokens="1.98")
SOL_BATCH = per_mtok(plain="2", cache_read_tokens="0.2", output_tokens="10")
FIVE = per_mtok(plain="1.25", cache_read_tokens="0.125", output_tokens="10")
MINI_BATCH = per_mtok(plain="0.2", cache_read_tokens="0.05", output_tokens="0.8")
LITE_BATCH = per_mtok(plain="0.125", cache_read_tokens="0.0125", output_tokens="0.75")


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
    Plant("fast_ignored", _OPUS, cached, times(OPUS, "2"), OPUS, context("fast")),
    Plant("batch_ignored", _SOL, cached, SOL_BATCH, times(SOL_BATCH, "2"), context("batch")),
    Plant("batch_ignored", "claude-haiku-4-5-20251001", written, times(CACHING, "0.5"), CACHING, context("batch")),
    Plant(
        "batch_ignored", "google/gemini-3.1-flash-lite", cached, LITE_BATCH, times(LITE_BATCH, "2"), context("batch")
    ),
    Plant("flex_ignored", _FIVE, cached, times(FIVE, "0.5"), FIVE, context("flex")),
    Plant("priority_ignored", _FIVE, cached, times(FIVE, "2"), FIVE, context("priority")),
    Plant("priority_ignored", "gpt-4.1-mini-2025-04-14", cached, times(MINI, "1.75"), MINI, context("priority")),
    Plant("fast_ignored", _FIVE, cached, times(FIVE, "2"), FIVE, context("fast")),
    Plant("region_ignored", _SONNET, cached, times(SONNET, "1.1"), SONNET, context(None, "us")),
    Plant("region_ignored", _OPUS, cached, times(OPUS, "1.1"), OPUS, context(None, "us")),
    Plant(
        "region_ignored",
        "aws/regional.anthropic.claude-haiku-4-5-20251001-v1:0",
        cached,
        times(CACHING, "1.1"),
        CACHING,
    ),
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
    Plant(
        "another_day",
        _SOL,
        cached,
        SOL_BATCH,
        per_mtok(plain="2.5", cache_read_tokens="0.25", output_tokens="15"),
        context("batch"),
    ),
    Plant("another_hour", _DEEP, cached, times(DEEP, "2"), DEEP, at=PEAK),
    Plant("another_seller", _DEEP, cached, DEEP, per_mtok(plain="1.74", cache_read_tokens="0.2", output_tokens="3.48")),
    Plant("another_model", _MINI, cached, MINI, per_mtok(plain="2", cache_read_tokens="0.5", output_tokens="8")),
    Plant(
        "another_model",
        _MINI,
        cached,
        MINI_BATCH,
        per_mtok(plain="1", cache_read_tokens="0.25", output_tokens="4"),
        context("batch"),
    ),
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
    # A seller who offers neither batches nor caches, or another model of this one, asks as much as these come to.
    Plant(
        "cached_at_full_price + batch_ignored",
        _OLD_HAIKU,
        cached,
        per_mtok(plain="0.125", cache_read_tokens="0.015", output_tokens="0.625"),
        per_mtok(input_tokens="0.25", output_tokens="1.25"),
        context("batch"),
    ),
    Plant(
        "cached_at_full_price + batch_ignored",
        "google/gemini-3.1-flash-lite-preview",
        cached,
        LITE_BATCH,
        per_mtok(input_tokens="0.25", output_tokens="1.5"),
        context("batch"),
    ),
    Plant(
        "cached_at_full_price + flex_ignored",
        _FIVE,
        cached,
        times(FIVE, "0.5"),
        per_mtok(input_tokens="1.25", output_tokens="10"),
        context("flex"),
    ),
    Plant(
        "cached_counted_twice + priority_ignored",
        _FIVE,
        cached,
        times(FIVE, "2"),
        per_mtok(input_tokens="1.25", cache_read_tokens="0.125", output_tokens="10"),
        context("priority"),
    ),
    Plant(
        "cached_at_full_price + fast_ignored",
        _OPUS,
        cached,
        times(OPUS, "2"),
        per_mtok(input_tokens="5", output_tokens="25"),
        context("fast"),
    ),
    Plant(
        "batch_ignored + region_ignored",
        _SONNET,
        cached,
        times(SONNET, "0.55"),
        SONNET,
        context("batch", "us"),
    ),
    Plant(
        "cached_at_full_price + step_ignored",
        _TERRA,
        long_cached,
        TERRA_ABOVE,
        per_mtok(input_tokens="2", output_tokens="12"),
    ),
    Plant(
        "cached_at_full_price + another_day",
        "deepseek/deepseek-v4-flash",
        cached,
        per_mtok(plain="0.15", cache_read_tokens="0.003", output_tokens="0.6"),
        per_mtok(input_tokens="0.14", output_tokens="0.28"),
    ),
)
RIGHT: Sequence[tuple[str, Callable[[Random], dict[str, int]], Figure, Context]] = (
    (_HAIKU, cached, CACHING, context()),
    (_HAIKU, kept, CACHING, context()),
    (_TERRA, long, TERRA_ABOVE, context()),
    (_MINI, cached, MINI, context()),
    (_SONNET, cached, times(SONNET, "1.1"), context(None, "us")),
    (_FIVE, cached, times(FIVE, "0.5"), context("batch")),
    (_OPUS, cached, times(OPUS, "2"), context("fast")),
    ("gpt-4.1-mini-2025-04-14", cached, times(MINI, "1.75"), context("priority")),
)
