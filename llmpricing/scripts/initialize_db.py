"""initialize_llmpricing_db: create what is missing, migrate, seed. Safe to run twice and by two processes at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from llmpricing.models import migrations
from llmpricing.models.migrations import SchemaNewer
from llmpricing.models.session import is_transient, make_script_engine, sqlstate, transaction
from llmpricing.scripts.ini import ini_settings
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.imports.seeding import seed
from llmpricing.settings import Settings, SettingsError
from llmpricing.sources.errors import SourceError
from llmpricing.stores.connect_failures import LASTING, ConnectFailure, connect_failure

_URL = "sqlalchemy.url or LLMPRICING_DATABASE_URL"
_NEXT_STEPS = {
    "42501": "The role may not do this. It needs CREATE on the database, the extension btree_gist, and our own tables.",
    "42P01": "A table is missing. Bring the schema up to date: initialize_llmpricing_db --no-seed, with the same ini.",
    "42703": "A column is missing. Bring the schema up to date: initialize_llmpricing_db --no-seed, with the same ini.",
    "53100": "The server's disk is full. Free some space and run this again: nothing was lost.",
    "55P03": "Somebody else holds a lock on the tables. Run this again when the other work is done.",
}
_LOGIN_STEPS = {
    ConnectFailure.WRONG_PASSWORD: f"The password was refused. Check the user and password in {_URL}.",
    ConnectFailure.NO_PASSWORD: f"The database wants a password. Add it to {_URL}.",
    ConnectFailure.NO_ROLE: f"The role does not exist. Check the user in {_URL}, or create it: createuser -P ROLE.",
    ConnectFailure.NO_LOGIN: "The role may not log in. Let it: ALTER ROLE ... LOGIN.",
    ConnectFailure.NO_DATABASE: (
        "The database does not exist. Create it: createdb -O ROLE NAME, or let 'llmpricing stores up' do it."
    ),
    ConnectFailure.NO_CONNECT_RIGHT: (
        "The role may not connect to the database. Let it: GRANT CONNECT ON DATABASE ... TO ..."
    ),
    ConnectFailure.NOT_ADMITTED: (
        "The server's pg_hba.conf does not admit this role from here. Add a line for it, or check sslmode in the URL."
    ),
    ConnectFailure.DATABASE_CLOSED: (
        "The database takes no connections. Let it: ALTER DATABASE ... ALLOW_CONNECTIONS true."
    ),
    ConnectFailure.SERVER_FULL: "The server has no connection left. End some of its clients and run this again.",
    ConnectFailure.ROLE_FULL: (
        "The role has no connection left. End some of its clients, or raise its CONNECTION LIMIT."
    ),
    ConnectFailure.DATABASE_FULL: (
        "The database has no connection left. End some of its clients, or raise its CONNECTION LIMIT."
    ),
    ConnectFailure.STARTING: "The server is starting up. Run this again in a moment.",
    ConnectFailure.STOPPING: "The server is shutting down. Start it again, then run this again.",
    ConnectFailure.REPAIRING: "The server is repairing itself after a crash. Run this again in a moment.",
    ConnectFailure.NO_TLS: f"The server does not offer the TLS that sslmode asks for. Check sslmode in {_URL}.",
    ConnectFailure.NOT_POSTGRESQL: f"What answers there is not PostgreSQL. Check host and port in {_URL}.",
    ConnectFailure.UNKNOWN_HOST: f"The host is not known. Check the host in {_URL}.",
}
_UNREACHABLE = (
    "The database cannot be reached. Start it ('llmpricing stores up', or 'docker compose up -d'), "
    f"or point {_URL} at one that runs."
)


@click.command()
@click.argument("ini", default="development.ini", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-seed", is_flag=True, help="Migrate only; load no bundled price list.")
def main(ini: Path, no_seed: bool) -> None:
    """Create, migrate and fill the price book that INI names. Safe to run again: then it changes nothing."""
    try:
        initialize(ini_settings(ini), click.echo, seeding=not no_seed)
    except (SettingsError, SchemaNewer) as error:
        _fail(str(error))
    except ImportRefused as error:
        _fail(f"{error}\nOr leave that source out of LLMPRICING_SEED.")
    except SourceError as error:
        _fail(f"{error}\nOr set LLMPRICING_SEED=none to begin with an empty price book.")
    except DBAPIError as error:
        _fail(next_step(error))


def initialize(settings: Settings, say: Callable[[str], None], *, seeding: bool = True) -> None:
    """Migrate to the newest schema and load the bundled lists; ``say`` is told what happens."""
    started = monotonic()
    engine = make_script_engine(settings)
    _with_retries(lambda: _migrate(engine, settings, say), settings, say)
    if seeding:
        _with_retries(lambda: _seed(engine, settings, say), settings, say)
    say(f"Ready after {monotonic() - started:.1f} s.")


def _migrate(engine: Engine, settings: Settings, say: Callable[[str], None]) -> None:
    with engine.connect() as connection:
        before = migrations.known_current(connection, settings.lock_timeout_s)
        if before == migrations.head():
            say(f"Schema is up to date (revision {before}).")
            return
        migrations.upgrade(connection, settings.lock_timeout_s)
        say(f"Schema migrated from {before or 'an empty database'} to revision {migrations.head()}.")


def _seed(engine: Engine, settings: Settings, say: Callable[[str], None]) -> None:
    if not settings.seed:
        say("No bundled price list is asked for (LLMPRICING_SEED).")
        return
    say(f"Loading the bundled price lists: {', '.join(settings.seed)} ...")
    with transaction(engine) as session:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": migrations.INITIALISE_LOCK})
        summaries = _seed_with_bar(session, settings)
        for summary in summaries:
            if summary.outcome == "described":
                say(f"  {summary.source} of {summary.published_at:%d %b %Y}: capabilities, modalities and limits")
                continue
            what = f"{summary.new} new, {summary.changed} changed, {summary.unchanged} unchanged prices"
            waiting = f", {summary.quarantined} wait for review" if summary.quarantined else ""
            say(f"  {summary.source} of {summary.published_at:%d %b %Y}: {what}{waiting}")
        if any(summary.quarantined for summary in summaries):
            say("  They stay out until a person decides: llmpricing review list")


def _seed_with_bar(session: Session, settings: Settings) -> list:  # type: ignore[type-arg]
    bar = click.progressbar(length=1, label="Publishing prices", file=sys.stderr)

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        return seed(session, settings.seed, datetime.now(UTC), progress)


def _with_retries(work: Callable[[], None], settings: Settings, say: Callable[[str], None]) -> None:
    """Do the work, again after a transient error: a script may wait, unlike a worker."""
    for attempt in range(settings.retry_attempts + 1):
        try:
            work()
            return
        except DBAPIError as error:
            last = attempt == settings.retry_attempts
            if last or not (is_transient(error) or _not_there_yet(error)):
                raise
            delay_s = min(settings.script_retry_delay_s, 2.0**attempt)
            say(f"The database does not answer yet; trying again in {delay_s:.0f} s ...")
            sleep(delay_s)


def _not_there_yet(error: DBAPIError) -> bool:
    """A server that is starting up or cannot be reached; a refused password will not get better."""
    if not isinstance(error, OperationalError):
        return False
    return sqlstate(error) == "57P03" or (sqlstate(error) is None and connect_failure(error.orig) not in LASTING)


def next_step(error: DBAPIError) -> str:
    """What to do about a database error, in plain words without the driver's text."""
    state = sqlstate(error)
    if state is None:
        failure = connect_failure(error.orig)
        return _LOGIN_STEPS.get(failure, _UNREACHABLE) if failure else _UNREACHABLE
    return _NEXT_STEPS.get(state, f"The database refused (SQLSTATE {state}). Its own log says why.")


def _fail(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
