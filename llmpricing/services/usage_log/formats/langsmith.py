"""LangSmith's runs: calls, and the chains that sum them up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.formats.counts import sum_of_calls, usage_of
from llmpricing.services.usage_log.formats.record import BILLED, SUMMED, Outcome, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    ChargeFields,
    Nesting,
    RecordReader,
    Shape,
    Varying,
    by_itself,
    each,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.values import as_json

_TIERS = ("flex", "priority")
_READ = ("cache_read", *(f"{tier}_cache_read" for tier in _TIERS))
_DETAILS = (
    ("prompt_token_details", "prompt_tokens_details"),
    ("completion_token_details", "completion_tokens_details"),
)
_TAKEN, _MADE = ("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")
_DETAILS_TOLD = (
    ("input_token_details", "prompt_tokens_details"),
    ("output_token_details", "completion_tokens_details"),
)
_NO_COUNTS = unpriced("usage is not stated: neither the run nor its outputs hold a count")
_COST = ChargeFields(("total_cost",))
_PARENT_RUN = "parent_run_id"
_PARENT_RUNS = (_PARENT_RUN, "parent_run_ids", "dotted_order", "child_runs")


def _run(row: Row) -> UsageRecord | None:
    taken, made, total = row.count("prompt_tokens"), row.count("completion_tokens"), row.count("total_tokens")
    metadata = row.inner("extra").inner("metadata")
    is_call = row.text("run_type").lower() in ("llm", "embedding")
    parts, others = (_first_filled([row.inner(name) for name in names]) for names in _DETAILS)
    if is_call and not (parts.raw and others.raw and (taken or made)):
        told = _first_filled(_usages(row, metadata))
        if not (taken or made):
            taken, made, total = told.count(*_TAKEN), told.count(*_MADE), told.count("total_tokens")
        parts, others = (
            one if one.raw else _first_filled([told.inner(name) for name in names])
            for one, names in ((parts, _DETAILS_TOLD[0]), (others, _DETAILS_TOLD[1]))
        )
    if not is_call and not taken and not made:
        return None
    at, record_id, charged = row.instant("start_time"), row.text("id") or None, row.amount("total_cost")
    model = metadata.text("ls_model_name") or row.inner("extra").inner("invocation_params").text("model", "model_name")
    facts = labels(
        trace=row.text("trace_id"),
        name=row.text("name"),
        project=row.text("session_name", "session_id"),
        parent=_parent_run(row),
    )
    provider = metadata.text("ls_provider") or None
    tier = _tier(parts, others, taken)
    counts = {
        "input_tokens": taken,
        "output_tokens": made,
        "cache_read_tokens": parts.count(*_READ, "cached_tokens"),
        "cache_write_tokens": parts.count(*_of_tiers("cache_creation")),
        "cache_write_5m_tokens": parts.count("ephemeral_5m_input_tokens"),
        "cache_write_1h_tokens": parts.count("ephemeral_1hr_input_tokens", "ephemeral_1h_input_tokens"),
        "input_audio_tokens": parts.count("audio", "audio_tokens"),
        "output_reasoning_tokens": others.count(*_of_tiers("reasoning"), "reasoning_tokens"),
        "output_audio_tokens": others.count("audio", "audio_tokens"),
    }
    others.known("accepted_prediction_tokens", "rejected_prediction_tokens")  # within the output
    for inner in (parts, others):
        inner.close_counts()
    row.close()
    if not is_call:
        summed = sum_of_calls(taken, made)
        return UsageRecord(model, at, summed, provider, labels=facts, record_id=record_id, outcome=SUMMED)
    outcome = _outcome(row)
    if outcome == BILLED and not any(counts.values()):
        outcome = _NO_COUNTS
    usage = usage_of(counts, total=total or None) if outcome == BILLED else None
    where = context(tier)
    return UsageRecord(
        model, at, usage, provider, None, where, charged, labels=facts, record_id=record_id, outcome=outcome
    )


def _first_filled(found: Iterable[Row]) -> Row:
    """The first of these that holds anything, else the last."""
    last = Row({}, Unread())
    for last in found:
        if last.raw:
            break
    return last


def _usages(row: Row, metadata: Row) -> Iterator[Row]:
    """Where a run may tell its usage besides: its own and its metadata's, and what the model answered, as LangChain and
    LangSmith's wrappers keep it; an export may leave its own fields empty where one of these has them.

    https://docs.langchain.com/langsmith/log-llm-trace, and ``_get_usage_metadata_from_generations`` of langchain-core.
    """
    yield row.inner("usage_metadata")
    yield metadata.inner("usage_metadata")
    outputs = row.inner("outputs")
    yield outputs.inner("usage_metadata")
    answers = [*_answers(outputs)]
    of_all = outputs.inner("llm_output").inner("token_usage")  # in OpenAI's words
    if len(answers) > 1:
        yield of_all
    for message in answers:
        yield message.inner("kwargs").inner("usage_metadata")
        yield message.inner("usage_metadata")
    yield of_all


def _answers(outputs: Row) -> Iterator[Row]:
    """The messages of what was answered: of one prompt, or a list of answers for each of several."""
    found = outputs.value("generations")
    for some in found if isinstance(found, list) else ():
        for one in some if isinstance(some, list) else [some]:
            if isinstance(one, dict):
                yield Row(one, outputs.unread, f"{outputs.where}generations.").inner("message")


def _tier(parts: Row, others: Row, taken: Quantity | None) -> str | None:
    """The tier that served, which LangChain tells by what it calls the parts: what is counted under its own name is the
    input, or output, but for its parts. Raises UsageError where another part of the input was served otherwise.

    https://github.com/langchain-ai/langchain/blob/master/libs/partners/openai/langchain_openai/chat_models/base.py
    """
    told = [tier for tier in _TIERS if any(one.count(*_of_tier(tier)) for one in (parts, others))]
    parts.known(*_TIERS)
    others.known(*_TIERS)
    if not told:
        return None
    (tier, *more) = told
    plain = [parts.count(f"{tier}{part}") or 0 for part in ("", "_cache_read", "_cache_creation")]
    if more or (taken and taken not in (sum(plain), sum(plain[:2]))):
        raise UsageError("prompt_token_details", f"does not say that all of the input was served by {tier}")
    return tier


def _of_tier(tier: str) -> tuple[str, ...]:
    return tier, *(f"{tier}_{part}" for part in ("cache_read", "cache_creation", "reasoning"))


def _of_tiers(part: str) -> tuple[str, ...]:
    return part, *(f"{tier}_{part}" for tier in _TIERS)


def _runs(_found: object) -> RecordReader:
    return lambda row: each(_with_children(row), _run, _COST)


def _with_children(row: Row) -> Iterator[Row]:
    """The run and all that it called, where an export nests them; each tells the one around it."""
    left = [row]
    while left:
        run = left.pop()
        yield run
        around = {_PARENT_RUN: run.text("id")}
        left += [Row({**one.raw, **around}, one.unread, one.where) for one in reversed(run.rows("child_runs"))]


def _parent_run(row: Row) -> str:
    """The id of the run around it, by whichever field tells of it.

    https://docs.langchain.com/langsmith/run-data-format: ``parent_run_ids`` and ``dotted_order`` begin with the root.
    """
    if _PARENT_RUN in row.raw:
        return row.text(_PARENT_RUN)
    above = as_json("parent_run_ids", row.value("parent_run_ids"))
    if isinstance(above, list) and above:
        return str(above[-1])
    parts = row.text("dotted_order").split(".")
    return parts[-2].rpartition("Z")[2] if len(parts) > 1 else ""


def _links(row: Row) -> Iterator[tuple[str, str, str]]:
    for run in _with_children(row):
        yield "", run.text("id"), _parent_run(run)


def _outcome(row: Row) -> Outcome:
    return not_billed("failed") if row.text("status").lower() == "error" or row.text("error") else BILLED


SHAPES = (
    Shape(
        "langsmith",
        "LangSmith's runs",
        "one llm run, caches inside prompt_tokens",
        signs("id run_type prompt_tokens", "id run_type start_time extra"),
        _runs,
        varying=Varying(("start_time",), ("total_cost",), ("id",), {"trace": ("trace_id",), "parent": (_PARENT_RUN,)}),
        always={
            "input_tokens": ("prompt_tokens", "usage_metadata.input_tokens", "outputs"),
            "output_tokens": ("completion_tokens", "usage_metadata.output_tokens", "outputs"),
            "cache_read_tokens": (*_DETAILS[0], *_DETAILS_TOLD[0]),
            "cache_write_tokens": (*_DETAILS[0], *_DETAILS_TOLD[0]),
            "details of the output": (*_DETAILS[1], *_DETAILS_TOLD[1]),
            "status": ("status", "error"),
        },
        sometimes={CACHE_READ: (*_READ, "cached_tokens"), CACHE_WRITE: ("cache_creation",)},
        nesting=Nesting(by_itself, _PARENT_RUNS, _links),
        grows=True,
    ),
)
