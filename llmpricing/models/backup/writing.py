"""All tables as lines of JSON: each value as PostgreSQL writes it, so that nothing is rounded or guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Column, Text, collate, select, text
from sqlalchemy.orm import Session

from llmpricing.models import Base, BookVersion
from llmpricing.models.backup.file import BackupError
from llmpricing.models.migrations import current
from llmpricing.models.revisions import head

FORMAT = 1
AS_TEXT = text("set local datestyle to 'ISO, YMD'; set local timezone to 'UTC'; set local bytea_output to 'hex'")
ROWS = 2_000  # at a time: bounds the memory on both sides
# A restored book is another one than its original: both may be changed, and caches tell them apart by this.
LEFT_OUT = {BookVersion.__table__.c.book}
WITHOUT_ROWS = {"operator_session"}  # who is signed in here is signed in nowhere else


class Head(msgspec.Struct, frozen=True):
    """The first line: the schema's revision, and the columns of each table in the order of its rows' values."""

    llmpricing_backup: int
    revision: str
    columns: dict[str, list[str]]


class Heading(msgspec.Struct, frozen=True):
    """The line before a table's rows, each of which is a line of its own: values as text, null for NULL."""

    table: str


def backup_lines(session: Session, advance: Callable[[int], None]) -> Iterator[bytes]:
    """The price book as the session's transaction sees it; ``advance`` is told of each some thousand rows.

    Raises BackupError where the schema is not the one that this code knows.
    """
    revision = current(session.connection())
    if revision != head():
        raise BackupError(
            f"This database is at revision {revision or 'none'}, this llmpricing at {head()}. Run "
            "initialize_llmpricing_db first, or back it up with the llmpricing that it belongs to."
        )
    session.execute(AS_TEXT)
    tables = Base.metadata.sorted_tables
    kept = {table: [column for column in table.c if column not in LEFT_OUT] for table in tables}
    names = {str(table.name): [str(column.name) for column in columns] for table, columns in kept.items()}
    yield msgspec.json.encode(Head(FORMAT, revision, names))
    for table, columns in kept.items():
        yield msgspec.json.encode(Heading(str(table.name)))
        if str(table.name) in WITHOUT_ROWS:
            continue
        rows = select(*(column.cast(Text) for column in columns)).order_by(*map(_in_order, table.primary_key))
        for part in session.execute(rows, execution_options={"yield_per": ROWS}).partitions():
            yield from (msgspec.json.encode(tuple(row)) for row in part)
            advance(len(part))


def _in_order(column: Column[Any]) -> Any:
    """Order that is the same whatever the database's collation."""
    return collate(column, "C") if isinstance(column.type, Text) else column
