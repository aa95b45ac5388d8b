"""GET /api/health, /api/health/live and /api/health/ready: the truth about the stores, within a budget, and whether
this process can quote.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal

import msgspec
from pyramid.request import Request

from llmpricing.health import run
from llmpricing.health.cache import WriteTrial, redis_probe
from llmpricing.health.database import DatabaseWatch
from llmpricing.services import schema
from llmpricing.services.catalogue import freshness
from llmpricing.services.names.resolving import rules_left_out
from llmpricing.services.price_book.holder import BookHolder
from llmpricing.settings import Settings
from llmpricing.web.errors import RETRY_AFTER_S
from llmpricing.web.held_book import HOLDER
from llmpricing.web.operations import Operation

VERSION = version("llmpricing")
GRACE_S = 0.3  # a probe ends by its own deadline and says what it met; only one that hangs is cut off


class HealthAnswer(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The state of the stores, and which llmpricing answers; ``data`` is left out where the database is away, and its
    ``warnings`` change no status.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    services: dict[str, Literal["ok", "error"]]
    checks: dict[str, dict[str, Any]]
    data: dict[str, Any] | None = None
    version: str | None = None
    timestamp: datetime


class LiveAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """The process answers."""

    status: Literal["alive"]


class ReadyAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Whether this process can quote. ``book`` is the version that it holds; null where it asks the database alone."""

    status: Literal["ready", "not ready"]
    book: int | None
    stale: bool


def health(request: Request) -> dict[str, Any]:
    """200 while the database serves, else 503; both stores are asked side by side on connections of their own."""
    HEALTH.read(request)
    settings, now = request.registry.settings["llmpricing"], datetime.now(UTC)
    watch: DatabaseWatch = request.registry["llmpricing.database_watch"]
    trial: WriteTrial = request.registry["llmpricing.write_trial"]
    probes = {"database": watch.probe, "redis": redis_probe(settings, trial)}
    budget_s = settings.health_timeout_s + GRACE_S
    report = run(probes, budget_s, now=now, data=lambda: _data(settings, now))
    request.response.cache_control = "no-store"
    if report.status == "unhealthy":
        request.response.status_int = 503
        request.response.headers["Retry-After"] = RETRY_AFTER_S
    body = report.body()
    if request.caller.is_guarded and request.caller.name is None:  # the state is for probes, details for those known
        return {name: body[name] for name in ("status", "services", "timestamp")} | {"checks": {}}
    return {**body, "version": VERSION}


def _data(settings: Settings, now: datetime) -> dict[str, Any]:
    """What the price book holds, and how many rules of names the lists hold that this process had to leave out."""
    return {**freshness.health_data(settings, now), "name_rules_left_out": rules_left_out()}


def ready(request: Request) -> dict[str, Any]:
    """200 while this process holds a price book, whatever becomes of the stores; one that holds none asks the database,
    which then has to serve. Else 503.
    """
    READY.read(request)
    request.response.cache_control = "no-store"
    holder: BookHolder | None = request.registry.get(HOLDER)
    held = holder.held if holder else None
    if held is not None:
        return {"status": "ready", "book": held.book.version, "stale": held.stale_since is not None}
    settings, watch = request.registry.settings["llmpricing"], request.registry["llmpricing.database_watch"]
    report = run({"database": watch.probe}, settings.health_timeout_s + GRACE_S, now=datetime.now(UTC))
    if report.status == "unhealthy":
        request.response.status_int = 503
        request.response.headers["Retry-After"] = RETRY_AFTER_S
        return {"status": "not ready", "book": None, "stale": False}
    return {"status": "ready", "book": None, "stale": False}


def live(request: Request) -> dict[str, Any]:
    """The process answers; no store is touched."""
    request.response.cache_control = "no-store"
    return {"status": "alive"}


HEALTH = Operation(
    name="health",
    path="/api/health",
    view=health,
    title="The state of both stores and the age of the data; 503 when the database is away",
    answers=(HealthAnswer,),
    also={503: (HealthAnswer,)},
)
READY = Operation(
    name="health_ready",
    path="/api/health/ready",
    view=ready,
    title="Whether this process can quote, with the stores or without them",
    answers=(ReadyAnswer,),
    also={503: (ReadyAnswer,)},
)
LIVE = Operation(
    name="health_live",
    path="/api/health/live",
    view=live,
    title="The process answers; no store is touched",
    answers=(LiveAnswer,),
)


def includeme(config: Any) -> None:
    """Give the process what outlives one health check: the kept line to the database, the trial of the cache."""
    settings, pool = config.registry.settings["llmpricing"], config.registry["llmpricing.engine"].pool
    watch = DatabaseWatch(settings, schema.expected(), lambda: pool.checkedin() + pool.checkedout())
    config.registry["llmpricing.database_watch"] = watch
    config.registry["llmpricing.write_trial"] = WriteTrial(settings)
    config.registry.setdefault("llmpricing.closing", []).append(watch.close)
