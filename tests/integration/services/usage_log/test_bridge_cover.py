"""What an invoice says nothing of: days without a line, and charges without a quantity."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

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
