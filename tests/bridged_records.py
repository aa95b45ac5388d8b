"""Records of a log and lines of an invoice, and the bridge between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.audit.bridge import Bridge, bridge_between
from llmpricing.services.usage_log.audit.bridge_names import BridgeNames
from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.bill import priced_records
from llmpricing.services.usage_log.formats.record import UsageRecord, not_of_usage, uncounted
from llmpricing.services.usage_log.pricer import LogPricer
from tests.audits import audited

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
MINI, HAIKU, TERRA = "gpt-4.1-mini", "claude-haiku-4-5", "gpt-5.6-terra"
RATES = {MINI: Decimal("0.4"), HAIKU: Decimal(1), TERRA: Decimal(2)}  # of input, in millionths


def call(model: str, day: int, tokens: int, hour: int = 12) -> UsageRecord:
    """A call of the log, of so many input tokens."""
    at = MONDAY + day * DAY + timedelta(hours=hour)
    return UsageRecord(model, at, count({"input_tokens": tokens}))


def line(model: str, day: int, tokens: int, charged: str | None, currency: str = "USD") -> UsageRecord:
    """A line of a seller's export: a day's sum, by a dated name."""
    names = {MINI: "gpt-4.1-mini-2025-04-14", HAIKU: "claude-haiku-4-5-20251001"}
    usage = count({"input_tokens": tokens})
    amount = None if charged is None else Decimal(charged)
    return UsageRecord(names.get(model, model), MONDAY + day * DAY, usage, span=DAY, charged=amount, currency=currency)


def amount_only(name: str, day: int, charged: str) -> UsageRecord:
    outcome = uncounted("cost only: the file states no quantity")
    return UsageRecord(name, MONDAY + day * DAY, None, span=DAY, charged=Decimal(charged), outcome=outcome)


def other_line(kind: str, charged: str) -> UsageRecord:
    outcome = not_of_usage(kind)
    return UsageRecord("", MONDAY, None, span=DAY, charged=Decimal(charged), outcome=outcome)


def bridge_of(
    book: Session, log: Iterable[UsageRecord], charged: Iterable[UsageRecord], collected: Iterable[UsageRecord] = ()
) -> Bridge:
    """The bridge; records of several files are ``collected`` before they are counted."""
    pricer = LogPricer(book, datetime.now(UTC), None)
    sides = BridgeSides(AuditedUses(book, pricer), BridgeNames(pricer))
    sides.collect(priced_records(pricer, collected))
    for one in audited(book, log):
        sides.count_log(one)
    for one in audited(book, charged):
        sides.count_charged(one)
    bridge = bridge_between(sides)
    rows = bridge.rows()
    log_sum, _, charged_sum = bridge.sums
    assert sum(row.money for row in rows) == bridge.difference == charged_sum - log_sum
    return bridge


def causes(bridge: Bridge) -> dict[str, Decimal]:
    return {row.name: row.money for row in bridge.rows()}
