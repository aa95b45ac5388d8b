"""The price book in a database, as commands work on it: its session, and how their failures are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from llmpricing.scripts.failures import UNSURE, broke_off, next_step
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.services.decisions.audit import account_name
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.price_book.folder import keep_book
from llmpricing.settings import Settings
from llmpricing.sources.errors import SourceError

log = structlog.get_logger(__name__)


@contextmanager
def failures_told() -> Iterator[None]:
    """Turn what can go wrong with a price book into plain words and exit code 1."""
    try:
        yield
    except (SourceError, ImportRefused, DecisionRefused) as error:
        raise click.ClickException(str(error)) from None
    except DBAPIError as error:
        raise click.ClickException(next_step(error)) from None


@contextmanager
def open_book(settings: Settings, *, commit: bool = True) -> Iterator[Session]:
    """A session on the price book; what the block did is kept, unless it raises or ``commit`` is false."""
    with script_engine(settings) as engine, Session(engine) as session:
        yield session
        if commit:
            _commit(session)
            keep_file(engine, settings)


def keep_file(engine: Engine, settings: Settings) -> None:
    """Write the file of a new version, so that servers have it at once; they write it where this fails."""
    if settings.book_dir is None:
        return
    try:
        keep_book(engine, Path(settings.book_dir))
    except (OSError, DBAPIError) as error:
        log.warning("book_not_written", folder=settings.book_dir, error=type(error).__name__)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        if broke_off(error):
            error.add_note(UNSURE)
        raise


def decider(actor: str | None, note: str | None) -> Decider:
    """Who decides now: the name given, else the account that runs this."""
    return Decider(actor or account_name(), datetime.now(UTC), note)
