"""Spans of traces: OpenTelemetry's gen_ai attributes, OpenInference's, and those of Vercel's AI SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.names.hints import is_framework
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.formats.ai_sdk_metadata import with_metadata
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, Stated, sum_of_calls, usage_of
from llmpricing.services.usage_log.formats.record import SUMMED, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    ChargeFields,
)
from llmpricing.services.usage_log.formats.span_fields import flat, hex_id
from llmpricing.services.usage_log.formats.span_names import (
    AI_SDK,
    AI_SDK_NAMES,
    CALLS,
    CLAUDE_CODE,
    COST,
    OPENINFERENCE,
    OTEL,
    OTEL_HARMLESS,
    PARENT,
    SERVED,
    SESSION,
    SPAN_ID,
    SPAN_NAME,
    STARTED,
    TRACE,
    USAGE,
)
from llmpricing.services.usage_log.formats.told_usage import labels, place_of, tier_of

_OPERATIONS = frozenset({"", "chat", "generate_content", "text_completion", "embeddings", "completion", "embedding"})
# What sums up others' calls, or calls no model: other operations that count tokens are taken for calls, and say so.
_SUMMING = frozenset(
    {"invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "agent", "chain", "tool", "workflow", "task"}
    | {"framework", "handoff", "guardrail", "plan", "evaluate", "retrieval"}
)
_UNKNOWN_OPERATION = (
    "the span's operation is none that is known: it is billed as a call; if it sums up others, take it out"
)
_TIER_ASSUMED = "a tier was asked for, and no answer tells which one served: priced as standard"
_CLAUDE_CODE_CALL = "claude_code.llm_request"
_AI_SDK_CALL = re.compile(r"\.do(Generate|Stream|Embed|Rerank)$")
CHARGE = ChargeFields(COST)

_NO_COUNT = unpriced("usage is not stated: the span holds no count")
_RUNNING = not_billed("a note of Logfire that a span began, which is told by itself when it ended")


def span_record(row: Row, label: Mapping[str, str] | None = None) -> UsageRecord | None:
    """The record of a span, of whatever family its attributes are."""
    row = row.flattened(flat)
    if row.value("ai.operationId"):
        return _ai_sdk(row, label or {})
    if row.value("openinference.span.kind"):
        return _openinference(row, label or {})
    if any(row.beginning(name, _CLAUDE_CODE_CALL) for name in SPAN_NAME):
        return _claude_code(row, label or {})
    return _otel(row, label or {})


def _otel(row: Row, label: Mapping[str, str]) -> UsageRecord | None:
    counts = {meter: row.count(*(USAGE + name for name in names)) for meter, names in OTEL.items()}
    total = row.count(USAGE + "total_tokens", "llm.usage.total_tokens")
    row.known(*OTEL_HARMLESS)
    operation = row.text("gen_ai.operation.name", "llm.request.type").lower()
    model = row.text("gen_ai.response.model") or row.text("gen_ai.request.model")
    provider = row.text("gen_ai.provider.name", "gen_ai.system")
    provider = "" if is_framework(provider) else provider
    is_known = operation in _OPERATIONS
    is_call = bool(model or operation) if is_known else operation not in _SUMMING and any(counts.values())
    made = _made(row, counts, total, model, provider or None, is_call, _tier(row), label)
    return (
        made if made is None or is_known or not is_call else made.with_remark("OPERATION_UNKNOWN", _UNKNOWN_OPERATION)
    )


def _openinference(row: Row, label: Mapping[str, str]) -> UsageRecord | None:
    counts = {meter: row.count(CALLS + name) for meter, name in OPENINFERENCE.items()}
    total = row.count(CALLS + "total")
    row.known(CALLS + "prompt_details.cache_input")
    is_call = row.text("openinference.span.kind").upper() in ("LLM", "EMBEDDING")
    model, provider = row.text("llm.model_name", "embedding.model_name"), row.text("llm.provider", "llm.system")
    return _made(row, counts, total, model, provider or None, is_call, None, label)


def _ai_sdk(row: Row, label: Mapping[str, str]) -> UsageRecord | None:
    """A call tells its counts under the SDK's names, under OpenTelemetry's, or under both: they are the same."""
    counts = {meter: row.count(*AI_SDK_NAMES[meter]) for meter in AI_SDK}
    total = row.count("ai.usage.totalTokens", USAGE + "total_tokens")
    row.known("ai.usage.inputTokenDetails.noCacheTokens", "ai.usage.outputTokenDetails.textTokens")
    is_call = bool(_AI_SDK_CALL.search(row.text("ai.operationId")))
    model = row.text("ai.response.model", "gen_ai.response.model") or row.text("ai.model.id", "gen_ai.request.model")
    provider = row.text("ai.model.provider", "gen_ai.provider.name", "gen_ai.system") or None
    told = with_metadata(row, counts)
    total = None if told.caches == BESIDE else total  # of these versions it leaves the caches out too
    return _made(row, told.counts, total, model, provider, is_call, _tier(row) or told.tier, label, told.caches)


def _claude_code(row: Row, label: Mapping[str, str]) -> UsageRecord | None:
    """A request of Claude Code (https://code.claude.com/docs/en/monitoring-usage, traces): as its event tells it, with
    the caches beside the input.
    """
    counts = {meter: row.count(name) for meter, name in CLAUDE_CODE.items()}
    model, speed = row.text("model", "gen_ai.request.model"), row.text("speed").lower()
    seller = "anthropic" if row.beginning("request_id", "req_") else None
    row.known("attempt")
    for meter in ("input_tokens", "output_tokens"):
        if any(counts.values()) and counts[meter] is None:
            raise UsageError(meter, "is not stated: export it anew, whole")
    tier = None if speed in ("", "normal") else tier_of(speed)
    return _made(row, counts, None, model, seller, True, tier, label, BESIDE)


def _is_tier_asked(row: Row) -> bool:
    """Whether another tier than the standard one was asked for, and no answer is told that says which one served."""
    asked = tier_of(row.text("openai.request.service_tier", "gen_ai.openai.request.service_tier"))
    return asked not in (None, STANDARD) and not row.text(*SERVED)


def _tier(row: Row) -> str | None:
    """The tier that served, not that which was asked for."""
    return tier_of(row.text(*SERVED))


def _made(
    row: Row,
    counts: Stated,
    total: Quantity | None,
    model: str,
    provider: str | None,
    is_call: bool,
    tier: str | None,
    label: Mapping[str, str],
    caches: str = INSIDE,
) -> UsageRecord | None:
    """The record of a call, or why it is not billed; None for a span that has nothing to do with usage."""
    is_counted = any(counts.values())
    if not is_call and not is_counted:
        return None
    trace, span = hex_id(row.text(*TRACE)), hex_id(row.text(*SPAN_ID))
    at, cost = _started(row), row.amount(*COST)
    where = context(tier, place_of(row.text("gen_ai.inference_geo")))
    record_id = f"{trace}:{span}:{at}" if trace and span else None  # some writers begin anew with their numbers
    facts = labels(
        trace=trace, parent=hex_id(row.text(*PARENT)), service=row.text("service.name"), session=row.text(*SESSION)
    )
    facts = {**label, **facts}
    is_unsure, is_running = _is_tier_asked(row), row.text("kind") == "pending_span"
    row.close()
    if not is_call:
        summed = sum_of_calls(counts["input_tokens"], counts["output_tokens"])
        return UsageRecord(model, at, summed, provider, labels=facts, record_id=record_id, outcome=SUMMED)
    if not is_counted:
        outcome = not_billed("failed") if _has_failed(row) else _RUNNING if is_running else _NO_COUNT
        return UsageRecord(model, at, None, provider, charged=cost, labels=facts, record_id=record_id, outcome=outcome)
    usage = usage_of(counts, caches, total=total or None)
    made = UsageRecord(model, at, usage, provider, None, where, cost, labels=facts, record_id=record_id)
    return made.with_remark("TIER_ASSUMED", _TIER_ASSUMED) if is_unsure else made


def _has_failed(row: Row) -> bool:
    status = row.value("status")
    code = status.get("code") if isinstance(status, Mapping) else status
    named = row.text("status_code", "status.code", "StatusCode") or str(code or "")
    return bool(row.text("error.type")) or named.upper().removeprefix("STATUS_CODE_") in ("2", "ERROR")


def _started(row: Row) -> datetime:
    return row.instant(*STARTED)
