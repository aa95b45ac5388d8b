"""Prices stay quotable while the database is killed, frozen, silent, locked or full, and after a restart without it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from psycopg2.errors import DiskFull
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from llmpricing.services import schema
from llmpricing.services.decisions.access_tokens import add_token
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.price_book.folder import newest_files
from tests.commands import commands_on
from tests.functional.addresses import ADMIN
from tests.unplugged.conftest import as_superuser
from tests.unplugged.faults import closed_port, frozen, kill, proxied, wait_until
from tests.unplugged.priced import (
    PATIENCE_S,
    QUOTE,
    READY,
    VERSION,
    answers,
    assert_answers_unmarked,
    assert_goes_on,
    assert_recovers,
    health,
    is_stale,
)

DECISION = ("/admin/aliases/add", {"name": "my-gpt", "offering": "acme/acme-large", "note": "ours"})


@pytest.fixture
def site(book_site):
    return book_site


def test_a_killed_database_leaves_prices_quotable(priced_stores, site):
    well, postgres = answers(site), priced_stores.postgres
    kill(postgres.pid)
    wait_until(lambda: postgres.pid is None)
    try:
        assert_goes_on(site, well)
        assert health(site, 503)["checks"]["database"]["error"].startswith("refused")
        for path in ADMIN.values():  # operators decide nothing that could not be kept
            page = site.get(path, "text/html")
            assert (page.status, page.headers["Retry-After"]) == (503, "5"), path
            assert "<h1>" in page.text
            assert page.headers["X-Request-Id"] in page.text
    finally:
        postgres.start(postgres.port, make_url(priced_stores.database_url))
    assert_recovers(site, well)


def test_a_frozen_database_leaves_prices_quotable_to_64_clients_and_health_prompt(priced_stores, site):
    well = answers(site)
    with frozen(priced_stores.postgres.pid):
        wait_until(lambda: is_stale(site), PATIENCE_S)
        with clients(site, 64) as found:
            for _ in range(10):
                health(site, 503)
                assert site.get(READY).status == 200
                time.sleep(0.2)
            wait_until(lambda: len(found) > 200, PATIENCE_S)
        assert {(answer.status, answer.json["meta"]["stale"]) for answer in found} == {(200, True)}
        assert_goes_on(site, well)
    assert_recovers(site, well)


@contextmanager
def clients(site, count):
    """So many clients that ask for a quote again and again; their answers."""
    found, over = [], threading.Event()

    def ask():
        while not over.is_set():
            found.append(site.get(QUOTE))

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_a_password_that_was_changed_leaves_prices_quotable_until_it_is_ours_again(priced_stores, site):
    well, url = answers(site), make_url(priced_stores.database_url)
    with as_superuser(priced_stores) as run:
        run(f"alter role {url.username} password 'another'")
        try:
            run("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (url.username,))
            assert_goes_on(site, well)
            assert health(site, 503)["checks"]["database"]["error"].startswith("authentication failed")
        finally:
            run(f"alter role {url.username} password '{url.password}'")
    assert_recovers(site, well)
    assert health(site)["services"]["database"] == "ok"


def test_a_table_that_is_locked_is_not_asked(priced_stores, site):
    well, engine = answers(site), create_engine(priced_stores.database_url)
    with engine.connect() as connection:
        connection.execute(text("lock table price, offering in access exclusive mode"))
        assert_answers_unmarked(site, well)
        assert health(site, 503)["checks"]["database"]["error"].startswith("locked")
    assert health(site)["services"]["database"] == "ok"
    engine.dispose()


def test_the_table_that_tells_the_version_is_locked_and_leaves_prices_quotable(priced_stores, site):
    well, engine = answers(site), create_engine(priced_stores.database_url)
    with engine.connect() as connection:
        connection.execute(text("lock table catalogue in access exclusive mode"))
        assert_goes_on(site, well)
        assert health(site, 503)["checks"]["database"]["error"].startswith("locked")
    engine.dispose()
    assert_recovers(site, well)
    assert health(site)["services"]["database"] == "ok"


def test_a_schema_that_is_behind_is_told_and_not_missed(priced_stores, site):
    well, engine, ours = answers(site), create_engine(priced_stores.database_url), schema.expected().revisions

    def say(revision):
        with engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})

    say(ours[1])
    try:
        assert_answers_unmarked(site, well)
        assert health(site, 503)["checks"]["database"]["error"].startswith("schema behind")
    finally:
        say(ours[0])
        engine.dispose()
    assert health(site)["services"]["database"] == "ok"


def test_a_database_that_lost_our_tables_leaves_prices_quotable_until_they_are_back(priced_stores, site):
    well = answers(site)
    with another_database(priced_stores):
        assert_goes_on(site, well)
        assert health(site, 503)["checks"]["database"]["error"].startswith("schema missing")
    assert_recovers(site, well)
    assert health(site)["services"]["database"] == "ok"


@contextmanager
def another_database(stores):
    """An empty database bears the name of ours, as after a restore that went wrong."""
    url = make_url(stores.database_url)

    def change_places(gone, come):
        run(f"alter database {url.database} allow_connections false")
        run("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (url.database,))
        wait_until(lambda: is_left(run), PATIENCE_S)
        run(f"alter database {url.database} rename to {gone}")
        run(f"alter database {come} rename to {url.database}")
        run(f"alter database {url.database} allow_connections true")

    def is_left(run):
        run("select count(*) from pg_stat_activity where datname = %s", (url.database,))
        return run.__self__.fetchone() == (0,)

    with as_superuser(stores) as run:
        run(f"create database empty owner {url.username}")
        change_places("ours", "empty")
        try:
            yield
        finally:
            change_places("empty", "ours")
            run("drop database empty")


def test_a_database_that_takes_no_more_writes_answers_as_before_and_operators_are_told(priced_stores, site):
    well = answers(site)
    with as_superuser(priced_stores) as run:
        run("alter system set default_transaction_read_only = on")
        run("select pg_reload_conf()")
        try:
            assert_answers_unmarked(site, well)
            assert health(site)["services"]["database"] == "ok"

            def is_told() -> bool:
                refused = site.send(*DECISION)
                assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
                return "unset default_transaction_read_only" in refused.text

            # The first may still meet a connection that an earlier failure broke, and is told to come again.
            wait_until(is_told, PATIENCE_S)
        finally:
            run("alter system reset default_transaction_read_only")
            run("select pg_reload_conf()")
    assert health(site)["services"]["database"] == "ok"


def test_a_database_whose_disk_is_full_answers_as_before_and_loses_nothing(priced_stores, site, disk, tmp_path):
    if disk is None:
        pytest.skip("nothing may be mounted here, so no disk can be full")
    well = answers(site)
    commands = commands_on(tmp_path, priced_stores.database_url, priced_stores.redis_url)
    with as_superuser(priced_stores, "llmpricing_test") as run:
        with full(disk, run):
            assert_answers_unmarked(site, well)
            assert health(site)["services"]["database"] == "ok"
            refused = commands.run("token add", "till")
            assert refused.exit_code == 1
            assert "disk is full; nothing was lost" in refused.output
            assert "\nNext: free some space" in refused.output
        assert_answers_unmarked(site, well)
        done = commands.run("token add", "till")
        assert done.exit_code == 0, done.output
        wait_until(lambda: site.get(QUOTE).status == 401, PATIENCE_S)
        run("truncate access_token cascade")
    wait_until(lambda: site.get(QUOTE).status == 200, PATIENCE_S)


@contextmanager
def full(disk, run):
    """The database's disk holds no page more, and a new row of access_token would need one."""
    run("alter system set autovacuum = off")  # it gives room back
    run("select pg_reload_conf()")
    run("create table filler (words text)")
    run("truncate access_token cascade")
    run("select pg_switch_wal()")
    run("checkpoint")  # what is to be written ahead has its file
    try:
        with disk.without_room():
            with pytest.raises(DiskFull):
                run("insert into filler select repeat('x', 1000) from generate_series(1, 10000)")
            yield
    finally:
        run("drop table filler")
        run("alter system reset autovacuum")
        run("select pg_reload_conf()")


@pytest.mark.parametrize("way", ["refused", "silent", "wrong password", "without our tables"])
def test_after_a_restart_without_the_database_the_last_file_answers(priced_stores, serve_book, site, folder, way):
    well = answers(site)
    with proxied(priced_stores.database_url) as line:
        line.go_silent()
        with serve_book(folder, **unusable(way, line)) as alone:
            wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
            assert_goes_on(alone, well)
            if way == "silent":
                line.pass_again()
                assert_recovers(alone, well)


def unusable(way, silent):
    """What is other in the URL of a database that cannot be read; the line to it is ``silent``."""
    ways = {
        "refused": {"port": closed_port()},
        "silent": {"port": make_url(silent.url).port},
        "wrong password": {"password": "another"},
        "without our tables": {"database": "postgres"},
    }
    return ways[way]


def test_after_such_a_restart_it_is_known_who_may_ask(priced_stores, serve_book, site, tmp_path):
    engine = create_engine(priced_stores.database_url)
    with serve_book(tmp_path) as other:
        wait_until(lambda: other.get(READY).json["book"] == VERSION, PATIENCE_S)
        with Session(engine) as session, session.begin():
            add_token(session, Decider("Ada", datetime.now(UTC)), "till", "read")
        wait_until(lambda: other.get(QUOTE).status == 401, PATIENCE_S)
    with serve_book(tmp_path, port=closed_port()) as alone:
        wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
        assert alone.get(QUOTE).status == 401
    with engine.begin() as connection:
        connection.execute(text("truncate access_token cascade"))
    engine.dispose()
    wait_until(lambda: site.get(QUOTE).status == 200, PATIENCE_S)  # the one that all tests share follows too


def test_a_restart_with_a_damaged_file_takes_the_one_before_or_none(serve_book, site, tmp_path, folder):
    good = newest_files(folder)[0]
    whole, cut = tmp_path / f"a-{good.name}", tmp_path / good.name
    content = good.read_bytes()
    cut.write_bytes(content[:-64])
    with serve_book(tmp_path, port=closed_port()) as alone:
        wait_until(lambda: not cut.exists(), PATIENCE_S)
        assert alone.get(READY).status == 503
        assert alone.get(QUOTE).status == 503
        assert "book_file_refused" in alone.log.read_text()
        whole.write_bytes(content)
        wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
