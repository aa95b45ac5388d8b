"""initialize_llmpricing_db as people run it: fresh, twice, two at once, and against stores that are not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from llmpricing.models import migrations, revisions

COMMAND = [sys.executable, "-m", "llmpricing.scripts.initialize_db"]


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "local.ini"
    path.write_text("[app:main]\nuse = egg:llmpricing\nredis.url = redis://localhost:6379/0\n")
    return path


def environment(url: str, **more: str) -> dict[str, str]:
    own = {"LLMPRICING_DATABASE_URL": url, "LLMPRICING_ENVIRONMENT": "development"}
    return {k: v for k, v in os.environ.items() if not k.startswith("LLMPRICING_")} | own | more


def start(ini: Path, url: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, str(ini)],
        env=environment(url, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(ini: Path, url: str, **more: str) -> tuple[int, str]:
    process = start(ini, url, **more)
    output, _ = process.communicate(timeout=180)
    return process.returncode, output


def counts(url: str) -> tuple[int, ...]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        assert migrations.current(connection) == revisions.head()
        tables = ("provider", "offering", "price", "model_pricing_history", "source_fetch")
        found = [connection.scalar(text(f"select count(*) from {table}")) for table in tables]
        history = connection.scalar(text("select count(*) from price p where not upper_inf(recorded)"))
    engine.dispose()
    return (*found, history)


def execute(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_two_at_once_and_once_more_load_everything_once(ini: Path, database_url: str) -> None:
    both = [start(ini, database_url) for _ in range(2)]
    outputs = [process.communicate(timeout=180)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    after = counts(database_url)
    assert sum("genai-prices of 10 Nov 2026: 0 new" in output for output in outputs) == 1
    assert sum("Schema migrated from an empty database" in output for output in outputs) == 1
    assert after[1] >= 2330
    assert after[2] > 7994
    assert after[-1] == 0  # nothing was published and taken back on the way

    code, output = run(ini, database_url)
    assert (code, counts(database_url)) == (0, after), output
    assert "Schema is up to date" in output


def test_only_the_named_sources_are_loaded(ini: Path, database_url: str) -> None:
    code, output = run(ini, database_url, LLMPRICING_SEED="genai-prices")
    assert code == 0, output
    assert counts(database_url)[:2] == (47, 2330)


def test_an_unreachable_database_ends_with_a_next_step_and_no_secret(ini: Path) -> None:
    url = "postgresql+psycopg2://llmpricing:hush-hush@127.0.0.1:1/nowhere"
    code, output = run(ini, url, LLMPRICING_RETRY_ATTEMPTS="1", LLMPRICING_SCRIPT_RETRY_DELAY_S="0")
    assert code == 1
    assert "trying again" in output
    assert "llmpricing stores up" in output
    assert "hush-hush" not in output
    assert "Traceback" not in output


def test_a_wrong_password_is_said_at_once(ini: Path, database_url: str) -> None:
    url = make_url(database_url).set(password="wrong").render_as_string(hide_password=False)
    code, output = run(ini, url)
    assert code == 1
    assert "password was refused" in output
    assert "trying again" not in output


def test_a_missing_database_is_named_as_such(ini: Path, database_url: str) -> None:
    url = make_url(database_url).set(database="no_such_database").render_as_string(hide_password=False)
    code, output = run(ini, url)
    assert code == 1
    assert "does not exist" in output


def test_a_database_of_a_newer_release_is_named_as_such(ini: Path, empty_book_url: str) -> None:
    execute(empty_book_url, "update alembic_version set version_num = '9999'")
    code, output = run(ini, empty_book_url)
    assert code == 1
    assert output == "This database was migrated by a newer llmpricing (revision 9999): install that version.\n"


def test_another_list_of_the_same_time_is_told_without_a_traceback(ini: Path, book_url: str) -> None:
    code, output = run(ini, book_url, LLMPRICING_SEED="genai-prices")  # the small book's list is another one
    assert code == 1
    assert "Another list of this source, published at 2026-11-10" in output
    assert "LLMPRICING_SEED" in output
    assert "Traceback" not in output


def test_a_role_without_rights_on_the_tables_is_told_so(ini: Path, empty_book_url: str) -> None:
    execute(empty_book_url, f"revoke all on alembic_version from {make_url(empty_book_url).username}")
    code, output = run(ini, empty_book_url)
    assert code == 1
    assert output.startswith("The role may not do this.")


def test_a_lock_on_the_version_is_waited_for_no_longer_than_told(ini: Path, empty_book_url: str) -> None:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with engine.connect() as holder:
        holder.execute(text("lock table alembic_version in access exclusive mode"))
        process = start(ini, empty_book_url, LLMPRICING_LOCK_TIMEOUT_S="0.3")
        output, _ = process.communicate(timeout=20)  # while the lock is held
    assert process.returncode == 1
    assert output.startswith("Somebody else holds a lock on the tables.")


def test_an_ini_file_that_cannot_be_read_is_told_without_a_traceback(ini: Path, empty_book_url: str) -> None:
    ini.write_text("[app:main\nuse = egg:llmpricing\n")
    code, output = run(ini, empty_book_url)
    assert code == 1
    assert "is not an ini file that can be read" in output
    assert "Traceback" not in output


def test_bad_settings_are_listed_together(ini: Path) -> None:
    ini.write_text("[app:main]\nuse = egg:llmpricing\n")
    code, output = run(ini, "mysql://x", LLMPRICING_POOL_SIZE="1000")
    assert code == 1
    assert "sqlalchemy.url" in output
    assert "redis.url is missing" in output
    assert "pool_size" in output
