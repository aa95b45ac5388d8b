"""LiteLLM's proxy: the table of spend logs, and the export of its usage page."""

from __future__ import annotations

from datetime import timedelta

from llmpricing.domain.quotes.context import UNSTATED, context
from llmpricing.domain.usage.google import tier_of_traffic
from llmpricing.domain.usage.quantities import Told, Usage, UsageError
from llmpricing.services.usage_log.formats.counts import as_sum, usage_of
from llmpricing.services.usage_log.formats.record import BILLED, Outcome, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    WRITER,
    ChargeFields,
    Shape,
    ToldSums,
    Varying,
    by_row,
    signs,
)
from llmpricing.services.usage_log.formats.told_usage import labels, provider_usage, stated, tier_of_both

DAY = timedelta(days=1)
# What a finished batch used is logged as one sum, by the call that found it finished.
_BATCHES = frozenset({"retrieve_batch", "aretrieve_batch"})
_TRAFFIC = ("trafficType", "traffic_type")  # of Vertex, as it answers
_UNTOLD = "no usage_object, which alone tells what came from a cache: priced as if nothing did"


def _spend_log(row: Row) -> UsageRecord:
    """One request: https://docs.litellm.ai/docs/proxy/spend_logs_deletion and the table LiteLLM_SpendLogs."""
    metadata = row.inner("metadata")
    key = metadata.inner("model_map_information").text("model_map_key")
    outcome = _outcome(row, metadata)
    record_id = row.text("request_id") or None
    facts = labels(
        team=row.text("team_id"),
        key=metadata.text("user_api_key_alias") or row.text("api_key"),
        user=row.text("user"),
        end_user=row.text("end_user"),
        session=row.text("session_id"),
        alias=row.text("model_group"),
        organization=row.text("organization_id"),
    )
    at, charged = row.instant("startTime", "start_time", "starttime"), row.amount("spend")
    model, provider = key or row.text("model"), row.text("custom_llm_provider") or None
    usage, where = None, UNSTATED
    row.known("prompt_tokens", "completion_tokens", "total_tokens")
    row.close()
    if outcome == BILLED:
        try:
            usage, where = stated(*_usage(row, metadata))
            if row.text("call_type").lower() in _BATCHES:
                usage, where = as_sum(usage), context("batch", where.region)
        except UsageError as error:
            outcome = unpriced(str(error))
    made = UsageRecord(
        model=model,
        at=at,
        usage=usage,
        provider=provider,
        charged=charged,
        labels=facts,
        record_id=record_id,
        outcome=outcome,
        context=where,
    )
    is_told = usage is None or _tells_caches(metadata, model)
    return made if is_told else made.with_remark("CACHES_UNTOLD", _UNTOLD, ("cache_read_tokens", "cache_write_tokens"))


def _tells_caches(metadata: Row, model: str) -> bool:
    """The values beside the usage object are Claude's: for others they are 0 whatever was cached."""
    beside = metadata.inner("additional_usage_values").raw
    return bool(metadata.inner("usage_object").raw or (beside and (WRITER in model.lower() or any(beside.values()))))


def _outcome(row: Row, metadata: Row) -> Outcome:
    if row.text("call_type").lower() in ("call_mcp_tool", "list_mcp_tools"):
        return not_billed("a tool's call, without a model")
    states = {row.text("status").lower(), metadata.text("status").lower()} - {"", "success"}
    if "failure" in states:
        return not_billed("failed")
    if states:
        raise UsageError("status", f"is {min(states)[:40]!r}: it is not known whether such a request is billed")
    if row.truth("cache_hit"):
        return not_billed("answered from the proxy's own cache")
    return BILLED


def _usage(row: Row, metadata: Row) -> tuple[Usage, str | None]:
    """The usage object, else the flat counts with the caches that stand beside them."""
    found = metadata.inner("usage_object")
    if found.raw:
        traffic = found.text(*_TRAFFIC) or metadata.text(*_TRAFFIC)
        tier, is_paid = tier_of_traffic(traffic)
        counts = {name: value for name, value in found.raw.items() if name not in _TRAFFIC}
        usage = provider_usage(Row(counts, found.unread, found.where), "litellm")
        if is_paid:
            usage = usage._replace(told=(usage.told or Told())._replace(by_subscription=True))
        return usage, tier_of_both(found.text("service_tier"), tier)
    beside = metadata.inner("additional_usage_values")
    taken, made = row.count("prompt_tokens"), row.count("completion_tokens")
    if not taken and not made:
        raise UsageError("usage_object", "is missing: the record does not say how much was used")
    usage = usage_of(
        {
            "input_tokens": taken,
            "output_tokens": made,
            "cache_read_tokens": beside.count("cache_read_input_tokens"),
            "cache_write_tokens": beside.count("cache_creation_input_tokens"),
        }
    )
    return usage, None


def _ui_day(row: Row) -> UsageRecord:
    at, model = row.instant("Date"), row.text("Model")
    requests, failed, charged = row.count("Successful", "Requests"), row.count("Failed"), row.amount("Spend")
    counts = {
        "input_tokens": row.count("Prompt Tokens"),
        "output_tokens": row.count("Completion Tokens"),
        "cache_read_tokens": row.count("Cache Read Input Tokens"),
        "cache_write_tokens": row.count("Cache Creation Input Tokens"),
    }
    total = row.count("Total Tokens") or None
    row.known("Requests", "Successful", "Failed")
    facts = labels(team=row.text("Team"), team_id=row.text("Team ID"), key=row.text("Key Alias", "Key"))
    row.close()
    if failed and not any(counts.values()) and not (requests and charged):
        outcome = not_billed("all requests failed")
        return UsageRecord(model, at, None, None, DAY, charged=charged, labels=facts, outcome=outcome)
    usage = usage_of(counts, total=total, requests=requests, is_sum=True)
    return UsageRecord(model, at, usage, None, DAY, charged=charged, labels=facts)


# The columns of the table LiteLLM_SpendLogs: https://github.com/BerriAI/litellm/blob/main/schema.prisma
SHAPES = (
    Shape(
        "litellm-spend-logs",
        "LiteLLM's table of spend logs, by SQL or /spend/logs",
        "metadata.usage_object, caches inside prompt_tokens",
        signs("request_id call_type spend startTime", "request_id call_type spend metadata"),
        by_row(_spend_log, ChargeFields(("spend",))),
        varying=Varying(
            ("startTime", "start_time", "starttime"),
            ("spend",),
            ("request_id",),
            {"team": ("team_id",), "user": ("user",), "end_user": ("end_user",), "session": ("session_id",)},
        ),
        always={
            "input_tokens": ("prompt_tokens", "metadata.usage_object.input_tokens"),
            "output_tokens": ("metadata.usage_object.completion_tokens", "metadata.usage_object.output_tokens"),
            "seller": ("custom_llm_provider",),
            "word for a cached answer": ("cache_hit",),
            "status": ("status", "metadata.status"),
        },
        sometimes={
            CACHE_READ: ("prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"),
            CACHE_WRITE: ("cache_creation_tokens", "usage_object.cache_creation_input_tokens"),
        },
        of=("LiteLLM",),
    ),
    Shape(
        "litellm-ui-usage",
        "the export of LiteLLM's usage page",
        "sums of a day, caches inside Prompt Tokens",
        signs("Date, Model, Spend, Prompt Tokens, Completion Tokens", "Date, Model, Spend, Cache Read Input Tokens"),
        by_row(_ui_day, ChargeFields(("Spend",))),
        always={
            "input_tokens": ("Prompt Tokens",),
            "output_tokens": ("Completion Tokens",),
            "cache_read_tokens": ("Cache Read Input Tokens",),
            "cache_write_tokens": ("Cache Creation Input Tokens",),
            "requests": ("Successful", "Requests"),
        },
        of=("LiteLLM",),
        sums=ToldSums.LISTED,
    ),
)
