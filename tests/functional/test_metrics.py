"""/metrics: what a monitoring system reads of a process, its requests and its price book."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.test_access import TOKENS, WORDS
from tests.unplugged.faults import closed_port, wait_until
from tests.unplugged.serving import serving

DEPLOY = Path(__file__).parents[2] / "deploy"
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(told: str) -> Values:
    """Every value by its name and labels, as Prometheus reads the text."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"llmpricing_{name}", frozenset(labels.items())


def metrics(app: TestApp) -> Values:
    return read(app.get("/metrics").text)


def test_requests_are_counted_by_the_name_of_their_route(book_url: str, testapp: TestApp) -> None:
    for address in ("/api/v1/models/acme/acme-large", "/api/v1/models/acme/acme-small", "/nowhere", "/elsewhere"):
        testapp.get(address, expect_errors=True)
    testapp.get("/api/v1/models?limit=0", status=400)
    testapp.request("/api/v1/models", method="DELETE", expect_errors=True)
    found = metrics(testapp)
    assert found[key("requests_total", route="model", method="GET", status="200")] == 2
    assert found[key("requests_total", route="none", method="GET", status="404")] == 2
    assert found[key("requests_total", route="models", method="GET", status="400")] == 1
    assert found[key("requests_total", route="models", method="other", status="405")] == 1
    assert found[key("request_seconds_count", route="model")] == 2
    assert found[key("request_seconds_bucket", route="model", le="+Inf")] == 2
    assert found[key("request_seconds_sum", route="model")] > 0
    labels = {label for _, labels in found for label, _ in labels}
    assert labels <= {"route", "method", "status", "le", "source", "state"}


def test_no_address_and_no_name_makes_a_series_of_its_own(testapp: TestApp) -> None:
    testapp.get("/")
    before = {name for name, _ in metrics(testapp)}, len(metrics(testapp))
    for number in range(20):
        testapp.get(f"/models/nobody/{number}", expect_errors=True)
        testapp.get(f"/static/{number}", expect_errors=True)
    after = metrics(testapp)
    assert {name for name, _ in after} == before[0]
    assert len(after) - before[1] < 60


def test_the_price_book_tells_its_ages_and_what_waits(testapp: TestApp, engine: Engine) -> None:
    found = metrics(testapp)
    age = (datetime.now(UTC).date() - datetime(2026, 11, 10, tzinfo=UTC).date()).days
    assert found[key("source_age_days", source="genai-prices")] == age
    assert (found[key("database_up")], found[key("offerings")], found[key("reviews_open")]) == (1, 8, 0)
    with engine.begin() as connection:
        connection.execute(
            text("""insert into review (offering_id, component, source_id, time, rule, against, currency, per_quantity,
                       opened_at)
                select o.id, 'input_tokens|', s.id, now(), 'jump', 'x', 'USD', 1000000, now()
                  from offering o, source s where o.slug = 'acme/acme-large' and s.slug = 'genai-prices'""")
        )
    assert metrics(testapp)[key("reviews_open")] == 1


def test_connections_of_the_pool_are_told(testapp: TestApp) -> None:
    testapp.get("/api/v1/models")
    with testapp.app.registry["llmpricing.engine"].connect():
        found = metrics(testapp)
    assert found[key("pool_connections", state="in_use")] == 1
    assert metrics(testapp)[key("pool_connections", state="in_use")] == 0


def test_metrics_need_a_token_where_others_do(book_url: str, redis_url: str) -> None:
    with running_app(book_url, redis_url, **{"auth.tokens": WORDS}) as app:
        app.get("/metrics", status=401)
        app.get("/metrics", headers={"Authorization": f"Bearer {TOKENS['feed']}"}, status=403)
        app.get("/metrics", headers={"Authorization": f"Bearer {TOKENS['read']}"}, status=200)


def test_a_port_of_their_own_asks_for_no_token(book_url: str, redis_url: str) -> None:
    listen = f"127.0.0.1:{closed_port()}"
    with running_app(book_url, redis_url, metrics_listen=listen, **{"auth.tokens": WORDS}) as app:
        app.get("/api/health/live")
        app.get("/metrics", headers={"Authorization": f"Bearer {TOKENS['read']}"}, status=404)
        with urlopen(f"http://{listen}/metrics", timeout=30) as answer:
            found = read(answer.read().decode())
    assert found[key("requests_total", route="health_live", method="GET", status="200")] == 1
    with closing(socket.socket()) as again:  # nobody listens any more
        assert again.connect_ex(("127.0.0.1", int(listen.rpartition(":")[2]))) != 0


def test_a_taken_port_is_said_with_the_next_step(book_url: str, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(SystemExit, match="Next: choose another"),
            running_app(book_url, redis_url, metrics_listen=listen),
        ):
            pass


def asked_of(file: str) -> set[str]:
    """Every metric in the expressions of a file of deploy/."""
    expressions = re.findall(r"""\"?expr"?: "?(.*)""", (DEPLOY / file).read_text("utf-8"))
    return set(re.findall(r"\bllmpricing_\w+", " ".join(expressions)))


def test_a_server_tells_every_metric_of_the_dashboard_and_the_alerts(
    tmp_path: Path, book_url: str, redis_url: str
) -> None:
    settings = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    with serving(tmp_path, settings | {"llmpricing.book_dir": str(tmp_path / "book")}) as site:
        wait_until(lambda: site.get("/api/health/ready").json["book"] is not None, 60)
        site.get("/api/v1/models")
        told = {name for name, _ in read(site.get("/metrics").text)}
    dashboard, alerts = asked_of("grafana.json"), asked_of("alerts.yml")
    assert len(dashboard) >= 9
    assert len(alerts) >= 6
    assert dashboard | alerts <= told


@contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """So many clients that ask for a page which waits for a locked table."""

    def ask() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("GET", "/api/v1/models?q=x")
            connection.getresponse().read()

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def test_the_server_tells_who_waits_for_a_worker(tmp_path: Path, book_url: str, redis_url: str, engine: Engine) -> None:
    listen = f"127.0.0.1:{closed_port()}"
    urls = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}

    def waiting() -> float:
        with urlopen(f"http://{listen}/metrics", timeout=30) as answer:
            return read(answer.read().decode())[key("requests_waiting")]

    more = {"llmpricing.metrics_listen": listen, "llmpricing.pool_timeout_s": "30"}
    with serving(tmp_path, urls | more) as site:
        assert waiting() == 0
        with engine.connect() as connection:
            connection.execute(text("lock table offering in access exclusive mode"))
            with slow_clients(site.port, 30):
                wait_until(lambda: waiting() > 0, 20)
                connection.rollback()
        wait_until(lambda: waiting() == 0, 20)
        assert "queue depth" not in site.log.read_text()
