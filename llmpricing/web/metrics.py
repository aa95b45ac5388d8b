"""GET /metrics: what a monitoring system asks of a serving process, in Prometheus' text format."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.health import ProbeError
from llmpricing.services.catalogue.freshness import health_data
from llmpricing.services.memory.budget import BUDGET
from llmpricing.settings import Settings
from llmpricing.web.dispatch import Dispatcher
from llmpricing.web.held_book import HOLDER

METRICS, DISPATCHER = "llmpricing.metrics", "llmpricing.dispatcher"  # in the registry
COUNTED_IN, WORKER = "PROMETHEUS_MULTIPROC_DIR", "LLMPRICING_WORKER"  # in the environment of one of several processes
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, of which nothing is asked
_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_UNROUTED = "none"  # of an address that is none of ours: labels must be few


class Metrics:
    """What one process counts of its requests, and what it tells of itself when it is asked."""

    def __init__(self, registry: Any) -> None:
        self.collected, gauges = CollectorRegistry(), _ProcessGauges(registry)
        labels = ("route", "method", "status")
        self._requests = Counter("llmpricing_requests", "Requests answered.", labels, registry=self.collected)
        self._seconds = Histogram(
            "llmpricing_request_seconds",
            "Time from a worker's taking a request to its answer.",
            ("route",),
            buckets=_BOUNDS_S,
            registry=self.collected,
        )
        # Looked up by its labels, each takes as long as counting does.
        self._counted: dict[tuple[str | None, str, int], tuple[Counter, Histogram]] = {}
        if COUNTED_IN in os.environ:  # several processes count together, and each tells the sum
            self.collected = CollectorRegistry()
            MultiProcessCollector(self.collected)  # type: ignore[no-untyped-call]
        self.collected.register(gauges)

    def count(self, route: str | None, method: str, status: int, elapsed_s: float) -> None:
        """Count a request that was answered; of an address that is none of ours there is no route."""
        counted = self._counted.get((route, method, status))
        if counted is None:
            told = route.strip("_/") if route else _UNROUTED
            method = method if method in _METHODS else "other"
            counted = self._requests.labels(told, method, str(status)), self._seconds.labels(told)
            if method != "other":  # whatever a client calls its method is not kept
                self._counted[route, method, status] = counted
        counted[0].inc()
        counted[1].observe(elapsed_s)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.collected)


class _ProcessGauges(Collector):
    """The state of the process and its price book, looked up when it is asked for."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def describe(self) -> list[Metric]:
        """None beforehand: a registration must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges; those out of the database are left out while that is away."""
        yield from self._of_server()
        yield from self._of_book()
        yield from self._of_database()

    def _of_server(self) -> Iterator[Metric]:
        dispatcher: Dispatcher | None = self._registry.get(DISPATCHER)  # none under another server
        if dispatcher is not None:
            yield _gauge("requests_waiting", "Requests that wait for a worker.", dispatcher.waiting)
            yield _gauge("workers_busy", "Workers that answer a request.", dispatcher.active_count)
        pool = self._registry["llmpricing.engine"].pool
        connections = GaugeMetricFamily(
            "llmpricing_pool_connections", "Database connections of the requests' pool.", labels=("state",)
        )
        connections.add_metric(("in_use",), pool.checkedout())
        connections.add_metric(("idle",), pool.checkedin())
        yield connections

    def _of_book(self) -> Iterator[Metric]:
        yield _gauge("kept_bytes", "What is made of the price book and kept takes so many, about.", BUDGET.kept_bytes)
        holder = self._registry.get(HOLDER)
        held = holder.held if holder else None
        if held is not None:
            yield _gauge("book_version", "Version of the price book in memory.", held.book.version)
            yield _gauge("book_stale", "1 while nobody knows whether there is a newer one.", bool(held.stale_since))

    def _of_database(self) -> Iterator[Metric]:
        settings: Settings = self._registry.settings["llmpricing"]
        try:
            found = health_data(settings, datetime.now(UTC))
        except ProbeError:
            yield _gauge("database_up", "1 while the database answers.", 0)
            return
        yield _gauge("database_up", "1 while the database answers.", 1)
        yield _gauge("offerings", "Offerings in the price book.", found["offerings"])
        yield _gauge("reviews_open", "Suspicious prices that wait for a person.", found["in_review"])
        ages = GaugeMetricFamily(
            "llmpricing_source_age_days", "Days since a source's newest list was published.", labels=("source",)
        )
        for source in found["sources"]:
            ages.add_metric((source["source"],), source["age_days"])
        yield ages


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"llmpricing_{name}", about, value=float(value))  # as Prometheus counts


def show_metrics(request: Request) -> Response:
    """The metrics of this process."""
    found = Response(request.registry[METRICS].text())
    found.headers["Content-Type"] = CONTENT_TYPE_LATEST
    found.cache_control = "no-store"
    return found


def includeme(config: Any) -> None:
    """Count requests, and tell them at /metrics, or on a port of their own where one is set."""
    metrics = Metrics(config.registry)
    config.registry[METRICS] = metrics
    listen: tuple[str, int] | None = config.registry.settings["llmpricing"].metrics_listen
    if listen is not None and os.environ.get(WORKER, "0") != "0":
        return  # the first of several processes tells it for all
    if listen is None:
        config.add_route("metrics", "/metrics")
        config.add_view(show_metrics, route_name="metrics")
        return
    config.action("llmpricing.metrics_listen", _listen, (config.registry, metrics, *listen))


def _listen(registry: Any, metrics: Metrics, host: str, port: int) -> None:
    try:
        server, thread = start_http_server(port, host, metrics.collected)
    except OSError as error:
        raise SystemExit(
            f"llmpricing.metrics_listen: {host}:{port} cannot be listened on: {error.strerror}.\n"
            "Next: choose another address or port there."
        ) from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    registry.setdefault("llmpricing.closing", []).append(close)
