"""The raw rows of a usage file, whatever holds them: CSV, JSON in any arrangement, Parquet, packed or not."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import pyarrow as pa
from pyarrow import parquet

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.json_stream import LARGEST_ITEM, JsonStream, records_of
from llmpricing.services.usage_log.formats.json_texts import decoded

_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINE = 8 * 2**20  # bytes of a JSON line that is looked at whole
_BATCH = 5000
_CHUNK = 2**20
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)  # as Excel writes above the header
_DECIMAL_COMMA = re.compile(r"-?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,})|[1-9]\d{3,},\d+)(?:[eE][+-]?\d+)?")
_BOM = "\ufeff"
BROKEN = "\0broken"  # the name under which a raw row says that it is none, and why


class RawRow(NamedTuple):
    """A row and where it stands: its line or its number, from 1."""

    number: int
    fields: Mapping[str, Any]


def raw_rows(path: Path) -> Iterator[RawRow]:
    """The rows of the file in order, in constant memory; raises LogError where they cannot be told apart.

    A row that cannot be read is one with the only field BROKEN.
    """
    with _failures_told(path):
        with path.open("rb") as file:
            is_parquet = file.read(4) == _PARQUET
        if is_parquet:
            yield from parquet_rows(path)
            return
        with _unpacked(path) as stream:
            start = stream.peek(2**16)[: 2**16]
            if start.startswith(_UTF16):
                raise LogError(f"{path} is UTF-16: save it as UTF-8.")
            first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            yield from _json_rows(stream) if first in (b"{", b"[") else _csv_rows(stream)


@contextmanager
def _failures_told(path: Path) -> Iterator[None]:
    """Raise what goes wrong with the file as a LogError that names it, but for failures of the disk."""
    try:
        yield
    except LogError as error:
        raise LogError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise LogError(f"{path} is no UTF-8 text: save it as UTF-8.") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise LogError(f"{path} cannot be unpacked ({str(error)[:80]}): get it anew.") from None
    except (EOFError, zlib.error, pa.ArrowInvalid) as error:
        raise LogError(f"{path} cannot be unpacked or read to its end ({str(error)[:80]}): get it anew.") from None
    except csv.Error as error:
        raise LogError(f"{path} is no table that can be read ({error}): get it anew, as it was.") from None


def holds_bytes(path: Path, words: Sequence[bytes]) -> bool:
    """Whether one of the words stands anywhere in the unpacked file; of Parquet, whose pages are packed, always."""
    most = max(map(len, words))
    with path.open("rb") as file:
        if file.read(4) == _PARQUET:
            return True
    with _failures_told(path), _unpacked(path) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            found = tail + chunk
            if any(word in found for word in words):
                return True
            tail = found[-most:]
    return False


@contextmanager
def _unpacked(path: Path) -> Iterator[io.BufferedReader]:
    with path.open("rb") as file:
        start = file.peek(4)[:4]
        raw: Any = file
        if start.startswith(_GZIP):
            raw = gzip.GzipFile(fileobj=file)
        elif start == _ZSTD:
            raw = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
        yield file if raw is file else io.BufferedReader(raw, 2**17)


def _json_rows(stream: io.BufferedReader) -> Iterator[RawRow]:
    """One object a line is the usual; anything else is read as a stream of documents."""
    head = stream.readline(_LINE)
    first = _decoded(head.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(first, Mapping | list):
        yield from _line_rows(first, stream)
        return
    text = io.TextIOWrapper(cast(IO[bytes], _Joined(head.removeprefix(b"\xef\xbb\xbf"), stream)), "utf-8")
    for number, found in enumerate(JsonStream(text).records(), 1):
        yield RawRow(number, found)


def _line_rows(first: Any, stream: io.BufferedReader) -> Iterator[RawRow]:
    for found in records_of(first):
        yield RawRow(1, found)
    number = 1
    while line := stream.readline(LARGEST_ITEM):
        number += 1
        if not line.strip():
            continue
        if len(line) >= LARGEST_ITEM:
            raise LogError(f"Line {number} is larger than {LARGEST_ITEM:,} bytes, which no record should be.")
        document = _decoded(line)
        if document is None:
            yield RawRow(number, {BROKEN: "the line is no JSON that can be read"})
            continue
        for found in records_of(document):
            yield RawRow(number, found)


def _decoded(line: bytes) -> Any:
    try:
        return decoded(line)
    except ValueError:
        return None


class _Joined(io.RawIOBase):
    """Bytes that were read already, and the stream behind them."""

    def __init__(self, head: bytes, rest: io.BufferedReader) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(found) :] if self._head else b""
        buffer[: len(found)] = found
        return len(found)


def _pointed(cell: str) -> str:
    """The cell with a point where it is a number with a decimal comma, and no one with thousands apart."""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _names(cells: Sequence[str]) -> list[str]:
    """The names of the columns; data frames write their numbering into one without a name."""
    return [cell.removeprefix(_BOM).strip() or f"column {place}" for place, cell in enumerate(cells, 1)]


def _sorted(cells: Sequence[str]) -> list[str]:
    return sorted(cell.removeprefix(_BOM).strip() for cell in cells)


def _csv_rows(stream: io.BufferedReader) -> Iterator[RawRow]:
    """A table with a header, divided by tabs, semicolons, bars or commas; with all but these, numbers may have commas.

    The header of a table that was joined to it names the columns from there on, which may stand in another order.
    """
    csv.field_size_limit(LARGEST_ITEM)
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        header = text.readline(2**20)
        while header and not header.strip():
            header = text.readline(2**20)
        stated = _SEPARATOR.fullmatch(header.strip("\r\n "))
        header = text.readline(2**20) if stated else header
        divider = stated[1] if stated else max(",;\t|", key=header.count)
        header_cells = next(csv.reader([header], delimiter=divider), [])
        names = _names(header_cells)
        if twice := sorted(name for name, number in Counter(names).items() if name and number > 1):
            raise LogError(f"The log has several columns called {', '.join(twice)}: rename all but one.")
        firsts = {_BOM * marked + cell for cell in header_cells for marked in (False, True)}
        for number, row in enumerate(csv.reader(text, delimiter=divider), 2):
            if row and row[0] in firsts and _sorted(row) == _sorted(header_cells):  # of a table that was joined to it
                names = _names(row)
                continue
            if len(row) == len(names):
                cells = map(_pointed, row) if divider != "," else row
                yield RawRow(number, dict(zip(names, cells, strict=True)))
            elif any(row):
                yield RawRow(number, {BROKEN: f"the line has {len(row)} cells, and the header {len(names)}"})
    finally:
        text.detach()


def parquet_rows(path: Path | IO[bytes]) -> Iterator[RawRow]:
    """The rows of a Parquet file in order, numbered from 1; raises pa.ArrowInvalid and OSError."""
    number = 0
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            names = batch.schema.names
            for row in zip(*map(_cells, batch.columns), strict=True):
                number += 1
                yield RawRow(number, _uncovered(dict(zip(names, row, strict=True))))


def _uncovered(fields: dict[str, Any]) -> Mapping[str, Any]:
    """The row that a table of a single column holds as a struct; else the row as it is."""
    (only, *others) = fields.values() or (None,)
    return only if isinstance(only, Mapping) and not others else fields


def _cells(column: pa.Array) -> list[Any]:
    """The column as Python values: numbers by way of NumPy, which takes a hundredth of the time."""
    if not column.null_count and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        numbers: list[Any] = column.to_numpy().tolist()
        return numbers
    found: list[Any] = column.to_pylist(maps_as_pydicts="lossy" if pa.types.is_nested(column.type) else None)
    return found
