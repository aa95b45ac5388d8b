"""The file of a book: written once, whole or not at all; opened after every byte has been checked.

64 bytes come first: a mark, the format's number, the header's length, and the SHA-256 of all but the mark and itself.
Then the header as JSON, then each table as an Arrow IPC file.
"""

from __future__ import annotations

import hashlib
import os
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import msgspec

from llmpricing.book.arrow_file import ArrowFile
from llmpricing.book.column_values import values_of
from llmpricing.book.mapped_columns import StoredNumbers, stored_columns
from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import FORMAT, PARTS, SHAPE, ColumnKinds

_MARK = b"llmpricing-book\n"
_NUMBERS = struct.Struct("<QQ")
_DIGEST_AT, _START, _ALIGNED = 32, 64, 64
_WRITE = "llmpricing book export FILE, or without a server: llmpricing book build FILE"
_AGAIN = f"Write it anew: {_WRITE}"


class BookFileError(Exception):
    """The file is no book that can be used; the message ends with what to do."""


class BookUnreadableError(BookFileError):
    """The file cannot be read now: what it holds may be good."""


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
    """A table of an open book; nothing is read of it but what is asked for."""

    def __init__(self, content: memoryview, columns: ColumnKinds) -> None:
        file = ArrowFile(content)
        self._count, self._columns, self._stored = len(file), columns, stored_columns(file, columns)
        keys = self._stored[next(iter(columns))]
        self._keys = keys.numbers if isinstance(keys, StoredNumbers) and keys.numbers.format == "q" else None

    def __len__(self) -> int:
        return self._count

    def rows(self, names: Sequence[str], key: int | None = None) -> Iterator[tuple[Any, ...]]:
        """The values of these columns row by row; with ``key`` of the rows whose first column has that value."""
        bounds = (0, self._count) if key is None else self._bounds(key)
        return zip(*(self._values(name, *bounds) for name in names), strict=True)

    def stored(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Row by row what lies in these columns of Arrow, which are parts of those of SHAPE; times in microseconds."""
        return zip(*(self._stored[name].read(0, self._count) for name in names), strict=True)

    def _values(self, name: str, start: int, stop: int) -> list[Any]:
        kind = self._columns[name]
        return values_of([self._stored[name + part].read(start, stop) for part in PARTS.get(kind, ("",))], kind)

    def _bounds(self, key: int) -> tuple[int, int]:
        if self._keys is None:
            raise ValueError("this table has no numbers to look rows up by")
        start = bisect_left(self._keys, key, 0, self._count)
        return start, bisect_right(self._keys, key, start, self._count)


class BookFile:
    """An open book. Its file may be replaced or deleted meanwhile: what it holds stays."""

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


def content_of(header: BookHeader, bodies: Mapping[str, Any]) -> tuple[str, bytes]:
    """The SHA-256 and the bytes of a file of these tables."""
    places: dict[str, tuple[int, int]] = {}
    offset = 0
    for name, body in bodies.items():
        places[name] = (offset, len(memoryview(body)))
        offset += _rounded(len(memoryview(body)))
    head = msgspec.json.encode(msgspec.structs.replace(header, tables=places))
    content = bytearray(_START + _rounded(len(head)) + offset)
    content[: len(_MARK)] = _MARK
    _NUMBERS.pack_into(content, len(_MARK), FORMAT, len(head))
    content[_START : _START + len(head)] = head
    first = _START + _rounded(len(head))
    for name, (start, size) in places.items():
        content[first + start : first + start + size] = memoryview(bodies[name])
    digest = _digest(memoryview(content))
    content[_DIGEST_AT:_START] = digest
    return digest.hex(), bytes(content)


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _digest(content: memoryview) -> bytes:
    digest = hashlib.sha256(content[len(_MARK) : _DIGEST_AT])
    digest.update(content[_START:])
    return digest.digest()


def open_book(path: Path, book: str | None = None, *, mapped: bool = False) -> BookFile:
    """The book of this file; raises BookFileError for what is none, and for any but ``book`` where it is given.
    A BookUnreadableError does not say that the file is no good.

    Processes share the memory of a file that is ``mapped``, which must only ever be replaced by another one: to read
    one that is written over in its place would end the process by SIGBUS, or give prices that nobody checked.
    """
    try:
        with path.open("rb") as file:
            content = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ) if mapped else file.read())
    except OSError as error:
        raise BookUnreadableError(f"{path} cannot be read ({_reason(error)}). {_AGAIN}") from None
    except ValueError:  # what is empty cannot be mapped
        raise BookFileError(f"{path} cannot be read (it is empty or no file). {_AGAIN}") from None
    if len(content) < _START or content[: len(_MARK)] != _MARK:
        raise BookFileError(f"{path} is no price book of llmpricing. Name one, or write it: {_WRITE}")
    written_as, length = _NUMBERS.unpack_from(content, len(_MARK))
    digest = bytes(content[_DIGEST_AT:_START])
    if _digest(content) != digest:
        raise BookFileError(f"{path} is cut or damaged: its SHA-256 does not fit. Copy it again. {_AGAIN}")
    if written_as != FORMAT:
        raise BookFileError(
            f"{path} is of format {written_as}; this llmpricing reads {FORMAT}: use one release for both. {_AGAIN}"
        )
    try:
        header = msgspec.json.decode(content[_START : _START + length], type=BookHeader)
        tables = _tables(content, _START + _rounded(length), header)
    except MemoryError:
        raise BookUnreadableError(f"{path} cannot be read (no memory is left). {_AGAIN}") from None
    except Exception as error:  # whatever bytes that nobody wrote as a book are taken for
        raise BookFileError(f"{path} holds no tables of a price book ({type(error).__name__}). {_AGAIN}") from error
    if book is not None and header.book != book:
        raise BookFileError(f"{path} is of another price book ({header.book}, not {book}). {_AGAIN}")
    return BookFile(header, digest.hex(), tables)


def _tables(content: memoryview, first: int, header: BookHeader) -> dict[str, BookTable]:
    places = ((name, first + header.tables[name][0], header.tables[name][1]) for name in SHAPE)
    return {name: BookTable(content[at : at + size], SHAPE[name]) for name, at, size in places}


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "it is no file"
