"""Anthropic's own reports: the console's exports, the usage and cost reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from html import unescape
from typing import Any

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.charged_for import ANTHROPIC_TOKENS, beside_usage, fee_of
from llmpricing.services.usage_log.formats.counts import BESIDE, RequestWindow, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_of_usage, uncounted
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape, ToldSums, by_row, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels, place_of, tier_of

_ANTHROPIC = "anthropic"
_DAY = timedelta(days=1)
_CENTS = Decimal(100)
_COST_ONLY = uncounted("cost only: the file states no quantity")
# Both sides of the step of the price, also as spreadsheets and other alphabets leave the sign of "at most" behind.
_WIDE = {ord("＞"): ">", ord("≥"): ">", ord("＜"): "<", ord(" "): None, ord("\u00a0"): None, ord(","): None}
_ABOVE = re.compile(r"(?:>=?|over|above)200(?:k|000)|200(?:k|000)[-_–](?:1m|1000k|1000000)")
_BELOW = re.compile(r"(?:<=?|≤|â‰¤|\?|up_?to|under|below)200(?:k|000)|0[-_–]200(?:k|000)|standard|default|none")
_NO_WINDOW = frozenset({"", "none", "standard", "default"})
_TO_200K, _FROM_200K = (0, 200_000), (200_001, None)
_MESSAGES = frozenset({"message", "messages"})


def _window(window: str) -> RequestWindow | None:
    """The window of context that is named: "> 200k", "200k-1M", "≤ 200k", "0-200k"; None where none is.

    Raises UsageError where it names none that is known, for a step changes every price of the record.
    """
    text = unescape(window).lower().translate(_WIDE)
    if _ABOVE.fullmatch(text):
        return _FROM_200K
    if text and not _BELOW.fullmatch(text):
        raise UsageError("context_window", f"is {window[:40]!r}: it is not known which step of the price that means")
    return None if text in _NO_WINDOW else _TO_200K


def _summed(row: Row, counts: dict[str, Any], writes: Row) -> Usage:
    counts |= {
        "cache_write_5m_tokens": writes.count("ephemeral_5m_input_tokens"),
        "cache_write_1h_tokens": writes.count("ephemeral_1h_input_tokens"),
    }
    return usage_of(counts, BESIDE, is_sum=True, window=_window(row.text("context_window")))


def _tier(row: Row, *names: str) -> str | None:
    """The tier; a standard speed says that it is not the fast one, and nothing of the batch."""
    named, speed = tier_of(row.text(*names)), tier_of(row.text("speed"))
    if speed not in (None, STANDARD):
        return speed
    return None if named in _MESSAGES else named


def _console_usage(row: Row) -> UsageRecord:
    at, span = row.instant("usage_date_utc"), _DAY
    usage = usage_of(
        {
            "input_tokens": row.count("usage_input_tokens_no_cache"),
            "cache_write_5m_tokens": row.count("usage_input_tokens_cache_write_5m"),
            "cache_write_1h_tokens": row.count("usage_input_tokens_cache_write_1h"),
            "cache_read_tokens": row.count("usage_input_tokens_cache_read"),
            "output_tokens": row.count("usage_output_tokens"),
            "web_searches": row.count("web_search_count"),
        },
        BESIDE,
        is_sum=True,
        window=_window(row.text("context_window")),
    )
    where = context(_tier(row, "usage_type", "service_tier"), place_of(row.text("inference_geo")))
    facts = labels(key=row.text("api_key"), workspace=row.text("workspace"))
    row.close()
    return UsageRecord(row.text("model_version", "model"), at, usage, _ANTHROPIC, span, where, labels=facts)


def _console_cost(row: Row) -> UsageRecord:
    at, facts = row.instant("usage_date_utc"), labels(key=row.text("api_key"), workspace=row.text("workspace"))
    charged = row.amount("cost_usd")
    kind = row.text("cost_type").replace("_", " ")
    meter = _charged_for(row, kind)
    made = UsageRecord(
        _named(row.text("model"), kind, meter),
        at,
        None,
        _ANTHROPIC,
        _DAY,
        charged=charged,
        labels=facts,
        charged_for=meter,
    )
    return _cost_only(made, kind)


def _named(model: str, kind: str, meter: str) -> str:
    """What a line of costs is about: a model, or, as searches and sessions without one, and what is no usage of tokens
    (training, storage, seats), the line itself.
    """
    is_usage = meter or not kind or kind.lower().startswith("token")
    return (model or kind) if is_usage else ", ".join(filter(None, (model, kind)))


def _cost_only(made: UsageRecord, kind: str) -> UsageRecord:
    """A line of costs without quantities, of this kind in its own words: of usage or of what is asked beside it."""
    if not made.charged_for and beside_usage(kind):
        return replace(made, model="", charged_as=kind, outcome=not_of_usage(kind))
    return replace(made, outcome=_COST_ONLY)


def _charged_for(row: Row, kind: str) -> str:
    """The meter of a line of costs: its kind of tokens, else the fee that its ``kind`` names."""
    return ANTHROPIC_TOKENS.get(row.text("token_type").lower()) or fee_of(kind)


def _bucket(row: Row) -> Iterable[UsageRecord]:
    return each(row.rows("results"), partial(_result, row))


def _result(bucket: Row, row: Row) -> UsageRecord:
    at = bucket.instant("starting_at")
    span = bucket.instant("ending_at") - at if bucket.text("ending_at") else None
    facts = labels(key=row.text("api_key_id"), workspace=row.text("workspace_id"), account=row.text("account_id"))
    if "amount" in row.raw:
        amount = row.amount("amount")
        charged = None if amount is None else amount / _CENTS
        currency = row.text("currency").upper() or "USD"
        of, said = row.text("cost_type").replace("_", " "), row.text("description")
        kind = f"{of} {said}".strip()
        meter = _charged_for(row, kind)
        made = UsageRecord(_named(row.text("model", "description"), of, meter), at, None, _ANTHROPIC, span)
        made = replace(made, charged=charged, currency=currency, labels=facts, charged_for=meter)
        return _cost_only(made, kind)
    searches = row.inner("server_tool_use")
    writes = row.inner("cache_creation")
    counts = {
        "input_tokens": row.count("uncached_input_tokens"),
        "cache_read_tokens": row.count("cache_read_input_tokens"),
        "cache_write_tokens": row.count("cache_creation_input_tokens"),
        "output_tokens": row.count("output_tokens"),
        "web_searches": searches.count("web_search_requests"),
    }
    usage = _summed(row, counts, writes)
    searches.known("web_fetch_requests")
    for inner in (searches, writes):
        inner.close_counts()
    where = context(_tier(row, "service_tier"), place_of(row.text("inference_geo")))
    row.close()
    return UsageRecord(row.text("model"), at, usage, _ANTHROPIC, span, where, labels=facts)


def _pages(_found: object) -> RecordReader:
    return _bucket


def _is_cost_report(row: Mapping[str, Any]) -> bool:
    found = row.get("results")
    return isinstance(found, list) and any(isinstance(one, Mapping) and "amount" in one for one in found)


# https://platform.claude.com/docs/en/release-notes/overview: with Claude Opus 4.6 came places and fast mode.
_SINCE = {"place": datetime(2026, 2, 5, tzinfo=UTC), "speed": datetime(2026, 2, 5, tzinfo=UTC)}
SHAPES = (
    Shape(
        "anthropic-console-usage",
        "the usage export of Anthropic's console",
        "sums of a day and key, caches beside the input",
        signs("usage_date_utc model_version usage_input_tokens_no_cache"),
        by_row(_console_usage),
        always={
            "input_tokens": ("usage_input_tokens_no_cache",),
            "output_tokens": ("usage_output_tokens",),
            "cache_read_tokens": ("usage_input_tokens_cache_read",),
            "cache_write_5m_tokens": ("usage_input_tokens_cache_write_5m",),
            "cache_write_1h_tokens": ("usage_input_tokens_cache_write_1h",),
            "web_searches": ("web_search_count",),
            "usage type": ("usage_type",),
            "context window": ("context_window",),
            "place": ("inference_geo",),
            "speed": ("speed",),
        },
        since=_SINCE,
        caches_beside=True,
        of=("Anthropic",),
        sums=ToldSums.LISTED,
    ),
    Shape(
        "anthropic-console-cost",
        "the cost export of Anthropic's console",
        "amounts without quantities",
        signs("usage_date_utc cost_usd token_type"),
        by_row(_console_cost),
        of=("Anthropic",),
        sums=ToldSums.LINES,
    ),
    Shape(
        "anthropic-cost-report",
        "Anthropic's cost report API",
        "amounts in cents, without quantities",
        signs("starting_at results"),
        _pages,
        _is_cost_report,
        of=("Anthropic",),
        sums=ToldSums.BUCKETS,
    ),
    Shape(
        "anthropic-usage-report",
        "Anthropic's usage report API",
        "sums of a bucket, caches beside the input",
        signs("starting_at results"),
        _pages,
        lambda row: not _is_cost_report(row),
        always={
            "input_tokens": ("uncached_input_tokens",),
            "output_tokens": ("output_tokens",),
            "cache_read_tokens": ("cache_read_input_tokens",),
            "cache_write_5m_tokens": ("cache_creation_input_tokens", "ephemeral_5m_input_tokens"),
            "cache_write_1h_tokens": ("cache_creation_input_tokens", "ephemeral_1h_input_tokens"),
            "web_searches": ("server_tool_use.web_search_requests",),
            "tier": ("service_tier",),
            "context window": ("context_window",),
            "place": ("inference_geo",),
        },
        since=_SINCE,
        caches_beside=True,
        of=("Anthropic",),
        sums=ToldSums.BUCKETS,
    ),
)
