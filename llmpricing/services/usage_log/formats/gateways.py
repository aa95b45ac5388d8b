"""Gateways that route calls: OpenRouter and Vercel's AI Gateway; and GitHub Copilot's premium requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import (
    BILLED,
    FREE,
    Outcome,
    UsageRecord,
    not_billed,
    uncounted,
    unpriced,
)
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, ToldSums, Varying, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels, place_of, tier_of

_OWN_KEY = not_billed("by your own key: the upstream seller bills it")
_FEES = unpriced("fees for searches or files were charged too, of which it is not told how many")
_FREE = ":free"
_NO_WRITES = "the file does not tell what was written to caches, which Claude costs more for"
_GENERATION_COST = ("total_cost", "usage")


def _activity(row: Row) -> UsageRecord:
    """A row of OpenRouter's activity export; writes to caches are not told there."""
    usage = usage_of(
        {
            "input_tokens": row.count("tokens_prompt"),
            "output_tokens": row.count("tokens_completion"),
            "cache_read_tokens": row.count("tokens_cached"),
            "output_reasoning_tokens": row.count("tokens_reasoning"),
        }
    )
    model, own_key = row.text("model_permaslug", "model"), row.amount("byok_usage_inference")
    outcome = BILLED
    fees = [row.amount("cost_web_search"), row.amount("cost_file_processing")]
    if own_key:
        outcome = _OWN_KEY
    elif any(fees):
        outcome = _FEES
    elif row.text("variant") == "free" or model.endswith(_FREE):
        outcome = FREE
    at, charged, record_id = row.instant("created_at"), row.amount("cost_total"), row.text("generation_id") or None
    facts = labels(key=row.text("api_key_name"), app=row.text("app_name"), user=row.text("user"))
    row.close()
    made = UsageRecord(
        model,
        at,
        usage,
        "openrouter",
        charged=charged,
        labels=facts,
        record_id=record_id,
        outcome=outcome,
    )
    is_told = outcome != BILLED or "claude" not in model.lower()
    return made if is_told else made.with_remark("CACHE_WRITES_UNTOLD", _NO_WRITES, ("cache_write_tokens",))


def _generation(seller: str, row: Row) -> UsageRecord:
    """One generation of OpenRouter or of those who copy it: native tokens are billed."""
    usage = usage_of(
        {
            "input_tokens": row.count("native_tokens_prompt"),
            "output_tokens": row.count("native_tokens_completion"),
            "cache_read_tokens": row.count("native_tokens_cached"),
            "cache_write_tokens": row.count("native_tokens_cache_creation", "native_tokens_cache_write"),
            "output_reasoning_tokens": row.count("native_tokens_reasoning"),
            "output_image_tokens": row.count("native_tokens_completion_images") or None,
        }
    )
    row.known("tokens_prompt", "tokens_completion")
    model = row.text("model", "model_permaslug")
    where = context(tier_of(row.text("service_tier")), place_of(row.text("data_region")))
    outcome: Outcome = _OWN_KEY if row.truth("is_byok") else FREE if model.endswith(_FREE) else BILLED
    if outcome == BILLED and row.count("num_search_results"):
        outcome = _FEES
    at, charged, record_id = row.instant("created_at"), row.amount(*_GENERATION_COST), row.text("id") or None
    facts = labels(app=row.text("app_id"), upstream=row.text("provider_name"))
    row.close()
    return UsageRecord(
        model, at, usage, seller, None, where, charged, labels=facts, record_id=record_id, outcome=outcome
    )


def _openrouter(row: Row) -> UsageRecord:
    return _generation("openrouter", row)


def _vercel(row: Row) -> UsageRecord:
    return _generation("vercel", row)


def _is_vercel(row: Mapping[str, Any]) -> bool:
    return str(row.get("id", "")).startswith("gen_") and "upstream_id" not in row


def _vercel_report(row: Row) -> UsageRecord:
    usage = usage_of(
        {
            "input_tokens": row.count("input_tokens"),
            "output_tokens": row.count("output_tokens"),
            "cache_read_tokens": row.count("cached_input_tokens"),
            "cache_write_tokens": row.count("cache_creation_input_tokens"),
            "output_reasoning_tokens": row.count("reasoning_tokens"),
        },
        requests=row.count("request_count"),
        is_sum=True,
    )
    paid_by = row.text("credential_type").lower()
    if paid_by not in ("", "system", "byok"):
        raise UsageError("credential_type", f"is {paid_by[:40]!r}: it is not known whether such calls are billed here")
    outcome = _OWN_KEY if paid_by == "byok" else BILLED
    at, charged = row.instant("day", "date", "hour"), row.amount("total_cost")
    facts = labels(user=row.text("user"), tag=row.text("tag"), upstream=row.text("provider"))
    row.close()
    span = timedelta(days=1) if row.text("day", "date") else timedelta(hours=1)
    return UsageRecord(row.text("model"), at, usage, "vercel", span, charged=charged, labels=facts, outcome=outcome)


_GITHUB_MODELS = frozenset({"models", "spark"})  # what has models behind it beside Copilot


def _copilot(row: Row) -> UsageRecord:
    at, charged = row.instant("date"), row.amount("net_amount")
    row.known("quantity")
    facts = labels(user=row.text("username"), organization=row.text("organization"), team=row.text("cost_center_name"))
    product, sku, unit = row.text("product").lower(), row.text("sku").lower(), row.text("unit_type").lower()
    if product and product not in _GITHUB_MODELS and "copilot" not in product:  # its detailed report has them all
        outcome = not_billed(f"a line of GitHub's {product}, no language model's")
        return UsageRecord("", at, None, "github-copilot", timedelta(days=1), labels=facts, outcome=outcome)
    is_request = not unit or "request" in unit or "request" in sku
    outcome = uncounted(f"{'premium requests' if is_request else unit} are counted, not tokens")
    return UsageRecord(
        row.text("model"), at, None, "github-copilot", timedelta(days=1), charged=charged, labels=facts, outcome=outcome
    )


_GENERATION = signs("native_tokens_prompt native_tokens_completion total_cost", "native_tokens_prompt is_byok model")
# https://openrouter.ai/docs/api-reference/get-a-generation: fields without a value are null, none is left out.
_GENERATION_ALWAYS = {
    "input_tokens": ("native_tokens_prompt",),
    "output_tokens": ("native_tokens_completion",),
    "cache_read_tokens": ("native_tokens_cached",),
    "word for your own key": ("is_byok",),
    "id": ("id",),
}
_GENERATION_VARYING = Varying(("created_at",), _GENERATION_COST, ("id",), {"app": ("app_id",)})
SHAPES = (
    Shape(
        "openrouter-activity",
        "the export of OpenRouter's activity page",
        "one request, cached inside tokens_prompt",
        signs("generation_id tokens_prompt tokens_completion"),
        by_row(_activity, ChargeFields(("cost_total",))),
        varying=Varying(
            ("created_at",),
            ("cost_total",),
            ("generation_id",),
            {"key": ("api_key_name",), "app": ("app_name",), "user": ("user",)},
        ),
        always={
            "input_tokens": ("tokens_prompt",),
            "output_tokens": ("tokens_completion",),
            "cache_read_tokens": ("tokens_cached",),
            "word for your own key": ("byok_usage_inference",),
            "fee for searches": ("cost_web_search",),
            "fee for files": ("cost_file_processing",),
            "variant": ("variant",),
        },
        of=("OpenRouter",),
    ),
    Shape(
        "openrouter-generations",
        "OpenRouter's generations (/generation)",
        "one request by native_tokens_*, cached inside",
        _GENERATION,
        by_row(_openrouter, ChargeFields(_GENERATION_COST)),
        lambda row: not _is_vercel(row),
        varying=_GENERATION_VARYING,
        always=_GENERATION_ALWAYS,
        of=("OpenRouter",),
    ),
    Shape(
        "vercel-gateway-generations",
        "generations of Vercel's AI Gateway",
        "one request by native_tokens_*, cached inside",
        _GENERATION,
        by_row(_vercel, ChargeFields(_GENERATION_COST)),
        _is_vercel,
        varying=_GENERATION_VARYING,
        always=_GENERATION_ALWAYS,
        of=("Vercel's gateway",),
    ),
    Shape(
        "vercel-gateway-report",
        "the report of Vercel's AI Gateway",
        "sums of a day and model, caches inside input_tokens",
        signs("credential_type input_tokens total_cost", "market_cost input_tokens model"),
        by_row(_vercel_report, ChargeFields(("total_cost",))),
        always={
            "input_tokens": ("input_tokens",),
            "output_tokens": ("output_tokens",),
            "cache_read_tokens": ("cached_input_tokens",),
            "cache_write_tokens": ("cache_creation_input_tokens",),
            "requests": ("request_count",),
            "word for your own key": ("credential_type",),
        },
        of=("Vercel's gateway",),
        sums=ToldSums.LISTED,
    ),
    Shape(
        "github-copilot-premium",
        "GitHub Copilot's report of premium requests",
        "premium requests and amounts, no tokens",
        signs("username product sku net_amount", "sku net_amount exceeds_quota"),
        by_row(_copilot),
        sums=ToldSums.LINES,
    ),
)
