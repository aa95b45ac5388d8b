"""A price book's file, written from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Text, cast, extract, func, select
from sqlalchemy.orm import Session

from llmpricing.book.file import BookHeader
from llmpricing.book.shape import SHAPE, Kind
from llmpricing.book.writing import table_bytes, write_book
from llmpricing.models import Base
from llmpricing.services.price_book import book_state

_OWN = ("own_rate", "score")  # scores may be of a test that nobody else has


def export_book(session: Session, path: Path, *, known_at: datetime | None = None, own_terms: bool = False) -> str:
    """Write the price book as the session sees it to a file; returns its SHA-256. Raises OSError.

    The book answers up to ``known_at`` (None: its last change). Contract rates, aliases and scores of this
    installation's own are in it only with ``own_terms``. Ask in a transaction of one snapshot, as ``book_state`` wants
    it.
    """
    known = book_state(session)
    header = BookHeader(known.book, known.version, known.known_at(known_at), own_terms)
    return write_book(path, header, {name: _rows(session, name, own_terms) for name in SHAPE})


def warm_up() -> None:
    """Load what the first file would have to wait for."""
    for columns in SHAPE.values():
        table_bytes(columns, ())


def _rows(session: Session, name: str, own_terms: bool) -> Iterable[Sequence[Any]]:
    if name in _OWN and not own_terms:
        return ()
    table = Base.metadata.tables[name]
    columns = [table.c[column] for column in SHAPE[name]]
    parts = chain.from_iterable(map(_parts, columns, SHAPE[name].values()))
    query = select(*parts).order_by(*columns[:2], *table.primary_key)
    if name == "offering_alias" and not own_terms:
        query = query.where(table.c.source_id.is_not(None))
    return session.execute(query)


def _parts(column: Column[Any], kind: Kind) -> Sequence[ColumnElement[Any]]:
    """What of a value lies in the file, made by the server: it takes a fraction of the time that Python does."""
    if kind is Kind.TIME:
        return (_micros(column),)
    if kind is Kind.SPAN:
        return _micros(func.lower(column)), _micros(func.upper(column))
    if kind is Kind.DECIMAL:
        return func.replace(cast(column, Text), ".", ""), func.scale(column)
    return (cast(column, Text) if kind is Kind.JSON else column,)


def _micros(at: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(extract("epoch", at) * 1_000_000, BigInteger)
