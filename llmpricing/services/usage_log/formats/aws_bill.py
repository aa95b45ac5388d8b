"""Lines of Amazon's bill: its Cost and Usage Report, and FOCUS."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.places import zones_of
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.bedrock_log import AWS, model_and_place
from llmpricing.services.usage_log.formats.counts import OVER_STEPS, usage_of
from llmpricing.services.usage_log.formats.record import (
    UsageRecord,
    not_billed,
    not_of_usage,
    of_less_than_none,
    of_zero,
    unpriced,
)
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels


class TokenKind(NamedTuple):
    """What a line of a bill counts: the meter, the model's name as the line has it, and how it was served."""

    meter: str
    model: str
    is_global: bool = False
    tier: str | None = None
    is_long: bool = False

    def named(self, region: str) -> tuple[str, str | None]:
        """The model's name and the place that prices it, where the line names no resource."""
        if not self.model.startswith("claude-"):
            return self.model, region or None
        return self.profiled(f"anthropic.{self.model.replace('.', '-')}", region)

    def profiled(self, name: str, region: str) -> tuple[str, str | None]:
        """Claude's id with the zone that prices it before it, as the line says: the world's, or the region's own."""
        zones = () if self.is_global else zones_of(region) or ()
        zone = "global" if self.is_global else next(iter(zones), "")
        return (f"{zone}.{name}", None) if zone else (name, region or None)


_NATIVE_KINDS = {
    "input-tokens": "input_tokens",
    "output-tokens": "output_tokens",
    "cache-read-input-token-count": "cache_read_tokens",
    "cache-write-input-token-count": "cache_write_tokens",
    "input-token-count": "input_tokens",
    "output-token-count": "output_tokens",
}
_NATIVE = re.compile(
    rf"(?:[A-Z0-9]+-)?(?P<model>[A-Za-z][\w.]*?(?:-[\w.]+?)*?)(?:-text)?-(?P<kind>{'|'.join(_NATIVE_KINDS)})"
    r"(?P<more>(?:-(?:batch|flex|priority|cross-region-global|cross-region))*)"
)
_MARKET_KINDS = {
    "InputTokenCount": "input_tokens",
    "OutputTokenCount": "output_tokens",
    "CacheReadInputTokenCount": "cache_read_tokens",
    "CacheWriteInputTokenCount": "cache_write_tokens",
}
_MARKET = re.compile(rf".*?MP:(?:[A-Z0-9]+_)?(?P<kind>{'|'.join(_MARKET_KINDS)})(?P<more>(?:_[A-Za-z]+)*)-Units")
_EDITION = re.compile(r"(?P<model>.+?) \(Amazon Bedrock Edition\)")
_UNIT = re.compile(r"(?P<number>\d*)\s*(?P<scale>[KM]?)\b.*tokens.*", re.IGNORECASE)
_UNIT_DIGITS = 12
_SCALES = {"": 1, "K": 1000, "M": 1_000_000}
_MILLION = Decimal(1_000_000)


def _kind(usage_type: str, *words: str) -> TokenKind | None:
    """What a usage type counts, of the model that these words name; None for what is no language model's."""
    if found := _MARKET.fullmatch(usage_type):
        more = found["more"].lower().split("_")
        edition = next(filter(None, map(_EDITION.match, words)), None)
        named = edition["model"] if edition else next(iter(words), "")
        tier = next((one for one in more if one in ("batch", "flex", "priority")), None)
        name = named.strip().lower().replace(" ", "-")
        return TokenKind(_MARKET_KINDS[found["kind"]], name, "global" in more, tier, bool({"lctx", "long"} & set(more)))
    if found := _NATIVE.fullmatch(usage_type):
        tier = next((one for one in ("batch", "flex", "priority") if f"-{one}" in found["more"]), None)
        return TokenKind(_NATIVE_KINDS[found["kind"]], _native_model(found["model"]), "global" in found["more"], tier)
    return None


def _native_model(words: str) -> str:
    """The id of a usage type's model: NovaLite is nova-lite, Nova2.0Lite nova-2-lite."""
    if words.startswith("Llama"):
        return f"meta.{words.lower()}-instruct-v1:0"
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=\d)|(?<=\d)(?=[A-Z][a-z])", "-", words).lower()
    return re.sub(r"(?<=\d)\.0(?=-|$)", "", name).replace("deep-seek", "deepseek")


def _tokens(amount: Decimal, unit: str, is_market: bool) -> Decimal:
    """The tokens of an amount: thousands by the unit, or millions where the marketplace states none."""
    found = _UNIT.fullmatch(unit.strip())
    if found and len(found["number"]) <= _UNIT_DIGITS:
        return amount * int(found["number"] or 1) * _SCALES[found["scale"].upper()]
    if is_market and unit.strip().lower() in ("", "units"):
        return amount * _MILLION
    raise UsageError("unit", f"is {unit[:40] or 'not stated'}, of which it is not known how many tokens it means")


_NO_MODEL = not_billed("no language model's tokens")


@dataclass(frozen=True)
class BillColumns:
    """The columns of a bill's line, by what they are called in one kind of bill."""

    charge: str
    usage_type: str
    service: tuple[str, ...]
    resource: str
    description: tuple[str, ...]
    product: tuple[str, ...]
    amount: str
    unit: str
    at: str
    until: str
    charged: str
    currency: str
    region: str
    account: str
    line_id: str

    @property
    def charge_of(self) -> ChargeFields:
        """Where a line states what it costs."""
        return ChargeFields((self.charged,), (self.currency,))

    def read(self, row: Row) -> UsageRecord:
        """The record of a line: disjoint counts, so that each line is billed by itself."""
        at = row.instant(self.at)
        span = row.instant(self.until) - at if row.text(self.until) else None
        kind = _kind(row.text(self.usage_type), *self._words(row))
        currency = row.text(self.currency).upper() or "USD"
        facts = labels(account=row.text(self.account), region=row.text(self.region))
        charge, line = row.text(self.charge), row.text(self.line_id)
        record_id = f"{line}:{at.isoformat()}" if line else None  # ids are those of one part of a report, AWS says
        made = UsageRecord("", at, None, AWS, span, currency=currency, labels=facts, record_id=record_id)
        return self._of_model(row, kind, charge, made)

    def _words(self, row: Row) -> tuple[str, ...]:
        """What a line says of what it bills, in its own words."""
        told = (row.text(*self.description), row.text(*self.product), row.inner("product").text("product_name"))
        return tuple(filter(None, told))

    def _of_model(self, row: Row, kind: TokenKind | None, charge: str, made: UsageRecord) -> UsageRecord:
        resource, charged = row.text(self.resource), row.amount(self.charged)
        about = " ".join((resource, *self._words(row), row.text(*self.service))).lower()
        is_ours = kind is not None or "bedrock" in about or "TokenCount" in row.text(self.usage_type)
        made = replace(made, charged=charged if is_ours else None)
        if charge not in ("Usage", "DiscountedUsage"):
            name = ": ".join(filter(None, (charge, row.text(*reversed(self.description)))))
            return replace(made, charged_as=name, outcome=not_of_usage(charge))
        if kind is None:
            reason = unpriced("the usage type is not understood") if is_ours and charged else _NO_MODEL
            return replace(made, model=row.text(self.usage_type) if is_ours else "", outcome=reason)
        amount, made = row.amount(self.amount) or Decimal(0), replace(made, charged_for=kind.meter)
        if amount <= 0:
            return replace(made, model=kind.model, outcome=of_less_than_none() if amount else of_zero(charged))
        tokens = _tokens(amount, row.text(self.unit), ":" in row.text(self.usage_type))
        model, place = model_and_place(resource, row.text(self.region))
        if "." not in model or model.startswith("arn:"):
            model, place = kind.named(row.text(self.region))
        elif model.startswith("anthropic."):
            model, place = kind.profiled(model, row.text(self.region))
        if not model:
            return replace(made, outcome=unpriced("the line names no model"))
        whole = "output_tokens" if kind.meter == "output_tokens" else "input_tokens"
        quantity = int(tokens.to_integral_value())
        window = OVER_STEPS if kind.is_long else None
        usage = usage_of({whole: quantity, kind.meter: quantity}, is_sum=True, window=window)
        where = context(kind.tier, None if kind.is_global else place)
        return replace(made, model=model, usage=usage, context=where)


CUR = BillColumns(
    charge="line_item_line_item_type",
    usage_type="line_item_usage_type",
    service=("line_item_product_code",),
    resource="line_item_resource_id",
    description=("line_item_line_item_description",),
    product=("product_product_name",),
    amount="line_item_usage_amount",
    unit="pricing_unit",
    at="line_item_usage_start_date",
    until="line_item_usage_end_date",
    charged="line_item_unblended_cost",
    currency="line_item_currency_code",
    region="product_region_code",
    account="line_item_usage_account_id",
    line_id="identity_line_item_id",
)
# The report of old has the same columns, named by their group and a slash.
OLD_CUR = BillColumns(
    charge="lineItem/LineItemType",
    usage_type="lineItem/UsageType",
    service=("lineItem/ProductCode",),
    resource="lineItem/ResourceId",
    description=("lineItem/LineItemDescription",),
    product=("product/ProductName",),
    amount="lineItem/UsageAmount",
    unit="pricing/unit",
    at="lineItem/UsageStartDate",
    until="lineItem/UsageEndDate",
    charged="lineItem/UnblendedCost",
    currency="lineItem/CurrencyCode",
    region="product/regionCode",
    account="lineItem/UsageAccountId",
    line_id="identity/LineItemId",
)
FOCUS = BillColumns(
    charge="ChargeCategory",
    usage_type="x_UsageType",
    service=("x_ServiceCode", "ServiceName"),
    resource="ResourceId",
    description=("ServiceName", "ChargeDescription"),
    product=("ChargeDescription",),
    amount="PricingQuantity",
    unit="PricingUnit",
    at="ChargePeriodStart",
    until="ChargePeriodEnd",
    charged="BilledCost",
    currency="BillingCurrency",
    region="RegionId",
    account="SubAccountId",
    line_id="",
)


SHAPES = (
    Shape(
        "aws-cur",
        "AWS Cost and Usage Report 2.0",
        "sums of an hour or day, one kind of tokens a line",
        signs("line_item_usage_type line_item_line_item_type line_item_usage_amount"),
        by_row(CUR.read, CUR.charge_of),
        always={"region": (CUR.region,), "currency": (CUR.currency,), "resource": (CUR.resource,)},
        of="AWS",
        ids=((CUR.line_id,), (CUR.at,)),
    ),
    Shape(
        "aws-cur-legacy",
        "AWS Cost and Usage Report of old, its columns named with a slash",
        "sums of an hour or day, one kind of tokens a line",
        signs("lineItem/UsageType lineItem/LineItemType lineItem/UsageAmount"),
        by_row(OLD_CUR.read, OLD_CUR.charge_of),
        always={"region": (OLD_CUR.region,), "currency": (OLD_CUR.currency,), "resource": (OLD_CUR.resource,)},
        of="AWS",
        ids=((OLD_CUR.line_id,), (OLD_CUR.at,)),
    ),
    Shape(
        "aws-focus",
        "AWS's bill by FOCUS",
        "sums of an hour or day, one kind of tokens a line",
        signs("ChargeCategory BilledCost PricingQuantity x_UsageType"),
        by_row(FOCUS.read, FOCUS.charge_of),
        always={"region": (FOCUS.region,), "currency": (FOCUS.currency,), "resource": (FOCUS.resource,)},
        of="AWS",
    ),
)
