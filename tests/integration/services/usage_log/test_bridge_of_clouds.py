"""Bridges to the made bills of clouds, and to OpenAI's export of costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.made_cloud_invoices import CLOUDS
from tests.made_invoices import Seller, chance_of, made_log
from tests.planted_invoices import assert_named, bridge_of, files_of, found

SEEDS = range(3)


@pytest.mark.parametrize("seller", CLOUDS, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_in_a_cloud_s_bill_is_named_to_the_last_digit(
    book: Session, seller: Seller, seed: int, tmp_path: Path
) -> None:
    assert_named(book, seller, seed, tmp_path, with_usage=bool(seed % 2))


@pytest.mark.parametrize("seller", CLOUDS, ids=lambda one: one.name)
def test_a_cloud_s_right_bill_has_no_cause(book: Session, seller: Seller, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(1))
    assert found(bridge_of(book, log, files_of(seller, tmp_path, items, with_usage=False))) == {}
