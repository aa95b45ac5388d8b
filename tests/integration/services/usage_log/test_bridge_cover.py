"""What an invoice says nothing of: days without a line, and charges without a quantity."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from llmpricing.scripts.commands.audit_bridge import bridge_lines
from tests.bridged_records import MINI, call, line
from tests.bridged_records import bridge_of as bridge_of_records
from tests.made_invoices import (
    CONSOLE,
    CUR,
    MONDAY,
    chance_of,
    made_log,
)
from tests.planted_invoices import bridge_of, files_of


def test_a_day_of_which_the_invoice_has_no_line_is_told(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CONSOLE, chance_of(6))
    left = {spot: item for spot, item in items.items() if spot.day != 1}
    bridge = bridge_of(book, log, files_of(CONSOLE, tmp_path, left, with_usage=False))
    day = f"{MONDAY + timedelta(days=1):%Y-%m-%d}"
    assert [(place.day, place.seller) for place in bridge.days_without_lines] == [(day, "anthropic")]
    assert not bridge_of(book, log, files_of(CONSOLE, tmp_path, items, with_usage=False)).days_without_lines


def test_the_days_of_a_line_of_a_month_that_the_log_has_no_record_of_are_told(book: Session) -> None:
    """The log has Monday and Wednesday of a week that one line sums up."""
    log = [call(MINI, 0, 10**6), call(MINI, 2, 10**6)]
    week = replace(line(MINI, 0, 7 * 10**6, "2.8"), span=timedelta(days=7))
    bridge = bridge_of_records(book, log, [week])
    lacking = [(place.day, place.seller) for place in bridge.days_without_log]
    assert lacking == [("2026-11-17", "openai"), ("2026-11-19/2026-11-22", "openai")]
    said = " ".join(bridge_lines(bridge))
    told = (
        "the log has no record of 5 days that the invoice has lines of: 2026-11-17 (openai), 2026-11-19 to 2026-11-22"
    )
    assert told in said
    assert not bridge_of_records(book, [call(MINI, day, 10**6) for day in range(7)], [week]).days_without_log


def test_what_is_charged_without_a_quantity_is_no_quantity_of_the_seller(book: Session, tmp_path: Path) -> None:
    """A seller's own lines count all of the log; another seller's state amounts alone."""
    log, items = made_log(book, CUR, chance_of(6))
    files = files_of(CUR, tmp_path, items, with_usage=False)
    other_log, other_items = made_log(book, CONSOLE, chance_of(6))
    other = files_of(CONSOLE, tmp_path, other_items, with_usage=False)
    alone = bridge_of(book, log, files)
    both = bridge_of(book, [*log, *other_log], [*files, *other])
    asked = sum((item.amount or Decimal(0) for item in other_items.values()), Decimal(0))
    assert (alone.counted, alone.uncounted) == (alone.log, 0)
    assert (both.counted, both.uncounted) == (alone.counted, asked)


def test_usage_of_a_seller_whose_price_another_lends_is_that_sellers(book: Session) -> None:
    """The book has no price of Azure's for the model: OpenAI's stands in, and neither is the other's usage."""
    at_azure = {"provider": "azure"}
    log = [call(MINI, 0, 10**6), replace(call(MINI, 0, 10**6), **at_azure)]
    lines = [line(MINI, 0, 10**6, "0.4"), replace(line(MINI, 0, 10**6, "0.4"), **at_azure)]
    both = bridge_of_records(book, log, lines)
    assert (both.rows(), both.sums) == ([], (Decimal("0.8"),) * 3)
    assert [one.seller for one in both.covered] == ["azure", "openai"]
    alone = bridge_of_records(book, log, lines[:1])
    assert [(row.name, row.money) for row in alone.rows()] == [("outside_of_invoice", Decimal("-0.4"))]
    by_name = replace(call(MINI, 0, 10**6), model=f"azure/{MINI}")
    assert bridge_of_records(book, [by_name], lines[1:]).rows() == []
    other_surface = replace(call(MINI, 0, 10**6), provider="azure_ai")
    assert bridge_of_records(book, [call(MINI, 0, 10**6), other_surface], lines).rows() == []
