"""Why a login fails, in the words of a real server, and what the health check and the scripts make of it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from llmpricing.health import run
from llmpricing.health.database import DatabaseWatch
from llmpricing.local_stores import RunningStores, running_stores
from llmpricing.local_stores.probes import ask_database
from llmpricing.scripts.failures import next_step
from llmpricing.services import schema
from llmpricing.stores.connect_failures import ConnectFailure, connect_failure
from tests.unplugged.conftest import MakeSettings, as_superuser
from tests.unplugged.faults import closed_port, wait_until
from tests.unplugged.test_health_of_stores import NOW


@pytest.fixture(scope="module")
def guest(stores: RunningStores) -> URL:
    """A role and a database whose rights may be taken away."""
    with as_superuser(stores) as execute:
        execute("create role guest login password 'hush-hush'")
        execute("create database guests owner guest")
    return make_url(stores.database_url).set(username="guest", password="hush-hush", database="guests")


def told(url: URL, make_settings: MakeSettings) -> tuple[ConnectFailure | None, str, str]:
    """What a refused login is taken for, what the health check says, and what a script advises; without a secret."""
    with pytest.raises(DBAPIError) as caught:
        create_engine(url, poolclass=NullPool).connect()
    settings = make_settings(**{"sqlalchemy.url": url.render_as_string(hide_password=False)})
    probes = {"database": DatabaseWatch(settings, schema.expected(), lambda: 0).probe}
    health = run(probes, settings.health_timeout_s, now=NOW).checks["database"]["error"]
    advice = next_step(caught.value)
    assert "hush-hush" not in f"{health} {advice}"
    assert not ask_database(url).ready
    return connect_failure(caught.value.orig), health, advice


@pytest.mark.parametrize(
    ("fault", "remedy", "failure", "health", "advice"),
    [
        (
            "alter role guest connection limit 0",
            "alter role guest connection limit -1",
            ConnectFailure.ROLE_FULL,
            "full: the role has no connection left",
            "The role has no connection left.",
        ),
        (
            "alter database guests connection limit 0",
            "alter database guests connection limit -1",
            ConnectFailure.DATABASE_FULL,
            "full: the database has no connection left",
            "The database has no connection left.",
        ),
        (
            "revoke connect on database guests from public, guest",
            "grant connect on database guests to public, guest",
            ConnectFailure.NO_CONNECT_RIGHT,
            "no rights: the role may not connect",
            "The role may not connect to the database.",
        ),
        (
            "alter role guest nologin",
            "alter role guest login",
            ConnectFailure.NO_LOGIN,
            "authentication failed: the role may not log in",
            "The role may not log in.",
        ),
        (
            "alter database guests allow_connections false",
            "alter database guests allow_connections true",
            ConnectFailure.DATABASE_CLOSED,
            "closed: the database takes no connections",
            "The database takes no connections.",
        ),
    ],
)
def test_a_right_or_a_limit_that_keeps_us_out_is_named(
    stores: RunningStores,
    make_settings: MakeSettings,
    guest: URL,
    fault: str,
    remedy: str,
    failure: ConnectFailure,
    health: str,
    advice: str,
) -> None:
    with as_superuser(stores) as execute:
        execute(fault)
        try:
            found = told(guest, make_settings)
        finally:
            execute(remedy)
    assert found[0] is failure
    assert found[1].startswith(health)
    assert found[2].startswith(advice)
    assert ask_database(guest).ready


@pytest.mark.parametrize(
    ("changes", "failure", "health", "advice"),
    [
        ({"password": "wrong"}, ConnectFailure.WRONG_PASSWORD, "authentication failed", "The password was refused."),
        ({"username": "nobody-knows"}, ConnectFailure.WRONG_PASSWORD, "authentication failed", "The password was"),
        ({"database": "no_such"}, ConnectFailure.NO_DATABASE, "no such database", "The database does not exist."),
        (
            {"database": 'role "x" does not exist'},
            ConnectFailure.NO_DATABASE,
            "no such database",
            "The database does not exist.",
        ),
        ({"host": "no-such-host.invalid"}, ConnectFailure.UNKNOWN_HOST, "unknown host", "The host is not known."),
        ({"query": {"sslmode": "require"}}, ConnectFailure.NO_TLS, "no TLS", "The server does not offer the TLS"),
    ],
)
def test_a_url_that_is_wrong_is_told_where(
    make_settings: MakeSettings, guest: URL, changes: dict[str, str], failure: ConnectFailure, health: str, advice: str
) -> None:
    found = told(guest.set(**changes), make_settings)
    assert found[0] is failure
    assert found[1].startswith(health)
    assert found[2].startswith(advice)


@pytest.mark.parametrize("name", ["database", "role", "starting"])
def test_a_host_of_any_name_that_refuses_is_told_as_such(make_settings: MakeSettings, guest: URL, name: str) -> None:
    url = guest.set(host=name, port=closed_port(), query={"hostaddr": "127.0.0.1"})
    failure, health, advice = told(url, make_settings)
    assert failure is ConnectFailure.REFUSED
    assert health.startswith("refused: ")
    assert advice.startswith("The database cannot be reached")


def test_what_does_not_speak_postgresql_is_told_as_such(guest: URL) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mail:
        url = guest.set(port=mail.getsockname()[1])

        def greet() -> None:
            client, _ = mail.accept()
            with client:
                client.sendall(b"220 mail.example ready\r\n")
                client.recv(1024)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with pytest.raises(DBAPIError) as caught:
            create_engine(url, connect_args={"connect_timeout": 5}).connect()
        greeter.join()
    assert connect_failure(caught.value.orig) is ConnectFailure.NOT_POSTGRESQL
    assert next_step(caught.value).startswith("What answers there is not PostgreSQL.")


def test_a_role_that_the_server_does_not_know_is_named_where_no_password_is_asked_for(stores: RunningStores) -> None:
    with pytest.raises(psycopg2.OperationalError) as caught:
        psycopg2.connect(host=str(stores.postgres._socket_folder), port=stores.postgres.port, user="stranger")
    assert connect_failure(caught.value) is ConnectFailure.NO_ROLE


def test_a_server_whose_rules_do_not_admit_us_is_told_as_such(
    stores: RunningStores, make_settings: MakeSettings, guest: URL
) -> None:
    rules = stores.postgres.folder / "pg_hba.conf"
    before = rules.read_text()
    with as_superuser(stores) as execute:
        try:
            rules.write_text("local all all trust\nhost all llmpricing all scram-sha-256\n")
            execute("select pg_reload_conf()")
            wait_until(lambda: not ask_database(guest).ready)
            found = told(guest, make_settings)
        finally:
            rules.write_text(before)
            execute("select pg_reload_conf()")
            wait_until(lambda: ask_database(guest).ready)
    assert found[0] is ConnectFailure.NOT_ADMITTED
    assert found[1].startswith("authentication failed: the server's pg_hba.conf")
    assert found[2].startswith("The server's pg_hba.conf does not admit this role")


def test_a_server_without_a_place_left_is_told_as_such(make_settings: MakeSettings, guest: URL) -> None:
    options = guest.translate_connect_args(username="user", database="dbname")
    with ExitStack() as taken:
        while ask_database(guest).ready:
            taken.enter_context(closing(psycopg2.connect(**options)))
        failure, health, advice = told(guest, make_settings)
    assert failure is ConnectFailure.SERVER_FULL
    assert health.startswith("full: the server has no connection left")
    assert advice.startswith("The server has no connection left.")
    wait_until(lambda: ask_database(guest).ready)


@contextmanager
def repairing(stores: RunningStores) -> Iterator[None]:
    """Start the server, whose recovery goes on until the end of the block."""
    hold = stores.postgres.folder / "hold"
    for path, content in (
        (hold, ""),
        (stores.postgres.folder / "recovery.signal", ""),
        (
            stores.postgres.folder / "postgresql.auto.conf",
            f"restore_command = 'while test -e \"{hold}\"; do sleep 0.1; done; exit 1'\n",
        ),
    ):
        path.write_text(content)
        os.chown(path, stores.postgres.folder.stat().st_uid, stores.postgres.folder.stat().st_gid)
    start = threading.Thread(target=stores.start_postgres)
    start.start()
    try:
        yield
    finally:
        hold.unlink()
        start.join()


def test_a_server_that_is_going_or_coming_is_told_as_such(make_settings: MakeSettings) -> None:
    with running_stores(password="hush-hush") as own:
        url = make_url(own.database_url)
        with as_superuser(own):
            assert own.postgres.pid is not None
            os.kill(own.postgres.pid, signal.SIGTERM)  # a smart shutdown: it waits for its last client
            wait_until(lambda: not ask_database(url).ready)
            going = told(url, make_settings)
        wait_until(lambda: own.postgres.pid is None)
        with repairing(own):
            wait_until(lambda: ask_database(url).starting)
            coming = told(url, make_settings)
        assert ask_database(url).ready
    assert going[0] is ConnectFailure.STOPPING
    assert going[1].startswith("not ready: the server is shutting down")
    assert going[2].startswith("The server is shutting down.")
    assert coming[0] is ConnectFailure.STARTING
    assert coming[1].startswith("not ready: the server is starting up")
    assert coming[2].startswith("The server is starting up.")
