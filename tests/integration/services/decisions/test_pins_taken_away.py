"""Pins that are taken away again: the price book as it was, and what was known before as it was known then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.models import Offering, OtherPriceRow, PriceRow
from llmpricing.services.decisions.reviews_and_pins import (
    Decider,
    DecisionRefused,
    HeldPrice,
    hold_price,
    release_price,
)
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.lists import cost_map, price_list

FIRST = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
METERS = ("input_tokens", "output_tokens")


@pytest.fixture
def session(empty_book_url: str) -> Iterator[Session]:
    """A price of undated lists that changed between two of them, and once more by another source."""
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as found:
        for days, source, data in (
            (0, "litellm", cost_map(a=2)),
            (20, "litellm", cost_map(a=3)),
            (30, "genai-prices", price_list(a=3.5)),
            (40, "litellm", cost_map(a=4)),
        ):
            at = FIRST + days * DAY
            import_lists(found, [(SOURCES[source], ReadList(data, at, at, "a test's list"))])
        yield found
    engine.dispose()


def rows(session: Session, known_at: datetime | None = None) -> list[tuple[Any, ...]]:
    """All that is published of the offering, and kept beside it, but for numbers of rows and when it was recorded."""
    found = []
    for table in (PriceRow, OtherPriceRow):
        names = [column.key for column in table.__table__.columns if column.key not in ("id", "recorded")]
        believed = table.current() if known_at is None else table.believed_at(known_at)
        query = (
            select(table).join(Offering, Offering.id == table.offering_id).where(Offering.slug == "acme/a", believed)
        )
        found += [(table.__tablename__, *(str(getattr(row, name)) for name in names)) for row in session.scalars(query)]
    return sorted(found)


def by(at: datetime) -> Decider:
    return Decider("ada", at)


@pytest.mark.parametrize("seed", range(6))
def test_pins_that_are_voided_leave_the_book_as_it_was(session: Session, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    before, now = rows(session), FIRST + 60 * DAY
    known = []
    for _ in range(8):
        now += chance.randrange(1, 4) * DAY
        component = ComponentKey(chance.choice(METERS), "")
        if chance.random() < 0.7:
            since = FIRST + chance.randrange(100) * DAY
            until = chance.choice((None, since + chance.randrange(1, 30) * DAY))
            amount = Decimal(chance.randrange(4))
            hold_price(session, HeldPrice("acme/a", component, amount, 1_000_000, "USD", since, until), by(now))
        else:
            void = chance.random() < 0.5
            try:
                release_price(session, "acme/a", component, by(now), void=void)
            except DecisionRefused:
                continue
        known.append((now + timedelta(hours=1), rows(session)))
    for meter in METERS:
        now += DAY
        try:
            release_price(session, "acme/a", ComponentKey(meter, ""), by(now), void=True)
        except DecisionRefused:
            continue
    assert rows(session) == before
    assert known
    for at, seen in known:
        assert rows(session, at) == seen
    assert any(seen != before for _, seen in known)


@pytest.mark.parametrize("since", [5, 15, 25, 35, 50])
def test_a_pin_let_go_leaves_the_price_after_it_as_it_was(session: Session, since: int) -> None:
    """It keeps the bracket in which it began, whether the pin began before, in or after it."""
    component, now = ComponentKey("input_tokens", ""), FIRST + 60 * DAY
    before = prices(session)
    hold_price(session, HeldPrice("acme/a", component, Decimal(9), 1_000_000, "USD", FIRST + since * DAY), by(now))
    release_price(session, "acme/a", component, by(now + DAY))
    after = prices(session)
    assert after[-1][1:] == before[-1][1:]
    assert after[-1][0].lower == now + DAY
    held = [story for valid, *story in after if valid.lower == FIRST + since * DAY]
    assert [story[1] for story in held] == [9]


def prices(session: Session) -> list[tuple[Any, ...]]:
    query = (
        select(PriceRow)
        .join(Offering, Offering.id == PriceRow.offering_id)
        .where(Offering.slug == "acme/a", PriceRow.meter == "input_tokens", PriceRow.current())
        .order_by(PriceRow.valid)
    )
    return [
        (
            row.valid,
            row.source_id,
            row.amount,
            row.basis,
            row.bracket_from,
            row.first_seen,
            row.fresh_from,
            row.observed_at,
        )
        for row in session.scalars(query)
    ]
