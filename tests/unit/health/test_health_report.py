"""The report of a health check, whatever the probes answer."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

from llmpricing.health import ProbeError, run

NOW = datetime(2026, 11, 22, 18, 0, 0, 123456, tzinfo=UTC)


def well():
    return {"latency_ms": 0.4}


def away():
    raise ProbeError("refused: nobody there")


def test_a_report_of_stores_that_answer_is_healthy():
    report = run({"database": well, "redis": well}, 1, now=NOW, data=lambda: {"offerings": 2330})
    assert report.body() == {
        "status": "healthy",
        "services": {"database": "ok", "redis": "ok"},
        "checks": {"database": {"latency_ms": 0.4}, "redis": {"latency_ms": 0.4}},
        "data": {"offerings": 2330},
        "timestamp": "2026-11-22T18:00:00Z",
    }


def test_without_redis_the_service_is_degraded_and_keeps_its_data():
    body = run({"database": well, "redis": away}, 1, now=NOW, data=lambda: {"offerings": 1}).body()
    assert body["status"] == "degraded"
    assert body["services"] == {"database": "ok", "redis": "error"}
    assert body["checks"]["redis"] == {"error": "refused: nobody there"}
    assert body["data"] == {"offerings": 1}


def test_without_the_database_the_service_is_unhealthy_and_says_nothing_about_data():
    body = run({"database": away, "redis": well}, 1, now=NOW, data=lambda: {"offerings": 1}).body()
    assert body["status"] == "unhealthy"
    assert "data" not in body


def test_what_was_found_stands_beside_the_error():
    def behind():
        raise ProbeError("schema behind", {"migration": "behind"})

    checks = run({"database": behind}, 1, now=NOW).checks
    assert checks == {"database": {"migration": "behind", "error": "schema behind"}}


def test_failing_data_never_changes_the_status():
    body = run({"database": well, "redis": well}, 1, now=NOW, data=away).body()
    assert body["status"] == "healthy"
    assert "data" not in body


def test_probes_run_side_by_side():
    meeting = threading.Barrier(3, timeout=2)

    def meet():
        meeting.wait()
        return {}

    assert run({"database": meet, "redis": meet}, 2, now=NOW, data=meet).status == "healthy"


def test_a_probe_that_does_not_answer_counts_as_timed_out_and_blocks_nobody():
    released = threading.Event()

    def hang():
        released.wait(5)
        return {}

    started = time.monotonic()
    report = run({"database": well, "redis": hang}, 0.1, now=NOW, data=hang)
    elapsed_s = time.monotonic() - started
    released.set()
    assert report.status == "degraded"
    assert report.checks["redis"] == {"error": "timed out: no answer within 0.1 s"}
    assert report.data is None
    assert elapsed_s < 1


def test_an_unforeseen_failure_is_reported_without_its_text():
    def fail():
        raise RuntimeError("password=secret")

    report = run({"database": fail}, 1, now=NOW)
    assert report.status == "unhealthy"
    assert "secret" not in str(report.body())


def test_the_timestamp_is_utc():
    vienna = NOW.astimezone(timezone(timedelta(hours=1)))
    assert run({}, 1, now=vienna).body()["timestamp"] == "2026-11-22T18:00:00Z"


def test_a_warning_degrades_the_service_and_keeps_it_going():
    body = run({"database": lambda: {"warning": "full"}, "redis": well}, 1, now=NOW).body()
    assert (body["status"], body["services"]) == ("degraded", {"database": "ok", "redis": "ok"})


def test_slow_figures_are_not_waited_for_longer_than_their_own_budget():
    over = threading.Event()
    started = time.monotonic()
    report = run({"database": well}, 5, now=NOW, data=lambda: {"late": over.wait(10)})
    over.set()
    assert report.data is None
    assert report.status == "healthy"
    assert time.monotonic() - started < 2
