"""Tools that watch calls: Langfuse and Helicone."""

from __future__ import annotations

from collections.abc import Iterator

from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, plus, usage_of
from llmpricing.services.usage_log.formats.record import BILLED, SUMMED, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    ChargeFields,
    Nesting,
    Shape,
    Varying,
    by_itself,
    by_row,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels

# Langfuse's words for caches in usageDetails
_READ = ("input_cached_tokens", "input_cache_read", "cache_read_input_tokens")
_WRITTEN = ("input_cache_creation", "cache_creation_input_tokens", "input_cache_write")
_LIVES = ("input_cache_creation_5m", "input_cache_creation_1h")
_LANGFUSE_COST = ("calculatedTotalCost", "totalCost", "total_cost", "calculated_total_cost")
_HELICONE_COST = ("cost", "cost_usd")
_PARENT_OBSERVATION = ("parentObservationId", "parent_observation_id")
_NO_REFERENCE = "00000000-0000-0000-0000-000000000000"
_CACHES_UNTOLD = (
    "CACHES_UNTOLD",
    "no usageDetails, which alone tell what came from a cache: priced as if nothing did",
    ("cache_read_tokens",),
)
_NO_COUNTS = unpriced("usage is not stated: the record holds no count")


def _langfuse(row: Row) -> UsageRecord | None:
    """https://langfuse.com/docs/model-usage-and-cost: the parts stand beside one another and make the total."""
    details = row.inner("usageDetails", "usage_details")
    kind = row.text("type").upper()
    usage = _langfuse_usage(details)
    old = _old_usage(row) if usage is None else None
    usage = usage or old
    row.known("inputTokens", "outputTokens", "totalTokens", "promptTokens", "completionTokens", "usage", "unit")
    row.known("input_tokens", "output_tokens", "total_tokens", "inputUsage", "outputUsage", "totalUsage")
    is_call = kind in ("GENERATION", "EMBEDDING")
    if usage is None and not is_call:
        return None
    at = row.instant("startTime", "start_time")
    model = row.text("model", "provided_model_name", "providedModelName", "internalModel")
    charged = row.amount(*_LANGFUSE_COST)
    facts = labels(
        trace=row.text("traceId", "trace_id"),
        name=row.text("name"),
        environment=row.text("environment"),
        user=row.text("userId", "user_id"),
        session=row.text("sessionId", "session_id"),
        parent=row.text(*_PARENT_OBSERVATION),
    )
    outcome = BILLED
    if not is_call:
        outcome, charged = SUMMED, None
    elif usage is None:
        outcome = not_billed("failed") if row.text("level").upper() == "ERROR" else _NO_COUNTS
    elif unit := _other_unit(row):
        usage, outcome = None, unpriced(f"its unit is {unit}, not tokens")
    row.close()
    made = UsageRecord(
        model, at, usage, charged=charged, labels=facts, record_id=row.text("id") or None, outcome=outcome
    )
    return made.with_remark(*_CACHES_UNTOLD) if old and usage and outcome == BILLED else made


def _old_usage(row: Row) -> Usage | None:
    """The usage of an observation without usageDetails, as Langfuse kept it before: no word of caches, which may lie
    within the input. https://api.reference.langfuse.com: ``usage``, deprecated.
    """
    found = row.inner("usage")
    taken, made, total = (
        found.count(name, *names)
        for name, names in (
            ("input", ("inputTokens", "promptTokens", "prompt_tokens")),
            ("output", ("outputTokens", "completionTokens", "completion_tokens")),
            ("total", ("totalTokens", "total_tokens")),
        )
    )
    taken = taken if taken is not None else row.count("promptTokens", "inputTokens", "input_tokens", "inputUsage")
    made = made if made is not None else row.count("completionTokens", "outputTokens", "output_tokens", "outputUsage")
    if not (taken or made):
        return None
    if total and total != (taken or 0) + (made or 0):
        raise UsageError("usage.total", "is not its input and output together: export it anew, with usageDetails")
    return usage_of({"input_tokens": taken or 0, "output_tokens": made or 0}, BESIDE)


def _other_unit(row: Row) -> str:
    """What the counts are of, where they are of no tokens: characters, seconds, images, as its API has it."""
    unit = (row.text("unit") or row.inner("usage").text("unit")).upper()
    return "" if unit in ("", "TOKEN", "TOKENS") else unit.lower()


def _langfuse_usage(found: Row) -> Usage | None:
    """The parts of usageDetails; None where it counts nothing."""
    plain, cached = (
        found.count("input"),
        found.count(*_READ),
    )
    written = found.count(*_WRITTEN)
    for_5m, for_1h = (found.count(name) for name in _LIVES)
    heard, seen = found.count("input_audio_tokens", "input_audio"), found.count("input_image_tokens", "input_image")
    made, thought = found.count("output"), found.count("output_reasoning_tokens", "output_reasoning")
    spoken = found.count("output_audio_tokens", "output_audio")
    total = found.count("total")
    found.close_counts()
    if not any((plain, cached, written, for_5m, for_1h, heard, seen, made, thought, spoken)):
        return None
    counts = {
        "input_tokens": plus(plain, heard, seen),
        "cache_read_tokens": cached,
        "cache_write_tokens": written,
        "cache_write_5m_tokens": for_5m,
        "cache_write_1h_tokens": for_1h,
        "input_audio_tokens": heard,
        "input_image_tokens": seen,
        "output_tokens": plus(made, spoken),
        "output_reasoning_tokens": thought,
        "output_audio_tokens": spoken,
    }
    is_inside = bool(thought) and total is not None and total == (plus(plain, cached, written, made) or 0)
    return usage_of(counts, BESIDE, reasoning=INSIDE if is_inside else BESIDE, total=total)


def _observation_links(row: Row) -> Iterator[tuple[str, str, str]]:
    yield "", row.text("id"), row.text(*_PARENT_OBSERVATION)


def _helicone(row: Row) -> UsageRecord:
    """https://docs.helicone.ai: caches stand beside prompt_tokens."""
    counts = {
        "input_tokens": row.count("prompt_tokens"),
        "output_tokens": row.count("completion_tokens"),
        "cache_read_tokens": row.count("prompt_cache_read_tokens"),
        "cache_write_tokens": row.count("prompt_cache_write_tokens"),
        "cache_write_5m_tokens": row.count("prompt_cache_write_5m"),
        "cache_write_1h_tokens": row.count("prompt_cache_write_1h"),
        "input_audio_tokens": row.count("prompt_audio_tokens") or None,
        "output_audio_tokens": row.count("completion_audio_tokens") or None,
    }
    total = row.count("total_tokens") or None
    status, reference = row.amount("status"), row.text("cache_reference_id")  # below 0: cancelled, yet billed
    outcome = BILLED
    if reference and reference != _NO_REFERENCE:
        outcome = not_billed("answered from Helicone's own cache")
    elif status is not None and status >= 400:
        outcome = not_billed(f"failed (status {status})")
    record_id, at = row.text("request_id") or None, row.instant("request_created_at")
    charged, facts = row.amount(*_HELICONE_COST), labels(user=row.text("user_id"))
    row.close()
    provider = row.text("provider") or None
    usage = usage_of(counts, BESIDE, total=total) if outcome == BILLED else None
    return UsageRecord(
        row.text("model"), at, usage, provider, charged=charged, labels=facts, record_id=record_id, outcome=outcome
    )


SHAPES = (
    Shape(
        "langfuse",
        "Langfuse's observations: API, export and blob storage",
        "one observation, all parts of usageDetails beside one another",
        signs("id type usageDetails", "id type usage_details", "id traceId type usage startTime"),
        by_row(_langfuse, ChargeFields(_LANGFUSE_COST)),
        varying=Varying(
            ("startTime", "start_time"),
            _LANGFUSE_COST,
            ("id",),
            {
                "trace": ("traceId", "trace_id"),
                "user": ("userId", "user_id"),
                "session": ("sessionId", "session_id"),
                "parent": _PARENT_OBSERVATION,
            },
        ),
        always={
            "input_tokens": ("usageDetails.input", "usage_details.input", "usage.input"),
            "output_tokens": ("usageDetails.output", "usage_details.output", "usage.output"),
        },
        sometimes={CACHE_READ: _READ, CACHE_WRITE: (*_WRITTEN, *_LIVES)},
        leaves_out=True,
        caches_beside=True,
        nesting=Nesting(by_itself, _PARENT_OBSERVATION, _observation_links),
        grows=True,
    ),
    Shape(
        "helicone",
        "Helicone's requests",
        "one request, caches beside prompt_tokens",
        signs("request_created_at prompt_tokens completion_tokens", "request_created_at prompt_cache_read_tokens"),
        by_row(_helicone, ChargeFields(_HELICONE_COST)),
        varying=Varying(("request_created_at",), _HELICONE_COST, ("request_id",), {"user": ("user_id",)}),
        always={
            "input_tokens": ("prompt_tokens",),
            "output_tokens": ("completion_tokens",),
            "cache_read_tokens": ("prompt_cache_read_tokens",),
            "cache_write_tokens": ("prompt_cache_write_tokens",),
            "seller": ("provider",),
            "status": ("status",),
            "word for a cached answer": ("cache_reference_id",),
            "id": ("request_id",),
        },
        caches_beside=True,
    ),
)
