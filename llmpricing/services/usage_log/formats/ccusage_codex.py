"""What ccusage makes of Codex's sessions: sums by day, month or session, and by model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.ccusage_spans import span_of_entry
from llmpricing.services.usage_log.formats.counts import INSIDE, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, RecordReader, Shape, ToldSums, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_COST = ChargeFields(("costUSD",))
_CACHED = "cachedInputTokens"
_BEGINS = ("date", "month", "week", "lastActivity")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(r"(?P<month>[A-Za-z]{3})[a-z]* (?:(?P<day>\d{1,2}), )?(?P<year>\d{4})")
_BARE_MONTH = re.compile(r"\d{4}-\d{2}")
_GUESSED = (
    "MODEL_ASSUMED",
    "the sessions name no model and ccusage took this one (isFallback): what it really was costs another price",
)


def _entry(row: Row) -> Iterable[UsageRecord]:
    """https://github.com/ryoppippi/ccusage: apps/codex/src/daily-report.ts, session-report.ts and token-utils.ts.

    The entry's own sums repeat its models'. What it reckons is told of all of them together: it is the charge of one
    model alone.
    """
    models = row.inner("models").raw
    counted = [Row({"model": name, **counts}, row.unread) for name, counts in models.items() if _is_object(counts)]
    yield from each(counted, partial(_model, row, len(models) == 1), _COST)
    for name in ("inputTokens", "outputTokens"):
        whole, told = row.count(name) or 0, sum(one.count(name) or 0 for one in counted)
        if whole > told:
            raise UsageError(name, f"is {whole} in the sum, and {told} in its models: export it anew, whole")


def _model(entry: Row, is_alone: bool, row: Row) -> UsageRecord:
    at = _begin(entry)
    if _CACHED not in row.raw and _CACHED in entry.raw:
        raise UsageError(_CACHED, "is not stated of this model, but of the sum: export it anew, whole")
    usage = usage_of(
        {
            "input_tokens": row.count("inputTokens"),
            "cache_read_tokens": row.count(_CACHED),
            "output_tokens": row.count("outputTokens"),
            "output_reasoning_tokens": row.count("reasoningOutputTokens"),
        },
        INSIDE,
        reasoning=INSIDE,
        total=row.count("totalTokens") or None,
        is_sum=True,
    )
    row.close()
    facts = labels(session=entry.text("sessionId"), project=entry.text("directory"))
    charged = entry.amount("costUSD") if is_alone else None
    made = UsageRecord(row.text("model"), at, usage, None, span_of_entry(entry, at), charged=charged, labels=facts)
    return made.with_remark(*_GUESSED) if row.truth("isFallback") else made


def _begin(entry: Row) -> datetime:
    """When the sum begins: 2026-11-20, Nov 20, 2026 or Nov 2026; of a session only its end is known."""
    text = entry.text(*_BEGINS)
    found = _WRITTEN.fullmatch(text)
    if found and found["month"].lower() in _MONTHS:
        month = _MONTHS.index(found["month"].lower()) + 1
        text = f"{found['year']}-{month:02}-{int(found['day'] or 1):02}"
    if _BARE_MONTH.fullmatch(text):
        text = f"{text}-01"
    return Row({"date": text}, entry.unread).instant("date")


def _is_object(counts: object) -> bool:
    return isinstance(counts, Mapping)


def _is_sum(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("models"), Mapping | str)


def _entries(_found: object) -> RecordReader:
    return _entry


SHAPES = (
    Shape(
        "ccusage-codex",
        "ccusage's report of Codex, --json, by day, month or session",
        "sums by model, cached inside the input",
        signs("models costUSD cachedInputTokens reasoningOutputTokens", "models costUSD inputTokens outputTokens"),
        _entries,
        _is_sum,
        always={
            "input_tokens": ("inputTokens",),
            "output_tokens": ("outputTokens",),
            "cache_read_tokens": ("cachedInputTokens",),
        },
        of=("Codex",),
        sums=ToldSums.LISTED,
    ),
)
