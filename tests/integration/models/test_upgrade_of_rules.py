"""A book of rules 1, as the code before dumped it, is carried over: its past stays, its present follows rules 2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import BookVersion, migrations
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.sources.registry import SOURCES

FIXTURES = Path(__file__).parents[2] / "fixtures"
BEFORE = json.loads((FIXTURES / "book_of_rules_1.json").read_text("utf-8"))
KNOWN_AT = datetime.fromisoformat(BEFORE["known_at"])
LATER = KNOWN_AT + timedelta(days=1)

# What rules 2 answer otherwise, and the rule of choosing behind it.
MIDDLE = "a change is known as a bracket: the older value stands up to its middle, here 1 April 2025"
ONE_VOICE = "input and cache are one tariff: a list that asks another price for input fills nothing in"
LISTED: Mapping[tuple[str, str, str], tuple[str | None, str | None, str]] = {
    ("acme/fallen", "2025-05-15", "plain"): ("0.03", "0.015", MIDDLE),
    ("acme/fallen", "2025-05-15", "cached"): ("0.03", "0.015", MIDDLE),
    ("acme/patched", "2026-11-20", "cached"): ("0.00258", "0.003", ONE_VOICE),
}

PRICE_ROWS = """
    select id, offering_id, meter, condition_key, state, amount, currency, per_quantity, valid, basis, source_id,
           observed_at, lower(recorded), upper(recorded)
      from price where lower(recorded) <= :known_at order by id
"""


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """On the dumped book, in the newest schema; nothing is published anew yet."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        migrations.upgrade(connection, 10, "0008")
        connection.rollback()
        dumped = (FIXTURES / "book_of_rules_1.sql").read_text("utf-8")
        with connection.begin():
            connection.exec_driver_sql(dumped.replace("%", "%%"))
        migrations.upgrade(connection, 10)
    with Session(engine) as found:
        yield found


def _answers(session: Session, known_at: datetime | None) -> dict[tuple[str, str, str], str | None]:
    usages = {name: read_usage(usage) for name, usage in BEFORE["usages"].items()}
    keys = [(answer["name"], answer["at"], answer["usage"]) for answer in BEFORE["answers"]]
    asked = [
        Asked(name, usages[usage], datetime.fromisoformat(at).replace(tzinfo=UTC), known_at) for name, at, usage in keys
    ]
    return dict(zip(keys, map(_total, quote_many(session, asked)), strict=True))


def _total(found: Any) -> str | None:
    assert isinstance(found, Quoted), found
    return None if found.quote.total is None else f"{found.quote.total.normalize():f}"


def _publish_anew(session: Session) -> None:
    """The next daily reading, which brings the same bytes as before."""
    newest = session.execute(
        text(
            "select s.slug, f.published_at, f.sha256 from source_fetch f join source s on s.id = f.source_id "
            "order by f.published_at desc limit 1"
        )
    ).one()
    session.rollback()
    reading = ReadList(b"", newest.published_at + timedelta(days=1), LATER, "again", unmodified=newest.sha256)
    with session.begin():
        (summary,) = import_lists(session, [(SOURCES[newest.slug], reading)])
    assert summary.outcome == "unchanged"


def _rows(session: Session) -> Sequence[Any]:
    with session.begin():
        return session.execute(text(PRICE_ROWS), {"known_at": KNOWN_AT}).all()


def test_prices_and_answers_of_before_the_upgrade_stay(session: Session) -> None:
    before = {(a["name"], a["at"], a["usage"]): a["total"] for a in BEFORE["answers"]}
    rows = _rows(session)
    assert len(rows) > 20
    _publish_anew(session)
    with session.begin():
        assert session.scalar(select(BookVersion.rules)) == 2
        assert _answers(session, KNOWN_AT) == before
    for old, new in zip(rows, _rows(session), strict=True):
        assert new[:-1] == old[:-1]  # the same rows, ids and validity ...
        assert new[-1] == old[-1] or (old[-1] is None and new[-1] > KNOWN_AT)  # ... and at most ended since


def test_every_answer_that_differs_is_listed_with_its_rule(session: Session) -> None:
    before = {(a["name"], a["at"], a["usage"]): a["total"] for a in BEFORE["answers"]}
    _publish_anew(session)
    with session.begin():
        after = _answers(session, None)
    differing = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert differing == {key: (was, now) for key, (was, now, _) in LISTED.items()}


def test_a_second_import_publishes_nothing_anew(session: Session) -> None:
    _publish_anew(session)
    count = text("select count(*), max(id) from price")
    with session.begin():
        published = session.execute(count).one()
    _publish_anew(session)
    with session.begin():
        assert session.execute(count).one() == published
