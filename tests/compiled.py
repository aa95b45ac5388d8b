"""Templates of pages and SQL, compiled once a worker: each application of a test would compile what it needs again."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from types import CodeType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache


class CompiledTemplates(BytecodeCache):
    """The code of each template by its place and its source, as Jinja keeps it in files."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


class CompiledStatements(MutableMapping[Any, Any]):
    """SQL as SQLAlchemy compiled it, for all engines of one kind: it keeps it for each engine, and each test makes
    some. What is newest asked for stays.
    """

    MOST = 5_000

    def __init__(self) -> None:
        self._made: LRUCache[Any, Any] = LRUCache(self.MOST)

    @staticmethod
    def _key(key: tuple[Any, ...]) -> tuple[Any, ...]:
        dialect, *statement = key
        return type(dialect), dialect.server_version_info, dialect.default_schema_name, dialect.paramstyle, *statement

    def __getitem__(self, key: Any) -> Any:
        return self._made[self._key(key)]

    def __setitem__(self, key: Any, made: Any) -> None:
        self._made[self._key(key)] = made

    def __delitem__(self, key: Any) -> None:
        del self._made[self._key(key)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def share_statements() -> None:
    """From now on engines share what they compile."""
    shared = CompiledStatements()

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", share)
