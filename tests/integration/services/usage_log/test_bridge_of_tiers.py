"""Charges that are right but for their tier: named with both prices, whichever side tells what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.audit.bridge import Bridge
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.bridged_records import HAIKU, amount_only, bridge_of, call, causes, line

AS_BATCH = "batch: 2,000,000 input at 0.5 a million = USD 1; standard: 2,000,000 input at 1 a million = USD 2"


def of_tier(record: UsageRecord, tier: str) -> UsageRecord:
    return replace(record, context=context(tier))


def of_input(record: UsageRecord) -> UsageRecord:
    return replace(record, charged_for="input_tokens")


def arithmetic(bridge: Bridge) -> str:
    (row,) = [row for row in bridge.rows() if row.name == "tier"]
    return row.arithmetic


def test_the_batch_price_for_what_the_log_calls_standard_is_a_tier(book: Session) -> None:
    """The log: 2 M of haiku at 1, 2.00; charged is 1.00, by lines that tell no tier and by amounts alone."""
    log = [of_tier(call(HAIKU, 0, 2_000_000), "standard")]
    for asked in (line(HAIKU, 0, 2_000_000, "1"), of_input(amount_only("Claude Haiku 4.5", 0, "1"))):
        bridge = bridge_of(book, log, [asked])
        assert (causes(bridge), arithmetic(bridge)) == ({"tier": Decimal(-1)}, AS_BATCH)


def test_the_standard_price_for_what_the_log_calls_a_batch_is_a_tier(book: Session) -> None:
    log = [of_tier(call(HAIKU, 0, 2_000_000), "batch")]
    for asked in (line(HAIKU, 0, 2_000_000, "2"), of_input(amount_only("Claude Haiku 4.5", 0, "2"))):
        bridge = bridge_of(book, log, [asked])
        assert causes(bridge) == {"tier": Decimal(1)}
        assert arithmetic(bridge).startswith("standard: 2,000,000 input at 1 a million = USD 2; batch: ")


def test_a_tier_stands_beside_the_quantity_that_a_usage_export_counts(book: Session) -> None:
    """The seller counts 3 M (3.00), and asks the batch's price of them, 1.50."""
    log = [of_tier(call(HAIKU, 0, 2_000_000), "standard")]
    asked = [of_input(amount_only("Claude Haiku 4.5", 0, "1.5")), of_tier(line(HAIKU, 0, 3_000_000, None), "standard")]
    assert causes(bridge_of(book, log, asked)) == {"quantity": Decimal(1), "tier": Decimal("-1.5")}


def test_a_price_that_is_no_tier_s_stays_a_price(book: Session) -> None:
    log = [of_tier(call(HAIKU, 0, 2_000_000), "standard")]
    assert causes(bridge_of(book, log, [line(HAIKU, 0, 2_000_000, "1.0123")])) == {"price": Decimal("-0.9877")}
    assert causes(bridge_of(book, log, [line(HAIKU, 0, 2_000_000, "1.8")])) == {"credit_or_discount": Decimal("-0.2")}


def test_the_standard_price_for_what_log_and_usage_export_call_a_batch_is_a_tier(book: Session) -> None:
    log = [of_tier(call(HAIKU, 0, 2_000_000), "batch")]
    used = of_tier(line(HAIKU, 0, 2_000_000, None), "batch")
    for asked in (line(HAIKU, 0, 2_000_000, "2"), of_input(amount_only("Claude Haiku 4.5", 0, "2"))):
        bridge = bridge_of(book, log, [asked, used])
        assert (causes(bridge), bridge.wrong) == ({"tier": Decimal(1)}, Decimal(1))
        assert not bridge.other_tiers.places


def test_a_charge_as_the_silent_log_s_beside_a_usage_export_of_another_tier_is_told_and_wrong(book: Session) -> None:
    """The log tells no tier and costs 2.00, as is charged; the seller's own usage says batch: 1.00 is too much."""
    log = [call(HAIKU, 0, 2_000_000)]
    used = of_tier(line(HAIKU, 0, 2_000_000, None), "batch")
    for asked in (line(HAIKU, 0, 2_000_000, "2"), of_input(amount_only("Claude Haiku 4.5", 0, "2"))):
        bridge = bridge_of(book, log, [asked, used])
        assert (causes(bridge), bridge.wrong) == ({}, Decimal(1))
        assert (bridge.other_tiers.name, bridge.other_tiers.money) == ("tier_of_usage_export", Decimal(1))
        assert bridge.is_beyond(Decimal("0.01"))


def test_a_charge_at_the_usage_export_s_tier_is_a_tier_and_no_more(book: Session) -> None:
    log, used = [call(HAIKU, 0, 2_000_000)], of_tier(line(HAIKU, 0, 2_000_000, None), "batch")
    bridge = bridge_of(book, log, [of_input(amount_only("Claude Haiku 4.5", 0, "1")), used])
    assert (causes(bridge), bridge.wrong) == ({"tier": Decimal(-1)}, Decimal(1))
    assert not bridge.other_tiers.places


def test_a_usage_export_that_tells_no_tier_says_nothing_against_the_charge(book: Session) -> None:
    log, used = [of_tier(call(HAIKU, 0, 2_000_000), "batch")], line(HAIKU, 0, 2_000_000, None)
    bridge = bridge_of(book, log, [of_input(amount_only("Claude Haiku 4.5", 0, "1")), used])
    assert (causes(bridge), bridge.wrong) == ({}, Decimal(0))
    assert not bridge.other_tiers.places
