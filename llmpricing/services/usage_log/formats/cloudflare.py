"""Cloudflare's AI Gateway: its log of requests."""

from __future__ import annotations

from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import BILLED, Outcome, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, Varying, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_COST = ("cost",)
_FAILS_FROM = 400
_NO_COUNTS = unpriced("usage is not stated: the row counts no tokens")
_CACHES = ("cache_read_tokens", "cache_write_tokens")
_UNTOLD = (
    "the log counts tokens in and out alone: what came from a provider's cache or went into one is told nowhere, and "
    "is priced as input as far as it is counted"
)


def _log(row: Row) -> UsageRecord:
    """https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs: one request."""
    at, record_id = row.instant("created_at"), row.text("id") or None
    charged, outcome = row.amount(*_COST), _outcome(row)
    facts = labels(path=row.text("path"), gateway=row.text("gateway_id", "gateway"))
    taken, made = row.count("tokens_in"), row.count("tokens_out")
    row.close()
    model, seller = row.text("model"), row.text("provider") or None
    usage = None
    if outcome == BILLED:
        usage = usage_of({"input_tokens": taken, "output_tokens": made}) if taken or made else None
        outcome = outcome if usage else _NO_COUNTS
    found = UsageRecord(model, at, usage, seller, charged=charged, labels=facts, record_id=record_id, outcome=outcome)
    return (
        found
        if usage is None
        else found.with_remark("CACHES_UNTOLD", _UNTOLD, ("cache_read_tokens", "cache_write_tokens"))
    )


def _outcome(row: Row) -> Outcome:
    """``cached`` says that the gateway answered by itself."""
    status = row.amount("status_code")
    if row.truth("cached"):
        return not_billed("answered from the gateway's own cache")
    has_failed = status is not None and status >= _FAILS_FROM
    if has_failed or ("success" in row.raw and row.text("success") and not row.truth("success")):
        return not_billed(f"failed (status {status})" if has_failed else "failed")
    return BILLED


SHAPES = (
    Shape(
        "cloudflare-ai-gateway",
        "the logs of Cloudflare's AI Gateway",
        "one request, caches untold",
        signs("tokens_in tokens_out provider model", "tokens_in tokens_out created_at cached"),
        by_row(_log, ChargeFields(_COST)),
        varying=Varying(("created_at",), _COST, ("id",)),
        always={
            "input_tokens": ("tokens_in",),
            "output_tokens": ("tokens_out",),
            "seller": ("provider",),
            "status": ("success", "status_code"),
            "word for a cached answer": ("cached",),
            "id": ("id",),
        },
    ),
)
