"""The logs of Portkey, which keep the seller's own answer."""

from __future__ import annotations

from decimal import Decimal

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import BILLED, UsageRecord, not_billed
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    ChargeFields,
    Shape,
    Varying,
    by_row,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels, provider_usage, stated, tier_of

_CENTS = Decimal(100)
_USAGE, _GOOGLE = "response.body.usage", "response.body.usageMetadata"
_RERANKED, _BILLED_UNITS = "response.body.meta.billed_units", ("billed_units", "billedUnits")  # of Cohere
_IN = ("prompt_tokens", "input_tokens", "inputTokens", "inputTokenCount", "promptTokenCount", "prompt_token_count")
_OUT = (
    *("completion_tokens", "output_tokens", "outputTokens", "outputTokenCount"),
    *("candidatesTokenCount", "candidates_token_count"),
)
_PORTKEY_ALWAYS = {  # in the seller's own words
    "usage object": (_USAGE, _GOOGLE, _RERANKED),
    "input_tokens": (*(f"{place}.{name}" for place in (_USAGE, _GOOGLE) for name in _IN), _RERANKED),
    "output_tokens": (*(f"{place}.{name}" for place in (_USAGE, _GOOGLE) for name in _OUT), _RERANKED),
    "status": ("is_success", "response_status_code"),
    "seller": ("ai_org", "provider"),
}
_CACHED = ("cached_tokens", "cache_read_input_tokens", "cacheReadInputTokens", "cachedContentTokenCount")
_WRITTEN = ("cache_creation_input_tokens", "cacheWriteInputTokens", "cache_write_tokens")


def _portkey(row: Row) -> UsageRecord:
    """A log of Portkey: what was cached stands in the seller's own answer only."""
    response = row.inner("response")
    body = response.inner("body")
    found, status = _told(body), row.amount("response_status_code")
    row.known("req_units", "res_units", "total_units")
    model = row.text("ai_model") or body.text("model") or row.inner("request").inner("body").text("model")
    at, cost = row.instant("created_at", "time_of_generation"), row.amount("cost")
    record_id, provider = row.text("id") or None, row.text("ai_org", "provider") or None
    facts = labels(trace=row.text("trace_id"), key=row.text("api_key", "virtual_key"))
    outcome = BILLED
    if ("is_success" in row.raw and not row.truth("is_success")) or (status is not None and status >= 400):
        outcome = not_billed("failed")
    elif row.text("cache_status").upper() in ("HIT", "SEMANTIC HIT"):
        outcome = not_billed("answered from Portkey's own cache")
    row.close()
    usage, where = None, context()
    if outcome == BILLED:
        tier = tier_of(body.text("service_tier"))
        if found.raw:
            usage, where = stated(_answers_usage(found, provider or ""), tier)
        else:
            counts = {"input_tokens": row.count("req_units"), "output_tokens": row.count("res_units")}
            if not any(counts.values()):
                raise UsageError("req_units", "is not stated: the log does not say how much was used")
            usage = usage_of(counts)
    currency = row.text("cost_currency").upper() or "USD"
    charged = None if cost is None else cost / _CENTS
    return UsageRecord(model, at, usage, provider, None, where, charged, currency, facts, record_id, outcome)


def _told(body: Row) -> Row:
    """The object of an answer that tells what is billed: Cohere's reranking tells it in ``meta`` alone."""
    found = body.inner("usage", "usageMetadata")
    if found.raw:
        return found
    meta = body.inner("meta")
    return found if meta.raw.keys().isdisjoint(_BILLED_UNITS) else meta


def _answers_usage(found: Row, seller: str) -> Usage:
    """The usage of an answer in the seller's own words, or in OpenAI's, which Portkey makes of them."""
    names = found.raw.keys()
    if not names.isdisjoint(_BILLED_UNITS):
        return provider_usage(found, "cohere")
    if names & {"promptTokenCount", "prompt_token_count"}:
        return provider_usage(found, "google")
    if names & {"inputTokens", "inputTokenCount"}:
        return provider_usage(found, "bedrock")
    beside = names & {"cache_read_input_tokens", "cache_creation_input_tokens"}
    if "prompt_tokens" not in names:
        is_claude = beside or seller.lower().startswith("anthropic")
        return provider_usage(found, "anthropic" if is_claude else "openai")
    if not beside:
        return provider_usage(found, "openai")
    usage = usage_of(
        {
            "input_tokens": found.count("prompt_tokens"),
            "output_tokens": found.count("completion_tokens"),
            "cache_read_tokens": found.count("cache_read_input_tokens"),
            "cache_write_tokens": found.count("cache_creation_input_tokens"),
        },
        total=found.count("total_tokens"),
    )
    found.known("prompt_tokens_details", "completion_tokens_details")
    found.close_counts()
    return usage


SHAPES = (
    Shape(
        "portkey",
        "Portkey's logs",
        "one request by the seller's own usage object",
        signs("ai_org ai_model", "ai_model req_units"),
        by_row(_portkey, ChargeFields(("cost",), ("cost_currency",), int(_CENTS))),
        varying=Varying(("created_at", "time_of_generation"), ("cost",), ("id",), {"trace": ("trace_id",)}, _CENTS),
        always=_PORTKEY_ALWAYS,
        sometimes={CACHE_READ: _CACHED, CACHE_WRITE: _WRITTEN},
        leaves_out=True,
    ),
)
