"""The raw rows of a usage file, whatever holds them: CSV, JSON in any arrangement, Parquet, packed or not."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
from pyarrow import compute, parquet

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.csv_rows import csv_blocks, csv_rows, header_names
from llmpricing.services.usage_log.formats.envelopes import blocks_taken_off, exported_rows, is_exported, taken_off
from llmpricing.services.usage_log.formats.joined_stream import JoinedStream
from llmpricing.services.usage_log.formats.json_stream import LARGEST_ITEM, JsonStream, records_of
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.line_blocks import LineBlockReader
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawBlock, RawRow, RowsBlock, some_rows
from llmpricing.services.usage_log.formats.table_blocks import TableBlock, cells_of, plain_batch, texts_of, uncovered
from llmpricing.services.usage_log.whole_files import check_all_rows, opened_whole

_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_ZIP = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"
_LINE = 8 * 2**20  # bytes of a JSON line that is looked at whole
_BATCH = 5000
_CHUNK = 2**20
_SIGNS = 64  # bytes at the beginning of a text that tell what it is
_SOME_BYTES = 2**22  # of lines that are read at once


def raw_rows(path: Path) -> Iterator[RawRow]:
    """The rows of the file in order, in constant memory; raises LogError where they cannot be told apart.

    A row that cannot be read is one with the only field BROKEN; rows that lie in events are read without these.
    """
    with _failures_told(path):
        yield from taken_off(_rows(path))


def _rows(path: Path) -> Iterator[RawRow]:
    if _is_parquet(path):
        yield from parquet_rows(path)
        return
    with _unpacked(path) as stream:
        if _is_json(stream):
            yield from _json_rows(stream)
        else:
            yield from exported_rows(stream) if is_exported(stream.peek(_SIGNS)) else csv_rows(stream)


def raw_blocks(path: Path, rows: int, opens: Mapping[str, Sequence[str]] | None = None) -> Iterator[RawBlock]:
    """The same rows, about so many together; of objects that it ``opens``, blocks of lines show these fields alone."""
    with _failures_told(path):
        yield from blocks_taken_off(_blocks(path, rows, opens or {}), rows, opens or {})


def _blocks(path: Path, rows: int, opens: Mapping[str, Sequence[str]]) -> Iterator[RawBlock]:
    if _is_parquet(path):
        yield from _parquet_blocks(path, rows)
        return
    with _unpacked(path) as stream:
        if _is_json(stream):
            yield from _json_blocks(stream, rows, opens)
        elif is_exported(stream.peek(_SIGNS)):
            yield from some_rows(exported_rows(stream), rows)
        else:
            yield from csv_blocks(stream, rows)


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


def words_in(path: Path, words: Collection[str]) -> set[str]:
    """Those of the words that stand anywhere in the unpacked file: in names and texts, whether or not they are fields;
    of Parquet with nested columns, all.
    """
    with _failures_told(path):
        if _is_parquet(path):
            return _words_in_parquet(path, words)
        found, left = set[str](), {word: word.encode() for word in words}
        most = max(map(len, left.values()), default=0)
        with _unpacked(path) as stream:
            tail = b""
            while left and (chunk := stream.read(_CHUNK)):
                text = tail + chunk
                found |= {word for word, signs in left.items() if signs in text}
                left = {word: signs for word, signs in left.items() if word not in found}
                tail = text[-most:]
        return found


def _words_in_parquet(path: Path, words: Collection[str]) -> set[str]:
    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        if any(map(pa.types.is_nested, schema.types)):
            return {*words}
        names = " ".join(schema.names)
        found = {word for word in words if word in names}
        texts = [name for name, kind in zip(schema.names, schema.types, strict=True) if not _is_plain(kind)]
        for batch in file.iter_batches(_BATCH, columns=texts):
            if len(found) == len(words):
                break
            columns = [column.unique() for column in map(texts_of, batch.columns) if column is not None]
            found |= {word for word in words if word not in found and any(_holds(column, word) for column in columns)}
    return found


def _holds(texts: pa.Array, word: str) -> bool:
    return bool(compute.any(compute.match_substring(texts, word), min_count=0).as_py())


def _is_plain(kind: pa.DataType) -> bool:
    """Whether its cells hold no words."""
    return any(is_one(kind) for is_one in (pa.types.is_primitive, pa.types.is_null, pa.types.is_decimal))


def header_of(path: Path) -> Sequence[str]:
    """The names of the columns of a table without rows, none where the file is none; raises LogError."""
    with _failures_told(path):
        if _is_parquet(path):
            return list(parquet.read_schema(path).names)
        with _unpacked(path) as stream:
            return header_names(stream.readline(2**20).decode("utf-8-sig"))


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == _PARQUET


def _is_json(stream: io.BufferedReader) -> bool:
    start = stream.peek(2**16)[: 2**16]
    if start.startswith(_ZIP):
        raise LogError("The file is a ZIP archive or a workbook: unpack it, or save the table in it as CSV.")
    if start.startswith(_UTF16):
        raise LogError("The file is UTF-16: save it as UTF-8.")
    return start.removeprefix(_MARK).lstrip()[:1] in (b"{", b"[")


@contextmanager
def _unpacked(path: Path) -> Iterator[io.BufferedReader]:
    with opened_whole(path) as file:
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
    if _are_lines(head):
        yield from _rows_of(enumerate(_lines(head, stream), 1))
        return
    yield from _documents(head, stream)


def _json_blocks(stream: io.BufferedReader, rows: int, opens: Mapping[str, Sequence[str]]) -> Iterator[RawBlock]:
    """The same rows, about so many together."""
    head, reader = stream.readline(_LINE), LineBlockReader(opens)
    if not _are_lines(head):
        yield from some_rows(_documents(head, stream), rows)
        return
    first = 1
    for lines in _some_lines(head.removeprefix(_MARK), stream):
        for start in range(0, len(lines), rows):
            some, numbers = lines[start : start + rows], range(first + start, first + start + rows)
            block = reader.block(some, numbers)
            if block is not None:
                yield block
            else:
                yield from some_rows(_rows_of(zip(numbers, some, strict=False)), rows)
        first += len(lines)


def _some_lines(head: bytes, stream: io.BufferedReader) -> Iterator[list[bytes]]:
    """All lines, some MiB at a time; raises LogError where one is larger than any record."""
    first = 1
    while text := head + stream.read(_SOME_BYTES) + stream.readline(LARGEST_ITEM):
        head = b""
        lines = text.split(b"\n")
        if not lines[-1]:
            lines.pop()
        if len(text) >= LARGEST_ITEM and (
            large := [n for n, one in enumerate(lines, first) if len(one) >= LARGEST_ITEM]
        ):
            raise LogError(_too_large(large[0]))
        yield lines
        first += len(lines)


def _are_lines(head: bytes) -> bool:
    return isinstance(_decoded(head.removeprefix(_MARK)), Mapping | list)


def _documents(head: bytes, stream: io.BufferedReader) -> Iterator[RawRow]:
    text = io.TextIOWrapper(cast(IO[bytes], JoinedStream(head.removeprefix(_MARK), stream)), "utf-8")
    for number, found in enumerate(JsonStream(text).records(), 1):
        yield RawRow(number, found)


def _lines(head: bytes, stream: io.BufferedReader) -> Iterator[bytes]:
    """All lines; raises LogError where one is larger than any record."""
    yield head.removeprefix(_MARK)
    number = 1
    while line := stream.readline(LARGEST_ITEM):
        number += 1
        if len(line) >= LARGEST_ITEM and line.strip():
            raise LogError(_too_large(number))
        yield line


def _too_large(number: int) -> str:
    return f"Line {number} is larger than {LARGEST_ITEM:,} bytes, which no record should be."


def _rows_of(lines: Iterable[tuple[int, bytes]]) -> Iterator[RawRow]:
    for number, line in lines:
        if not line.strip():
            continue
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


def parquet_rows(path: Path | IO[bytes]) -> Iterator[RawRow]:
    """The rows of a Parquet file in order, numbered from 1; raises pa.ArrowInvalid and OSError."""
    number = 0
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            for row in _rows_in(batch):
                number += 1
                yield RawRow(number, row)
        check_all_rows(file, number)


def _parquet_blocks(path: Path, rows: int) -> Iterator[RawBlock]:
    """The same rows, about so many together."""
    number = 1
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(rows):
            plain = uncovered(batch)
            if plain is None or len(set(plain.schema.names)) < plain.num_columns:
                yield RowsBlock([RawRow(place, row) for place, row in enumerate(_rows_in(batch), number)])
            else:
                yield TableBlock(plain_batch(plain), number)
            number += batch.num_rows
        check_all_rows(file, number - 1)


def _rows_in(batch: pa.RecordBatch) -> Iterator[Mapping[str, Any]]:
    names = batch.schema.names
    for row in zip(*map(cells_of, batch.columns), strict=True):
        yield _uncovered(dict(zip(names, row, strict=True)))


def _uncovered(fields: dict[str, Any]) -> Mapping[str, Any]:
    """The row that a table of a single column holds as a struct; else the row as it is."""
    (only, *others) = fields.values() or (None,)
    return only if isinstance(only, Mapping) and not others else fields
