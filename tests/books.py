"""Books in memory, of what a session sees."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from llmpricing.book.file import open_book
from llmpricing.book.price_book import PriceBook
from llmpricing.services.price_book.export import export_book


def book_of(session: Session) -> PriceBook:
    """The price book as the session sees it, under an id of its own: what is remembered of one answers for no other."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.book"
        export_book(session, path, own_terms=True)
        return open_book(path).by_itself
