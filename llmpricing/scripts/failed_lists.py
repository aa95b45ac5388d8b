"""Keep in the price book why a list could not be had, so that its pages tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from llmpricing.scripts.asked_database import open_book
from llmpricing.services.imports.failures import keep_failure
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.settings import Settings
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import SourceError


@contextmanager
def failure_kept(settings: Settings, info: SourceInfo) -> Iterator[None]:
    """Note what goes wrong with the list, and let it go on; a database that is away is told elsewhere."""
    try:
        yield
    except (SourceError, ImportRefused) as error:
        with suppress(DBAPIError), open_book(settings) as session:
            keep_failure(session, info, str(error), datetime.now(UTC))
        raise
