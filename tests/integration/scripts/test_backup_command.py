"""llmpricing backup and restore: the same book again, whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.local_stores import running_stores
from llmpricing.models import Base, OperatorSessionRow, migrations, revisions
from llmpricing.models.backup.file import checked_lines, write_lines
from tests.commands import Commands, commands_on
from tests.operators import let_in
from tests.servers import StoreUrls, drop, migrated, new_database

DECISIONS = (
    "pin acme/acme-large input_tokens 3.10 --as ada --until 2030-01-01",
    "unpin acme/acme-large input_tokens --as ada",
    "alias add my-gpt acme/acme-large --as bob",
    "rate add acme --discount 12.5% --from 2026-01-01 --as ada --note Größe",
    "exchange add EUR 1.0800 --from 2026-01-02 --source ECB",
    "token add grafana --scope read --as ada",
)
OLD = "0015"
DECISION = b'["7","2026-01-02 03:04:05.000006+00","ada","pin_added","acme/a","{\\"note\\": null}"]'


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """The small price book."""
    return commands_on(tmp_path, book_url, redis_url)


@pytest.fixture
def other(store_urls: StoreUrls, tmp_path: Path, redis_url: str) -> Iterator[Commands]:
    """An empty database to restore into."""
    with new_database(store_urls) as url:
        (tmp_path / "other").mkdir()
        yield commands_on(tmp_path / "other", url, redis_url)


def done(commands: Commands, command: str) -> str:
    result = commands.run(command)
    assert result.exit_code == 0, result.output
    return result.output


def tables_of(commands: Commands) -> dict[str, int]:
    """How many rows each table of the database has."""
    with create_engine(commands.environ["LLMPRICING_DATABASE_URL"], poolclass=NullPool).connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: connection.scalar(text(f"select count(*) from {name}")) for name in names}


def lines_of(urls: StoreUrls, revision: str, **rows: bytes) -> list[bytes]:
    """A backup that a release of that revision could have written, with a row in each table that is named."""
    with new_database(urls) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            migrations.upgrade(connection, 10, revision)
            reflected = inspect(connection)
            columns = {
                table: [column["name"] for column in reflected.get_columns(table) if column["name"] != "book"]
                for table in reflected.get_table_names()
                if table != "alembic_version"
            }
    lines = [json.dumps({"llmpricing_backup": 1, "revision": revision, "columns": columns}).encode()]
    for table in columns:
        lines += [b'{"table":"%s"}' % table.encode(), *(row for name, row in rows.items() if name == table)]
    return lines


def quoted(commands: Commands) -> Any:
    return commands.json("quote acme/acme-large --input 1000 --output 10 --at 2026-11-20")


def test_a_round_trip_is_the_same_book_byte_by_byte(commands: Commands, other: Commands, tmp_path: Path) -> None:
    for line in DECISIONS:
        done(commands, line)
    first, second = tmp_path / "first", tmp_path / "second"
    assert "SHA-256" in done(commands, f"backup {first}")
    assert "Restored: " in done(other, f"restore {first}")
    done(other, f"backup {second}")
    assert second.read_bytes() == first.read_bytes()
    assert tables_of(other) == tables_of(commands)
    assert quoted(other) == quoted(commands)
    assert commands.json("decisions log") == other.json("decisions log")


def test_nobody_is_signed_in_by_a_backup(commands: Commands, other: Commands, tmp_path: Path) -> None:
    url = commands.environ["LLMPRICING_DATABASE_URL"]
    let_in(url)
    ends = datetime.now(UTC) + timedelta(hours=12)
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        session.add(
            OperatorSessionRow(
                digest="held", name="ada", password_digest="p", begun_at=ends - timedelta(hours=12), ends_at=ends
            )
        )
    engine.dispose()
    done(commands, f"backup {tmp_path / 'file'}")
    done(other, f"restore {tmp_path / 'file'}")
    assert b'"held"' not in gzip.decompress((tmp_path / "file").read_bytes())
    assert tables_of(other) == tables_of(commands) | {"operator_session": 0}  # the password is there, and lets in


def test_a_restored_book_goes_on_with_new_ids_and_is_one_of_its_own(
    commands: Commands, other: Commands, tmp_path: Path
) -> None:
    done(commands, f"backup {tmp_path / 'file'}")
    done(other, f"restore {tmp_path / 'file'}")
    for each in (commands, other):
        done(each, DECISIONS[0])
    assert tables_of(other) == tables_of(commands)
    books = set()
    for each in (commands, other):
        with create_engine(each.environ["LLMPRICING_DATABASE_URL"], poolclass=NullPool).connect() as connection:
            books.add(connection.scalar(text("select book from catalogue")))
    assert len(books) == 2  # else a cache of the one would answer for the other


def test_the_same_bytes_come_out_of_a_database_with_another_collation(
    commands: Commands, store_urls: StoreUrls, tmp_path: Path, redis_url: str
) -> None:
    name = f"{store_urls.run}_collated"
    server = create_engine(store_urls.database, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        if not connection.scalar(text("select exists (select from pg_collation where collname = 'de-x-icu')")):
            pytest.skip(
                "this PostgreSQL knows one collation only; the TimescaleDB server of .ci/timescaledb knows ICU's"
            )
    sorted_by = "template template0 locale_provider icu icu_locale 'de' locale 'C'"
    with server.connect() as connection:
        connection.execute(text(f"create database {name} {sorted_by}"))
    try:
        (tmp_path / "collated").mkdir()
        url = make_url(store_urls.database).set(database=name).render_as_string(hide_password=False)
        collated = commands_on(tmp_path / "collated", url, redis_url)
        with create_engine(commands.environ["LLMPRICING_DATABASE_URL"], poolclass=NullPool).begin() as connection:
            for slug in ("B", "a"):  # so in bytes, the other way round in German
                row = "insert into meter (slug, family, per_quantity, dimensions) values (:slug, 'x', 1, '{}')"
                connection.execute(text(row), {"slug": slug})
        done(commands, f"backup {tmp_path / 'first'}")
        done(collated, f"restore {tmp_path / 'first'}")
        done(collated, f"backup {tmp_path / 'second'}")
    finally:
        with server.connect() as connection:
            drop(connection, name)
    assert (tmp_path / "second").read_bytes() == (tmp_path / "first").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_is_refused_whole(commands: Commands, other: Commands, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "file"
    done(commands, f"backup {file}")
    whole = bytearray(file.read_bytes())
    if damage == "cut":
        del whole[-1:]
    else:
        whole[len(whole) // 2] ^= 4
    file.write_bytes(whole)
    refused = other.run(f"restore {file}")
    assert refused.exit_code == 1
    assert "Nothing was restored; take another copy of it." in refused.output
    assert tables_of(other) == {}


def without_table(lines: list[bytes], rows_only: bool) -> list[bytes]:
    """The lines of a backup whose digest is right, but which holds no pins, or does not even name them."""
    at = lines.index(b'{"table":"pin"}')
    following = next(place for place, line in enumerate(lines) if place > at and line.startswith(b"{"))
    left = lines[:at] + lines[following:]
    if rows_only:
        return left
    head = json.loads(left[0])
    del head["columns"]["pin"]
    return [json.dumps(head).encode(), *left[1:]]


@pytest.mark.parametrize("rows_only", [False, True])
def test_a_backup_that_lacks_a_table_is_refused_whole(
    commands: Commands, other: Commands, tmp_path: Path, rows_only: bool
) -> None:
    done(commands, f"backup {tmp_path / 'file'}")
    write_lines(tmp_path / "less", without_table(list(checked_lines(tmp_path / "file")), rows_only))
    refused = other.run(f"restore {tmp_path / 'less'}")
    assert refused.exit_code == 1
    assert "lacks" in refused.output
    assert "table pin, so it is not the whole price book. Nothing was restored: take another copy" in refused.output
    assert not any(count for name, count in tables_of(other).items() if name != "alembic_version")
    done(other, f"restore {tmp_path / 'file'}")
    assert tables_of(other) == tables_of(commands)


def test_a_backup_that_lacks_a_column_is_refused_whole(commands: Commands, other: Commands, tmp_path: Path) -> None:
    done(commands, f"backup {tmp_path / 'file'}")
    head, *lines = checked_lines(tmp_path / "file")
    write_lines(tmp_path / "less", [head.replace(b',"undone_at"', b""), *lines])
    refused = other.run(f"restore {tmp_path / 'less'}")
    assert refused.exit_code == 1
    assert "This backup lacks undone_at of table source_fetch" in refused.output
    assert not any(count for name, count in tables_of(other).items() if name != "alembic_version")


def test_it_goes_between_a_server_with_timescaledb_and_the_embedded_one_and_back(
    commands: Commands, other: Commands, tmp_path: Path
) -> None:
    if "LLMPRICING_TEST_DATABASE_URL" not in os.environ:
        pytest.skip("all databases of this run are on the embedded server; .ci/timescaledb names another one")
    (tmp_path / "embedded").mkdir()
    files = [tmp_path / name for name in ("first", "second", "third")]
    with running_stores() as stores:
        embedded = commands_on(tmp_path / "embedded", stores.database_url, stores.redis_url)
        done(commands, f"backup {files[0]}")
        done(embedded, f"restore {files[0]}")
        done(embedded, f"backup {files[1]}")
        assert quoted(embedded) == quoted(commands)
    done(other, f"restore {files[1]}")
    done(other, f"backup {files[2]}")
    assert len({file.read_bytes() for file in files}) == 1
    assert tables_of(other) == tables_of(commands)


def test_a_book_with_prices_is_not_restored_over(commands: Commands, tmp_path: Path) -> None:
    before = tables_of(commands)
    done(commands, f"backup {tmp_path / 'file'}")
    refused = commands.run(f"restore {tmp_path / 'file'}")
    assert refused.exit_code == 1
    assert "holds a price book already" in refused.output
    assert "LLMPRICING_DATABASE_URL" in refused.output
    assert tables_of(commands) == before


def test_migrated_tables_without_rows_are_as_good_as_none(commands: Commands, other: Commands, tmp_path: Path) -> None:
    migrated(other.environ["LLMPRICING_DATABASE_URL"])
    done(commands, f"backup {tmp_path / 'file'}")
    done(other, f"restore {tmp_path / 'file'}")
    assert tables_of(other) == tables_of(commands)


@pytest.mark.parametrize("there", [None, "0014", "head"])
def test_a_backup_of_an_older_release_is_brought_up_to_this_one(
    other: Commands, store_urls: StoreUrls, tmp_path: Path, there: str | None
) -> None:
    engine = create_engine(other.environ["LLMPRICING_DATABASE_URL"], poolclass=NullPool)
    if there:
        with engine.connect() as connection:
            migrations.upgrade(connection, 10, there)
    write_lines(tmp_path / "old", lines_of(store_urls, OLD, audit_event=DECISION))
    assert "Restored: 1 rows" in done(other, f"restore {tmp_path / 'old'}")
    with engine.connect() as connection:
        assert migrations.current(connection) == revisions.head()
        assert connection.execute(text("select id, actor, at::text from audit_event")).all() == [
            (7, "ada", "2026-01-02 03:04:05.000006+00")
        ]


def test_a_backup_of_a_newer_release_is_refused(other: Commands, tmp_path: Path) -> None:
    write_lines(tmp_path / "new", [b'{"llmpricing_backup":1,"revision":"9999","columns":{}}'])
    refused = other.run(f"restore {tmp_path / 'new'}")
    assert refused.exit_code == 1
    assert "A newer llmpricing wrote this backup (revision 9999)" in refused.output
    assert tables_of(other) == {}


def test_a_backup_holds_every_table_and_is_not_written_over(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "file"
    done(commands, f"backup {file}")
    held = {line for line in checked_lines(file) if line.startswith(b'{"table"')}
    assert held == {b'{"table":"%s"}' % name.encode() for name in Base.metadata.tables}
    assert "--force" in commands.run(f"backup {file}").output
    done(commands, f"backup {file} --force")


def test_a_database_of_another_release_is_not_backed_up(commands: Commands, tmp_path: Path) -> None:
    with create_engine(commands.environ["LLMPRICING_DATABASE_URL"], poolclass=NullPool).connect() as connection:
        migrations.downgrade(connection, 10, revisions.known_revisions()[1])
    refused = commands.run(f"backup {tmp_path / 'file'}")
    assert refused.exit_code == 1
    assert "Run initialize_llmpricing_db first" in refused.output
    assert not (tmp_path / "file").exists()
