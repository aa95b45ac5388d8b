"""Claude Code on one's own machine: its sessions, and what ccusage makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.ccusage_spans import span_of_entry
from llmpricing.services.usage_log.formats.counts import BESIDE, usage_of
from llmpricing.services.usage_log.formats.own_totals import differing, number_of, said
from llmpricing.services.usage_log.formats.record import BILLED, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    ChargeFields,
    RecordReader,
    Shape,
    ToldSums,
    Varying,
    by_row,
    each,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels, provider_usage, stated

SYNTHETIC = "<synthetic>"
_ANTHROPIC = "anthropic"
_MADE_BY_TOOL = not_billed("made by the tool itself (<synthetic>)")
_NO_COUNTS = unpriced("usage is not stated: the message holds no count")
_LIVES_SINCE = datetime(2025, 9, 1, tzinfo=UTC)  # before, Claude Code wrote for five minutes only
_TOOLS_COST = ChargeFields(("costUSD",))
_ITS_ID, _CLOUDS = "msg_", ("msg_bdrk_", "msg_vrtx_")  # ids of other clouds say so
_OF_MESSAGES = ("id", "model", "usage")
_OTHER_NAMES = {"cacheReadTokens": "cacheReadInputTokens", "cacheCreationTokens": "cacheCreationInputTokens"}
_COUNTS = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
_OWN_SUMS = {**{name: name for name in _COUNTS}, "totalCost": "cost"}
_MONTH = re.compile(r"\d{4}-\d{2}")


def _line(row: Row) -> UsageRecord | None:
    """One message as far as it had come: https://docs.claude.com/en/docs/claude-code."""
    row = row.opened("message", *_OF_MESSAGES)
    found = row.inner("message.usage")
    if row.text("type") != "assistant":
        return None
    row.close()
    model, at = row.text("message.model"), row.instant("timestamp")
    ids = (row.text("message.id"), row.text("requestId"))
    record_id = ":".join(ids) if any(ids) else row.text("uuid") or None
    facts = labels(
        project=row.text("cwd"),
        session=row.text("sessionId"),
        branch=row.text("gitBranch"),
        agent="subagent" if row.truth("isSidechain") else "",
    )
    charged = row.amount("costUSD")
    if model == SYNTHETIC:
        return UsageRecord(model, at, charged=charged, labels=facts, record_id=record_id, outcome=_MADE_BY_TOOL)
    if not found.raw:
        return UsageRecord(model, at, charged=charged, labels=facts, record_id=record_id, outcome=_NO_COUNTS)
    usage, where = stated(provider_usage(found, "anthropic"))
    is_its_own = row.beginning("message.id", *_CLOUDS, _ITS_ID) == _ITS_ID
    seller = _ANTHROPIC if is_its_own and model.startswith("claude-") else None
    return UsageRecord(model, at, usage, seller, None, where, charged, labels=facts, record_id=record_id)


def _is_line(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("type"), str) and isinstance(row.get("message", {}), Mapping)


_FAST = "-fast"


def _ccusage_counts(row: Row) -> Usage:
    return usage_of(
        {
            "input_tokens": row.count("inputTokens"),
            "output_tokens": row.count("outputTokens"),
            "cache_read_tokens": row.count("cacheReadTokens", "cacheReadInputTokens"),
            "cache_write_tokens": row.count("cacheCreationTokens", "cacheCreationInputTokens"),
        },
        BESIDE,
        is_sum=True,
    )


def _entry(row: Row) -> Iterable[UsageRecord]:
    """An entry by its models, and what its own sums count beyond these: of the one other model that it names, or of
    none. Where they count less, its records say so.
    """
    models = row.rows("modelBreakdowns")
    records = list(each(models, partial(_breakdown, row), ChargeFields(("cost",))))
    parts = {name: _summed(models, of_model, _OTHER_NAMES.get(name, "")) for name, of_model in _OWN_SUMS.items()}
    found = list(differing(row.raw, parts))
    if any(total < part for _, total, part in found):
        text = f"the entry's own sums are not those of its models ({said(iter(found))} in these): get it anew, whole"
        return (record.with_remark("TOTALS_DIFFER", text) for record in records)
    rest = {_OWN_SUMS[name]: total - part for name, total, part in found}
    return [*records, *each([row], partial(_rest, rest))] if rest else records


def _summed(models: Iterable[Row], *names: str) -> Decimal:
    return sum((number_of(one.value(*names)) or Decimal(0) for one in models), Decimal(0))


def _rest(rest: Mapping[str, Decimal], entry: Row) -> UsageRecord:
    """What an entry counts and none of its models does."""
    split = {one.text("modelName", "model") for one in entry.rows("modelBreakdowns")}
    used = entry.value("modelsUsed")
    named = [one for one in used if one not in split and one != SYNTHETIC] if isinstance(used, list) else []
    facts = labels(session=entry.text("sessionId"), project=entry.text("projectPath", "project"))
    at, charged = _day(entry), rest.get("cost")
    made = UsageRecord("", at, None, None, span_of_entry(entry, at), charged=charged, labels=facts)
    if len(named) != 1 or not rest.keys() - {"cost"}:
        told = ", ".join(f"{to_text(number)} {name}" for name, number in rest.items())
        return replace(made, outcome=unpriced(f"the entry counts more than its models: {told}; export it anew, whole"))
    usage = _ccusage_counts(Row({k: int(v) for k, v in rest.items()}, entry.unread))
    return replace(_of_speed(str(named[0]), made), usage=usage)


def _breakdown(entry: Row, row: Row) -> UsageRecord:
    if cut := next(
        (one for one in _COUNTS if one in entry.raw and not {one, _OTHER_NAMES.get(one)} & row.raw.keys()), ""
    ):
        raise UsageError(cut, "is not stated of this model, but of the sum: export it anew, whole")
    at, usage = _day(entry), _ccusage_counts(row)
    row.known("totalTokens")
    row.close()
    facts = labels(session=entry.text("sessionId"), project=entry.text("projectPath", "project"))
    charged, model = row.amount("cost"), row.text("modelName", "model")
    outcome = _MADE_BY_TOOL if model == SYNTHETIC else BILLED
    made = _of_speed(model, UsageRecord("", at, usage, None, span_of_entry(entry, at), charged=charged, labels=facts))
    return replace(made, outcome=outcome)


def _of_speed(model: str, made: UsageRecord) -> UsageRecord:
    """The record of a model, which ccusage names by its fast mode too (its pull request 886): claude-opus-4-8-fast."""
    if not (model.startswith("claude-") and model.endswith(_FAST)):
        return replace(made, model=model)
    return replace(made, model=model.removesuffix(_FAST), context=context("fast"))


def _day(entry: Row) -> datetime:
    """When the sum begins; of a session only the last day is known."""
    text = entry.text("date", "month", "week", "lastActivity")
    if _MONTH.fullmatch(text):
        return Row({"month": f"{text}-01"}, entry.unread).instant("month")
    return entry.instant("date", "month", "week", "lastActivity")


def _block(row: Row) -> UsageRecord:
    at = row.instant("startTime")
    charged = row.amount("costUSD")
    end = row.text("actualEndTime", "endTime")
    span = row.instant("actualEndTime", "endTime") - at if end else None
    if row.truth("isGap"):
        return UsageRecord("", at, span=span, charged=charged, outcome=not_billed("a gap between blocks"))
    found = row.value("models") or []
    models = [str(model) for model in found if model != SYNTHETIC] if isinstance(found, list) else []
    tokens = row.inner("tokenCounts")
    usage = _ccusage_counts(tokens)
    tokens.close_counts()
    if len(models) != 1:
        reason = "several models without a split" if models else "names no model"
        named = ", ".join(models)
        return UsageRecord(named, at, span=span, charged=charged, outcome=unpriced(f"the block has {reason}"))
    return _of_speed(models[0], UsageRecord("", at, usage, None, span, charged=charged))


def _entries(_found: object) -> RecordReader:
    return _entry


SHAPES = (
    Shape(
        "claude-code-sessions",
        "Claude Code's sessions (~/.claude/projects)",
        "one message by its last line, caches beside the input",
        signs("type message sessionId", "type message timestamp", "type summary leafUuid", "type messageId snapshot"),
        by_row(_line, _TOOLS_COST),
        _is_line,
        grows=True,
        varying=Varying(
            ("timestamp",),
            ("costUSD",),
            ("uuid",),
            {"project": ("cwd",), "session": ("sessionId",), "branch": ("gitBranch",)},
            id_parts=(("message.id",), ("requestId",)),
            any_id_part=True,
            opens={"message": _OF_MESSAGES},
        ),
        always={
            "input_tokens": ("message.usage.input_tokens",),
            "output_tokens": ("message.usage.output_tokens",),
            "cache_read_tokens": ("message.usage.cache_read_input_tokens",),
            "cache_write_tokens": ("message.usage.cache_creation_input_tokens",),
            "cache_write_1h_tokens": (
                "message.usage.cache_creation.ephemeral_1h_input_tokens",
                "cache_creation.ephemeral_1h_input_tokens",
            ),
            "message id": ("message.id", "requestId"),
        },
        since={"cache_write_1h_tokens": _LIVES_SINCE},
        caches_beside=True,
        of=("Claude Code",),
    ),
    Shape(
        "ccusage",
        "ccusage --json, by day, week, month or session",
        "sums by model, caches beside the input",
        signs("modelBreakdowns", "modelsUsed totalCost inputTokens outputTokens"),
        _entries,
        always={
            "input_tokens": ("modelBreakdowns.inputTokens", "inputTokens"),
            "output_tokens": ("modelBreakdowns.outputTokens", "outputTokens"),
            "cache_read_tokens": (
                "modelBreakdowns.cacheReadTokens",
                "modelBreakdowns.cacheReadInputTokens",
                "cacheReadTokens",
            ),
            "cache_write_tokens": (
                "modelBreakdowns.cacheCreationTokens",
                "modelBreakdowns.cacheCreationInputTokens",
                "cacheCreationTokens",
            ),
        },
        caches_beside=True,
        of=("Claude Code",),
        sums=ToldSums.LISTED,
    ),
    Shape(
        "ccusage-blocks",
        "ccusage blocks --json",
        "sums of five hours, without a split by model",
        signs("isGap tokenCounts", "isGap startTime costUSD"),
        by_row(_block, _TOOLS_COST),
        always={
            "input_tokens": ("tokenCounts.inputTokens",),
            "output_tokens": ("tokenCounts.outputTokens",),
            "cache_read_tokens": ("tokenCounts.cacheReadTokens", "tokenCounts.cacheReadInputTokens"),
            "cache_write_tokens": ("tokenCounts.cacheCreationTokens", "tokenCounts.cacheCreationInputTokens"),
        },
        caches_beside=True,
        of=("Claude Code",),
        sums=ToldSums.LISTED,
    ),
)
