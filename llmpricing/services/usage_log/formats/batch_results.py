"""What batches came to: the answers that OpenAI, Anthropic, Gemini, Vertex and Bedrock write into files, one a line.

None tells the tier, which is that of batches; most tell no time of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.counts import BESIDE, plus, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import Shape, by_row, each, signs
from llmpricing.services.usage_log.formats.told_usage import place_of, provider_usage, stated

_BATCH = "batch"
_FAILS_FROM = 400
_NO_USAGE = unpriced("usage is not stated: the answer counts nothing")
_NO_ANSWER = unpriced("neither an answer nor an error stands in the line: get the file anew, whole")
# Of Vertex: that it was on demand, as all of a batch is, and characters, by which older models were billed.
_BESIDE_TOKENS = frozenset({"trafficType", "traffic_type", "billablePromptUsage", "billable_prompt_usage"})
_OF_AZURE = ("prompt_filter_results", "content_filter_results", "content_filters")
UNNAMED_MODEL = "unnamed-in-modelOutput"  # for --map: an answer of Bedrock's names none, unless it is Claude's


def _made(model: str, seller: str | None, at: datetime | None, record_id: str) -> UsageRecord:
    return UsageRecord(model, at, None, seller, record_id=record_id or None)


def _time_of(row: Row, *names: str) -> datetime | None:
    return row.instant(*names) if row.text(*names) else None


def _used(made: UsageRecord, answer: Row, used: Row, usage_format: Any) -> UsageRecord:
    """The record with what its answer used, at the prices of batches."""
    if not used.raw:
        return replace(made, outcome=_NO_USAGE)
    usage, where = stated(provider_usage(used, usage_format))
    answer.close()
    return replace(made, usage=usage, context=context(_BATCH, where.region))


def _openai(row: Row) -> UsageRecord:
    """https://platform.openai.com/docs/api-reference/batch/request-output: of a chat, an embedding, a response."""
    response, error = row.inner("response"), row.inner("error")
    body, status = response.inner("body"), response.amount("status_code")
    is_of_azure = any(name in body.raw for name in _OF_AZURE)
    at, record_id = _time_of(body, "created", "created_at"), row.text("id") or response.text("request_id")
    made = _made(body.text("model"), "azure" if is_of_azure else None, at, record_id)
    if error.raw or (status is not None and status >= _FAILS_FROM):
        code = error.text("code") or (f"status {status}" if status is not None else "")
        return replace(made, outcome=not_billed(f"failed ({code})" if code else "failed"))
    if not body.raw:
        return replace(made, outcome=_NO_ANSWER)
    return _used(made, body, body.inner("usage"), "openai")


def _is_openai(row: Mapping[str, Any]) -> bool:
    """An answer, not a request, which has a method and a body."""
    return isinstance(row.get("response"), Mapping | None) and (
        _has(row, "response", "status_code") or _has(row, "error", "code") or _has(row, "error", "message")
    )


def _anthropic(row: Row) -> UsageRecord:
    """https://platform.claude.com/docs/en/build-with-claude/batch-processing: one message, without its time."""
    result = row.inner("result")
    message, kind = result.inner("message"), result.text("type")
    made = _made(message.text("model"), "anthropic", None, message.text("id"))
    if kind in ("errored", "canceled", "expired"):
        return replace(made, outcome=not_billed(f"failed ({kind})"))
    if kind != "succeeded":
        return replace(made, outcome=_NO_ANSWER)
    return _used(made, message, message.inner("usage"), "anthropic")


def _is_anthropic(row: Mapping[str, Any]) -> bool:
    return _has(row, "result", "type")


def _gemini(row: Row) -> Iterable[UsageRecord]:
    """https://ai.google.dev/gemini-api/docs/batch-api: lines of a file, or all answers within that of the batch; and
    Vertex's, whose lines have their request and their time.
    """
    within = row.inner("response").inner("inlinedResponses")
    if not within.raw:
        return each([row], partial(_gemini_answer, None))
    return each(within.rows("inlinedResponses"), partial(_gemini_answer, row.inner("metadata")))


def _gemini_answer(batch: Row | None, row: Row) -> UsageRecord:
    answer, error = row.inner("response"), row.inner("error")
    at = _time_of(answer, "createTime", "create_time") or _time_of(row, "processed_time")
    if at is None and batch is not None:
        at = _time_of(batch, "createTime", "create_time")
    model, seller = answer.text("modelVersion", "model_version"), "vertex_ai" if "request" in row.raw else "google"
    made = _made(model.partition("@")[0], seller, at, answer.text("responseId", "response_id"))
    used = answer.inner("usageMetadata", "usage_metadata")
    if error.raw or (not used.raw and row.text("status")):
        return replace(made, outcome=not_billed("failed"))
    if not answer.raw:
        return replace(made, outcome=_NO_ANSWER)
    counts = {name: value for name, value in used.raw.items() if name not in _BESIDE_TOKENS}
    return _used(made, answer, Row(counts, used.unread, used.where), "google")


def _is_gemini(row: Mapping[str, Any]) -> bool:
    names = ("usageMetadata", "usage_metadata", "candidates", "promptFeedback", "inlinedResponses")
    return any(_has(row, "response", name) for name in names) or isinstance(row.get("error"), Mapping)


def _bedrock(row: Row) -> UsageRecord:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html"""
    answer, error = row.inner("modelOutput"), row.inner("error")
    made = _made(answer.text("model") or UNNAMED_MODEL, "aws", None, "")
    if error.raw or not answer.raw:
        return replace(made, outcome=not_billed("failed") if error.raw else _NO_ANSWER)
    used = answer.inner("usage")
    if "input_tokens" in used.raw:  # of Claude, in its own words
        return _used(made, answer, used, "anthropic")
    if used.raw:
        return _used(made, answer, used, "openai" if "prompt_tokens" in used.raw else "bedrock")
    counts = {
        "input_tokens": answer.count("inputTextTokenCount", "prompt_token_count"),
        "output_tokens": plus(
            answer.count("generation_token_count"),
            *(one.count("tokenCount") for one in answer.rows("results")),
            0 if answer.raw.keys() & {"embedding", "embeddings", "embeddingsByType"} else None,
        ),
    }
    counts = {name: number for name, number in counts.items() if number is not None}
    if not counts:
        return replace(made, outcome=_NO_USAGE)
    answer.close()
    return replace(made, usage=usage_of(counts, BESIDE), context=context(_BATCH, place_of("")))


def _has(row: Mapping[str, Any], name: str, inner: str) -> bool:
    found = row.get(name)
    return isinstance(found, Mapping) and inner in found


_ONE = "one answer, at the price of batches"
_WORDS = {  # of sellers, for what each answer counts
    "input_tokens": ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_token_count", "inputTokens"),
    "output_tokens": (
        *("completion_tokens", "output_tokens", "candidatesTokenCount", "candidates_token_count", "outputTokens"),
        *("thoughtsTokenCount", "thoughts_token_count"),
    ),
}
_ALWAYS = {
    meter: tuple(f"{place}.{name}" for place in ("usage", "usageMetadata", "usage_metadata") for name in names)
    for meter, names in _WORDS.items()
}
_ALWAYS_BEDROCK = {
    "input_tokens": (*_ALWAYS["input_tokens"], "inputTextTokenCount", "prompt_token_count"),
    "output_tokens": (*_ALWAYS["output_tokens"], "generation_token_count", "tokenCount"),
}
SHAPES = (
    Shape(
        "openai-batch",
        "the output and error files of OpenAI's and Azure's batches",
        _ONE,
        signs("custom_id response error", "custom_id response"),
        by_row(_openai),
        _is_openai,
        always=_ALWAYS,
        of=("OpenAI", "Azure"),
        ids_within=True,
        may_lack_time=True,
    ),
    Shape(
        "anthropic-batch",
        "the results of Anthropic's message batches",
        _ONE,
        signs("custom_id result"),
        by_row(_anthropic),
        _is_anthropic,
        always=_ALWAYS,
        of=("Anthropic",),
        ids_within=True,
        caches_beside=True,
        may_lack_time=True,
    ),
    Shape(
        "gemini-batch",
        "the results of batches of the Gemini API and of Vertex",
        _ONE,
        signs(
            "key response",
            "key error",
            "request response status",
            "request response processed_time",
            "metadata response",
        ),
        lambda _found: _gemini,
        _is_gemini,
        always=_ALWAYS,
        of=("Google Cloud",),
        ids_within=True,
        may_lack_time=True,
    ),
    Shape(
        "bedrock-batch",
        "the results of Bedrock's batch inference",
        f"{_ONE}; the model is Claude's own word, else {UNNAMED_MODEL}",
        signs("recordId modelInput modelOutput", "recordId modelInput error", "recordId modelOutput"),
        by_row(_bedrock),
        always=_ALWAYS_BEDROCK,
        of=("AWS",),
        ids_within=True,
        caches_beside=True,
        may_lack_time=True,
    ),
)
