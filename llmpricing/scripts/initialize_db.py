"""initialize_llmpricing_db: create what is missing, migrate, seed. Safe to run twice and by two processes at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from llmpricing.models import migrations, revisions
from llmpricing.models.migrations import SchemaNewer
from llmpricing.models.session import transaction
from llmpricing.scripts.asked_database import keep_file
from llmpricing.scripts.failures import fail, next_step, with_retries
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.scripts.progress import progress_bar
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.imports.seeding import seed
from llmpricing.services.scores.seeding_scores import seed_scores
from llmpricing.settings import Settings
from llmpricing.settings_error import SettingsError
from llmpricing.sources.bundled_scores import REPLACED_SOURCES, bundled_scores
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import bundled_lists


@click.command()
@click.argument("ini", default="development.ini", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-seed", is_flag=True, help="Migrate only; load no bundled price list.")
def main(ini: Path, no_seed: bool) -> None:
    """Create, migrate and fill the price book that INI names. Safe to run again: then it changes nothing."""
    try:
        initialize(ini_settings(ini), click.echo, seeding=not no_seed)
    except (SettingsError, SchemaNewer) as error:
        fail(str(error))
    except ImportRefused as error:
        fail(f"{error}\nOr leave that source out of LLMPRICING_SEED.")
    except SourceError as error:
        fail(f"{error}\nOr set LLMPRICING_SEED=none to begin with an empty price book.")
    except DBAPIError as error:
        fail(next_step(error))


def initialize(settings: Settings, say: Callable[[str], None], *, seeding: bool = True) -> None:
    """Migrate to the newest schema and load the bundled lists; ``say`` is told what happens."""
    started = monotonic()
    with script_engine(settings, "initialize_llmpricing_db") as engine:
        with_retries(lambda: _migrate(engine, settings, say), settings, patiently=True)
        if seeding:
            with_retries(lambda: _seed(engine, settings, say), settings, patiently=True)
            keep_file(engine, settings)
    say(f"Ready after {monotonic() - started:.1f} s.")


def _migrate(engine: Engine, settings: Settings, say: Callable[[str], None]) -> None:
    with engine.connect() as connection:
        before = migrations.known_current(connection, settings.lock_timeout_s)
        if before != revisions.head():
            before = migrations.upgrade(connection, settings.lock_timeout_s)
        if before == revisions.head():  # also where another initialiser came first
            say(f"Schema is up to date (revision {before}).")
            return
        say(f"Schema migrated from {before or 'an empty database'} to revision {revisions.head()}.")


def _seed(engine: Engine, settings: Settings, say: Callable[[str], None]) -> None:
    if not settings.seed:
        say("No bundled price list is asked for (LLMPRICING_SEED).")
        return
    say(f"Loading the bundled price lists: {', '.join(source.slug for source in bundled_lists(settings.seed))} ...")
    with transaction(engine) as session:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": revisions.INITIALISE_LOCK})
        with progress_bar("Publishing prices") as progress:
            summaries = seed(
                session, settings.seed, datetime.now(UTC), progress, grace_days=settings.evidence_grace_days
            )
        scores = seed_scores(session, bundled_scores(), datetime.now(UTC), REPLACED_SOURCES)
        for summary in summaries:
            if summary.outcome == "described":
                say(f"  {summary.source} of {summary.published_at:%d %b %Y}: capabilities, modalities and limits")
                continue
            what = f"{summary.new} new, {summary.changed} changed, {summary.unchanged} unchanged prices"
            waiting = f", {summary.quarantined} wait for review" if summary.quarantined else ""
            say(f"  {summary.source} of {summary.published_at:%d %b %Y}: {what}{waiting}")
        if scores:
            say(f"  scores: {scores} of benchmarks, each with its source")
        if any(summary.quarantined for summary in summaries):
            say("  They stay out until a person decides: llmpricing review list")


if __name__ == "__main__":
    main()
