"""The invocation log of Amazon Bedrock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.formats.counts import BESIDE, plus, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import CACHE_READ, CACHE_WRITE, Shape, Varying, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels, tier_of

AWS = "aws"
# In the log, and in the answer that it keeps, by the words of two operations
_CACHED = ("cacheReadInputTokenCount", "cache_read_input_tokens", "cacheReadInputTokens")
_WRITTEN = ("cacheWriteInputTokenCount", "cache_creation_input_tokens", "cacheWriteInputTokens")
_LIVES = ("5m", "1h")  # of what was written to a cache
_ANYWHERE = re.compile(r"^(?:us|eu|apac|au|jp|ca|us-gov|global)\.")
_ARN = re.compile(r"arn:[\w-]+:bedrock:[^:]*:[^:]*:(?P<kind>[\w-]+)/(?P<name>.+)")
_NAMED_PROFILES = frozenset({"foundation-model", "inference-profile"})


def model_and_place(model_id: str, region: str) -> tuple[str, str | None]:
    """The model of an id or ARN, and the place that prices it: an inference profile says that itself."""
    found = _ARN.fullmatch(model_id)
    name = found["name"] if found and found["kind"] in _NAMED_PROFILES else model_id
    return name, None if _ANYWHERE.match(name) or name.startswith("arn:") else region or None


def _invocation(row: Row) -> UsageRecord:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html"""
    given, answer = row.inner("input"), row.inner("output")
    used = _answers_usage(answer)
    writes = _writes_by_life(used)
    model, place = model_and_place(row.text("modelId"), row.text("region"))
    at, record_id = row.instant("timestamp"), row.text("requestId") or None
    facts = labels(account=row.text("accountId"), user=row.inner("identity").text("arn"), region=row.text("region"))
    row.known("inferenceRegion")
    row.close()
    if error := row.text("errorCode"):
        reason = not_billed(f"failed ({error})")
        return UsageRecord(model, at, None, AWS, labels=facts, record_id=record_id, outcome=reason)
    usage = usage_of(
        {
            "input_tokens": _first(given.count("inputTokenCount"), used.count("input_tokens", "inputTokens")),
            "cache_read_tokens": _first(given.count(_CACHED[0]), used.count(*_CACHED[1:])),
            "cache_write_tokens": _first(given.count(_WRITTEN[0]), used.count(*_WRITTEN[1:])),
            "cache_write_5m_tokens": writes["5m"],
            "cache_write_1h_tokens": writes["1h"],
            "output_tokens": _first(answer.count("outputTokenCount"), used.count("output_tokens", "outputTokens")),
        },
        BESIDE,
    )
    for inner in (given, answer):
        inner.known("inputContentType", "outputContentType")
        inner.close()
    body = answer.inner("outputBodyJson")
    served = row.text("serviceTier") or body.inner("serviceTier").text("type") or body.text("service_tier")
    where = context(tier_of(served), place)
    return UsageRecord(model, at, usage, AWS, None, where, labels=facts, record_id=record_id)


def _answers_usage(answer: Row) -> Row:
    """The usage object of a model's answer, of a stream as far as its parts tell it; an empty one where it is none."""
    body = answer.inner("outputBodyJson")
    if body.raw:
        return body.inner("usage")
    found: dict[str, Any] = {}
    for part in answer.rows("outputBodyJson"):
        for one in (part.inner("message").inner("usage"), part.inner("usage")):
            found |= {name: value for name, value in one.raw.items() if value is not None}
    return Row(found, answer.unread)


def _writes_by_life(used: Row) -> dict[str, Quantity | None]:
    """What was written for five minutes and for an hour: as Claude's answer says it, or Converse's ``cacheDetails``.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CacheDetail.html
    """
    split = used.inner("cache_creation")
    found = {life: split.count(f"ephemeral_{life}_input_tokens") for life in _LIVES}
    for one in used.rows("cacheDetails"):
        life, written = one.text("ttl").lower(), one.count("inputTokens")
        if written and life not in _LIVES:
            raise UsageError("cacheDetails.ttl", f"is {life[:40] or 'not stated'}, a life whose price is not known")
        if written:
            found[life] = plus(found[life], written)
    return found


def _first(*counts: Quantity | None) -> Quantity | None:
    """That of the log before that of the answer in it."""
    return next((one for one in counts if one is not None), None)


def _is_log(row: Mapping[str, Any]) -> bool:
    return "schemaType" not in row or row["schemaType"] == "ModelInvocationLog"


SHAPES = (
    Shape(
        "bedrock-invocation-log",
        "the model invocation log of Amazon Bedrock",
        "one request, caches beside inputTokenCount",
        signs("schemaType modelId requestId", "modelId requestId input operation"),
        by_row(_invocation),
        _is_log,
        varying=Varying(("timestamp",), record_id=("requestId",)),
        always={
            "input_tokens": ("inputTokenCount", "usage.input_tokens", "usage.inputTokens"),
            "output_tokens": ("outputTokenCount", "usage.output_tokens", "usage.outputTokens"),
            "region": ("region",),
        },
        sometimes={CACHE_READ: _CACHED, CACHE_WRITE: _WRITTEN},
        caches_beside=True,
        of=("AWS",),
    ),
)
