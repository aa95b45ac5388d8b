"""OpenAI's own reports: the dashboard's export, the usage API and the costs API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.charged_for import beside_usage, fee_of, openai_line
from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import BILLED, UsageRecord, not_billed, not_of_usage, uncounted
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    ChargeFields,
    RecordReader,
    Shape,
    ToldSums,
    by_row,
    each,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels, tier_of

_OPENAI = "openai"
_COMPLETION = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "input_cached_tokens": "cache_read_tokens",
    "input_cache_write_tokens": "cache_write_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "output_image_tokens": "output_image_tokens",
    "input_cached_audio_tokens": "cache_audio_read_tokens",
    "input_cached_image_tokens": "cache_image_read_tokens",
    "output_reasoning_tokens": "output_reasoning_tokens",
}
# What the others leave of a sum.
_RESTS = ("input_uncached_tokens", "input_text_tokens", "output_text_tokens", "input_cached_text_tokens")


_OF_NONE = not_billed("no request was made")


def _completion_usage(row: Row) -> Usage:
    row.known(*_RESTS)
    counts = {meter: row.count(name) for name, meter in _COMPLETION.items()}
    for meter in ("cache_audio_read_tokens", "cache_image_read_tokens"):
        counts[meter] = counts[meter] or None  # of no modality, unless it is told
    return usage_of(counts, requests=row.count("num_model_requests"), is_sum=True)


def _told_of_tier(row: Row) -> Context:
    """The tier; without a word of it, which it is not."""
    named = tier_of(row.text("service_tier"))
    if row.truth("batch"):
        return context("batch")
    is_none = row.value("batch") is not None and not named
    return context(named)._replace(ruled_out=("batch",)) if is_none else context(named)


def _labels(row: Row) -> dict[str, str]:
    return labels(
        project=row.text("project_name", "project_id"),
        key=row.text("api_key_name", "api_key_id"),
        user=row.text("user_email", "user_id"),
    )


def _span(row: Row) -> timedelta | None:
    if row.value("end_time", "end_time_iso") is None:
        return None
    return row.instant("end_time", "end_time_iso") - row.instant("start_time", "start_time_iso")


def _dashboard(row: Row) -> UsageRecord:
    at, span = row.instant("start_time_iso", "start_time"), _span(row)
    row.known("start_time", "end_time", "start_time_iso", "end_time_iso")
    made = UsageRecord(row.text("model"), at, None, _OPENAI, span, labels=_labels(row))
    found = _completions(row, made)
    row.close()
    return found


def _bucket(row: Row) -> Iterable[UsageRecord]:
    if row.raw.keys().isdisjoint(("results", "result")):
        raise UsageError("results", "are missing: what the bucket holds is not known, get the file anew")
    return each(row.rows("results", "result"), partial(_result, row))


def _result(bucket: Row, row: Row) -> UsageRecord:
    at, span, facts = bucket.instant("start_time", "start_time_iso"), _span(bucket), _labels(row)
    kind = row.text("object").removeprefix("organization.").removesuffix(".result").removeprefix("usage.")
    made = UsageRecord(row.text("model"), at, None, _OPENAI, span, labels=facts)
    if kind == "costs":
        return _cost(row, made)
    reader = _KINDS.get(kind)
    if reader is None:
        raise UsageError("object", f"is {kind[:60] or 'not stated'}, a kind of usage that is not known yet")
    found = reader(row, made)
    row.known("num_model_requests")
    row.close()
    return found


def _completions(row: Row, made: UsageRecord) -> UsageRecord:
    row.known(*_RESTS, *_COMPLETION)
    where = _told_of_tier(row)
    if row.count("num_model_requests") == 0 and not any(map(row.count, _COMPLETION)):
        return replace(made, context=where, outcome=_OF_NONE)
    return replace(made, usage=_completion_usage(row), context=where)


def _counted(name: str, meter: str) -> Callable[[Row, UsageRecord], UsageRecord]:
    def read(row: Row, made: UsageRecord) -> UsageRecord:
        return replace(made, usage=usage_of({meter: row.count(name)}, is_sum=True))

    return read


def _embeddings(row: Row, made: UsageRecord) -> UsageRecord:
    counts = {"input_tokens": row.count("input_tokens")}
    return replace(made, usage=usage_of(counts, requests=row.count("num_model_requests"), is_sum=True))


def _sessions(row: Row, made: UsageRecord) -> UsageRecord:
    """The containers of the code interpreter, which no model's price holds."""
    count = row.count("num_sessions", "sessions")
    return replace(made, model="container", usage=usage_of({"code_sessions": count}, is_sum=True))


def _no_price(reason: str, *names: str) -> Callable[[Row, UsageRecord], UsageRecord]:
    def read(row: Row, made: UsageRecord) -> UsageRecord:
        row.known(*names)
        return replace(made, outcome=uncounted(reason))

    return read


_KINDS: Mapping[str, Callable[[Row, UsageRecord], UsageRecord]] = {
    "completions": _completions,
    "embeddings": _embeddings,
    "moderations": _embeddings,
    "audio_speeches": _counted("characters", "input_characters"),
    "audio_transcriptions": _counted("seconds", "input_audio_seconds"),
    "code_interpreter_sessions": _sessions,
    "images": _no_price("pictures are counted, and tokens are billed", "images"),
    "vector_stores": _no_price("no list has a price for stored bytes", "usage_bytes"),
}


def _cost(row: Row, made: UsageRecord) -> UsageRecord:
    """One line of costs, which can be priced anew where it states a quantity: its kinds share no token."""
    amount = row.inner("amount")
    charged = amount.amount("value") if amount.raw else row.amount("amount_value", "amount")
    currency = (amount.text("currency") or row.text("amount_currency") or "usd").upper()
    line = row.text("line_item")
    named, quantity = openai_line(line), row.count("quantity")
    meter = named.meter
    made = replace(made, model=named.model, charged=charged, currency=currency, context=context(named.tier))
    made = replace(made, charged_for=meter or fee_of(line))
    row.close()
    if not made.charged_for and not line.startswith("ft:") and beside_usage(line):  # whose owner may call it tax-bot
        return replace(made, model="", charged_as=line, outcome=not_of_usage(line))
    if quantity is None:
        return replace(made, outcome=uncounted("cost only: the line states no quantity"))
    if meter is None:
        return replace(made, outcome=uncounted("cost only: the line counts nothing that is known"))
    whole = "output_tokens" if meter.startswith("output") else "input_tokens"
    return replace(made, usage=usage_of({whole: quantity, meter: quantity}, is_sum=True), outcome=BILLED)


def _cost_lines(_found: object) -> RecordReader:
    """Costs as a page of their API, or as a table whose rows are its results."""
    return lambda row: each([row], _cost_line, _TABLE_CHARGE) if _AMOUNT in row.raw else _bucket(row)


def _cost_line(row: Row) -> UsageRecord | None:
    """A row of the table; a day without costs has an empty one."""
    if row.amount(_AMOUNT) is None:
        return None
    at, span = row.instant("start_time", "start_time_iso"), _span(row)
    facts = labels(project=row.text("project_name", "project_id"), organization=row.text("organization_name"))
    return _cost(row, UsageRecord("", at, None, _OPENAI, span, labels=facts))


def _pages(_found: object) -> RecordReader:
    return _bucket


def _is_costs(row: Mapping[str, Any]) -> bool:
    return _AMOUNT in row or any("costs" in str(found.get("object", "")) for found in _results(row))


def _is_usage(row: Mapping[str, Any]) -> bool:
    results = list(_results(row))
    return not results or not _is_costs(row)


def _results(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("results", "result"):
        found = row.get(name)
        yield from (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


_AMOUNT = "amount_value"
_TABLE_CHARGE = ChargeFields((_AMOUNT,), ("amount_currency",))
_REQUESTS = ("num_model_requests",)
_BUCKET = signs("start_time results", "start_time result")
_ALWAYS = {
    _COMPLETION[name]: (name,)
    for name in ("input_tokens", "output_tokens", "input_cached_tokens", "input_audio_tokens", "output_audio_tokens")
}
SHAPES = (
    Shape(
        "openai-dashboard",
        "the export of OpenAI's usage dashboard",
        "sums of a day, cached inside input_tokens",
        signs("start_time_iso num_model_requests model input_tokens", "start_time num_model_requests model batch"),
        by_row(_dashboard),
        always={**_ALWAYS, "word for batch": ("batch",), "tier": ("service_tier",), "requests": _REQUESTS},
        of=("OpenAI",),
        sums=ToldSums.LISTED,
    ),
    Shape(
        "openai-costs",
        "OpenAI's costs: API (/organization/costs), or the dashboard's export",
        "amounts of a day and line, some with their quantity",
        (*_BUCKET, *signs("start_time amount_value amount_currency line_item")),
        _cost_lines,
        _is_costs,
        of=("OpenAI",),
        sums=ToldSums.BUCKETS,
    ),
    Shape(
        "openai-usage",
        "OpenAI's usage API (/organization/usage/...)",
        "sums of a bucket, cached, audio and pictures inside input_tokens",
        _BUCKET,
        _pages,
        _is_usage,
        always={**_ALWAYS, "word for batch": ("batch",), "tier": ("service_tier",), "requests": _REQUESTS},
        of_answers=("word for batch", "tier"),
        of=("OpenAI",),
        sums=ToldSums.BUCKETS,
    ),
)
