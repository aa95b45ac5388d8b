"""Logs by OpenTelemetry: the events in which Claude Code, Codex and Gemini CLI tell of each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, plus, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    RECORD_ID,
    TELEMETRY,
    ChargeFields,
    RecordReader,
    Shape,
    each,
    signs,
)
from llmpricing.services.usage_log.formats.span_fields import attributes_of, flat
from llmpricing.services.usage_log.formats.told_usage import labels, tier_of

_TIMES = ("event.timestamp", "timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "timestamp", "Timestamp")
_CLAUDE, _CODEX, _GEMINI = "claude_code.", "codex.", "gemini_cli."
CHARGE = ChargeFields(("cost_usd",))
_UNKNOWN = unpriced("an event that counts tokens and is not known: take it out if nobody is billed for it")
_NO_COUNTS = unpriced("usage is not stated: the event counts nothing")
_COMPLETED = "response.completed"
_TOLD = not_billed("told by its gemini_cli.api_response too")
_OPERATION = "gen_ai.client.inference.operation.details"  # beside the event of Gemini CLI, which tells the same


def _name_of(event: Row) -> str:
    """The name of an event, with that of its tool before it."""
    name = event.text("event.name", "event_name", "eventName", "EventName")
    body = event.value("body", "Body")
    said = body.get("stringValue") if isinstance(body, Mapping) else body
    body = said if isinstance(said, str) else ""
    if body.startswith((_CLAUDE, _CODEX, _GEMINI)) and (not name or body.endswith(f".{name}")):
        return body.strip()
    is_of_claude = event.text("service.name") == "claude-code"
    return f"{_CLAUDE}{name}" if name and "." not in name and is_of_claude else name


def event_record(event: Row) -> UsageRecord | None:
    """The record of an event that tells of a request; None for any other."""
    name = _name_of(event)
    if name == "claude_code.api_request":
        return _claude(event)
    if name == "codex.sse_event" and (event.text("event.kind") == _COMPLETED or event.value("input_token_count")):
        return _codex(event)
    if name == "gemini_cli.api_response":
        return _gemini(event)
    if name in ("claude_code.api_error", "gemini_cli.api_error"):
        return UsageRecord(event.text("model", "model_name"), event.instant(*_TIMES), outcome=not_billed("failed"))
    if name.startswith((_CLAUDE, _CODEX, _GEMINI)):
        return None
    if name == _OPERATION and event.text("service.name") == "gemini-cli":
        return UsageRecord(event.text("gen_ai.request.model"), event.instant(*_TIMES), outcome=_TOLD)
    counts = any(isinstance(key, str) and key.endswith(("_tokens", "_token_count", ".tokens")) for key in event.raw)
    model = event.text("model", "gen_ai.response.model", "gen_ai.request.model")
    return UsageRecord(model, event.instant(*_TIMES), outcome=_UNKNOWN) if counts else None


def _claude(event: Row) -> UsageRecord:
    """https://code.claude.com/docs/en/monitoring-usage: caches beside the input; the cost is Claude Code's estimate."""
    counts = {
        "input_tokens": event.count("input_tokens"),
        "output_tokens": event.count("output_tokens"),
        "cache_read_tokens": event.count("cache_read_tokens"),
        "cache_write_tokens": event.count("cache_creation_tokens"),
    }
    at, charged, speed = event.instant(*_TIMES), event.amount("cost_usd"), event.text("speed")
    facts = _facts(event)
    request = event.text("request_id") or event.text("client_request_id")
    where = context(None if speed.lower() in ("", "normal") else tier_of(speed))
    model, seller = event.text("model"), "anthropic" if event.text("request_id").startswith("req_") else None
    event.known("event.sequence")
    event.close()
    usage = usage_of(counts, BESIDE)
    return UsageRecord(model, at, usage, seller, None, where, charged, labels=facts, record_id=request or None)


def _codex(event: Row) -> UsageRecord | None:
    """codex-rs/otel of https://github.com/openai/codex: ``tool_token_count`` is the total of all tokens."""
    counts = {
        "input_tokens": event.count("input_token_count"),
        "output_tokens": event.count("output_token_count"),
        "cache_read_tokens": event.count("cached_token_count"),
        "cache_write_tokens": event.count("cache_write_token_count"),
        "output_reasoning_tokens": event.count("reasoning_token_count"),
    }
    at, model = event.instant(*_TIMES), event.text("model", "slug")
    total = event.count("tool_token_count", "total_token_count")
    tier, session = tier_of(event.text("service_tier")), event.text("conversation.id")
    facts = _facts(event)
    event.close()
    if event.text("error.message") or not any(counts.values()):
        outcome = not_billed("failed") if event.text("error.message") else _NO_COUNTS
        return UsageRecord(model, at, labels=facts, outcome=outcome)
    taken, made = counts["input_tokens"] or 0, counts["output_tokens"] or 0
    usage = usage_of(counts, INSIDE, total=total if total == taken + made else None)
    record_id = f"{session}:{at.isoformat()}:{taken}:{made}" if session else None
    return UsageRecord(model, at, usage, None, None, context(tier), labels=facts, record_id=record_id)


def _gemini(event: Row) -> UsageRecord:
    """https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/telemetry.md: as in the chats of its sessions."""
    counts = {
        "input_tokens": plus(event.count("input_token_count"), event.count("tool_token_count")),
        "output_tokens": event.count("output_token_count"),
        "cache_read_tokens": event.count("cached_content_token_count"),
        "output_reasoning_tokens": event.count("thoughts_token_count"),
    }
    at, model, total = event.instant(*_TIMES), event.text("model"), event.count("total_token_count")
    facts, prompt = _facts(event), event.text("prompt_id")
    event.close()
    if not any(counts.values()):
        return UsageRecord(model, at, labels=facts, outcome=_NO_COUNTS)
    usage = usage_of(counts, INSIDE, reasoning=BESIDE, total=total or None)
    record_id = f"{prompt}:{at.isoformat()}" if prompt else None
    return UsageRecord(model, at, usage, "google", labels=facts, record_id=record_id)


def _facts(event: Row) -> dict[str, str]:
    return labels(
        session=event.text("session.id", "conversation.id"),
        user=event.text("user.email", "user.account_uuid", "user.account_id"),
        organization=event.text("organization.id"),
    )


def _resource(row: Row) -> Iterator[UsageRecord]:
    yield from each(events_of(row), event_record, CHARGE)


def events_of(row: Row) -> Iterator[Row]:
    """The events of one resource, as OTLP's JSON nests them, each with what is said of the resource."""
    named = attributes_of(row.inner("resource").value("attributes"))
    for scope in row.rows("scopeLogs", "instrumentationLibraryLogs"):
        for event in scope.rows("logRecords"):
            yield Row({**named, **flat(event.raw)}, event.unread)


def _by_resource(_found: object) -> RecordReader:
    return _resource


def _one(row: Row) -> Iterator[UsageRecord]:
    named = row.value("resource", "ResourceAttributes", "resource_attributes")
    named = named.get("attributes", named) if isinstance(named, Mapping) else named
    event = row.flattened(flat)
    yield from each([Row({**attributes_of(named), **event.raw}, row.unread)], event_record, CHARGE)


def _by_event(_found: object) -> RecordReader:
    return _one


def _is_event(row: Mapping[str, Any]) -> bool:
    found = flat(row)
    name, body = str(found.get("event.name")), str(found.get("body", found.get("Body")))
    return name.startswith((_CODEX, _GEMINI)) or name == "api_request" or body.startswith((_CLAUDE, _CODEX, _GEMINI))


_ALWAYS = {
    "input_tokens": ("input_tokens", "input_token_count"),
    "output_tokens": ("output_tokens", "output_token_count"),
    "cache_read_tokens": ("cache_read_tokens", "cached_token_count", "cached_content_token_count"),
    # That which one of the tools always writes, or else a word of the others.
    "cache_write_tokens": ("cache_creation_tokens", "input_token_count"),
    "output_reasoning_tokens": ("thoughts_token_count", "reasoning_token_count", "cache_creation_tokens"),
    RECORD_ID: (),
}
_OF = ("Claude Code", "Codex", "Gemini CLI", TELEMETRY)  # whose sessions tell of the same requests
SHAPES = (
    Shape(
        "otlp-logs",
        "events of Claude Code, Codex and Gemini CLI as OTLP JSON",
        "one request, caches as its tool tells them",
        signs("resource scopeLogs", "scopeLogs", "resource instrumentationLibraryLogs"),
        _by_resource,
        always=_ALWAYS,
        of=_OF,
        ids_within=True,
        ids_of="events",
    ),
    Shape(
        "agent-events",
        "the same events, one object each",
        "one request, caches as its tool tells them",
        signs("event.name model", "event.name", "body attributes", "Body LogAttributes"),
        _by_event,
        _is_event,
        always=_ALWAYS,
        of=_OF,
        ids_within=True,
        ids_of="events",
    ),
)
