"""The rows of a JSON text: an object a line is the usual, anything else is read as a stream of documents."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, cast

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.joined_stream import JoinedStream
from llmpricing.services.usage_log.formats.json_records import records_of
from llmpricing.services.usage_log.formats.json_stream import LARGEST_ITEM, JsonStream
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.line_blocks import LineBlockReader
from llmpricing.services.usage_log.formats.opened_file import MARK
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawBlock, RawRow, some_rows

_LINE = 8 * 2**20  # bytes of a JSON line that is looked at whole
_SOME_BYTES = 2**22  # of lines that are read at once


def json_rows(stream: io.BufferedReader) -> Iterator[RawRow]:
    """One object a line is the usual; anything else is read as a stream of documents."""
    head = stream.readline(_LINE)
    if _are_lines(head):
        yield from _rows_of(enumerate(_lines(head, stream), 1))
        return
    yield from _documents(head, stream)


def json_blocks(stream: io.BufferedReader, rows: int, opens: Mapping[str, Sequence[str]]) -> Iterator[RawBlock]:
    """The same rows, about so many together."""
    head, reader = stream.readline(_LINE), LineBlockReader(opens)
    if not _are_lines(head):
        yield from some_rows(_documents(head, stream), rows)
        return
    first = 1
    for lines in _some_lines(head.removeprefix(MARK), stream):
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
    return isinstance(_decoded(head.removeprefix(MARK)), Mapping | list)


def _documents(head: bytes, stream: io.BufferedReader) -> Iterator[RawRow]:
    text = io.TextIOWrapper(cast(IO[bytes], JoinedStream(head.removeprefix(MARK), stream)), "utf-8")
    for number, found in enumerate(JsonStream(text).records(), 1):
        yield RawRow(number, found)


def _lines(head: bytes, stream: io.BufferedReader) -> Iterator[bytes]:
    """All lines; raises LogError where one is larger than any record."""
    yield head.removeprefix(MARK)
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
