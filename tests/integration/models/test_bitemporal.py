"""Rows on two clocks: what changes is closed and stated anew, so that every past answer stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from llmpricing.domain.observations import State
from llmpricing.models import ExchangeRate, PriceRow
from llmpricing.models.bitemporal import since

JANUARY, MARCH, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 6))
FIRST, SECOND, THIRD = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3))


@pytest.fixture
def euro(session: Session) -> ExchangeRate:
    valid: Range[datetime] = Range(JANUARY, None)
    row = ExchangeRate(currency="EUR", usd=Decimal("1.1"), source="a test", valid=valid, recorded=since(FIRST))
    session.add(row)
    session.flush()
    return row


def rate(session: Session, as_of: datetime, known_at: datetime) -> Decimal | None:
    return session.scalar(select(ExchangeRate.usd).where(ExchangeRate.at(as_of, known_at)))


def test_a_superseded_row_stays_for_who_asks_what_was_known(session: Session, euro: ExchangeRate) -> None:
    anew = euro.supersede(session, SECOND, usd=Decimal("1.2"))
    assert session.scalars(select(ExchangeRate).where(ExchangeRate.current())).one() is anew
    assert (anew.currency, anew.source, anew.valid.lower, anew.id != euro.id) == ("EUR", "a test", JANUARY, True)
    assert rate(session, JUNE, FIRST) == Decimal("1.1")
    assert rate(session, JUNE, SECOND - timedelta(microseconds=1)) == Decimal("1.1")
    assert rate(session, JUNE, SECOND) == Decimal("1.2")
    assert rate(session, JUNE, FIRST - timedelta(microseconds=1)) is None


def test_a_row_that_ends_keeps_its_time_before(session: Session, euro: ExchangeRate) -> None:
    euro.end(session, MARCH, SECOND)
    assert rate(session, MARCH - timedelta(microseconds=1), THIRD) == Decimal("1.1")
    assert rate(session, MARCH, THIRD) is None
    assert rate(session, MARCH, FIRST) == Decimal("1.1")


def test_a_row_that_ends_before_it_began_never_held(session: Session, euro: ExchangeRate) -> None:
    euro.end(session, JANUARY, SECOND)
    assert session.scalars(select(ExchangeRate).where(ExchangeRate.current())).all() == []
    assert rate(session, JUNE, FIRST) == Decimal("1.1")


def test_rows_are_closed_by_their_ids(session: Session, euro: ExchangeRate) -> None:
    ExchangeRate.close_all(session, [], SECOND)
    assert rate(session, JUNE, THIRD) == Decimal("1.1")
    ExchangeRate.close_all(session, [euro.id], SECOND)
    assert rate(session, JUNE, THIRD) is None


def test_the_database_refuses_two_rows_for_one_time(session: Session, euro: ExchangeRate) -> None:
    valid: Range[datetime] = Range(MARCH, None)
    session.add(ExchangeRate(currency="EUR", usd=Decimal(1), source="b", valid=valid, recorded=since(SECOND)))
    with pytest.raises(IntegrityError, match="ex_exchange_rate_no_overlap"):
        session.flush()


def test_a_state_is_read_as_one_and_no_other_word_is_taken(session: Session) -> None:
    assert session.scalars(select(PriceRow.state).where(PriceRow.state == State.PRICED).limit(1)).one() is State.PRICED
    with pytest.raises(StatementError, match="'dear' is not a valid State"):
        session.scalars(select(PriceRow.id).where(PriceRow.state == "dear")).all()
