"""Serving, commands and migrations behind PgBouncer, which gives each transaction another session of the server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.running import ImportPlace, RunningImports, running_imports, shown_as_running
from llmpricing.settings import read_settings
from tests.commands import Commands, commands_on
from tests.conftest import running_app
from tests.lists import price_list
from tests.reads import AT, READ
from tests.servers import StoreUrls, new_database
from tests.unplugged.faults import closed_port, wait_until

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
EXAMPLE = Path(__file__).parents[2] / "deploy/pgbouncer.ini"
SESSIONS = 4
HELD = text("""select count(*) from pg_locks join pg_database on pg_database.oid = database
    where locktype = 'advisory' and datname = current_database()""")
SESSION = text("select pg_backend_pid()")

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer here: apt-get install pgbouncer")


@pytest.fixture(scope="module")
def pooler(store_urls: StoreUrls) -> Iterator[int]:
    """The port of a PgBouncer before the tests' server, by the settings that deploy/ gives."""
    server, port = make_url(store_urls.database), closed_port()
    folder = Path(tempfile.mkdtemp(prefix="llmpricing-test-"))
    ini = ConfigParser(interpolation=None)
    ini.read_string(EXAMPLE.read_text("utf-8"))
    ini["databases"] = {"*": f"host={server.host} port={server.port}"}
    ini["pgbouncer"].update(
        {
            "listen_port": str(port),
            "auth_file": str(folder / "userlist.txt"),
            "unix_socket_dir": "",
            "default_pool_size": str(SESSIONS),
            "server_round_robin": "1",  # what one transaction leaves behind is not the next one's
        }
    )
    with (folder / "pgbouncer.ini").open("w") as file:
        ini.write(file)
    (folder / "userlist.txt").write_text(f'"{server.username}" "{server.password}"\n')
    folder.chmod(0o755)  # PgBouncer refuses to run as root
    nobody = "nobody" if os.geteuid() == 0 else None
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([str(PGBOUNCER), folder / "pgbouncer.ini"], stdout=log, stderr=log, user=nobody) as process,
    ):
        try:
            wait_until(lambda: listens(port) or process.poll() is not None, 30)
            assert process.poll() is None, (folder / "log").read_text()
            yield port
        finally:
            process.kill()
            shutil.rmtree(folder)


def listens(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def behind(url: str, port: int) -> str:
    return make_url(url).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)


@pytest.fixture
def pooled_url(book_url: str, pooler: int) -> str:
    """The small price book through the pooler, on a server whose own hours are not UTC."""
    name = make_url(book_url).database
    with create_engine(book_url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"alter database {name} set timezone to 'Pacific/Auckland'"))
    return behind(book_url, pooler)


def test_two_transactions_have_two_sessions_here(pooled_url: str) -> None:
    """What the other tests of this file rest on."""
    with create_engine(pooled_url, poolclass=NullPool).connect() as one:
        with create_engine(pooled_url, poolclass=NullPool).connect() as two:  # so that there are two sessions
            assert one.scalar(SESSION) != two.scalar(SESSION)
        found = set()
        for _ in range(2 * SESSIONS):
            one.rollback()
            found.add(one.scalar(SESSION))
    assert len(found) > 1


def answers(app: TestApp) -> list[Any]:
    return [app.get(address).json for address in READ]


def test_answers_are_those_of_the_server_itself(book_url: str, pooled_url: str, redis_url: str) -> None:
    with running_app(book_url, redis_url) as app:
        direct = answers(app)
    with running_app(pooled_url, redis_url) as app, ThreadPoolExecutor(SESSIONS) as threads:
        for found in threads.map(lambda _: answers(app), range(2 * SESSIONS)):
            assert found == direct
        assert app.get("/api/health").json["status"] == "healthy"


def book_of(app: TestApp) -> int | None:
    """The version of the book that the server holds, if it holds one: until then a slow probe is a 503."""
    version: int | None = app.get("/api/health/ready", expect_errors=True).json["book"]
    return version


def test_the_book_in_memory_is_written_and_followed(pooled_url: str, redis_url: str, tmp_path: Path) -> None:
    with running_app(pooled_url, redis_url, book_dir=tmp_path / "book") as app:
        wait_until(lambda: book_of(app) == 1, 60)
        done(commands_on(tmp_path, pooled_url, redis_url), "exchange add EUR 1.08 --from 2026-01-02 --source ECB")
        wait_until(lambda: book_of(app) == 2, 60)


def test_imports_and_decisions_are_kept(pooled_url: str, book_url: str, redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(price_list(a=1, b=2))
    direct, pooled = (tmp_path / name for name in ("direct", "pooled"))
    commands = {}
    for folder, url in ((direct, book_url), (pooled, pooled_url)):
        folder.mkdir()
        commands[folder] = commands_on(folder, url, redis_url)
    imported = commands[pooled].json("import genai-prices", str(tmp_path / "list.json"), "--allow-drop")
    assert (imported["outcome"], imported["new"]) == ("imported", 4)
    for line in ("pin acme/a input_tokens 3.10 --as ada", "token add grafana --scope read --as ada"):
        done(commands[pooled], line)
    quote = f"quote acme/a --input 1000 --output 10 --at {AT}"
    assert commands[pooled].json(quote) == commands[direct].json(quote)
    for folder, one in commands.items():
        done(one, f"backup {folder / 'file'}")
    assert (direct / "file").read_bytes() == (pooled / "file").read_bytes()


def test_one_import_at_a_time_has_the_place_and_leaves_nothing(pooled_url: str, book_url: str, redis_url: str) -> None:
    urls = {"sqlalchemy.url": pooled_url, "redis.url": redis_url}
    settings = read_settings(urls | {"llmpricing.environment": "development"}, environ={})
    place = ImportPlace.take(settings)
    assert place is not None
    assert ImportPlace.take(settings) is None
    place.tell(7, 9)
    with create_engine(pooled_url, poolclass=NullPool).connect() as connection:
        assert running_imports(connection) == RunningImports(is_asked=True, done=7, total=9, is_any=True)
    place.leave()
    with shown_as_running(settings), shown_as_running(settings):
        assert ImportPlace.take(settings) is None
    with create_engine(book_url, poolclass=NullPool).connect() as connection:
        assert running_imports(connection) == RunningImports()
        assert connection.scalar(HELD) == 0


def done(commands: Commands, command: str) -> None:
    result = commands.run(command)
    assert result.exit_code == 0, result.output


def test_two_initialisations_at_once_migrate_once(store_urls: StoreUrls, pooler: int, tmp_path: Path) -> None:
    with new_database(store_urls) as url:
        commands = commands_on(tmp_path, behind(url, pooler), store_urls.redis)
        command = [sys.executable, "-m", "llmpricing.scripts.initialize_db", str(commands.ini)]
        both = [
            subprocess.Popen(command, env=os.environ | commands.environ, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        told = "".join(process.communicate(timeout=180)[0] for process in both)
        assert [process.returncode for process in both] == [0, 0]
        assert told.count("Schema migrated from an empty database") == 1
        assert told.count("Schema is up to date") == 1
        with create_engine(url, poolclass=NullPool).connect() as connection:
            assert connection.scalar(HELD) == 0, "no session of the pool keeps a lock"
