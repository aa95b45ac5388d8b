"""opencode on one's own machine: its messages, one a file, as rows of its database, or in an exported session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RECORD_ID, ChargeFields, RecordReader, Shape, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_COST = ChargeFields(("cost",))
_FAILED = not_billed("failed")
_ABORTED = unpriced("usage is not stated: the answer was broken off before it was counted")
_NO_COUNTS = unpriced("usage is not stated: the message holds no count")
_REASONING_UNTOLD = (
    "REASONING_UNTOLD",
    "no total, which alone tells whether reasoning lies inside the output, as some versions of opencode write it, or "
    "beside it: taken as inside, the least that it can cost",
)


def _messages(row: Row) -> Iterable[UsageRecord]:
    """https://github.com/anomalyco/opencode: packages/opencode/src/session/message-v2.ts (Assistant, StepFinishPart)
    and getUsage in session.ts. A row of the database keeps its ids beside its ``data``, an exported session the parts
    beside each message's ``info``.
    """
    inner = row.inner("info") if "info" in row.raw else row.inner("data") if "data" in row.raw else row
    message = Row({**{name: row.raw.get(name) for name in ("id", "session_id")}, **inner.raw}, row.unread)
    if not message.text("role") and message.inner("tokens").raw and "messageID" not in message.raw:
        raise UsageError("role", "is missing: it is not known whose message it is")
    if message.text("role") != "assistant":
        return ()
    steps = [part for part in row.rows("parts") if part.text("type") == "step-finish" or part.inner("tokens").raw]
    if len(steps) < 2:
        return each([message], _message, _COST)
    return each(steps, partial(_step, message, iter(range(len(steps)))), _COST)


def _step(message: Row, numbers: Iterator[int], step: Row) -> UsageRecord | None:
    """One of several requests that a message of old holds; the message itself counts the last one alone."""
    number = next(numbers)
    made = _message(Row({**message.raw, "tokens": step.value("tokens"), "cost": step.value("cost")}, message.unread))
    return replace(made, record_id=f"{made.record_id}:{number}") if number and made.record_id else made


def _message(row: Row) -> UsageRecord:
    at, tokens = Row(row.inner("time").raw, row.unread, "time.").instant("created"), row.inner("tokens")
    session = row.text("sessionID", "session_id")
    facts = labels(session=session, project=row.inner("path").text("root"), agent=row.text("agent", "mode"))
    charged = row.amount("cost") or None  # 0 is what a subscription, or a model without a price, is noted down as
    made = UsageRecord(
        row.text("modelID"), at, None, row.text("providerID") or None, charged=charged, labels=facts,
        record_id=row.text("id") or None,
    )  # fmt: skip
    counts, total = _counts(tokens), tokens.count("total") or None
    row.close()
    if not any(counts.values()):
        error = row.inner("error").text("name")
        return replace(made, outcome=_ABORTED if "Aborted" in error else _FAILED if error else _NO_COUNTS)
    usage = usage_of(counts, BESIDE, reasoning=INSIDE, total=total)
    made = replace(made, usage=usage)
    return made.with_remark(*_REASONING_UNTOLD) if counts["output_reasoning_tokens"] and total is None else made


def _counts(tokens: Row) -> Mapping[str, Quantity | None]:
    """Caches stand beside the input."""
    cache = tokens.inner("cache")
    counts = {
        "input_tokens": tokens.count("input"),
        "output_tokens": tokens.count("output"),
        "output_reasoning_tokens": tokens.count("reasoning"),
        "cache_read_tokens": cache.count("read"),
        "cache_write_tokens": cache.count("write"),
    }
    tokens.known("total", "cache")
    cache.close_counts()
    tokens.close_counts()
    return counts


def _is_message(row: Mapping[str, Any]) -> bool:
    """Whether the row is a message, or another thing that opencode keeps beside them."""
    if "data" in row:
        return '"role"' in row["data"] if isinstance(row["data"], str) else False
    return isinstance(row.get("time", {}), Mapping)


def _reading(_found: object) -> RecordReader:
    return _messages


SHAPES = (
    Shape(
        "opencode-messages",
        "opencode's messages (~/.local/share/opencode)",
        "one message, caches beside the input",
        signs(
            "id sessionID role time",
            "role modelID providerID tokens",
            "info parts",
            "session_id time_created data",
            "id messageID sessionID type",
            "id projectID directory time",
        ),
        _reading,
        _is_message,
        grows=True,
        always={
            "input_tokens": ("tokens.input",),
            "output_tokens": ("tokens.output",),
            "cache_read_tokens": ("cache.read",),
            "cache_write_tokens": ("cache.write",),
            "output_reasoning_tokens": ("tokens.reasoning",),
            RECORD_ID: (),
        },
        caches_beside=True,
    ),
)
