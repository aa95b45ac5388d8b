"""A slice of the invariants on made lists; the whole, on real dated lists, is ``make invariants``."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests.conftest import NOW
from tests.invariants.made import first_list, later_lists
from tests.invariants.moves import BROKEN, Rule
from tests.invariants.orders import import_one, orders, watched

ORDERS = orders(later_lists())
# In the gap between two maps, at a time that no list knows, and today.
MOMENTS = (datetime(2024, 11, 30, 12, tzinfo=UTC), datetime(2026, 9, 30, 12, tzinfo=UTC), NOW - timedelta(days=2))


@pytest.mark.parametrize("order", ORDERS)
def test_no_import_takes_an_answer_away_overrules_or_moves_it_in_silence(empty_book_url: str, order: str) -> None:
    with Session(create_engine(empty_book_url, poolclass=NullPool)) as session:
        import_one(session, first_list(), NOW)
        found = list(watched(session, ORDERS[order], MOMENTS, NOW))
    broken = [str(move) for moves in found for move in moves.broken]
    assert not broken, f"{len(broken)} broken, such as {broken[:5]}"
    by_rule = sum((moves.by_rule for moves in found), Counter[Rule]())
    assert sum(moves.known for moves in found) > 1_500  # else nothing was asked
    assert {Rule.NEARER, Rule.OWN_WORD, Rule.FILLED, Rule.SMALL} <= set(by_rule)  # the lists differ: something moved
    assert not set(BROKEN) & set(by_rule)
