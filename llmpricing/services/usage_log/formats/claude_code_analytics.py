"""The analytics of Claude Code that Anthropic's API tells: sums of a day, person and model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from functools import partial

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.counts import BESIDE, usage_of
from llmpricing.services.usage_log.formats.record import BILLED, UsageRecord, not_billed
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape, ToldSums, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_ANTHROPIC = "anthropic"
_DAY = timedelta(days=1)
_CENTS = Decimal(100)


def _claude_code_day(row: Row) -> Iterable[UsageRecord]:
    return each(row.rows("model_breakdown"), partial(_model_of_day, row))


def _model_of_day(day: Row, row: Row) -> UsageRecord:
    actor, tokens, cost = day.inner("actor"), row.inner("tokens"), row.inner("estimated_cost")
    usage = usage_of(
        {
            "input_tokens": tokens.count("input"),
            "output_tokens": tokens.count("output"),
            "cache_read_tokens": tokens.count("cache_read"),
            "cache_write_tokens": tokens.count("cache_creation"),
        },
        BESIDE,
        is_sum=True,
    )
    tokens.close_counts()
    amount = cost.amount("amount")
    paid_by = day.text("customer_type").lower()
    if paid_by not in ("", "api", "subscription"):
        raise UsageError("customer_type", f"is {paid_by[:40]!r}: it is not known whether that pays by tokens")
    by_seat = paid_by == "subscription"
    return UsageRecord(
        row.text("model"),
        day.instant("date"),
        usage,
        _ANTHROPIC,
        _DAY,
        charged=None if amount is None else amount / _CENTS,
        currency=cost.text("currency").upper() or "USD",
        labels=labels(user=actor.text("email_address"), key=actor.text("api_key_name")),
        outcome=not_billed("paid by the seat (a subscription)") if by_seat else BILLED,
    )


def _analytics(_found: object) -> RecordReader:
    return _claude_code_day


SHAPES = (
    Shape(
        "claude-code-analytics",
        "the analytics API of Claude Code",
        "sums of a day, person and model, caches beside the input",
        signs("date actor model_breakdown"),
        _analytics,
        always={
            "input_tokens": ("tokens.input",),
            "output_tokens": ("tokens.output",),
            "cache_read_tokens": ("tokens.cache_read",),
            "cache_write_tokens": ("tokens.cache_creation",),
            "word for seats": ("customer_type",),
        },
        caches_beside=True,
        of=("Anthropic",),
        sums=ToldSums.LISTED,
    ),
)
