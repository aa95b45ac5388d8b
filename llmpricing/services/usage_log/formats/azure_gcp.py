"""Bills of Azure and Google Cloud, in which a meter's name tells the model and what is counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.counts import OVER_STEP, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, of_less_than_none, of_zero, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, RecordReader, Shape, by_row, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels

_AZURE_CHARGE = ("costInBillingCurrency", "CostInBillingCurrency")
_AZURE_CURRENCY = ("billingCurrency", "BillingCurrencyCode", "billingCurrencyCode")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTHS = 12
_NO_MODEL = not_billed("no language model's tokens")
_AZURE_METER = re.compile(
    r"(?P<model>.+?)[ -](?P<more>(?:(?:batch|pp|prty|priority|flex|cached|cchd|cache|aud|audio|img|txt|text|rt)[ -])*)"
    r"(?P<kind>inp|inpt|input|outp|outpt|opt|out|output)[ -]"
    r"(?P<zone>(?:glbl|global|dzone|dz|dzn|data zone|regnl|rgnl|regional)?)"
    r"[ -]?(?:1[KM][ -])?(?:tokens?|tkns?)?",
    re.IGNORECASE,
)
_AZURE_EMBEDDING = re.compile(
    r"(?P<model>.*embedding.*?)(?P<more>)(?P<kind>)(?:[ -]inpt?)?"
    r"(?:[ -](?P<zone>glbl|global|dzone|dz|dzn|data zone|regnl|rgnl|regional))?[ -](?:tokens?|tkns?)",
    re.IGNORECASE,
)
_CACHED = frozenset({"cached", "cchd", "cache"})
_TIERS = {"batch": "batch", "pp": "priority", "prty": "priority", "priority": "priority", "flex": "flex"}
_MODALITIES = {"aud": "audio", "audio": "audio", "img": "image"}
_UNIT = re.compile(r"(?P<number>\d+)?\s*(?P<scale>[KM]?)", re.IGNORECASE)
_UNIT_DIGITS = 12
_SCALES = {"": 1, "K": 1000, "M": 1_000_000}
# Dated models, of which a meter has the month and the day only.
_DATED = {
    ("gpt-4o", "0513"): "gpt-4o-2024-05-13",
    ("gpt-4o", "0806"): "gpt-4o-2024-08-06",
    ("gpt-4o", "1120"): "gpt-4o-2024-11-20",
    ("gpt-4o-mini", "0718"): "gpt-4o-mini-2024-07-18",
}


def _azure_other(row: Row, made: UsageRecord, meter: str, charged: Decimal | None) -> UsageRecord:
    """A line of another service, or of a model's meter that is not understood, which is money without a price."""
    about = row.text("meterCategory", "MeterCategory") + row.text("meterSubCategory", "MeterSubCategory")
    if not any(name in about.lower() for name in ("openai", "foundry models")):
        return replace(made, outcome=_NO_MODEL)
    return replace(made, model=meter, charged=charged, outcome=unpriced("the meter's name is not understood"))


def _azure_model(words: str) -> str:
    """The model's id of a meter's words: "gpt 4o 1120" is gpt-4o-2024-11-20."""
    name = re.sub(r"[ _]+", "-", words.strip().lower())
    model, _, date = name.rpartition("-")
    if re.fullmatch(r"(?:o\d|gpt-4\.1|gpt-5).*", model) and re.fullmatch(r"[01]\d[0-3]\d", date):
        return model  # whose snapshots all cost the same
    return _DATED.get((model, date), name)


def _azure_place(zone: str, location: str) -> str | None:
    """The place whose price a zone has: the whole world's is the usual one."""
    return None if zone.lower() in ("", "glbl", "global") else location or None


def _has_days_first(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the days of a file are written 20/11/2026, as a spreadsheet of other lands saves them: one day after the
    twelfth tells, and Azure itself writes the month first.
    """
    for row in rows:
        found = _SLASHED.match(str(row.get("date") or row.get("Date") or ""))
        if found and int(found[1]) > _MONTHS:
            return True
    return False


def _azure_lines(has_days_first: object) -> RecordReader:
    read = partial(_azure, has_days_first=bool(has_days_first))
    return lambda row: each([row], read, ChargeFields(_AZURE_CHARGE, _AZURE_CURRENCY))


def _azure_day(row: Row, has_days_first: bool) -> datetime:
    found = _SLASHED.match(row.text("date", "Date")) if has_days_first else None
    return Row({"date": f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"} if found else row.raw, row.unread).instant(
        "date", "Date"
    )


def _azure(row: Row, *, has_days_first: bool = False) -> UsageRecord:
    at = _azure_day(row, has_days_first)
    charged = row.amount(*_AZURE_CHARGE)
    currency = row.text(*_AZURE_CURRENCY).upper() or "USD"
    charge, meter = row.text("chargeType", "ChargeType"), row.text("meterName", "MeterName")
    location = row.text("resourceLocation", "ResourceLocation")
    facts = labels(
        resource=row.text("resourceId", "ResourceId").rpartition("/")[2],
        group=row.text("resourceGroupName", "ResourceGroup"),
        subscription=row.text("subscriptionName", "SubscriptionName"),
    )
    made = UsageRecord("", at, None, "azure", timedelta(days=1), currency=currency, labels=facts)
    found = _AZURE_EMBEDDING.fullmatch(meter) or _AZURE_METER.fullmatch(meter)
    if charge.lower() != "usage":
        outcome = not_billed(f"a line of {charge or 'no kind'}, not of usage")
        return replace(made, charged=charged if found else None, outcome=outcome)
    if not found:
        return _azure_other(row, made, meter, charged)
    model = _azure_model(found["model"])
    more = found["more"].lower().replace("-", " ").split()
    quantity, unit = row.amount("quantity", "Quantity") or Decimal(0), row.text("unitOfMeasure", "UnitOfMeasure")
    if quantity <= 0:
        outcome = of_less_than_none() if quantity else of_zero(charged)
        return replace(made, model=model, charged=charged, outcome=outcome)
    scale = _UNIT.match(unit)
    if not (scale and (scale["number"] or scale["scale"])) or len(scale["number"] or "") > _UNIT_DIGITS:
        reason = f"unitOfMeasure is {unit[:40] or 'not stated'}, of which it is not known how many tokens it means"
        return replace(made, model=model, charged=charged, outcome=unpriced(reason))
    tokens = quantity * int(scale["number"] or 1) * _SCALES[scale["scale"].upper()]
    way = "output" if found["kind"].lower().startswith("o") else "input"
    modality = next((f"{_MODALITIES[one]}_" for one in more if one in _MODALITIES), "")
    part = f"cache_{modality}read_tokens" if _CACHED & set(more) else f"{way}_{modality}tokens"
    count = int(tokens.to_integral_value())
    usage = usage_of({f"{way}_tokens": count, part: count}, is_sum=True)
    tier = next((_TIERS[one] for one in more if one in _TIERS), None)
    where = context(tier, _azure_place(found["zone"] or "", location))
    return replace(made, model=model, usage=usage, context=where, charged=charged)


_GCP_SKU = re.compile(
    r"(?P<model>Gemini [\d.]+ \w+(?: (?:Lite|Image|Native|Live|Preview))*?)(?: GA| Preview)? "
    r"(?P<words>(?:(?:Thinking|Text|Image|Audio|Video|Input|Output|Caching|Cached|Batch|Flex|Priority)[ ,]*)+)"
    r"(?:- (?P<more>.*))?",
    re.IGNORECASE,
)
_LONG = re.compile(r"\s*\(Long\)", re.IGNORECASE)


def _gcp_model(words: str, is_preview: bool) -> str:
    """The id of a SKU's model: those from the third generation on have no .0, and previews say so."""
    name = re.sub(r"\s+", "-", words.lower())
    newer = re.sub(r"^gemini-([3-9])\.0-", r"gemini-\1-", name)
    return f"{newer}-preview" if is_preview and re.match(r"gemini-[3-9]", newer) else newer


def _gcp(row: Row) -> UsageRecord:
    """A row of the billing export: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables"""
    at = row.instant("usage_start_time")
    span = row.instant("usage_end_time") - at if row.text("usage_end_time") else None
    cost, sku = row.amount("cost"), row.inner("sku").text("description") or row.text("sku.description")
    credits_ = [one.amount("amount") or Decimal(0) for one in row.rows("credits")]
    charged = None if cost is None else cost + sum(credits_, Decimal(0))
    facts = labels(
        project=row.inner("project").text("id") or row.text("project.id"),
        region=row.inner("location").text("region"),
    )
    currency = row.text("currency").upper() or "USD"
    made = UsageRecord("", at, None, "google-vertex", span, currency=currency, labels=facts)
    kind = row.text("cost_type").lower() or "regular"
    found = _GCP_SKU.fullmatch(_LONG.sub("", sku).strip())
    named = bool(found) or "gemini" in sku.lower()
    if kind != "regular":
        outcome = not_billed(f"a line of {kind}, not of usage")
        return replace(made, charged=charged if named else None, outcome=outcome)
    if not sku and cost:
        return replace(made, charged=charged, outcome=unpriced("the row names no SKU"))
    if not found:
        outcome = unpriced(f"the SKU is not understood: {sku[:80]}") if named else _NO_MODEL
        return replace(made, charged=charged if named else None, outcome=outcome)
    used = row.inner("usage")
    count = used.amount("amount") or row.amount("usage.amount") or Decimal(0)
    model = _gcp_model(found["model"], "preview" in sku.lower())
    if count <= 0:
        outcome = of_less_than_none() if count else of_zero(charged)
        return replace(made, model=model, charged=charged, outcome=outcome)
    words = set(re.split(r"[ ,]+", f"{found['words']} {found['more'] or ''}".lower()))
    way = "output" if "output" in words else "input"
    modality = next((f"{one}_" for one in ("audio", "image", "video") if one in words), "")
    is_cached = bool({"caching", "cached"} & words)
    part = f"cache_{modality}read_tokens" if is_cached else f"{way}_{modality}tokens"
    request_input = OVER_STEP if _LONG.search(sku) else None
    tokens = int(count) if count == count.to_integral_value() else count
    usage = usage_of({f"{way}_tokens": tokens, part: tokens}, is_sum=True, request_input=request_input)
    tier = next((one for one in ("batch", "flex", "priority") if one in words), None)
    return replace(made, model=model, usage=usage, context=context(tier), charged=charged)


SHAPES = (
    Shape(
        "azure-cost",
        "Azure's cost export",
        "sums of a day, one kind of tokens a line",
        signs("meterName chargeType costInBillingCurrency quantity", "MeterName ChargeType CostInBillingCurrency"),
        _azure_lines,
        scan=_has_days_first,
        always={
            "currency": _AZURE_CURRENCY,
            "place": ("resourceLocation", "ResourceLocation"),
        },
    ),
    Shape(
        "gcp-billing",
        "Google Cloud's billing export (BigQuery)",
        "sums of an hour, one kind of tokens a line",
        signs("billing_account_id service sku usage_start_time", "sku usage cost credits", "sku.description cost"),
        by_row(_gcp, ChargeFields(("cost",), ("currency",))),
        always={"currency": ("currency",), "credits": ("credits",), "kind of cost": ("cost_type",)},
    ),
)
