"""What a process makes of a price book and keeps: as many bytes as it says, about, and within its limit."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from llmpricing.book.file import open_book
from llmpricing.book.price_book import PriceBook
from llmpricing.services.memory.budget import BUDGET, MIB
from llmpricing.services.price_book.folder import keep_book
from llmpricing.web.prepared import REST, prepare_lists
from tests.servers import StoreUrls, new_database

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def book(store_urls: StoreUrls, genai_book: str, tmp_path: Path) -> PriceBook:
    with new_database(store_urls, genai_book) as url:
        path = keep_book(create_engine(url, poolclass=NullPool), tmp_path)
    assert path is not None
    return open_book(path).price_book


def prepare(book: PriceBook) -> None:
    prepare_lists(book, AT)
    for make in REST:
        make(book, AT)


def test_what_is_kept_takes_as_many_bytes_as_are_told(book: PriceBook) -> None:
    prepare(book)  # modules, and what the domain remembers of names
    BUDGET.forget_all()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        prepare(book)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken > MIB
    assert 0.6 < BUDGET.kept_bytes / taken < 1.6


def test_no_more_is_kept_than_may_be(book: PriceBook, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(book)
    most = BUDGET.kept_bytes // 2
    monkeypatch.setattr(BUDGET, "most_bytes", most)
    prepare(book)
    BUDGET.make_room()
    assert most // 2 < BUDGET.kept_bytes <= most
