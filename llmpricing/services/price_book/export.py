"""A price book's file, written from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, extract, func, select
from sqlalchemy.orm import Session

from llmpricing.book.file import BookHeader
from llmpricing.book.price_book import UP_TO_A_TIME
from llmpricing.book.shape import SHAPE, Kind
from llmpricing.book.writing import table_bytes, write_book
from llmpricing.domain.times import EarlierThanKnown, day
from llmpricing.models import Base
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.began import began
from llmpricing.services.price_book.known_then import OF_NOW, known_then, only_known

_OWN = frozenset({"own_rate", "score"})  # scores may be of a test that nobody else has


def export_book(
    session: Session, path: Path, *, known_at: datetime | None = None, own_terms: bool = False, scores: bool = False
) -> str:
    """Write the price book as the session sees it to a file; returns its SHA-256. Raises OSError, and EarlierThanKnown
    for a ``known_at`` before the price book began.

    With ``known_at`` it holds what was known then and nothing later: of no version, but with the same bytes whenever
    it is written again. Contract rates, aliases and scores of this installation's own are in it only with
    ``own_terms``, or ``scores`` where all of them are public. Ask in a transaction of one snapshot, as ``book_state``
    wants it.
    """
    known = book_state(session)
    until = None if known_at is None else known.known_at(_not_before(session, known_at))
    version = known.version if until is None else UP_TO_A_TIME
    header = BookHeader(known.book, version, until or known.last_change, own_terms)
    left_out = set() if own_terms else _OWN - {"score"} if scores else _OWN
    rows = {name: () if name in left_out else _rows(session, name, own_terms, until) for name in SHAPE}
    return write_book(path, header, rows)


def _not_before(session: Session, known_at: datetime) -> datetime:
    """The time, by which something was known; raises EarlierThanKnown."""
    first = began(session)
    if first is None or known_at < first:
        so_far = "has read no list yet" if first is None else f"began {day(first)}"
        raise EarlierThanKnown(
            f"is too early: this price book {so_far}, and nothing was known before. Leave it out, or name a later time"
        )
    return known_at


def warm_up() -> None:
    """Load what the first file would have to wait for."""
    for columns in SHAPE.values():
        table_bytes(columns, ())


def _rows(session: Session, name: str, own_terms: bool, known_at: datetime | None) -> Iterable[Sequence[Any]]:
    if known_at is not None and name in OF_NOW:
        return ()
    table = Base.metadata.tables[name]
    columns = [table.c[column] for column in SHAPE[name]]
    told = columns if known_at is None else known_then(table, columns, known_at)
    parts = chain.from_iterable(map(_parts, told, SHAPE[name].values()))
    query = select(*parts).select_from(table).order_by(*columns[:2], *table.primary_key)
    if known_at is not None:
        query = only_known(query, table, known_at)
    if name == "offering_alias" and not own_terms:
        query = query.where(table.c.source_id.is_not(None))
    return session.execute(query)


def _parts(column: ColumnElement[Any], kind: Kind) -> Sequence[ColumnElement[Any]]:
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
