"""Google Cloud's bill, in which a SKU's name tells the model and what is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.counts import BELOW_STEPS, OVER_STEPS, usage_of
from llmpricing.services.usage_log.formats.record import (
    UsageRecord,
    not_billed,
    not_of_usage,
    of_less_than_none,
    of_zero,
    unpriced,
)
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, ToldSums, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels, with_rate

_NO_MODEL = not_billed("no language model's tokens")
_GCP_SKU = re.compile(
    r"(?P<model>Gemini [\d.]+ \w+(?: (?:Lite|Image|Native|Live|Preview))*?)(?: GA| Preview)? "
    r"(?P<words>(?:(?:Thinking|Text|Image|Audio|Video|Input|Output|Caching|Cached|Batch|Flex|Priority)[ ,]*)+)"
    r"(?:- (?P<more>.*))?",
    re.IGNORECASE,
)
# What Google sells beside the tokens of its models, such as "Gemini 2.5 Flash Input Text Caching Storage".
_NO_USAGE = re.compile(
    r"\b(storage|tuning|training|hosting|provisioned|throughput|commitment|grounding)\b", re.IGNORECASE
)
# Of a model that is not Google's, or of its API, a SKU's name need not tell Gemini.
_OURS = re.compile(r"gemini|claude|grounding|generative language", re.IGNORECASE)
_LONG = re.compile(r"\s*\(Long\)", re.IGNORECASE)


def _gcp_model(words: str, is_preview: bool) -> str:
    """The id of a SKU's model: those from the third generation on have no .0, and previews say so."""
    name = re.sub(r"\s+", "-", words.lower())
    newer = re.sub(r"^gemini-([3-9])\.0-", r"gemini-\1-", name)
    return f"{newer}-preview" if is_preview and re.match(r"gemini-[3-9]", newer) else newer


def _credits(row: Row) -> Iterator[tuple[str, Decimal]]:
    """What is given back within a row, by its name, such as a promotion or a committed use's discount."""
    for one in row.rows("credits"):
        if amount := one.amount("amount"):
            yield one.text("name", "full_name", "type") or "credit", amount


def _gcp(row: Row) -> UsageRecord:
    """A row of the billing export: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables"""
    at = row.instant("usage_start_time")
    span = row.instant("usage_end_time") - at if row.text("usage_end_time") else None
    cost, sku = row.amount("cost"), row.inner("sku").text("description") or row.text("sku.description")
    credited = tuple(_credits(row))
    charged = None if cost is None else cost + sum((amount for _, amount in credited), Decimal(0))
    facts = labels(
        project=row.inner("project").text("id") or row.text("project.id"),
        region=row.inner("location").text("region"),
    )
    currency = row.text("currency").upper() or "USD"
    made = UsageRecord("", at, None, "google-vertex", span, currency=currency, labels=facts, credited=credited)
    made = with_rate(made, row.amount("currency_conversion_rate"))
    kind = row.text("cost_type").lower() or "regular"
    found = None if _NO_USAGE.search(sku) else _GCP_SKU.fullmatch(_LONG.sub("", sku).strip())
    service = row.inner("service").text("description") or row.text("service.description")
    named = bool(found) or bool(_OURS.search(f"{sku} {service}"))
    if kind != "regular":
        name = ": ".join(filter(None, (kind, sku)))
        charged = charged if named else None
        return replace(made, charged=charged, charged_as=name, outcome=not_of_usage(kind))
    if not sku and cost:
        return replace(made, charged=charged, outcome=unpriced("the row names no SKU"))
    if not found:
        outcome = unpriced(f"the SKU is not understood: {sku[:80]}") if named else _NO_MODEL
        return replace(made, model=sku if named else "", charged=charged if named else None, outcome=outcome)
    words = set(re.split(r"[ ,]+", f"{found['words']} {found['more'] or ''}".lower()))
    way = "output" if "output" in words else "input"
    modality = next((f"{one}_" for one in ("audio", "image", "video") if one in words), "")
    part = f"cache_{modality}read_tokens" if {"caching", "cached"} & words else f"{way}_{modality}tokens"
    made = replace(made, charged_for=part)
    used = row.inner("usage")
    count = used.amount("amount") or row.amount("usage.amount") or Decimal(0)
    model = _gcp_model(found["model"], "preview" in sku.lower())
    if count <= 0:
        outcome = of_less_than_none() if count else of_zero(charged)
        return replace(made, model=model, charged=charged, outcome=outcome)
    window = OVER_STEPS if _LONG.search(sku) else BELOW_STEPS  # of its own name where a step makes it dearer
    tokens = int(count) if count == count.to_integral_value() else count
    usage = usage_of({f"{way}_tokens": tokens, part: tokens}, is_sum=True, window=window)
    tier = next((one for one in ("batch", "flex", "priority") if one in words), None)
    return replace(made, model=model, usage=usage, context=context(tier), charged=charged)


SHAPES = (
    Shape(
        "gcp-billing",
        "Google Cloud's billing export (BigQuery)",
        "sums of an hour, one kind of tokens a line",
        signs("billing_account_id service sku usage_start_time", "sku usage cost credits", "sku.description cost"),
        by_row(_gcp, ChargeFields(("cost",), ("currency",))),
        always={"currency": ("currency",), "credits": ("credits",), "kind of cost": ("cost_type",)},
        of=("Google Cloud",),
        sums=ToldSums.LINES,
    ),
)
