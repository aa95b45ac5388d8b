"""Bridges from a log to invoices: four planted ones, each cause with its money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.quantities import count
from llmpricing.services.decisions.exchange_rates import set_exchange_rate
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.usage_log.audit.groups import NOT_STATED
from llmpricing.services.usage_log.audit.uses import NoExchangeRate
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.bridged_records import (
    DAY,
    HAIKU,
    MINI,
    MONDAY,
    RATES,
    TERRA,
    amount_only,
    bridge_of,
    call,
    causes,
    line,
    other_line,
)
from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries
from tests.usage_twins import FOLDER


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        by = Decider("tests", datetime.now(UTC))
        set_exchange_rate(session, by, "EUR", Decimal("1.08"), "tests", datetime(2026, 1, 1, tzinfo=UTC))
        session.commit()
        yield session


def test_keys_that_the_invoice_alone_names_do_not_divide_and_the_one_that_the_log_lacks_is_told(
    book: Session,
) -> None:
    """The log names no keys: with the calls of both it is right; with those of one, the other's 0.8 is beyond it."""
    log = [call(MINI, 0, 1_000_000), call(MINI, 0, 2_000_000)]
    asked = [
        replace(line(MINI, 0, tokens, charged), labels={"key": key})
        for key, tokens, charged in (("one", 1_000_000, "0.4"), ("two", 2_000_000, "0.8"))
    ]
    both = bridge_of(book, log, asked)
    assert (causes(both), both.beyond) == ({}, [])
    bridge = bridge_of(book, log[:1], asked)
    assert causes(bridge) == {"quantity": Decimal("0.8")}
    (lacking,) = bridge.beyond
    assert (lacking.name, lacking.value, lacking.money) == ("key", "two", Decimal("0.8"))


def test_quantity_discount_credit_and_tax_are_told_apart(book: Session) -> None:
    """The log: 3 M of mini (1.20) and 2 M of haiku (2.00). The seller counts 3.5 M of mini and takes 10 % off haiku."""
    log = [call(MINI, 0, 1_000_000), call(MINI, 0, 2_000_000), call(HAIKU, 1, 2_000_000)]
    invoice = [
        line(MINI, 0, 3_500_000, "1.4"),
        line(HAIKU, 1, 2_000_000, "1.8"),
        other_line("Tax", "0.61"),
        other_line("Credit", "-0.5"),
        other_line("SavingsPlanRecurringFee", "7"),
    ]
    bridge = bridge_of(book, log, invoice)
    assert bridge.sums == (Decimal("3.2"), Decimal("3.4"), Decimal("10.31"))
    assert causes(bridge) == {
        "commitment": Decimal(7),
        "credit_or_discount": Decimal("-0.7"),
        "tax": Decimal("0.61"),
        "quantity": Decimal("0.2"),
    }


def test_amounts_alone_cannot_tell_quantity_from_price_until_a_usage_export_stands_beside_them(book: Session) -> None:
    """The log: 2 M of haiku, 2.00. The seller counts 3 M (3.00) and asks 3.33, by the model's name on its pages."""
    log, invoice = [call(HAIKU, 0, 2_000_000)], [amount_only("Claude Haiku 4.5", 0, "3.33")]
    assert causes(bridge_of(book, log, invoice)) == {"quantity_or_price": Decimal("1.33")}
    both = bridge_of(book, log, [*invoice, line(HAIKU, 0, 3_000_000, None)])
    assert causes(both) == {"quantity": Decimal(1), "price": Decimal("0.33")}
    assert both.sums == (Decimal(2), Decimal(3), Decimal("3.33"))
    usage_alone = bridge_of(book, log, [line(HAIKU, 0, 3_000_000, None)])
    assert (usage_alone.has_charges, causes(usage_alone)) == (False, {"quantity": Decimal(1)})


def test_quantities_that_both_exports_state_are_counted_once(book: Session) -> None:
    """The log: 2 M of haiku, 2.00. Both exports count 3 M (3.00), of which the invoice's lines ask 3.33; what the usage
    export alone knows of (1 M of mini) lies between neither log nor charge.
    """
    usage = [line(HAIKU, 0, 3_000_000, None), line(MINI, 0, 1_000_000, None)]
    lines = [line(HAIKU, 0, 1_000_000, "1.11"), line(HAIKU, 0, 2_000_000, "2.22")]
    bridge = bridge_of(book, [call(HAIKU, 0, 2_000_000)], [*usage, *lines])
    assert causes(bridge) == {"quantity": Decimal(1), "price": Decimal("0.33")}
    assert bridge.sums == (Decimal(2), Decimal(3), Decimal("3.33"))
    assert causes(bridge_of(book, [call(HAIKU, 0, 2_000_000)], lines)) == causes(bridge)


def test_usage_of_another_day_is_no_difference_of_money(book: Session) -> None:
    """A seller whose day ends earlier counts 1 M of each day on the next one; another model lacks a day altogether."""
    log = [call(MINI, day, 3_000_000) for day in range(3)] + [call(TERRA, 1, 100_000)]
    counted = (2_000_000, 3_000_000, 3_000_000, 1_000_000)
    invoice = [line(MINI, day, tokens, str(tokens * RATES[MINI] / 1_000_000)) for day, tokens in enumerate(counted)]
    bridge = bridge_of(book, log, invoice)
    assert causes(bridge) == {"in_log_not_charged": Decimal("-0.2"), "day_boundary": Decimal(0)}
    (moved,) = [row for row in bridge.rows() if row.name == "day_boundary"]
    assert (moved.places, moved.moved) == (2, Decimal("0.8"))


def test_another_exchange_rate_and_models_that_one_side_lacks(book: Session) -> None:
    """Charged in euros at 1.05, where the price book says 1.08; haiku is charged and was never called."""
    log = [call(MINI, 0, 5_000_000), call(TERRA, 0, 100_000)]
    euros = [str(round(Decimal(amount) / Decimal("1.05"), 10)) for amount in ("2", "0.2")]
    invoice = [
        line(MINI, 0, 5_000_000, euros[0], "EUR"),
        line(TERRA, 0, 100_000, euros[1], "EUR"),
        line(HAIKU, 0, 3_000_000, "3"),
    ]
    found = causes(bridge_of(book, log, invoice))
    assert found["charged_not_in_log"] == 3
    assert found["currency"] == pytest.approx(Decimal("2.2") * Decimal("1.08") / Decimal("1.05") - Decimal("2.2"))
    assert found.keys() == {"charged_not_in_log", "currency"}


def test_an_invoice_in_a_currency_without_a_rate_of_the_day_is_refused_with_what_states_one(book: Session) -> None:
    step = "llmpricing exchange add GBP USD_PER_GBP --from 2026-11-16"
    with pytest.raises(NoExchangeRate, match=step):
        bridge_of(book, [call(MINI, 0, 5_000_000)], [line(MINI, 0, 5_000_000, "1.5", "GBP")])
    before = [call(MINI, -400, 5_000_000)], [line(MINI, -400, 5_000_000, "2", "EUR")]  # its rate holds since January
    with pytest.raises(NoExchangeRate, match="llmpricing exchange add EUR"):
        bridge_of(book, *before)


def test_searches_that_are_charged_in_a_line_of_their_own_are_compared_with_those_of_the_log(book: Session) -> None:
    """The log: 2 M of haiku (2.00) and 10 searches at 0.01. Charged are 2.00, and 0.15 for searches; where no line is
    of searches they stay with their model.
    """
    usage = count({"input_tokens": 2_000_000, "web_searches": 10})
    log = [UsageRecord(HAIKU, MONDAY + timedelta(hours=12), usage)]
    tokens, searches = amount_only("Claude Haiku 4.5", 0, "2"), amount_only("Web Search Usage", 0, "0.15")
    bridge = bridge_of(book, log, [tokens, searches])
    assert causes(bridge) == {"quantity_or_price": Decimal("0.05")}
    assert {place.model: cell.log for place, cell in bridge.cells.items()} == {
        "claude haiku 4 5": Decimal(2),
        "web search": Decimal("0.1"),
    }
    assert causes(bridge_of(book, log, [tokens])) == {"quantity_or_price": Decimal("-0.1")}
    counted = [line(HAIKU, 0, 2_000_000, None), UsageRecord(HAIKU, MONDAY, count({"web_searches": 12}), span=DAY)]
    assert causes(bridge_of(book, log, [tokens, searches, *counted])) == {
        "quantity": Decimal("0.02"),
        "price": Decimal("0.03"),
    }


def test_searches_go_to_the_line_of_their_key_whatever_the_key_is_called(book: Session) -> None:
    """Beside a line for each key stands one without: which of both a set names first hangs on hashes of texts."""
    keys = [f"key-{number}" for number in range(24)]
    usage, at = count({"input_tokens": 1_000_000, "web_searches": 10}), MONDAY + timedelta(hours=12)
    lines = [replace(amount_only("Web Search Usage", 0, "0.1"), labels={"key": key}) for key in keys]
    log = [UsageRecord(HAIKU, at, usage, labels={"key": key}) for key in keys]
    cells = bridge_of(book, log, [*lines, amount_only("Web Search Usage", 0, "0.5")]).cells
    searches = {place.key: cell.log for place, cell in cells.items() if place.model == "web search"}
    assert searches == dict.fromkeys(keys, Decimal("0.1")) | {NOT_STATED: Decimal(0)}


def test_the_searches_of_the_console_s_cost_export_are_those_of_its_usage_export(book: Session) -> None:
    """Its line of searches bears no model, and asks 0.1 for the ten of the usage export."""
    files = [usage_file(FOLDER / f"anthropic-console-{kind}.csv") for kind in ("usage", "cost")]
    log, charged = (list(UsageFiles([file]).records()) for file in files)
    found = bridge_of(book, log, charged).cells
    (searches,) = [cell for place, cell in found.items() if place.model == "web search"]
    assert (searches.log, searches.charged) == (Decimal("0.1"), Decimal("0.1"))


def test_keys_are_compared_where_both_sides_state_the_same_ones(book: Session) -> None:
    log = [UsageRecord(MINI, MONDAY, count({"input_tokens": 10**6}), labels={"key": key}) for key in ("a", "b")]
    invoice = [
        UsageRecord(MINI, MONDAY, count({"input_tokens": tokens}), charged=Decimal(amount), labels={"key": key})
        for key, tokens, amount in (("a", 2 * 10**6, "0.8"), ("b", 10**6, "0.4"))
    ]
    (row,) = bridge_of(book, log, invoice).rows()
    assert (row.name, row.money, row.places) == ("quantity", Decimal("0.4"), 1)
    assert row.example is not None
    assert row.example.key == "a"


def of_key(key: str, tokens: int, charged: str | None = None) -> UsageRecord:
    amount = None if charged is None else Decimal(charged)
    return UsageRecord(MINI, MONDAY, count({"input_tokens": tokens}), charged=amount, labels={"key": key})


def test_usage_of_a_key_of_the_log_s_alone_may_be_under_any_other_of_the_invoice(book: Session) -> None:
    """The log knows two keys, and the invoice puts all of it under one: nothing is wrong, but that is told."""
    log = [of_key("a", 10**6), of_key("b", 10**6)]
    bridge = bridge_of(book, log, [of_key("a", 2 * 10**6, "0.8")])
    assert (causes(bridge), bridge.wrong) == ({}, Decimal(0))
    (apart,) = bridge.names_apart
    assert (apart.name, apart.of_log, apart.of_invoice) == ("key", ["b"], [])


def test_usage_of_a_key_of_the_invoice_s_alone_is_not_in_the_log(book: Session) -> None:
    bridge = bridge_of(book, [of_key("a", 10**6)], [of_key("a", 10**6, "0.4"), of_key("c", 10**6, "0.4")])
    (row,) = bridge.rows()
    assert (row.name, row.money, bridge.names_apart) == ("charged_not_in_log", Decimal("0.4"), [])
    assert row.example is not None
    assert row.example.key == "c"


def by_batch(record: UsageRecord) -> UsageRecord:
    return replace(record, context=context("batch"))


BATCH = [by_batch(call(HAIKU, 0, 2_000_000))]  # 1.00, where the standard price is 2.00


def test_a_line_that_tells_no_tier_and_charges_the_batch_price_is_no_difference(book: Session) -> None:
    bridge = bridge_of(book, BATCH, [line(HAIKU, 0, 2_000_000, "1")])
    assert (causes(bridge), bridge.counted) == ({}, Decimal(1))


def test_a_log_that_tells_no_tier_beside_lines_of_the_batch_pays_another_tier_not_quantity(book: Session) -> None:
    bridge = bridge_of(book, [call(HAIKU, 0, 2_000_000)], [by_batch(line(HAIKU, 0, 2_000_000, "1"))])
    assert causes(bridge) == {"tier": Decimal(-1)}


def test_what_a_line_without_a_tier_counts_more_costs_what_the_log_pays_and_the_rest_is_the_tier(book: Session) -> None:
    bridge = bridge_of(book, BATCH, [line(HAIKU, 0, 3_000_000, "3")])
    assert causes(bridge) == {"quantity": Decimal("0.5"), "tier": Decimal("1.5")}


def test_where_both_sides_tell_the_tier_another_one_of_another_quantity_is_another_quantity(book: Session) -> None:
    standard = replace(line(HAIKU, 0, 3_000_000, "3"), context=context("standard"))
    assert causes(bridge_of(book, BATCH, [standard])) == {"quantity": Decimal(2)}


def test_the_quantities_that_an_invoice_charges_are_taken_where_a_usage_export_has_others(book: Session) -> None:
    log, invoice = [call(HAIKU, 0, 2_000_000)], [line(HAIKU, 0, 2_000_000, "2")]
    bridge = bridge_of(book, log, [*invoice, line(HAIKU, 0, 3_000_000, None)])
    assert causes(bridge) == {}
    found = bridge.disagreements
    assert (found.name, found.money, found.kinds) == (
        "usage_export_disagrees",
        Decimal(1),
        {"input_tokens": Decimal(1)},
    )
    of_a_key = replace(line(HAIKU, 0, 3_000_000, None), labels={"key": "ours"})
    assert bridge_of(book, log, [*invoice, of_a_key]).disagreements.money == 1
    agreed = bridge_of(book, log, [*invoice, line(HAIKU, 0, 2_000_000, None)])
    assert agreed.disagreements.places == 0
