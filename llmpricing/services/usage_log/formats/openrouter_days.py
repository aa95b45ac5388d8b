"""OpenRouter's activity as its API has it: sums of a day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import BILLED, FREE, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    ChargeFields,
    Shape,
    ToldSums,
    by_row,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels

_OWN_KEY = not_billed("by your own key: the upstream seller bills it")
_SOME_OWN_KEY = unpriced("some of its calls were by your own key, and it is not told which: take the page's export")
_KEY_FEE = Decimal("0.06")  # OpenRouter takes 5 % of what such calls cost upstream
_FREE = ":free"
_UNTOLD = "the file does not tell what came from caches or was written to them: priced as if nothing did"


def _day(row: Row) -> UsageRecord:
    """https://openrouter.ai/docs/api-reference/analytics/get-activity: a day's sum of an endpoint, calls by own keys
    and others together; where the fee for the former is all that was charged, there are no others.
    """
    charged, own_key = row.amount("usage"), row.amount("byok_usage_inference")
    counts = {
        "input_tokens": row.count("prompt_tokens"),
        "output_tokens": row.count("completion_tokens"),
        "output_reasoning_tokens": row.count("reasoning_tokens"),
    }
    usage = usage_of(counts, requests=row.count("requests"), is_sum=True)
    model, facts = row.text("model_permaslug", "model"), labels(upstream=row.text("provider_name"))
    outcome = BILLED
    if own_key:
        outcome = _OWN_KEY if charged is None or charged <= own_key * _KEY_FEE else _SOME_OWN_KEY
    elif model.endswith(_FREE) or row.text("model").endswith(_FREE):
        outcome = FREE
    at = row.instant("date")
    row.close()
    made = UsageRecord(
        model, at, usage, "openrouter", timedelta(days=1), charged=charged, labels=facts, outcome=outcome
    )
    return made.with_remark("CACHES_UNTOLD", _UNTOLD, (CACHE_READ, CACHE_WRITE)) if outcome == BILLED else made


SHAPES = (
    Shape(
        "openrouter-days",
        "OpenRouter's activity by its API (/activity)",
        "sums of a day, model and endpoint, caches untold",
        signs("date model byok_usage_inference requests prompt_tokens"),
        by_row(_day, ChargeFields(("usage",))),
        always={
            "input_tokens": ("prompt_tokens",),
            "output_tokens": ("completion_tokens",),
            "requests": ("requests",),
        },
        of=("OpenRouter",),
        sums=ToldSums.LISTED,
    ),
)
