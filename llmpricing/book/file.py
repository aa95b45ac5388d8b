"""The file of a book: written once, whole or not at all; opened by mapping it, after every byte has been checked.

64 bytes come first: a mark, the format's number, the header's length, and the SHA-256 of all but the mark and itself.
Then the header as JSON, then each table as an Arrow IPC file.
"""

from __future__ import annotations

import hashlib
import os
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from llmpricing.book.columns import batch_of, schema, values_of
from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import FORMAT, SHAPE, ColumnKinds
from llmpricing.whole_files import write_whole

_MARK = b"llmpricing-book\n"
_NUMBERS = struct.Struct("<QQ")
_DIGEST_AT, _START, _ALIGNED = 32, 64, 64
_AGAIN = "Write it anew: llmpricing book export FILE."


class BookFileError(Exception):
    """The file is no book that can be used; the message ends with what to do."""


class BookHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which price book it is, at which version, and until when it knows; ``own_terms`` tells whether contract rates,
    names and scores of this installation's own are in it. ``tables`` are (offset, size) in bytes.
    """

    book: str
    version: int
    last_change: datetime
    own_terms: bool
    tables: dict[str, tuple[int, int]] = {}


class BookTable:
    """A mapped table; nothing is read of it but what is asked for."""

    def __init__(self, batch: Any, columns: ColumnKinds) -> None:
        self._batch, self._columns = batch, columns
        first = next(iter(columns))
        keys = batch.column(first)
        self._keys = memoryview(keys.buffers()[1] or b"").cast("q") if keys.type == pa.int64() else None

    def __len__(self) -> int:
        count: int = self._batch.num_rows
        return count

    def rows(self, names: Sequence[str], key: int | None = None) -> Iterator[tuple[Any, ...]]:
        """The values of these columns row by row; with ``key`` of the rows whose first column has that value."""
        batch = self._batch if key is None else self._slice(key)
        return zip(*(values_of(batch, name, self._columns[name]) for name in names), strict=True)

    def stored(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Row by row what lies in these columns of Arrow, which are parts of those of SHAPE; times in microseconds."""
        return zip(*(self._batch.column(name).to_pylist() for name in names), strict=True)

    def _slice(self, key: int) -> Any:
        if self._keys is None:
            raise ValueError("this table has no numbers to look rows up by")
        keys, size = self._keys, len(self)
        start = bisect_left(keys, key, 0, size)
        return self._batch.slice(start, bisect_right(keys, key, start, size) - start)


class BookFile:
    """An open book. Its file may be replaced or deleted meanwhile: what is mapped stays."""

    def __init__(self, header: BookHeader, digest: str, tables: Mapping[str, BookTable]) -> None:
        self.header, self.digest, self.tables = header, digest, tables

    @property
    def price_book(self) -> PriceBook:
        """The value that answers."""
        return PriceBook(self.header.book, self.header.version, self.header.last_change, self.tables)

    @property
    def by_itself(self) -> PriceBook:
        """The same under an id of its own: a file that knows less than its price book must not be remembered as it."""
        return replace(self.price_book, book=f"{self.header.book} {self.digest}")


def write_book(path: Path, header: BookHeader, tables: Mapping[str, Iterable[Sequence[Any]]]) -> str:
    """Write a book of these rows, whose values are in the order of SHAPE; returns its SHA-256.

    The file appears at the end, whole and on the disk; with ``own_terms`` nobody but its owner may read it. Raises
    OSError.
    """
    bodies = {name: _body(columns, tables[name]) for name, columns in SHAPE.items()}
    content = _content(header, bodies)
    write_whole(path, content, 0o600 if header.own_terms else None)
    return content[_DIGEST_AT:_START].hex()


def _body(columns: ColumnKinds, rows: Iterable[Sequence[Any]]) -> Any:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema(columns)) as writer:
        writer.write_batch(batch_of(columns, rows))
    return sink.getvalue()


def _content(header: BookHeader, bodies: Mapping[str, Any]) -> bytes:
    places: dict[str, tuple[int, int]] = {}
    offset = 0
    for name, body in bodies.items():
        places[name] = (offset, body.size)
        offset += _rounded(body.size)
    head = msgspec.json.encode(msgspec.structs.replace(header, tables=places))
    content = bytearray(_START + _rounded(len(head)) + offset)
    content[: len(_MARK)] = _MARK
    _NUMBERS.pack_into(content, len(_MARK), FORMAT, len(head))
    content[_START : _START + len(head)] = head
    first = _START + _rounded(len(head))
    for name, (start, size) in places.items():
        content[first + start : first + start + size] = memoryview(bodies[name])
    content[_DIGEST_AT:_START] = _digest(memoryview(content))
    return bytes(content)


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _digest(content: memoryview) -> bytes:
    digest = hashlib.sha256(content[len(_MARK) : _DIGEST_AT])
    digest.update(content[_START:])
    return digest.digest()


def open_book(path: Path, book: str | None = None) -> BookFile:
    """Map the book of this file; raises BookFileError for what is none, and for any but ``book`` where it is given."""
    try:
        with pa.memory_map(str(path)) as mapped:
            buffer = mapped.read_buffer()
    except OSError as error:
        raise BookFileError(f"{path} cannot be read ({_reason(error)}). {_AGAIN}") from None
    content = memoryview(buffer)
    if len(content) < _START or content[: len(_MARK)] != _MARK:
        raise BookFileError(
            f"{path} is no price book of llmpricing. Name one, or write it: llmpricing book export FILE."
        )
    written_as, length = _NUMBERS.unpack_from(content, len(_MARK))
    digest = bytes(content[_DIGEST_AT:_START])
    if _digest(content) != digest:
        raise BookFileError(f"{path} is cut or damaged: its SHA-256 does not fit. Copy it again. {_AGAIN}")
    if written_as != FORMAT:
        raise BookFileError(
            f"{path} is of format {written_as}; this llmpricing reads {FORMAT}: use one release for both. {_AGAIN}"
        )
    header = msgspec.json.decode(content[_START : _START + length], type=BookHeader)
    if book is not None and header.book != book:
        raise BookFileError(f"{path} is of another price book ({header.book}, not {book}). {_AGAIN}")
    first = _START + _rounded(length)
    return BookFile(header, digest.hex(), {name: _table(buffer, name, first, header) for name in SHAPE})


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "it is empty or no file"


def _table(buffer: Any, name: str, first: int, header: BookHeader) -> BookTable:
    start, size = header.tables[name]
    batch = pa.ipc.open_file(pa.BufferReader(buffer.slice(first + start, size))).get_batch(0)
    return BookTable(batch, SHAPE[name])
