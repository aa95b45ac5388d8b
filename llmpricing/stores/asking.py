"""Short questions to PostgreSQL over a connection of one's own, neither session nor pool, all within a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any, Protocol

import psycopg2
from sqlalchemy import make_url

from llmpricing.stores.waiting import wait


class Ask(Protocol):
    """A question to the database, with values for its %s; its rows, none for a statement that has none."""

    def __call__(self, sql: str, *values: Any) -> list[tuple[Any, ...]]: ...


class DatabaseLine:
    """An open connection that asks, one thread at a time; ``alive`` until an answer was late or the line broke."""

    def __init__(self, url: str, expiry: float, **options: str) -> None:
        parsed = make_url(url)
        _, given = parsed.get_dialect()().create_connect_args(parsed)
        self._connection = psycopg2.connect(**{**options, **given}, async_=True)
        try:
            wait(self._connection, expiry)
        except BaseException:
            self._connection.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can still be asked, as far as is known on this side."""
        return not self._connection.closed

    def ask(self, expiry: float, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows; raises psycopg2's errors, and DatabaseTimeout at ``expiry`` (monotonic s), which ends the line."""
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(sql, values or None)
                wait(self._connection, expiry)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            if error.pgcode is None:  # late or broken: what comes now would be the answer to another question
                self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def asking(url: str, timeout_s: float, **options: str) -> Iterator[Ask]:
    """A new line for the block: yields ask(sql) -> rows; raises psycopg2's errors and DatabaseTimeout."""
    expiry = monotonic() + timeout_s
    with closing(DatabaseLine(url, expiry, **options)) as line:
        yield lambda sql, *values: line.ask(expiry, sql, *values)
