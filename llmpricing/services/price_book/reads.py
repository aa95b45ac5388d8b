"""Reading prices from either place: the book in memory, or the database as a transaction sees it.

A read is written for the book, and the module of the same name with ``_in_database`` behind it holds its SQL:

    @BookRead
    def offerings(book: PriceBook) -> list[Offered]: ...        # name_history.py

    @name_history.offerings.in_database
    def offerings(session: Session) -> list[Offered]: ...       # name_history_in_database.py

So who asks a book loads neither SQLAlchemy nor the tables; who has a session has loaded both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar

from llmpricing.book.price_book import PriceBook

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Where prices are read from: the database as a transaction sees it, or the book in memory. Who reads asks either.
Reads: TypeAlias = "Session | PriceBook"
_More = ParamSpec("_More")
_Found = TypeVar("_Found")


class BookRead(Generic[_More, _Found]):
    """What is asked of a book, or of a database by the function that is marked as its ``in_database``; both answer
    the same.
    """

    def __init__(self, in_book: Callable[Concatenate[PriceBook, _More], _Found]) -> None:
        self._in_book = in_book
        self._sql: Callable[Concatenate[Session, _More], _Found] | None = None
        update_wrapper(self, in_book)

    def in_database(
        self, sql: Callable[Concatenate[Session, _More], _Found]
    ) -> Callable[Concatenate[Session, _More], _Found]:
        """Mark the function that asks the database the same."""
        self._sql = sql
        return sql

    def __call__(self, reads: Reads, *given: _More.args, **named: _More.kwargs) -> _Found:
        """The answer of the book or of the database, whichever ``reads`` is."""
        if isinstance(reads, PriceBook):
            return self._in_book(reads, *given, **named)
        if self._sql is None:
            import_module(f"{self._in_book.__module__}_in_database")
        if self._sql is None:
            raise NotImplementedError(f"{self._in_book.__qualname__} has no SQL: write it in {self.__module__}")
        return self._sql(reads, *given, **named)
