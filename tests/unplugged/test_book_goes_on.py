"""Prices stay quotable while the database is killed, frozen, silent or locked, and after a restart without it."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis, ResponseError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from llmpricing.local_stores import running_stores
from llmpricing.models import migrations
from llmpricing.services.decisions.access_tokens import add_token
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book.folder import newest_files
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.sources.registry import SOURCES
from tests.functional.addresses import ADMIN
from tests.lists import small_list
from tests.unplugged.conftest import as_superuser
from tests.unplugged.faults import closed_port, frozen, kill, silent_port, wait_until
from tests.unplugged.serving import serving

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEALTH, READY = "/api/health", "/api/health/ready"
QUOTE = "/api/v1/quote?model=acme/acme-large&input_tokens=1000000&at=2026-11-23T00:00:00Z"
RESOLVE = "/api/v1/resolve?model=acme-small&as_of=2026-11-23T00:00:00Z"
READ = (
    QUOTE,
    RESOLVE,
    "/api/v1/models?limit=3&sort=-input_per_mtok&as_of=2026-11-23T00:00:00Z",
    "/api/v1/models/acme/acme-large?as_of=2026-11-23T00:00:00Z",
    "/api/v1/history/acme/acme-dated",
    "/api/v1/compare?models=acme/acme-large,acme/acme-small&as_of=2026-11-23T00:00:00Z",
    "/api/v1/calculator?as_of=2026-11-23T00:00:00Z",
    "/api/v1/providers",
    "/api/v1/sources",
    "/api/v1/changes?since=2026-11-23T00:00:00Z",
    "/api/v1/disagreements?limit=7",
    "/api/v1/benchmarks",
    "/api/v1/best-value?as_of=2026-11-23T00:00:00Z",
    "/api/v1/frontier?as_of=2026-11-23T00:00:00Z",
)
# Where Kubernetes asks whether a pod serves and lives.
PROBES = re.findall(r"path: (/api/\S+?),", (Path(__file__).parents[2] / "deploy/kubernetes.yml").read_text("utf-8"))
PAGES = (
    "/",
    "/models/acme/acme-large",
    "/compare?models=acme/acme-large,acme/acme-small",
    "/best-value",
    "/changes",
    "/sources",
    "/providers/acme",
    "/bill",
)
CHARTS = (
    "/charts/history.csv?model=acme/acme-dated",
    "/charts/costs.csv?models=acme/acme-large",
    "/charts/scores.csv?models=acme/acme-large",
    "/charts/frontier.csv?as_of=2026-11-23",
    "/charts/agreement.csv",
)
SCORES = """model,benchmark,score,measured_on,source_url
acme-large,mmlu,80,,https://example.com
acme-large,gsm8k,90,,https://example.com
acme-large,humaneval,70,,https://example.com
"""
VERSION = 2  # the list, then the scores
POSTED = (
    ("/api/v1/quotes", {"model": "acme/acme-large", "usage": {"input_tokens": 7}, "at": "2026-11-23T00:00:00Z"}),
    ("/api/v1/coverage", {"models": ["acme-large", "nobody"], "as_of": "2026-11-23T00:00:00Z"}),
)
PATIENCE_S = 60  # for what comes by itself: the machine may be busy
PROMPT_S = 5  # for an answer that waits for nothing: a deadline of the database would take twice as long


@pytest.fixture(scope="module")
def priced_stores():
    """Stores of this file's own, with a small price book."""
    with running_stores(password="not-for-your-eyes") as running:
        engine = create_engine(running.database_url)
        with engine.connect() as connection:
            migrations.upgrade(connection, lock_timeout_s=10)
        with Session(engine) as session, session.begin():
            reading = ReadList(small_list(), datetime(2026, 11, 10, tzinfo=UTC), NOW, "bundled 0.2.3")
            import_lists(session, [(SOURCES["genai-prices"], reading)])
            import_scores(session, Decider("Ada", NOW), SCORES, "scores.csv")
        engine.dispose()
        yield running


@pytest.fixture(scope="module")
def serve(priced_stores, tmp_path_factory):
    """serve(folder, part=value...) as a block: the application with the book's files there, and the database at its
    URL or at one of which parts are others.
    """

    def start(folder, **parts):
        url = make_url(priced_stores.database_url).set(**parts)
        urls = {
            "sqlalchemy.url": url.render_as_string(hide_password=False),
            "redis.url": priced_stores.redis_url,
            "llmpricing.book_dir": str(folder),
        }
        return serving(tmp_path_factory.mktemp("served"), urls)

    return start


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the files are."""
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def long_running(serve, folder):
    with serve(folder) as site:
        yield site


@pytest.fixture
def site(long_running):
    """An application that holds the book and knows that it is the newest."""
    wait_until(lambda: long_running.get(READY).json == {"status": "ready", "book": VERSION, "stale": False}, PATIENCE_S)
    return long_running


def is_stale(site):
    return site.get(READY).json["stale"]


def answers(site):
    """What is answered from the book, each within its time."""
    found = [*map(site.get, READ), *(site.post(*asked) for asked in POSTED)]
    assert [answer.status for answer in found] == [200] * len(found), [answer.text for answer in found]
    assert all(answer.elapsed_s < PROMPT_S for answer in found)
    return [answer.json for answer in found]


def assert_goes_on(site, well):
    """The same answers, marked, and ready for more."""
    wait_until(lambda: is_stale(site), PATIENCE_S)
    for answer, before in zip(answers(site), well, strict=True):
        meta = answer["meta"]
        assert meta.pop("stale") is True
        assert datetime.fromisoformat(meta.pop("checked_at")) <= datetime.now(UTC)
        assert meta == before["meta"]
        if "notes" in answer["data"]:
            note = answer["data"]["notes"].pop()
            assert (note["code"], note["message"][:21]) == ("BOOK_STALE", "the database is away:")
        assert answer["data"] == before["data"]
    for page in map(site.get, PAGES):
        assert page.status == 200
        assert "The database is away." in page.text
    charts = list(map(site.get, CHARTS))
    assert [chart.status for chart in charts] == [200] * len(CHARTS)
    assert all(len(chart.text.splitlines()) > 1 for chart in charts[:-1]), "one list agrees with nobody"
    ready = site.get(READY)
    assert (ready.status, ready.json["status"]) == (200, "ready")
    assert len(PROBES) == 2
    assert [site.get(probe).status for probe in PROBES] == [200, 200], "no pod leaves"


def assert_recovers(site, well):
    wait_until(lambda: not is_stale(site), PATIENCE_S)
    assert answers(site) == well
    assert not any("The database is away." in site.get(page).text for page in PAGES)


def test_a_killed_database_leaves_prices_quotable(priced_stores, site):
    well, postgres = answers(site), priced_stores.postgres
    kill(postgres.pid)
    wait_until(lambda: postgres.pid is None)
    try:
        assert_goes_on(site, well)
        assert site.get(HEALTH).status == 503
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
                assert site.get(HEALTH).status == 503
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


def test_a_table_that_is_locked_is_not_asked(priced_stores, site):
    well, engine = answers(site), create_engine(priced_stores.database_url)
    with engine.connect() as connection:
        connection.execute(text("lock table price, offering in access exclusive mode"))
        assert answers(site) == well
    engine.dispose()


def test_stores_that_take_no_more_writes_answer_as_before(priced_stores, site):
    well, cache = answers(site), Redis.from_url(priced_stores.redis_url)
    with as_superuser(priced_stores) as run:
        run("alter system set default_transaction_read_only = on")
        run("select pg_reload_conf()")
        before = cache.config_get("maxmemory*")
        cache.config_set("maxmemory-policy", "noeviction")
        cache.config_set("maxmemory", 1)
        try:
            with pytest.raises(ResponseError, match="used memory"):
                cache.set("is", "full")
            assert answers(site) == well
            assert [site.get(path).status for path in (*PAGES, *CHARTS, READY)] == [200] * (len(PAGES + CHARTS) + 1)
            assert not is_stale(site)
        finally:
            for name, value in before.items():
                cache.config_set(name, value)
            run("alter system reset default_transaction_read_only")
            run("select pg_reload_conf()")
            cache.close()


@pytest.mark.parametrize("way", ["refused", "silent", "wrong password", "without our tables"])
def test_after_a_restart_without_the_database_the_last_file_answers(serve, site, folder, way):
    well = answers(site)
    with silent_port() as silent, serve(folder, **unusable(way, silent)) as alone:
        wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
        assert_goes_on(alone, well)


def unusable(way, silent):
    """What is other in the URL of a database that cannot be read."""
    ways = {
        "refused": {"port": closed_port()},
        "silent": {"port": silent},
        "wrong password": {"password": "another"},
        "without our tables": {"database": "postgres"},
    }
    return ways[way]


def test_after_such_a_restart_it_is_known_who_may_ask(priced_stores, serve, site, tmp_path):
    engine = create_engine(priced_stores.database_url)
    with serve(tmp_path) as other:
        wait_until(lambda: other.get(READY).json["book"] == VERSION, PATIENCE_S)
        with Session(engine) as session, session.begin():
            add_token(session, Decider("Ada", datetime.now(UTC)), "till", "read")
        wait_until(lambda: other.get(QUOTE).status == 401, PATIENCE_S)
    with serve(tmp_path, port=closed_port()) as alone:
        wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
        assert alone.get(QUOTE).status == 401
    with engine.begin() as connection:
        connection.execute(text("truncate access_token cascade"))
    engine.dispose()
    wait_until(lambda: site.get(QUOTE).status == 200, PATIENCE_S)  # the one that all tests share follows too


def test_a_restart_with_a_damaged_file_takes_the_one_before_or_none(serve, site, tmp_path, folder):
    good = newest_files(folder)[0]
    whole, cut = tmp_path / f"a-{good.name}", tmp_path / good.name
    content = good.read_bytes()
    cut.write_bytes(content[:-64])
    with serve(tmp_path, port=closed_port()) as alone:
        wait_until(lambda: not cut.exists(), PATIENCE_S)
        assert alone.get(READY).status == 503
        assert alone.get(QUOTE).status == 503
        assert "book_file_refused" in alone.log.read_text()
        whole.write_bytes(content)
        wait_until(lambda: alone.get(READY).status == 200, PATIENCE_S)
