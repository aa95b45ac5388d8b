"""The whole application, really served, while its stores are away, silent, frozen or killed."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.unplugged.conftest import as_superuser
from tests.unplugged.faults import closed_port, frozen, kill, silent_port, wait_until
from tests.unplugged.serving import serving, threads_in_development

HEALTH, LIVE, LIST = "/api/health", "/api/health/live", "/api/v1/models"
SECRETS = ("not-for-your-eyes", "wrong-secret", "Traceback", "psycopg2", "sqlalchemy")
CLIENTS = 32


@pytest.fixture(scope="module")
def serve(make_settings, tmp_path_factory):
    """serve(database_port=..., name=value...) as a block: the application on those stores."""

    def start(database_port=None, redis_port=None, **ini):
        settings = make_settings(database_port, redis_port, **ini)
        given = {f"llmpricing.{name}": str(value) for name, value in ini.items() if "." not in name}
        urls = {"sqlalchemy.url": settings.database_url, "redis.url": settings.redis_url}
        return serving(tmp_path_factory.mktemp("served"), urls | given)

    return start


@pytest.fixture(scope="module")
def long_running(serve):
    """One application that lives through everything its stores suffer."""
    with serve() as running:
        yield running


@pytest.fixture
def site(long_running):
    """That application, with stores that are well and connections in its pool."""
    wait_for_recovery(long_running)
    return long_running


def assert_unavailable(answer):
    """503 as the one JSON shape, with Retry-After and a request id, and without secrets."""
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["error"].keys() == {"code", "message", "details"}
    assert answer.json["error"]["code"] == "UNAVAILABLE"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert not any(secret in answer.text for secret in SECRETS)


def assert_unhealthy(answer, words, budget_s=2.5):
    """503 that says in plain words what is the matter with the database, in time."""
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["status"] == "unhealthy"
    assert answer.json["services"]["database"] == "error"
    assert answer.json["checks"]["database"]["error"].startswith(words)
    assert "data" not in answer.json
    assert not any(secret in answer.text for secret in SECRETS)
    assert answer.elapsed_s < budget_s


def assert_page_unavailable(answer):
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not any(secret in answer.text for secret in SECRETS)


def wait_for_recovery(site):
    """The application answers again, without a restart, as soon as its pause after a failed connect is over."""
    wait_until(lambda: site.get(LIST).status == 200, patience_s=4)
    assert site.get(HEALTH).json["status"] == "healthy"
    assert site.get("/").status == 200


@contextmanager
def clients(site, count):
    """So many clients that ask for a list again and again; their answers."""
    answers, over = [], threading.Event()

    def ask():
        while not over.is_set():
            answers.append(site.get(LIST))

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_with_both_stores_health_is_told_in_half_a_second_and_never_kept(site):
    answer = site.get(HEALTH)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["status"] == "healthy"
    assert answer.json["services"] == {"database": "ok", "redis": "ok"}
    assert answer.json.keys() == {"status", "services", "checks", "data", "version", "timestamp"}
    assert answer.elapsed_s < 0.5


def test_32_clients_at_a_frozen_database_neither_starve_health_nor_wait_past_their_deadline(stores, site):
    with clients(site, CLIENTS) as answers:
        wait_until(lambda: len(answers) >= CLIENTS)
        well = len(answers)
        assert {answer.status for answer in answers} == {200}  # a full house that moves turns nobody away
        with frozen(stores.postgres.pid):
            for _ in range(3):
                assert_unhealthy(site.get(HEALTH), "timed out")
                live = site.get(LIVE)
                assert live.status == 200
                assert live.elapsed_s < 1
            wait_until(lambda: len(answers) > well + CLIENTS, patience_s=12)
        wait_until(lambda: answers[-1].status == 200)
    assert {answer.status for answer in answers} == {200, 503}
    for answer in answers:
        assert answer.elapsed_s < 11
        if answer.status == 503:
            assert_unavailable(answer)
    wait_for_recovery(site)


def test_as_many_slow_requests_as_there_are_threads_leave_health_its_worker(stores, serve):
    """Locked out of a table, a request waits in mid-statement, where only its own deadline ends the wait."""
    engine = create_engine(stores.database_url)
    # Without a cache, which would answer instead of the database.
    with serve(None, closed_port(), request_deadline_s=1.5) as site, engine.connect() as connection:
        connection.execute(text("lock table offering in access exclusive mode"))
        with clients(site, threads_in_development()) as answers:
            time.sleep(0.7)
            assert site.get(LIVE).elapsed_s < 0.5
            assert_unhealthy(site.get(HEALTH), "locked: another session keeps all others from table offering")
            wait_until(lambda: any(answer.elapsed_s > 1.2 for answer in answers))
        for answer in answers:
            assert_unavailable(answer)
            assert answer.elapsed_s < 2.2
    engine.dispose()


def test_closed_ports_are_told_at_once(serve):
    with serve(closed_port(), closed_port()) as site:
        assert_unhealthy(site.get(HEALTH), "refused", budget_s=0.5)
        assert site.get(HEALTH).json["services"]["redis"] == "error"
        listed = site.get(LIST)
        assert_unavailable(listed)
        assert listed.elapsed_s < 0.5
        assert_page_unavailable(site.get("/", accept="text/html"))
        assert site.get(LIVE).status == 200
        assert not any(secret in site.log.read_text() for secret in SECRETS[:2])


def test_silent_stores_are_told_within_the_budget(serve):
    with silent_port() as database_port, silent_port() as redis_port, serve(database_port, redis_port) as site:
        answer = site.get(HEALTH)
        assert_unhealthy(answer, "timed out")
        assert answer.json["checks"]["redis"]["error"].startswith("timed out")
        listed = site.get(LIST)
        assert_unavailable(listed)
        assert listed.elapsed_s < 3
        page = site.get("/", accept="text/html")
        assert_page_unavailable(page)
        assert page.elapsed_s < 0.5  # nobody waits so soon after a failed connect


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong-secret"}, "authentication failed"),
        ({"database": "postgres"}, "schema missing: run initialize_llmpricing_db"),
    ],
)
def test_a_database_that_is_not_ready_for_us_is_a_503_with_the_reason_in_health(make_settings, serve, changes, words):
    url = make_url(make_settings().database_url).set(**changes).render_as_string(hide_password=False)
    with serve(**{"sqlalchemy.url": url}) as site:
        assert_unhealthy(site.get(HEALTH), words)
        assert_unavailable(site.get(LIST))
        assert_page_unavailable(site.get("/", accept="text/html"))
        assert not any(secret in site.log.read_text() for secret in SECRETS[:2])


def test_a_table_without_rights_is_a_503_with_the_reason_in_health(stores, serve):
    # Without a cache, which would answer instead of the database.
    with as_superuser(stores, "llmpricing_test") as execute, serve(None, closed_port()) as site:
        assert site.get(LIST).status == 200
        execute("revoke all on offering from llmpricing")
        try:
            assert_unavailable(site.get(LIST))
            assert_unhealthy(site.get(HEALTH), "no rights on our tables: the user needs SELECT on offering")
        finally:
            execute("grant all on offering to llmpricing")
        assert site.get(LIST).status == 200
        assert "no_rights" in site.log.read_text()


def test_a_killed_database_is_used_again_once_it_is_back(stores, site):
    postgres = stores.postgres
    kill(postgres.pid)
    wait_until(lambda: postgres.pid is None)
    assert_unavailable(site.get(LIST))
    assert_unhealthy(site.get(HEALTH), "refused", budget_s=0.5)
    postgres.start(postgres.port, make_url(stores.database_url))
    wait_for_recovery(site)


def test_a_restarted_database_costs_no_request(stores, site):
    stores.postgres.stop()
    stores.postgres.start(stores.postgres.port, make_url(stores.database_url))
    assert site.get(LIST).status == 200


@pytest.mark.parametrize("fault", ["frozen", "killed"])
def test_without_redis_everything_goes_on(stores, site, fault):
    valkey = stores.valkey
    if fault == "frozen":
        with frozen(valkey.pid):
            answers = [site.get(path) for path in (HEALTH, LIST, "/")]
    else:
        kill(valkey.pid)
        wait_until(lambda: valkey.pid is None)
        answers = [site.get(path) for path in (HEALTH, LIST, "/")]
        valkey.start(valkey.port, make_url(stores.redis_url))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert answers[0].json["status"] == "degraded"
    assert answers[0].json["services"] == {"database": "ok", "redis": "error"}
    assert all(answer.elapsed_s < 2.5 for answer in answers)
    wait_until(lambda: site.get(HEALTH).json["status"] == "healthy")  # writing to the cache is tried beside requests
