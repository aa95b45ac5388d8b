"""A backup's lines back into empty tables, with their ids and both clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from sqlalchemy import TextClause, inspect, text
from sqlalchemy.orm import Session

from llmpricing.models import Base
from llmpricing.models.backup.file import BackupError
from llmpricing.models.backup.writing import AS_TEXT, FORMAT, LEFT_OUT, ROWS, Head, Heading
from llmpricing.models.revisions import IMPORT_LOCK, INITIALISE_LOCK, known_revisions

NOT_EMPTY = (
    "This database holds a price book already: a backup goes into an empty database. Make a new one and name it in "
    "LLMPRICING_DATABASE_URL, or empty a development one with: llmpricing stores reset"
)
NOT_OURS = "This backup names tables or columns that its revision does not have. Nothing was restored."
NOT_ALL = (
    "This backup lacks {what}, so it is not the whole price book. Nothing was restored: take another copy of it, "
    "or write a new one with: llmpricing backup FILE"
)
_TYPES = text(
    "select attname, format_type(atttypid, atttypmod), attidentity <> '' from pg_attribute"
    " where attrelid = cast(:name as regclass) and attnum > 0 and not attisdropped"
)


def read_head(line: bytes) -> Head:
    """The first line of a backup; raises BackupError where a newer llmpricing wrote it."""
    found = msgspec.json.decode(line, type=Head)
    if found.llmpricing_backup != FORMAT or found.revision not in known_revisions():
        raise BackupError(
            f"A newer llmpricing wrote this backup (revision {found.revision}). Nothing was restored: install that "
            "version, restore with it, and go on with it."
        )
    return found


def is_empty(session: Session) -> bool:
    """Whether no table of ours holds a row, also where there are no tables yet."""
    there = inspect(session.connection()).get_table_names()
    ours = [name for name in Base.metadata.tables if name in there]
    return not any(session.scalar(text(f"select exists (select from {name})")) for name in ours)  # noqa: S608


def restore_lines(session: Session, head: Head, lines: Iterable[bytes], advance: Callable[[int], None]) -> int:
    """Fill the tables, which are of the backup's revision, in the session's transaction; returns how many rows.

    Nobody else initialises or imports meanwhile. Raises BackupError where a table holds rows, and where the backup
    lacks a table or a column.
    """
    for key in (INITIALISE_LOCK, IMPORT_LOCK):
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})
    if not is_empty(session):
        raise BackupError(NOT_EMPTY)
    inserts = _inserts(session, head)
    session.execute(AS_TEXT)
    total = 0
    insert: TextClause | None = None
    waiting: list[bytes] = []

    def send() -> None:
        nonlocal total
        if insert is not None and waiting:
            session.execute(insert, {"rows": f"[{b','.join(waiting).decode()}]"})
            total += len(waiting)
            advance(len(waiting))
            waiting.clear()

    for line in lines:
        if line.startswith(b"{"):
            send()
            insert = inserts.pop(msgspec.json.decode(line, type=Heading).table, None)
            if insert is None:
                raise BackupError(NOT_OURS)
            continue
        waiting.append(line)
        if len(waiting) == ROWS:
            send()
    send()
    if inserts:
        raise BackupError(NOT_ALL.format(what=f"the rows of table {', '.join(sorted(inserts))}"))
    _count_on(session, head)
    return total


def _inserts(session: Session, head: Head) -> dict[str, TextClause]:
    """A statement for each table of the backup's revision; raises BackupError where the backup does not fit them."""
    there = set(inspect(session.connection()).get_table_names())
    if not there.issuperset(head.columns):
        raise BackupError(NOT_OURS)
    if lacking := sorted(there.intersection(Base.metadata.tables).difference(head.columns)):
        raise BackupError(NOT_ALL.format(what=f"table {', '.join(lacking)}"))
    return {table: _insert(session, table, columns) for table, columns in head.columns.items()}


def _insert(session: Session, table: str, columns: Sequence[str]) -> TextClause:
    """The statement that adds rows, given as a JSON array of arrays; its names are checked."""
    types = {name: type_ for name, type_, _ in session.execute(_TYPES, {"name": table})}
    if not types.keys() >= set(columns):
        raise BackupError(NOT_OURS)
    left_out = {column.name for column in LEFT_OUT if column.table.name == table}
    if lacking := sorted(types.keys() - set(columns) - left_out):
        raise BackupError(NOT_ALL.format(what=f"{', '.join(lacking)} of table {table}"))
    values = ", ".join(f"cast(given ->> {place} as {types[name]})" for place, name in enumerate(columns))
    return text(
        f"insert into {table} ({', '.join(columns)}) overriding system value"  # noqa: S608
        f" select {values} from json_array_elements(cast(:rows as json)) as given"
    )


def _count_on(session: Session, head: Head) -> None:
    """Let new rows take ids behind those that are there."""
    for table in head.columns:
        for name, _, counts in session.execute(_TYPES, {"name": table}).all():
            if counts:
                behind = f"select setval(pg_get_serial_sequence('{table}', '{name}'), max({name}))"
                session.execute(text(f"{behind} from {table} having count(*) > 0"))
