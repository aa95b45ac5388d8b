"""What a command or a request asks of the database: its statements and rows, so that both have budgets.

with recorded() as queries:
    commands.run("pin ...")
queries.within(statements=20, rows=100)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Queries:
    """Statements in order, each with the rows that it returned or changed."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.asked)

    def touching(self, table: str) -> list[str]:
        """The statements that name a table."""
        return [statement for statement, _ in self.asked if table in statement]

    def within(self, statements: int, rows: int) -> None:
        """Fail, showing every statement, where there were more than so many statements or rows."""
        shown = "\n".join(f"{rows:6} rows  {' '.join(statement.split())[:150]}" for statement, rows in self.asked)
        assert len(self.asked) <= statements, f"{len(self.asked)} statements, not {statements}:\n{shown}"
        assert self.rows <= rows, f"{self.rows} rows, not {rows}:\n{shown}"


@contextmanager
def recorded() -> Iterator[Queries]:
    """Record all that this process asks of any database inside the block, but for connecting."""
    found = Queries()

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.asked.append((statement, max(cursor.rowcount, 0)))

    event.listen(Engine, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "after_cursor_execute", note)
