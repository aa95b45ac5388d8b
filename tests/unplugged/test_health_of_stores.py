"""What a health check says of stores that are well, away, silent, frozen, killed or not ours."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import make_url

from llmpricing.health import run
from llmpricing.health.cache import redis_probe
from llmpricing.health.database import DatabaseWatch, ExpectedSchema
from llmpricing.services import schema
from tests.unplugged.conftest import as_superuser
from tests.unplugged.faults import closed_port, frozen, kill, proxied, silent_port, wait_until

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def check(settings, expected=None):
    """The body of a report, and the seconds that it took."""
    probes = {
        "database": DatabaseWatch(settings, expected or schema.expected(), lambda: 0).probe,
        "redis": redis_probe(settings),
    }
    started = time.monotonic()
    body = run(probes, settings.health_timeout_s, now=NOW).body()
    return body, time.monotonic() - started


def test_stores_that_are_well_say_how_fast_and_what_they_are(make_settings):
    body, elapsed_s = check(make_settings())
    assert body["status"] == "healthy"
    database, cache = body["checks"]["database"], body["checks"]["redis"]
    assert database.keys() == {"latency_ms", "server", "timescaledb", "migration"}
    assert database["server"].startswith("PostgreSQL 1")
    assert database["migration"] == "head"
    assert cache.keys() == {"latency_ms", "server"}
    assert cache["server"].startswith("7.")
    assert 0 < database["latency_ms"] < 500
    assert 0 < cache["latency_ms"] < 500
    assert elapsed_s < 0.5


def test_closed_ports_are_refused_at_once(make_settings):
    body, elapsed_s = check(make_settings(database_port=closed_port(), redis_port=closed_port()))
    assert body["status"] == "unhealthy"
    assert body["services"] == {"database": "error", "redis": "error"}
    assert body["checks"]["database"]["error"].startswith("refused: ")
    assert body["checks"]["redis"]["error"].startswith("refused: ")
    assert elapsed_s < 0.5


def test_silent_sockets_time_out_within_the_budget_and_leave_nothing_behind(make_settings):
    threads, sockets = threading.active_count(), len(os.listdir("/proc/self/fd"))
    with silent_port() as database_port, silent_port() as redis_port:
        body, elapsed_s = check(make_settings(database_port, redis_port))
    assert body["checks"]["database"] == {"error": "timed out: no answer within 1.5 s"}
    assert body["checks"]["redis"] == {"error": "timed out: no answer within 1.5 s"}
    assert elapsed_s < 2.5
    wait_until(lambda: threading.active_count() <= threads and len(os.listdir("/proc/self/fd")) <= sockets)


def test_a_frozen_database_times_out_and_is_well_again_when_it_goes_on(stores, make_settings):
    settings = make_settings(health_timeout_s=0.4)
    with frozen(stores.postgres.pid):
        body, elapsed_s = check(settings)
    assert body["services"] == {"database": "error", "redis": "ok"}
    assert body["checks"]["database"]["error"].startswith("timed out")
    assert elapsed_s < 0.9
    assert check(settings)[0]["status"] == "healthy"


def test_a_frozen_cache_degrades_the_service(stores, make_settings):
    settings = make_settings(health_timeout_s=0.4)
    with frozen(stores.valkey.pid):
        body, elapsed_s = check(settings)
    assert body["status"] == "degraded"
    assert body["checks"]["redis"]["error"].startswith("timed out")
    assert elapsed_s < 0.9
    assert check(settings)[0]["status"] == "healthy"


def test_a_database_that_falls_silent_in_mid_answer_times_out(stores, make_settings):
    with proxied(stores.database_url) as proxy:
        settings = make_settings(make_url(proxy.url).port, health_timeout_s=0.4)
        assert check(settings)[0]["status"] == "healthy"
        proxy.go_silent()
        body, elapsed_s = check(settings)
    assert body["checks"]["database"]["error"].startswith("timed out")
    assert elapsed_s < 0.9


def test_killed_stores_are_refused_and_well_again_once_restarted(stores, make_settings):
    settings = make_settings()
    postgres, valkey = stores.postgres, stores.valkey
    kill(postgres.pid)
    kill(valkey.pid)
    wait_until(lambda: postgres.pid is None and valkey.pid is None)
    body, elapsed_s = check(settings)
    postgres.start(postgres.port, make_url(stores.database_url))
    valkey.start(valkey.port, make_url(stores.redis_url))
    assert body["status"] == "unhealthy"
    assert body["checks"]["database"]["error"].startswith("refused: ")
    assert body["checks"]["redis"]["error"].startswith("refused: ")
    assert elapsed_s < 0.5
    assert check(settings)[0]["status"] == "healthy"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong-secret"}, "authentication failed"),
        ({"password": ""}, "authentication failed"),
        ({"username": "nobody-knows"}, "authentication failed"),
        ({"database": "not_there"}, "no such database: the database does not exist; create it"),
        ({"host": "no-such-host.invalid"}, "unknown host"),
    ],
)
def test_a_database_that_does_not_let_us_in_says_why_and_no_secret(make_settings, changes, words):
    url = make_url(make_settings().database_url).set(**changes)
    text = url.render_as_string(hide_password=False).replace(":@", "@")
    body, _ = check(make_settings(**{"sqlalchemy.url": text}))
    assert body["checks"]["database"]["error"].startswith(words)
    for secret in ("wrong-secret", "not-for-your-eyes", "nobody-knows", "not_there", "no-such-host", "Traceback"):
        assert secret not in str(body)


def test_a_cache_that_wants_a_password_says_so(stores, make_settings):
    url = make_url(stores.redis_url).set(username="someone", password="wrong-secret")
    body, _ = check(make_settings(**{"redis.url": url.render_as_string(hide_password=False)}))
    assert body["checks"]["redis"] == {"error": "authentication failed: check user and password in the Redis URL"}


def test_servers_of_another_kind_are_errors_in_plain_words(stores, make_settings):
    body, elapsed_s = check(make_settings(stores.valkey.port, stores.postgres.port, health_timeout_s=0.4))
    assert body["services"] == {"database": "error", "redis": "error"}
    for name in ("database", "redis"):
        assert body["checks"][name]["error"].startswith(("failed: ", "timed out: "))
    assert elapsed_s < 0.9


def test_a_schema_that_is_behind_is_an_error_that_names_the_remedy(make_settings):
    ours = schema.expected()
    body, _ = check(make_settings(), ExpectedSchema(["9999_not_written_yet", *ours.revisions], ours.tables))
    assert body["status"] == "unhealthy"
    assert body["checks"]["database"]["migration"] == "behind"
    assert body["checks"]["database"]["error"] == "schema behind: run initialize_llmpricing_db"
    assert body["checks"]["database"]["server"].startswith("PostgreSQL 1")


def test_a_schema_of_a_newer_release_is_an_error_that_names_the_remedy(make_settings):
    ours = schema.expected()
    body, _ = check(make_settings(), ExpectedSchema(ours.revisions[1:], ours.tables))
    assert body["status"] == "unhealthy"
    assert body["checks"]["database"]["migration"] == "newer"
    words = "schema newer than this llmpricing: install the version that migrated it"
    assert body["checks"]["database"]["error"] == words


@pytest.mark.parametrize("table", ["offering", "source_fetch", "alembic_version"])
def test_a_table_that_may_not_be_read_is_an_error_that_names_it(stores, make_settings, table):
    with as_superuser(stores, "llmpricing_test") as execute:
        execute(f"revoke all on {table} from llmpricing")
        try:
            body, _ = check(make_settings())
        finally:
            execute(f"grant all on {table} to llmpricing")
    assert body["status"] == "unhealthy"
    assert body["checks"]["database"]["error"] == f"no rights on our tables: the user needs SELECT on {table}"
    assert check(make_settings())[0]["status"] == "healthy"


def test_a_database_without_our_schema_is_an_error_that_names_the_remedy(make_settings):
    empty = make_url(make_settings().database_url).set(database="postgres").render_as_string(hide_password=False)
    body, _ = check(make_settings(**{"sqlalchemy.url": empty}))
    assert body["checks"]["database"]["migration"] == "missing"
    assert body["checks"]["database"]["error"] == "schema missing: run initialize_llmpricing_db"
