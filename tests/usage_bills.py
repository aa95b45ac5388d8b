"""Bills of usage files, on the bundled lists and the few entries of LiteLLM's map that the files use beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.usage_log.bill import Bill, billed, priced_records
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.servers import StoreUrls, new_database
from tests.usage_twins import DAY, FOLDER


@contextmanager
def book_with_entries(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    """A session on the bundled lists and what LiteLLM's map of 12 Nov 2026 alone holds of what the files use."""
    with new_database(store_urls, full_book) as url, Session(create_engine(url, poolclass=NullPool)) as session:
        entries = (FOLDER / "litellm-entries.json").read_bytes()
        reading = ReadList(entries, datetime(2026, 11, 12, tzinfo=UTC), NOW, "a sample")
        import_lists(session, [(SOURCES["litellm"], reading)])
        session.commit()
        yield session


def bill_of(session: Session, path: Path) -> Bill:
    """The bill of one file, as it is known now."""
    pricer = LogPricer(session, datetime.now(UTC), None)
    return billed(priced_records(pricer, UsageFiles([usage_file(path, now=DAY)]).records()))
