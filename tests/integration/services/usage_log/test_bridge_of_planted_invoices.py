"""Bridges to made invoices: what is planted in one kind of what is billed is named by its cause, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.made_invoices import (
    CONSOLE,
    OPENAI,
    SELLERS,
    Item,
    Seller,
    chance_of,
    made_log,
)
from tests.planted_invoices import PLANTS, Invoice, assert_named, bridge_of, files_of, found

SEEDS = range(6)


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_by_kind_is_named_to_the_last_digit(
    book: Session, seller: Seller, seed: int, with_usage: bool, tmp_path: Path
) -> None:
    assert_named(book, seller, seed, tmp_path, with_usage=with_usage)


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_a_right_invoice_has_no_cause(book: Session, seller: Seller, with_usage: bool, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(1))
    assert found(bridge_of(book, log, files_of(seller, tmp_path, items, with_usage=with_usage))) == {}


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_where_only_some_kinds_are_charged_the_others_are_not_charged(
    book: Session, seller: Seller, with_usage: bool, tmp_path: Path
) -> None:
    """A cost export of output alone says nothing of the price of output: the rest is in the log, and not charged."""
    log, items = made_log(book, seller, chance_of(7))
    left = sum((item.amount or Decimal(0) for spot, item in items.items() if spot.kind != "output_tokens"), Decimal(0))
    costs = {spot: item for spot, item in items.items() if spot.kind == "output_tokens"}
    seller.write_costs(tmp_path / seller.name, costs)
    files = [tmp_path / seller.name]
    if with_usage and seller.write_usage:
        seller.write_usage(tmp_path / f"usage-{seller.name}", items)
        files.append(tmp_path / f"usage-{seller.name}")
    bridge = bridge_of(book, log, files)
    assert found(bridge) == {"in_log_not_charged": -left}
    (row,) = bridge.rows()
    assert "output_tokens" not in row.kinds


def test_amounts_that_are_rounded_to_cents_leave_rounding_and_nothing_else(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CONSOLE, chance_of(9))
    rounded = {spot: Item(one.quantity, round(one.amount or Decimal(0), 2)) for spot, one in items.items()}
    for with_usage in (False, True):
        bridge = bridge_of(book, log, files_of(CONSOLE, tmp_path, rounded, with_usage=with_usage))
        assert found(bridge).keys() == {"rounding"}
        assert not bridge.is_beyond(Decimal(0))


def test_a_second_seller_changes_nothing_of_what_is_found_of_the_first(book: Session, tmp_path: Path) -> None:
    """The console's lines state keys and no quantities, OpenAI's state no keys: each is compared as it can be."""
    log, items = made_log(book, CONSOLE, chance_of(4))
    invoice = Invoice(book, CONSOLE, items, chance_of(4), knows_quantities=True)
    for plant in PLANTS:
        plant(invoice)
    files = files_of(CONSOLE, tmp_path, items, with_usage=True)
    other_log, other_items = made_log(book, OPENAI, chance_of(4))
    other_files = files_of(OPENAI, tmp_path, other_items, with_usage=False)
    alone = bridge_of(book, log, files)
    both = bridge_of(book, [*log, *other_log], [*files, *other_files])
    assert found(both) == found(alone) == invoice.expected
    assert {place.key for place in both.cells} >= {place.key for place in alone.cells} >= {"key-a", "key-b"}
    examples = [(row.name, row.places, row.example) for row in both.rows()]
    assert examples == [(row.name, row.places, row.example) for row in alone.rows()]
