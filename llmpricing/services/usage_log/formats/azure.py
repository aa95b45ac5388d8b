"""Azure's bills, its own and by FOCUS, in which a meter's name tells the model and what is counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.counts import usage_of
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

_AZURE_CHARGE = ("costInBillingCurrency", "CostInBillingCurrency")
_AZURE_CURRENCY = ("billingCurrency", "BillingCurrencyCode", "billingCurrencyCode")
_RATE = ("exchangeRatePricingToBilling", "ExchangeRatePricingToBilling", "exchangeRate")
_FOCUS_RATE = ("x_BillingExchangeRate",)
_PRICED_IN = ("pricingCurrency", "PricingCurrency", "pricingCurrencyCode", "PricingCurrencyCode")
_IN_USD = ("costInUsd", "costInUSD", "CostInUsd")
_DAY = timedelta(days=1)
_ROUNDED = Decimal("0.005")  # the share by which two quantities may differ that were rounded for a table
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
_UNIT = re.compile(r"(?P<number>\d+)?\s*(?P<scale>[KM]?)(?:\s*(?:tokens?|units?|count))?", re.IGNORECASE)
_UNIT_DIGITS = 12
_SCALES = {"": 1, "K": 1000, "M": 1_000_000}
# Dated models, of which a meter has the month and the day only.
_DATED = {
    ("gpt-4o", "0513"): "gpt-4o-2024-05-13",
    ("gpt-4o", "0806"): "gpt-4o-2024-08-06",
    ("gpt-4o", "1120"): "gpt-4o-2024-11-20",
    ("gpt-4o-mini", "0718"): "gpt-4o-mini-2024-07-18",
}


def _is_ours(line: _AzureLine) -> bool:
    """Whether the line is of the service that sells models."""
    return any(name in line.about.lower() for name in ("openai", "foundry models"))


def _azure_other(made: UsageRecord, line: _AzureLine) -> UsageRecord:
    """A line of another service, or of a model's meter that is not understood, which is money without a price."""
    if not _is_ours(line):
        return replace(made, outcome=_NO_MODEL)
    outcome = unpriced("the meter's name is not understood")
    return replace(made, model=line.meter, charged=line.charged, outcome=outcome)


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


def _rate(
    row: Row,
    charged: Decimal | None,
    rate: tuple[str, ...],
    priced_in: tuple[str, ...],
    in_usd: tuple[str, ...],
) -> Decimal | None:
    """How much of the billing currency a USD is: the rate from the currency of prices, if that is USD, else what the
    line comes to in both.
    """
    stated, usd = row.amount(*rate), row.amount(*in_usd)
    if row.text(*priced_in).upper() == "USD" and stated:
        return stated
    return charged / usd if charged and usd else None


def _azure(row: Row) -> UsageRecord:
    at = row.instant("date", "Date")
    facts = labels(
        resource=row.text("resourceId", "ResourceId").rpartition("/")[2],
        group=row.text("resourceGroupName", "ResourceGroup"),
        subscription=row.text("subscriptionName", "SubscriptionName"),
    )
    line = _AzureLine(
        row.text("chargeType", "ChargeType"),
        row.text("meterName", "MeterName"),
        row.text("meterCategory", "MeterCategory") + row.text("meterSubCategory", "MeterSubCategory"),
        row.text("resourceLocation", "ResourceLocation"),
        row.amount(*_AZURE_CHARGE),
    )
    currency = row.text(*_AZURE_CURRENCY).upper() or "USD"
    rate = _rate(row, line.charged, _RATE, _PRICED_IN, _IN_USD)
    made = UsageRecord("", at, None, "azure", _DAY, currency=currency, labels=facts)
    made = with_rate(made, rate)
    quantity, unit = row.amount("quantity", "Quantity") or Decimal(0), row.text("unitOfMeasure", "UnitOfMeasure")
    return _metered(made, line, quantity, partial(_tokens_of_unit, quantity, unit))


def _focus(row: Row) -> UsageRecord:
    """https://learn.microsoft.com/cloud-computing/finops/focus/metadata: the same meters under FOCUS's names, and
    https://learn.microsoft.com/cloud-computing/finops/focus/mapping: what its quantities are of.
    """
    at = row.instant("ChargePeriodStart")
    facts = labels(
        resource=row.text("ResourceId").rpartition("/")[2],
        group=row.text("x_ResourceGroupName"),
        subscription=row.text("SubAccountName"),
    )
    charge = row.text("ChargeClass") or row.text("ChargeCategory")
    line = _AzureLine(
        charge,
        row.text("x_SkuMeterName", "SkuMeter"),
        row.text("x_SkuMeterCategory") + row.text("x_SkuMeterSubcategory") + row.text("ServiceName"),
        row.text("RegionId", "RegionName"),
        row.amount("BilledCost"),
    )
    span = row.instant("ChargePeriodEnd") - at if row.text("ChargePeriodEnd") else _DAY
    currency = row.text("BillingCurrency").upper() or "USD"
    rate = _rate(row, line.charged, _FOCUS_RATE, ("x_PricingCurrency",), ("x_BilledCostInUsd",))
    made = UsageRecord("", at, None, "azure", span, currency=currency, labels=facts)
    made = with_rate(made, rate)
    priced, consumed = row.amount("PricingQuantity"), row.amount("ConsumedQuantity")
    unit = row.text("x_PricingUnitDescription", "PricingUnit")
    block = row.amount("x_PricingBlockSize")
    quantity = priced if priced is not None else consumed
    return _metered(made, line, quantity or Decimal(0), partial(_tokens_of_blocks, priced, consumed, block, unit))


def _tokens_of_unit(quantity: Decimal, unit: str) -> Decimal:
    """How many tokens so many units are; raises UsageError."""
    scale = _UNIT.fullmatch(unit.strip())
    if not (scale and (scale["number"] or scale["scale"])) or len(scale["number"] or "") > _UNIT_DIGITS:
        reason = f"is {unit[:40] or 'not stated'}, of which it is not known how many tokens it means"
        raise UsageError("unitOfMeasure", reason)
    return quantity * int(scale["number"] or 1) * _SCALES[scale["scale"].upper()]


def _tokens_of_blocks(priced: Decimal | None, consumed: Decimal | None, block: Decimal | None, unit: str) -> Decimal:
    """How many tokens a line of FOCUS is of: what is consumed counts tokens, and is what is priced times its block.
    One of them alone is not known to be the one or the other where there is no block. Raises UsageError.
    """
    if priced is None or (block is None and not re.match(r"\d+\s*[KM]?", unit, re.IGNORECASE)):
        raise UsageError("x_PricingBlockSize", "and PricingQuantity are not both stated: how many tokens is not known")
    tokens = priced * block if block is not None else _tokens_of_unit(priced, unit)
    if consumed is not None and abs(consumed - tokens) > _ROUNDED * tokens:
        reason = f"is {consumed.normalize():f}, and PricingQuantity times its block {tokens.normalize():f}"
        raise UsageError("ConsumedQuantity", f"{reason}: how many tokens is not known")
    return tokens


class _AzureLine(NamedTuple):
    """What a line of Azure's says, by whatever names: the kind of charge, the meter, what it is about, where."""

    charge: str
    meter: str
    about: str
    location: str
    charged: Decimal | None


def _metered(made: UsageRecord, line: _AzureLine, quantity: Decimal, tokens: Callable[[], Decimal]) -> UsageRecord:
    """The record of a line, whose quantity is so many ``tokens``."""
    charged = line.charged
    found = _AZURE_EMBEDDING.fullmatch(line.meter) or _AZURE_METER.fullmatch(line.meter)
    if line.charge.lower() != "usage":
        name = ": ".join(filter(None, (line.charge, line.meter)))
        charged = charged if found or _is_ours(line) else None
        return replace(made, charged=charged, charged_as=name, outcome=not_of_usage(line.charge))
    if not found:
        return _azure_other(made, line)
    more = found["more"].lower().replace("-", " ").split()
    way = "output" if found["kind"].lower().startswith("o") else "input"
    modality = next((f"{_MODALITIES[one]}_" for one in more if one in _MODALITIES), "")
    part = f"cache_{modality}read_tokens" if _CACHED & set(more) else f"{way}_{modality}tokens"
    made = replace(made, model=_azure_model(found["model"]), charged=charged, charged_for=part)
    if quantity <= 0:
        return replace(made, outcome=of_less_than_none() if quantity else of_zero(charged))
    try:
        count = int(tokens().to_integral_value())
    except UsageError as error:
        return replace(made, outcome=unpriced(str(error)))
    usage = usage_of({f"{way}_tokens": count, part: count}, is_sum=True)
    tier = next((_TIERS[one] for one in more if one in _TIERS), None)
    return replace(made, usage=usage, context=context(tier, _azure_place(found["zone"] or "", line.location)))


SHAPES = (
    Shape(
        "azure-cost",
        "Azure's cost export",
        "sums of a day, one kind of tokens a line",
        signs("meterName chargeType costInBillingCurrency quantity", "MeterName ChargeType CostInBillingCurrency"),
        by_row(_azure, ChargeFields(_AZURE_CHARGE, _AZURE_CURRENCY)),
        always={
            "currency": _AZURE_CURRENCY,
            "place": ("resourceLocation", "ResourceLocation"),
        },
        of=("Azure",),
        sums=ToldSums.LINES,
    ),
    Shape(
        "azure-focus",
        "Azure's cost and usage details by FOCUS",
        "sums of a day, one kind of tokens a line",
        signs(
            "ChargeCategory BilledCost PricingQuantity x_SkuMeterName",
            "ChargeCategory BilledCost PricingQuantity x_SkuMeterCategory",
            "ChargeCategory BilledCost x_PricingBlockSize SkuMeter",
        ),
        by_row(_focus, ChargeFields(("BilledCost",), ("BillingCurrency",))),
        always={"currency": ("BillingCurrency",), "place": ("RegionId", "RegionName")},
        of=("Azure",),
        sums=ToldSums.LINES,
    ),
)
