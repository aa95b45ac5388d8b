"""What was observed and who decided stays, whoever asks, and the two roles of docs/operations.md make that hold."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import migrations
from tests.commands import commands_on
from tests.conftest import running_app
from tests.lists import small_list
from tests.servers import StoreUrls, drop, migrated

TABLES = ("audit_event", "model_pricing_history")
CHANGES = ("update {} set {} = now()", "delete from {}", "truncate {}")
TIMES = {"audit_event": "at", "model_pricing_history": "time"}
PAGE = Path(__file__).parents[3] / "docs/operations.md"
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
DECISION = "insert into audit_event (at, actor, action, subject) values (now(), 'ada', 'pin_added', 'acme/a')"


def refusal(engine: Engine, statement: str) -> str:
    """SQLSTATE and text of the refusal; the test fails where the statement is not refused."""
    with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
        connection.execute(text(statement))
    return f"{getattr(refused.value.orig, 'pgcode', '')} {refused.value.orig}"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", TABLES)
def test_what_only_grows_is_neither_changed_nor_deleted_nor_emptied(engine: Engine, table: str, change: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(DECISION))
        before = _rows(connection, table)
    said = refusal(engine, change.format(table, TIMES[table]))
    assert said.startswith(f"23001 table {table} only grows: ")
    assert re.search(r"HINT: .* llmpricing (unpin|import undo)", said)
    with engine.connect() as connection:
        assert _rows(connection, table) == before > 0


def test_the_chunks_of_a_hypertable_only_grow_too_also_those_that_were_there_before(engine: Engine) -> None:
    with engine.connect() as connection:
        migrations.downgrade(connection, 10, "0017")
        migrations.upgrade(connection, 10)
        chunks = _chunks(connection)
    for chunk in chunks:
        assert "model_pricing_history only grows" in refusal(engine, f"delete from {chunk}")
        assert "model_pricing_history only grows" in refusal(engine, f"update {chunk} set value = 1")


def import_of(folder: Path) -> list[str]:
    """The command that imports the small list."""
    (folder / "list.json").write_bytes(small_list())
    return [f"import genai-prices {folder}/list.json --published 2026-11-10"]


def _rows(connection: Connection, table: str) -> int:
    return int(connection.scalar(text(f"select count(*) from {table}")) or 0)


def _chunks(connection: Connection) -> list[str]:
    """The tables that hold the observations: chunks, or the table itself on plain PostgreSQL."""
    if not connection.scalar(text("select 1 from pg_extension where extname = 'timescaledb'")):
        return ["model_pricing_history"]
    found = connection.scalars(text("select show_chunks('model_pricing_history')::text")).all()
    assert found
    return list(found)


@dataclass
class TwoRoles:
    """A database made by the statements of docs/operations.md, under names of its own."""

    owner: str
    serving: str


@pytest.fixture
def two_roles(store_urls: StoreUrls) -> Iterator[TwoRoles]:
    mark = f"{store_urls.run}_{uuid.uuid4().hex[:8]}"
    named = [re.sub(r"database llmpricing\b", f"database {mark}", one) for one in STATEMENTS[:2]]
    as_administrator, as_owner = (one.replace("llmpricing_", f"{mark}_") for one in named)
    url = make_url(store_urls.database)
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
        connection.execute(text("set createrole_self_grant = 'set, inherit'"))  # our role is no superuser
        for statement in filter(str.strip, as_administrator.split(";")):
            connection.execute(text(statement))
        owner = url.set(username=f"{mark}_owner", password="OWNER_PASSWORD", database=mark)
        serving = owner.set(username=f"{mark}_serving", password="SERVING_PASSWORD")
        with create_engine(owner, poolclass=NullPool).begin() as own:
            own.execute(text(as_owner))
        try:
            yield TwoRoles(*(each.render_as_string(hide_password=False) for each in (owner, serving)))
        finally:
            drop(connection, mark)
            connection.execute(text(f"drop role {mark}_owner, {mark}_serving"))


def test_the_serving_role_does_all_but_migrate_and_switch_the_triggers_off(
    two_roles: TwoRoles, redis_url: str, tmp_path: Path
) -> None:
    migrated(two_roles.owner)
    commands = commands_on(tmp_path, two_roles.serving, redis_url)
    for line in (
        *import_of(tmp_path),
        "pin acme/acme-large input_tokens 3 --as ada",
        "unpin acme/acme-large input_tokens --as ada",
        "rate add acme --discount 10% --from 2026-01-01 --as ada",
    ):
        done = commands.run(line)
        assert done.exit_code == 0, done.output
    with running_app(two_roles.serving, redis_url) as app:
        assert app.get("/api/v1/models").json["data"]
    done = commands.run("import undo 1 --yes --as ada")
    assert done.exit_code == 0, done.output
    serving = create_engine(two_roles.serving, poolclass=NullPool)
    for table in TABLES:
        assert "only grows" in refusal(serving, f"delete from {table}")
        for change in (
            f"truncate {table}",
            f"alter table {table} disable trigger all",
            f"drop trigger {table}_only_grows on {table}",
            f"drop table {table}",
        ):
            assert refusal(serving, change).startswith("42501"), change
    assert refusal(serving, "set session_replication_role = replica").startswith("42501")
    replaced = "create or replace function refuse_change() returns trigger language plpgsql as 'begin return old; end'"
    assert refusal(serving, replaced).startswith("42501")


def test_old_observations_go_by_the_owners_statements_alone(
    two_roles: TwoRoles, redis_url: str, tmp_path: Path
) -> None:
    migrated(two_roles.owner)
    done = commands_on(tmp_path, two_roles.serving, redis_url).run(*import_of(tmp_path))
    assert done.exit_code == 0, done.output
    owner = create_engine(two_roles.owner, poolclass=NullPool)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        hypertable = _chunks(connection) != ["model_pricing_history"]
        retention = next(block for block in STATEMENTS if ("drop_chunks" if hypertable else "disable trigger") in block)
        assert _rows(connection, "model_pricing_history")
        for statement in filter(str.strip, retention.replace("2024-01-01", "2030-01-01").split(";")):
            connection.execute(text(statement))
        assert not _rows(connection, "model_pricing_history")
    with Session(owner) as session:
        session.execute(text(DECISION))
        session.commit()
    assert "only grows" in refusal(owner, "delete from audit_event")


def test_the_history_is_compressed_by_the_owners_statements_and_still_only_grows(
    two_roles: TwoRoles, redis_url: str, tmp_path: Path
) -> None:
    migrated(two_roles.owner)
    done = commands_on(tmp_path, two_roles.serving, redis_url).run(*import_of(tmp_path))
    assert done.exit_code == 0, done.output
    owner = create_engine(two_roles.owner, poolclass=NullPool)
    settings, policy = (one for block in STATEMENTS if "compress" in block for one in block.split(";") if one.strip())
    with owner.connect() as connection:
        if _chunks(connection) == ["model_pricing_history"]:
            pytest.skip("this PostgreSQL has no TimescaleDB; .ci/timescaledb has one")
        edition = connection.scalar(text("select current_setting('timescaledb.license')"))
    if edition != "timescale":
        for statement in (settings, policy):  # by its licence alone: it has read them
            assert re.match(r'0A000 function.* not supported under the current "apache"', refusal(owner, statement))
        return
    with owner.begin() as connection:
        before = _rows(connection, "model_pricing_history")
        for statement in (settings, policy, "select compress_chunk(c) from show_chunks('model_pricing_history') c"):
            connection.execute(text(statement))
        assert _rows(connection, "model_pricing_history") == before > 0
    assert "model_pricing_history only grows" in refusal(owner, "delete from model_pricing_history")
