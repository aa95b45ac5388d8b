"""Health agrees with what requests meet: locked tables, a full server, a cache that takes no writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg2
import pytest
import redis
from sqlalchemy.engine import URL, make_url
from webtest import TestApp

from llmpricing.health.cache import WriteTrial
from llmpricing.local_stores import RunningStores
from tests.conftest import running_app
from tests.unplugged.conftest import MakeSettings, as_superuser
from tests.unplugged.faults import proxied, wait_until

STAYS_FULL = 5  # refusals one after the other, a tenth of a second apart


@pytest.fixture
def app(stores: RunningStores) -> Iterator[TestApp]:
    with running_app(stores.database_url, stores.redis_url, request_deadline_s="1") as app:
        yield app


def health(app: TestApp) -> dict[str, Any]:
    body: dict[str, Any] = app.get("/api/health", expect_errors=True).json
    return body


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Another session keeps everybody from the table."""
    parsed = make_url(url)
    _, options = parsed.get_dialect()().create_connect_args(parsed)
    with closing(psycopg2.connect(**options)) as connection, connection.cursor() as cursor:
        cursor.execute(f"lock table {table} in access exclusive mode")
        yield


@pytest.mark.parametrize("table", ["offering", "catalogue", "price"])
def test_a_locked_table_that_quotes_read_is_told_with_its_name(stores: RunningStores, app: TestApp, table: str) -> None:
    with locked(stores.database_url, table):
        started = time.monotonic()
        answer = app.get("/api/health", expect_errors=True)
        elapsed_s = time.monotonic() - started
        asked = app.get(f"/api/v1/models?q=nobody-asked-while-{table}-was-locked", expect_errors=True)
    assert (answer.status_int, asked.status_int) == (503, 503)
    assert answer.json["status"] == "unhealthy"
    assert answer.json["checks"]["database"]["error"].startswith(
        f"locked: another session keeps all others from table {table}"
    )
    assert elapsed_s < 2.5
    assert health(app)["status"] == "healthy"


def test_tables_that_no_quote_reads_may_be_locked_and_figures_are_left_out_in_time(
    stores: RunningStores, app: TestApp
) -> None:
    with locked(stores.database_url, "alembic_version"), locked(stores.database_url, "review"):
        started = time.monotonic()
        body = health(app)
        elapsed_s = time.monotonic() - started
    assert body["status"] == "healthy"
    assert body["checks"]["database"]["migration"] == "locked"
    assert "data" not in body
    assert elapsed_s < 1.5


@contextmanager
def full_server(stores: RunningStores) -> Iterator[None]:
    """Every connection that the role may have is taken by somebody, and stays so: one that was closed a moment ago
    still counts, and would leave its place to the next who asks.
    """
    url = make_url(stores.database_url)
    _, options = url.get_dialect()().create_connect_args(url)
    with ExitStack() as taken:
        refusals = 0
        while refusals < STAYS_FULL:
            try:
                taken.enter_context(closing(psycopg2.connect(**options)))
                refusals = 0
            except psycopg2.OperationalError:
                refusals += 1
                time.sleep(0.1)
        yield


def test_a_full_server_behind_a_connected_pool_is_degraded_because_requests_go_on(
    stores: RunningStores, app: TestApp
) -> None:
    assert app.get("/api/v1/models").status_int == 200  # the pool holds a connection now
    assert health(app)["status"] == "healthy"
    with full_server(stores):
        asked = app.get("/api/v1/models", expect_errors=True)
        bodies = [health(app) for _ in range(3)]
        with as_superuser(stores, "llmpricing_test") as execute:
            execute("begin")
            execute("lock table offering in access exclusive mode")
            while_locked = health(app)
    assert asked.status_int == 200
    assert [body["status"] for body in bodies] == ["degraded"] * 3
    assert bodies[0]["services"]["database"] == "ok"
    assert bodies[0]["checks"]["database"]["warning"].startswith("full: no new connection can be had")
    assert while_locked["checks"]["database"]["error"].startswith("locked: ")
    wait_until(lambda: health(app)["status"] == "healthy")


def test_a_full_server_without_a_connection_of_the_pool_is_unhealthy_because_requests_fail(
    stores: RunningStores, app: TestApp
) -> None:
    assert health(app)["status"] == "healthy"  # a line is kept, but the pool was never used
    with full_server(stores):
        body = health(app)
        asked = app.get("/api/v1/models", expect_errors=True)
    assert (body["status"], asked.status_int) == ("unhealthy", 503)
    assert body["checks"]["database"]["error"].startswith("full: the server has no connection left")
    wait_until(lambda: health(app)["status"] == "healthy")


@pytest.fixture
def cache_admin(stores: RunningStores) -> Iterator[Any]:
    """The cache's own client, after whose test everything is as before."""
    with closing(redis.Redis.from_url(stores.redis_url)) as client:
        yield client
        client.replicaof("NO", "ONE")
        client.config_set("min-replicas-to-write", 0)
        client.config_set("maxmemory", "256mb")
        client.config_set("maxmemory-policy", "allkeys-lru")


def cache_error(app: TestApp) -> str:
    return str(health(app)["checks"]["redis"].get("error"))


def until_told(app: TestApp, words: str) -> dict[str, Any]:
    """The first report whose cache error begins so: the trial runs every few seconds."""
    wait_until(lambda: cache_error(app).startswith(words))
    return health(app)


def test_a_cache_that_follows_another_is_read_only(app: TestApp, cache_admin: Any) -> None:
    assert health(app)["status"] == "healthy"
    cache_admin.replicaof("127.0.0.1", "1")  # its primary is away: it serves what it has
    cache_admin.config_set("replica-serve-stale-data", "yes")
    body = until_told(app, "read-only: the server is a replica")
    cache_admin.replicaof("NO", "ONE")
    assert body["status"] == "degraded"
    assert body["checks"]["redis"]["latency_ms"] >= 0
    wait_until(lambda: health(app)["status"] == "healthy")


def test_a_cache_without_enough_replicas_is_read_only(app: TestApp, cache_admin: Any) -> None:
    cache_admin.config_set("min-replicas-to-write", 1)
    assert until_told(app, "read-only: the server has too few replicas")["status"] == "degraded"


def test_a_cache_whose_memory_is_full_says_so(app: TestApp, cache_admin: Any) -> None:
    cache_admin.config_set("maxmemory-policy", "noeviction")
    cache_admin.config_set("maxmemory", "1kb")
    assert until_told(app, "out of memory: raise maxmemory")["status"] == "degraded"


@contextmanager
def cache_user(stores: RunningStores, *rules: str) -> Iterator[URL]:
    with closing(redis.Redis.from_url(stores.redis_url)) as client:
        client.execute_command(
            "ACL", "SETUSER", "reader", "on", ">pw", "resetkeys", "~llmpricing:*", "nocommands", *rules
        )
        try:
            yield make_url(stores.redis_url).set(username="reader", password="pw")
        finally:
            client.execute_command("ACL", "DELUSER", "reader")


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def test_a_cache_user_without_the_right_to_write_is_told_so(stores: RunningStores) -> None:
    with cache_user(stores, "+get") as url, running_app(stores.database_url, text(url)) as app:
        assert until_told(app, "no rights: the user needs GET and SET")["status"] == "degraded"


def test_a_cache_user_with_what_requests_need_and_no_more_is_well(stores: RunningStores) -> None:
    with cache_user(stores, "+get", "+set") as url, running_app(stores.database_url, text(url)) as app:
        body = health(app)
    assert body["status"] == "healthy"
    assert body["checks"]["redis"]["server"] is None


def test_the_trial_leaves_nothing_that_stays_and_the_check_itself_writes_nothing(
    app: TestApp, cache_admin: Any
) -> None:
    assert health(app)["status"] == "healthy"
    assert 0 < cache_admin.ttl("llmpricing:health") <= 10


def test_a_trial_that_hangs_is_waited_for_within_the_budget(stores: RunningStores, make_settings: MakeSettings) -> None:
    with proxied(stores.redis_url) as proxy:
        proxy.go_silent()
        trial = WriteTrial(make_settings(redis_port=make_url(proxy.url).port, health_timeout_s=0.5))
        started = time.monotonic()
        with pytest.raises(Exception, match="timed out: "):
            trial(0.2)
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/quote?model=a/b&input_tokens=1"])
@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("postgres", "The database is not migrated. Whoever runs this service: run initialize_llmpricing_db"),
        ("no_such", "The database cannot be used as it is set up. Whoever runs this service: see /api/health"),
    ],
)
def test_a_database_that_waiting_does_not_mend_is_told_with_the_remedy(
    stores: RunningStores, database: str, words: str, path: str
) -> None:
    url = make_url(stores.database_url).set(database=database)
    with running_app(text(url), stores.redis_url) as app:
        answer = app.get(path, expect_errors=True)
    assert answer.status_int == 503
    assert answer.json["error"]["message"].startswith(words)
    assert "Try again in a few seconds" not in answer.text
    assert "no_such" not in answer.text
