"""Usage as Anthropic's Messages interface reports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmpricing.domain.usage.quantities import LARGEST, Quantity, Told, Usage, UsageError, count
from llmpricing.domain.usage.reading import (
    REQUESTS,
    Format,
    UsageReading,
    fields,
    listed,
    place_of,
    plain_path,
    tier_of,
)

# https://docs.claude.com/en/api/messages: input_tokens leaves out what was read from and written to the cache, and a
# write without a stated time-to-live lives five minutes.
TTL_FIELDS = {
    "ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "ephemeral_1h_input_tokens": "cache_write_1h_tokens",
}
_COUNTS = {
    **REQUESTS,
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    **{f"cache_creation.{name}": meter for name, meter in TTL_FIELDS.items()},
    "server_tool_use.web_search_requests": "web_searches",
    "server_tool_use.code_execution_requests": "code_executions",
    "output_tokens_details.thinking_tokens": "output_reasoning_tokens",
}
_FREE = frozenset({"server_tool_use.web_fetch_requests", "server_tool_use.tool_search_requests"})
_TEXTS = frozenset({"service_tier", "speed", "inference_geo"})
ITERATIONS = "iterations"  # https://docs.claude.com/en/docs/build-with-claude/compaction: what is billed is their sum
_TOTAL = "total_tokens"  # no word of Anthropic's: tools that keep its object write the sum of all parts beside it
_SAME_MODEL = frozenset({"message", "compaction"})
_FIELDS = frozenset(
    {*_COUNTS, *_FREE, *_TEXTS, ITERATIONS, _TOTAL}
    | {field.partition(".")[0] for field in {*_COUNTS, *_FREE} if "." in field}
)


def read_anthropic(raw: Mapping[str, Any]) -> Usage:
    """Usage of a Messages answer, with the service tier and place that it names; raises UsageError.

    Where it tells of iterations, each is a request of its own, and the counts at the top repeat only some of them.
    """
    steps = listed(ITERATIONS, raw.get(ITERATIONS))
    apart = {name: value for name, value in raw.items() if name not in (ITERATIONS, _TOTAL)}
    reading = _gathered(apart if len(apart) < len(raw) else raw)
    hours = reading.get("cache_write_1h_tokens")
    _finish(reading)
    if raw.get(_TOTAL) not in (None, reading.get("input_tokens") + reading.get("output_tokens")):
        reading.unknown(_TOTAL, raw[_TOTAL])  # it says that caches lie elsewhere, or that something is gone
    return of_iterations(steps, reading, hours, _tier(raw), place_of(raw.get("inference_geo")))


def of_iterations(
    steps: Sequence[Mapping[str, Any]], top: UsageReading, hours: Quantity, tier: str | None, place: str | None
) -> Usage:
    """The usage of an answer whose iterations are these, else what was read at its ``top``, of whose cache writes
    ``hours`` live for an hour; raises UsageError.
    """
    parts = _parts(steps, top, hours) if steps else []
    return _summed(parts, top, tier, place) if parts else top.usage(tier, place)


def _gathered(raw: Mapping[str, Any]) -> UsageReading:
    reading = UsageReading()
    for field, value in fields(raw):
        if meter := _COUNTS.get(field):
            reading.take(field, value, meter)
        elif field not in _FREE and plain_path(field) not in _TEXTS:
            reading.unknown(field, value)
    return reading


def _finish(reading: UsageReading) -> None:
    split_writes(reading, "cache_creation_input_tokens")
    if "input_tokens" in reading.quantities:
        reading.add("input_tokens", reading.get("cache_write_tokens") + reading.get("cache_read_tokens"))


def split_writes(reading: UsageReading, whole: str) -> None:
    """Cache writes by their time-to-live; what the split leaves over lives five minutes. Raises UsageError where the
    split counts more than the field ``whole``.
    """
    written = reading.get("cache_write_tokens")
    by_life = reading.get("cache_write_5m_tokens") + reading.get("cache_write_1h_tokens")
    if "cache_write_tokens" in reading.quantities and by_life > written:
        raise UsageError("cache_creation", f"counts {by_life}, more than {whole} ({written}): send both as they came")
    if written or by_life:
        reading.add("cache_write_5m_tokens", max(written - by_life, 0))
        reading.quantities["cache_write_tokens"] = max(written, by_life)


def _tier(raw: Mapping[str, Any]) -> str | None:
    """A price list calls the fast mode a tier; service_tier then says "standard"."""
    return tier_of(raw.get("speed")) or tier_of(raw.get("service_tier"))


def _parts(steps: Sequence[Mapping[str, Any]], top: UsageReading, hours: Quantity) -> list[UsageReading]:
    """What each iteration used; another model's are remarked upon in ``top``, for they have other prices. Writes live
    as the split at the top says, ``hours`` of them for an hour, where an iteration has none of its own.
    """
    parts = []
    for number, step in enumerate(steps):
        name = f"{ITERATIONS}[{number}]"
        kind = step.get("type", "message")
        if not isinstance(kind, str) or kind not in _SAME_MODEL:
            top.remark(name, f"is a {str(kind)[:40]} of {str(step.get('model', 'an unnamed model'))[:80]}, which")
            continue
        reading = _gathered({field: value for field, value in step.items() if field not in ("type", "model")})
        if hours and kind == "message" and not isinstance(step.get("cache_creation"), Mapping):
            part = min(hours, reading.get("cache_write_tokens"))
            reading.add("cache_write_1h_tokens", part)
            hours -= part
        _finish(reading)
        top.remarks += [remark._replace(field=f"{name}.{remark.field}") for remark in reading.remarks]
        reading.remarks.clear()
        if any(reading.quantities.values()):
            parts.append(reading)
    return parts


def _summed(parts: Sequence[UsageReading], top: UsageReading, tier: str | None, place: str | None) -> Usage:
    """The requests of one answer; what is no token (searches) is told at the top only and joins the first of them."""
    for meter, quantity in top.quantities.items():
        if not meter.endswith("_tokens") and quantity:
            parts[0].quantities[meter] = quantity
    if len(parts) == 1:
        parts[0].remarks += top.remarks
        return parts[0].usage(tier, place)
    whole: dict[str, Quantity] = {}
    for part in parts:
        for meter, quantity in part.quantities.items():
            whole[meter] = whole.get(meter, 0) + quantity
    if max(whole.values()) > LARGEST:
        raise UsageError(ITERATIONS, "count too much together: send the object as it came")
    usages = tuple(part.usage(tier, place) for part in parts)
    return count(whole, tier, place, None, Told(remarks=tuple(top.remarks), parts=usages))


ANTHROPIC = Format(
    "anthropic",
    "Anthropic's Messages: caches beside input_tokens",
    read_anthropic,
    _FIELDS.__contains__,
    frozenset(
        {"cache_read_input_tokens", "cache_creation_input_tokens", "inference_geo", "server_tool_use", ITERATIONS}
    ),
)
