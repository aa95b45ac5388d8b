"""Insert many rows at once: a document of JSON for each few thousand, which the server takes apart.

As parameters of a statement, each value on its own, the rows of a long list cost more than all that is done to find
them. COPY would do as well, but psycopg2 has none under a wait callback, without which a wait may be for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Column, Text, column, func, insert, literal, select
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from llmpricing.models.meta import Base

_CHUNK = 5_000  # rows: bounds the memory on both sides


def insert_all(
    session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]], also: type[Base] | None = None
) -> None:
    """Insert rows that all name the same columns, into a second table ``also``; None is NULL. They are taken as they
    come, a few thousand at a time, so that many need not be in memory together.
    """
    columns = table.metadata.tables[table.__tablename__].columns
    ranges = {column.name for column in columns if isinstance(column.type, TSTZRANGE)}
    coming = iter(rows)
    while chunk := list(islice(coming, _CHUNK)):
        names = [name for name in chunk[0] if _is_given(columns[name], chunk)]
        given = [column(name, columns[name].type) for name in names]
        document = msgspec.json.encode([_written(row, names, ranges) for row in chunk]).decode()
        read = func.json_to_recordset(literal(document, Text)).table_valued(*given, name="given")
        taken = select(read.render_derived(with_types=True)).cte("taken")
        # Into the mapped class: what a request inserts into a bare table, zope.sqlalchemy rolls back without a word.
        added = insert(table).from_select(names, select(taken))
        if also is not None:
            added = added.add_cte(insert(also).from_select(names, select(taken)).cte("beside"))
        session.execute(added)


def _is_given(column: Column[Any], chunk: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column has to be sent: most rows leave half of their columns empty."""
    return (
        column.default is not None
        or column.server_default is not None
        or any(row[column.name] is not None for row in chunk)
    )


def _written(row: Mapping[str, Any], names: Sequence[str], ranges: Collection[str]) -> dict[str, Any]:
    return {name: _text(row[name]) if name in ranges else row[name] for name in names}


def _text(given: Range[datetime]) -> str:
    """A range as PostgreSQL reads it; JSON has no form for one."""
    lower, upper = ("" if bound is None else bound.isoformat() for bound in (given.lower, given.upper))
    return f"{given.bounds[0]}{lower},{upper}{given.bounds[1]}"
