"""`llmpricing verify`: the checklist of README, measured on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from sqlalchemy import Connection, inspect, text
from webob import Request

from llmpricing.local_stores import running_stores
from llmpricing.local_stores.home import home_beside
from llmpricing.local_stores.opening import OpenStores, used_stores
from llmpricing.models import migrations, revisions
from llmpricing.scripts import supervisor
from llmpricing.scripts.asked_database import failures_told
from llmpricing.scripts.ini import stated_settings
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.scripts.terminal import say
from llmpricing.settings import Settings

STORES_UP_S, FIRST_CONNECTION_S, HEALTH_S = 10.0, 2.0, 0.5  # what README promises


@dataclass
class Checklist:
    """Lines as they are checked; ``failed`` counts those that were missed."""

    failed: int = 0

    def line(self, name: str, passed: bool, found: str) -> None:
        """Print one line with what was found."""
        self.failed += not passed
        say(f"  [{'ok' if passed else 'MISSED'}] {name}: {found}")

    def timed(self, name: str, limit_s: float, work: Callable[[], Any]) -> Any:
        """Do the work and print how long it took against its limit."""
        started = perf_counter()
        result = work()
        took_s = perf_counter() - started
        self.line(name, took_s < limit_s, f"{took_s:.3f} s (limit {limit_s:g} s)")
        return result


@click.command(short_help="Go through the checklist of README.")
@click.argument("ini", default="development.ini", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(ini: Path) -> None:
    """Go through README's checklist on the stores that INI names, and print measured figures.

    Exits 1 if a line is missed. Servers that this starts are stopped again.

    \b
    llmpricing verify
    """
    settings, checklist = stated_settings(ini), Checklist()
    with supervisor.interrupted_by_signals(), used_stores(settings, home_beside(ini), say) as stores:
        supervisor.initialise(ini, stores)
        say("Checklist:")
        _check_cold_start(checklist)
        check_database(checklist, replace(settings, database_url=stores.database.text))
        _check_application(checklist, ini, stores)
    if checklist.failed:
        raise click.ClickException(f"{checklist.failed} of the checklist's lines were missed.")
    say("Every line holds.")


def _check_cold_start(checklist: Checklist) -> None:
    """New embedded servers from nothing, in a temporary folder, beside those in use."""
    started = perf_counter()
    with running_stores(durable=True):
        took_s = perf_counter() - started
    found = f"{took_s:.3f} s for new ones from nothing (limit {STORES_UP_S:g} s)"
    checklist.line("PostgreSQL and Redis come up", took_s < STORES_UP_S, found)


def check_database(checklist: Checklist, settings: Settings) -> None:
    """What the price book's database is and holds; ClickException where it refuses or somebody keeps us waiting."""
    with (
        failures_told(),
        script_engine(settings) as engine,
        checklist.timed("First connection to the database", FIRST_CONNECTION_S, engine.connect) as connection,
    ):
        version = connection.scalar(text("select current_setting('server_version')"))
        checklist.line("PostgreSQL 16 or newer", int(version.split(".")[0]) >= 16, str(version))
        revision = migrations.current(connection)
        checklist.line("Schema is at the newest revision", revision == revisions.head(), str(revision))
        checklist.line("Price history is kept", *price_history(connection))
        priced = connection.scalar(text("select count(distinct offering_id) from price where upper_inf(recorded)"))
        checklist.line("Offerings with prices", priced > 2000, f"{priced:,}")


def price_history(connection: Connection) -> tuple[bool, str]:
    """Whether the price history lies in the kind of table that this server offers, and which it is."""
    version = connection.scalar(text("select extversion from pg_extension where extname = 'timescaledb'"))
    if version is None:
        kept = inspect(connection).has_table("model_pricing_history")
        return kept, f"{'plain' if kept else 'no'} table (no TimescaleDB in this database)"
    query = "select 1 from timescaledb_information.hypertables where hypertable_name = 'model_pricing_history'"
    if connection.scalar(text(query)):
        return True, f"hypertable, TimescaleDB {version}"
    return False, f"no hypertable, although the database has TimescaleDB {version}"


def _check_application(checklist: Checklist, ini: Path, stores: OpenStores) -> None:
    with told_behind(checklist), _application(ini, stores) as ask:
        body = checklist.timed("GET /api/health", HEALTH_S, lambda: ask("/api/health").json)
        services = body["services"]
        checklist.line("Backend reaches PostgreSQL", services["database"] == "ok", body["status"])
        server = body["checks"]["redis"].get("server", "no answer")
        checklist.line("Backend reaches Redis", services["redis"] == "ok", server)
        count = ask("/api/v1/models?limit=1").json["meta"]["count"]
        checklist.line("GET /api/v1/models lists offerings", count > 2000, f"{count:,}")
        checklist.line("GET / shows the page", "<table" in ask("/").text, "a table of prices")


@contextmanager
def told_behind(checklist: Checklist) -> Iterator[None]:
    """Keep what the application logs out of the checklist's lines: it is told behind them, where one was missed."""
    missed, logged = checklist.failed, StringIO()
    try:
        with redirect_stderr(logged):
            yield
    except BaseException:
        _say_logged(logged)
        raise
    if checklist.failed > missed:
        _say_logged(logged)


def _say_logged(logged: StringIO) -> None:
    say("What the application logged meanwhile:", err=True)
    for line in logged.getvalue().splitlines():
        say(line, err=True)


@contextmanager
def _application(ini: Path, stores: OpenStores) -> Iterator[Callable[[str], Any]]:
    """The application that the ini file describes, asked without a network."""
    import plaster

    from llmpricing import main

    given = plaster.get_settings(str(ini), "app:main")
    given |= {"sqlalchemy.url": stores.database.text, "redis.url": stores.cache.text}
    application = main(None, **given)
    try:
        yield lambda path: Request.blank(path).get_response(application)
    finally:
        application.registry["llmpricing.engine"].dispose()
