"""The kinds of what is billed, by which a log and an invoice are compared, and what each costs of a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.allocation import REQUESTS
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.context import ContextError
from llmpricing.domain.quotes.contract_rates import Terms
from llmpricing.domain.quotes.linear import Linear
from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.unit_rates import UNIT, PriceDataError
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.bill import PricedRecord
from llmpricing.services.usage_log.formats.charged_for import fee_of

UNTOLD = ""  # the kind of what no kind is told of
WRITES, LIVES = "cache_write_tokens", ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_12h_tokens")
_WITHIN = frozenset({"reasoning", "tool", "citation"})  # parts of input and output that invoices do not tell apart
_TITLES = {
    UNTOLD: "untold",
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache reads",
    WRITES: "cache writes",
    LIVES[0]: "cache writes of 5 minutes",
    LIVES[1]: "cache writes of 1 hour",
    LIVES[2]: "cache writes of 12 hours",
    "requests": "fees of requests",
    "storage_searches": "file searches",
}
_TOOLS = {"web_searches": "web search", "storage_searches": "file search"}
Parts = Mapping[str, Decimal]


def _kinds() -> Mapping[str, str]:
    by_dimensions = {frozenset(meter.dimensions.items()): slug for slug, meter in METERS.items()}
    found = {}
    for slug, meter in METERS.items():
        kept = {
            name: value
            for name, value in meter.dimensions.items()
            if (name, value) != ("modality", "text") and not (name == "token_type" and value in _WITHIN)
        }
        found[slug] = by_dimensions.get(frozenset(kept.items()), slug) if meter.family == "tokens" else slug
    return found


_KINDS = _kinds()


def kind_of(meter: str) -> str:
    """The kind that a meter's share is billed as: text and reasoning are plain input and output."""
    return _KINDS.get(meter, meter)


def title_of_kind(kind: str) -> str:
    """The kind in words."""
    return _TITLES.get(kind) or kind.removesuffix("_tokens").replace("_", " ")


def tool_of(name: str) -> str:
    """The name under which the fees of a tool are compared that such a line charges, whoever called it."""
    meter = fee_of(name)
    return _TOOLS.get(meter) or title_of_kind(meter) if meter else ""


def tool_place(kind: str) -> str:
    """The same by the kind of the fees."""
    return _TOOLS.get(kind) or title_of_kind(kind)


def parts_of(uses: AuditedUses, one: Audited) -> Parts:
    """What each kind of a record costs, in USD; their sum is what it costs. Nothing where it has no price."""
    usage = one.priced.record.usage
    if one.cost is None or usage is None:
        return {}
    units = _of_kind(one.priced, usage) or _of_use(uses, one.priced)
    whole = sum(units.values(), Fraction(0)) if units else Fraction(0)
    if not units or not whole:
        return {UNTOLD: one.cost} if one.cost else {}
    factor = Fraction(one.cost) * UNIT / whole  # 1, but for another currency and what is rounded
    parts = {kind: money(round(part * factor)) for kind, part in units.items() if part}
    largest = max(parts, key=lambda kind: parts[kind])
    left = WIDE.subtract(one.cost, sum(parts.values(), Decimal(0)))
    return {**parts, largest: WIDE.add(parts[largest], left)}


def _of_kind(priced: PricedRecord, usage: Usage) -> Mapping[str, Fraction] | None:
    """By what all records like this one cost."""
    kind = priced.kind
    if kind is None or kind.answer is None or not kind.cost.rates:
        return None
    rates = tuple(kind.cost.rates.get(meter, 0) for meter in usage.keys)
    return _checked(priced, _of_linear(usage, Linear(rates, kind.cost.fixed, kind.cost.divisor)))


def _of_use(uses: AuditedUses, priced: PricedRecord) -> Mapping[str, Fraction] | None:
    """By the prices themselves: as a combination of counts, else by the lines of the quote."""
    use = uses.use(priced.record)
    if use is None:
        return None
    try:
        kind = _plain(use).kind()
        found = _checked(priced, _of_linear(use.usage, kind.linear)) if kind.linear else None
        return found or _checked(priced, _of_lines(use))
    except (ContextError, PriceDataError):
        return None


def _plain(use: AuditedUse) -> AuditedUse:
    """The use as one request of the same counts, whose tier and place are stated beside its usage."""
    context = use.context._replace(
        service_tier=use.context.service_tier or use.usage.service_tier, region=use.context.region or use.usage.region
    )
    return use._replace(usage=use.usage._replace(told=None, service_tier=None, region=None), context=context)


def _of_linear(usage: Usage, linear: Linear) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for meter, rate, share in zip(usage.keys, linear.coefficients, usage.leaves, strict=True):
        found[kind_of(meter)] += Fraction(rate) * Fraction(share) / linear.divisor
    if linear.fixed:
        found[REQUESTS] += Fraction(linear.fixed * usage.requests, linear.divisor)
    return found


def _of_lines(use: AuditedUse) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for line in quote(use.prices.prices, use.usage, use.at, use.context, Terms(use.rates)).lines:
        found[kind_of(line.meter)] += Fraction(line.amount) * UNIT
    return found


def _checked(priced: PricedRecord, units: Mapping[str, Fraction]) -> Mapping[str, Fraction] | None:
    """The parts, if they come to what the record costs."""
    cost = Fraction(priced.cost or 0) * UNIT
    return units if abs(sum(units.values(), Fraction(0)) - cost) <= max(1, len(units)) else None
