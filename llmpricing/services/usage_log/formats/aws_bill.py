"""Lines of Amazon's bill: its Cost and Usage Report, and FOCUS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.aws_usage_types import TokenKind, kind_of, tokens_of
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
from llmpricing.services.usage_log.formats.shape import ChargeFields, Shape, ToldSums, by_row, signs
from llmpricing.services.usage_log.formats.told_usage import labels

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
        kind = kind_of(row.text(self.usage_type), *self._words(row))
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
        if kind.unknown:
            reason = unpriced(f"the usage type says {kind.unknown}, whose price is not known: take its amount as it is")
            return replace(made, model=kind.model, outcome=reason)
        tokens = tokens_of(amount, row.text(self.unit), ":" in row.text(self.usage_type))
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
        of=("AWS",),
        ids=((CUR.line_id,), (CUR.at,)),
        sums=ToldSums.LINES,
    ),
    Shape(
        "aws-cur-legacy",
        "AWS Cost and Usage Report of old, its columns named with a slash",
        "sums of an hour or day, one kind of tokens a line",
        signs("lineItem/UsageType lineItem/LineItemType lineItem/UsageAmount"),
        by_row(OLD_CUR.read, OLD_CUR.charge_of),
        always={"region": (OLD_CUR.region,), "currency": (OLD_CUR.currency,), "resource": (OLD_CUR.resource,)},
        of=("AWS",),
        ids=((OLD_CUR.line_id,), (OLD_CUR.at,)),
        sums=ToldSums.LINES,
    ),
    Shape(
        "aws-focus",
        "AWS's bill by FOCUS",
        "sums of an hour or day, one kind of tokens a line",
        signs("ChargeCategory BilledCost PricingQuantity x_UsageType"),
        by_row(FOCUS.read, FOCUS.charge_of),
        always={"region": (FOCUS.region,), "currency": (FOCUS.currency,), "resource": (FOCUS.resource,)},
        of=("AWS",),
        sums=ToldSums.LINES,
    ),
)
