"""What a process remembers of a price book outlives the changes that do not touch it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price, release_price
from llmpricing.services.quotes.quoting import Asked, UnknownModel, quote_one
from tests.conftest import NOW

AT = datetime(2026, 11, 23, tzinfo=UTC)
INPUT = ComponentKey("input_tokens", "")


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that is sent meanwhile."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def cost(session: Session, name: str, known_at: datetime | None = None) -> Decimal | None:
    return quote_one(session, Asked(name, read_usage({"input_tokens": 1_000_000}), AT, known_at)).quote.total


def pin(session: Session, amount: str, at: datetime) -> None:
    hold_price(session, HeldPrice("acme/acme-small", INPUT, Decimal(amount), 1_000_000), Decider("me", at))


def test_a_pin_on_one_offering_leaves_the_prices_of_another_and_all_names_warm(
    session: Session, engine: Engine
) -> None:
    assert cost(session, "acme/acme-large") == Decimal("2.5")
    pin(session, "7", NOW + timedelta(hours=1))
    with statements(engine) as sent:
        assert cost(session, "acme/acme-large") == Decimal("2.5")
    assert not [statement for statement in sent if "price.amount" in statement]
    assert not [statement for statement in sent if "match_rule.clause" in statement]
    with statements(engine) as sent:
        assert cost(session, "acme/acme-small") == 7
    assert [statement for statement in sent if "price.amount" in statement]


def test_what_is_warm_is_right_at_every_time(session: Session) -> None:
    times = [NOW + timedelta(hours=hour) for hour in range(1, 4)]
    expected = {NOW: Decimal("0.0025")}
    assert cost(session, "acme/acme-small") == expected[NOW]
    for at, amount in zip(times, "789", strict=True):
        pin(session, amount, at)
        expected[at] = Decimal(amount)
        for known_at, total in expected.items():
            assert cost(session, "acme/acme-small", known_at) == total
            assert cost(session, "acme/acme-small", known_at + timedelta(minutes=59)) == total
    assert cost(session, "acme/acme-large", times[1]) == Decimal("2.5")
    release_price(session, "acme/acme-small", INPUT, Decider("me", times[2] + timedelta(hours=1)), void=True)
    assert cost(session, "acme/acme-small") == expected[NOW]
    assert cost(session, "acme/acme-small", times[2]) == 9


def test_a_new_name_is_known_at_once(session: Session) -> None:
    with pytest.raises(UnknownModel):
        cost(session, "bot")
    add_alias(session, Decider("me", NOW + timedelta(hours=1)), "bot", "acme/acme-large")
    assert cost(session, "bot") == Decimal("2.5")
