"""An upgrade in any order: who meets a schema of another release answers from its book, and says what to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.models import migrations
from llmpricing.services.price_book import awaited_file
from llmpricing.services.price_book.folder import keep_book
from tests.conftest import running_app
from tests.reads import READ
from tests.unplugged.faults import wait_until

FORMER = "0016"
PATIENCE_S = 30
PAGES = ("/", "/models/acme/acme-large", "/changes", "/sources", "/best-value")


@pytest.fixture
def folder(book_url: str, tmp_path: Path) -> Path:
    """A folder with the file of the small price book."""
    keep_book(create_engine(book_url, poolclass=NullPool), tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def former(book_url: str) -> Iterator[Engine]:
    """The small price book as a former release left it."""
    engine = create_engine(book_url, poolclass=NullPool)
    with engine.connect() as connection:
        migrations.downgrade(connection, 10, FORMER)
    yield engine
    engine.dispose()


def decide(engine: Engine) -> None:
    """What a release of any age does with a decision."""
    with engine.begin() as connection:
        connection.execute(text("update catalogue set version = version + 1, changed_at = now()"))


def upgrade(engine: Engine) -> None:
    with engine.connect() as connection:
        migrations.upgrade(connection, 10)


def ready(app: TestApp) -> Any:
    return app.get("/api/health/ready", status="*").json


def database_of(app: TestApp) -> str:
    health = app.get("/api/health", status="*")
    found: str = health.json["database"]["status"] if health.status_int == 200 else health.text
    return found


def answers(app: TestApp) -> list[Any]:
    """What is answered to readers, without what tells that a book may not be the newest."""
    for page in PAGES:
        app.get(page, status=200)
    found = [app.get(address, status=200).json for address in READ]
    for answer in found:
        for name in ("stale", "checked_at"):
            answer["meta"].pop(name, None)
    notes = found[0]["data"].get("notes", [])
    found[0]["data"]["notes"] = [note for note in notes if note["code"] != "BOOK_STALE"]
    return found


@pytest.fixture
def well(book_url: str, redis_url: str) -> list[Any]:
    """The answers of this release on its own schema."""
    with running_app(book_url, redis_url) as app:
        return answers(app)


@pytest.mark.parametrize("went_on", [False, True])
def test_a_server_that_starts_before_the_migration_reads_from_the_file_and_then_goes_on(
    well: list[Any],
    folder: Path,
    former: Engine,
    book_url: str,
    redis_url: str,
    went_on: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the old release went on to record decisions after the file was written."""
    monkeypatch.setattr(awaited_file, "AGAIN_AFTER_S", 1.0)  # instead of 10
    if went_on:
        decide(former)
    with running_app(book_url, redis_url, book_dir=folder) as app:
        wait_until(lambda: ready(app)["status"] == "ready", PATIENCE_S)
        assert answers(app) == well
        assert "schema behind: run initialize_llmpricing_db" in database_of(app)
        upgrade(former)
        newest = 2 if went_on else 1
        wait_until(lambda: ready(app) == {"status": "ready", "book": newest, "stale": False}, PATIENCE_S)
        app.get("/api/health", status=200)


def test_without_a_file_it_says_what_to_run_and_is_not_ready(
    former: Engine, book_url: str, redis_url: str, tmp_path: Path
) -> None:
    with running_app(book_url, redis_url, book_dir=tmp_path / "none") as app:
        for address in READ[2:4]:
            refused = app.get(address, status=503).json["error"]
            assert "run initialize_llmpricing_db" in refused["message"]
        app.get("/api/health/ready", status=503)


def test_a_server_of_before_goes_on_while_and_after_the_schema_moves_on(
    well: list[Any], folder: Path, book_url: str, redis_url: str
) -> None:
    """The newer schema as our migrations make it: what is there stays, and new columns need no value."""
    engine = create_engine(book_url, poolclass=NullPool)
    with running_app(book_url, redis_url, book_dir=folder) as held, running_app(book_url, redis_url) as asking:
        wait_until(lambda: ready(held)["status"] == "ready", PATIENCE_S)
        with engine.begin() as connection:
            connection.execute(text("alter table offering add column of_tomorrow text"))
            connection.execute(text("create table of_tomorrow (id bigint primary key)"))
            connection.execute(text("update alembic_version set version_num = '9999'"))
        for app in (held, asking):
            assert answers(app) == well
            assert "schema newer than this llmpricing: install the version" in database_of(app)
        decide(engine)
        wait_until(lambda: ready(held)["book"] == 2, PATIENCE_S)
