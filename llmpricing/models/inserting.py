"""Insert many rows at once: a document of JSON for each few thousand, which the server takes apart.

As parameters of a statement, each value on its own, the rows of a long list cost more than all that is done to find
them. COPY would do as well, but psycopg2 has none under a wait callback, without which a wait may be for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Text, column, func, insert, literal, select
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from llmpricing.models.meta import Base

_CHUNK = 5_000  # rows: bounds the memory on both sides


def insert_all(session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; None is NULL. They are taken as they come, a few thousand at a time,
    so that many need not be in memory together.
    """
    types = {column.name: column.type for column in table.__table__.c}
    ranges = [name for name, type_ in types.items() if isinstance(type_, TSTZRANGE)]
    coming = iter(rows)
    while chunk := list(islice(coming, _CHUNK)):
        given = [column(name, types[name]) for name in chunk[0]]
        document = msgspec.json.encode([_with_texts(row, ranges) for row in chunk]).decode()
        read = func.json_to_recordset(literal(document, Text)).table_valued(*given, name="given")
        # Into the mapped class: what a request inserts into a bare table, zope.sqlalchemy rolls back without a word.
        added = insert(table).from_select(list(chunk[0]), select(read.render_derived(with_types=True)))
        session.execute(added)


def _with_texts(row: Mapping[str, Any], ranges: Sequence[str]) -> Mapping[str, Any]:
    return {**row, **{name: _text(row[name]) for name in ranges if name in row}}


def _text(given: Range[datetime]) -> str:
    """A range as PostgreSQL reads it; JSON has no form for one."""
    lower, upper = ("" if bound is None else bound.isoformat() for bound in (given.lower, given.upper))
    return f"{given.bounds[0]}{lower},{upper}{given.bounds[1]}"
