"""`llmpricing backup` and `llmpricing restore`: the whole price book in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from llmpricing.models import migrations, revisions
from llmpricing.models.backup.file import BackupError, checked_lines, write_lines
from llmpricing.models.backup.restoring import NOT_EMPTY, is_empty, read_head, restore_lines
from llmpricing.models.backup.writing import Head, backup_lines
from llmpricing.models.migrations import SchemaNewer
from llmpricing.models.session import transaction
from llmpricing.scripts.asked_database import failures_told, keep_file
from llmpricing.scripts.asked_database import open_book as open_database
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.scripts.options import ini_option
from llmpricing.scripts.terminal import rows_done, say

_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@click.command(short_help="Write all of the database to one file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@ini_option
def backup(file: Path, force: bool, ini: Path) -> None:
    """Write the whole price book to FILE, with its history, decisions, contract rates and tokens' digests.

    At one moment, while imports and the server go on; whole or not at all; for your eyes only. The same book gives
    the same bytes. `llmpricing restore` reads it into any PostgreSQL, with TimescaleDB or without.

    \b
    llmpricing backup book-2026-11-27.gz -c production.ini
    """
    if file.exists() and not force:
        raise click.UsageError(f"{file} exists: name another file, or replace it with --force.")
    with failures_told(), open_database(ini_settings(ini), commit=False) as session, rows_done("Backing up") as advance:
        session.connection(execution_options=_SNAPSHOT)
        try:
            digest = write_lines(file, backup_lines(session, advance))
        except BackupError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise click.ClickException(f"{file}: {error.strerror}. Mend that, or name another file.") from None
    say(f"Written: {file}, {file.stat().st_size:,} bytes, SHA-256 {digest}")
    say("It holds contract rates and decisions, so only you may read it: keep it so where you copy it.")


@click.command(short_help="Fill an empty database from a backup.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@ini_option
def restore(file: Path, ini: Path) -> None:
    """Fill an empty database from FILE, which `llmpricing backup` wrote, whole or not at all.

    Makes the tables first where there are none, and brings a backup of an older release up to this one. A file that
    was cut or changed is refused, and so is a database that holds a price book.

    \b
    llmpricing restore book-2026-11-27.gz -c production.ini
    """
    settings = ini_settings(ini)
    try:
        with failures_told(), script_engine(settings) as engine:
            lines = checked_lines(file)
            head = read_head(next(lines))
            _make_tables(engine, head, settings.lock_timeout_s)
            with rows_done("Restoring") as advance, transaction(engine) as session:
                count = restore_lines(session, head, lines, advance)
            with engine.connect() as connection:
                migrations.upgrade(connection, settings.lock_timeout_s)
            keep_file(engine, settings)
    except (BackupError, SchemaNewer) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}. Nothing was restored; mend that first.") from None
    say(f"Restored: {count:,} rows of {len(head.columns)} tables, as they were.")
    say("Next: serve it with llmpricing run or pserve.")


def _make_tables(engine: Engine, head: Head, lock_timeout_s: float) -> None:
    """Bring an empty database to the backup's revision."""
    with Session(engine) as session:
        if not is_empty(session):
            raise BackupError(NOT_EMPTY)
    with engine.connect() as connection:
        known = revisions.known_revisions()
        there = migrations.known_current(connection, lock_timeout_s)
        if there is not None and known.index(there) < known.index(head.revision):
            migrations.downgrade(connection, lock_timeout_s, head.revision)
        else:
            migrations.upgrade(connection, lock_timeout_s, head.revision)
