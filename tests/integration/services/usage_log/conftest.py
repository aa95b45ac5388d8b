"""The book that tests of one process only read; a file that writes has one of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries


@pytest.fixture(scope="session")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        yield session
