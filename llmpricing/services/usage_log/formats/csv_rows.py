"""Raw rows of tables with a header, divided by tabs, semicolons, bars or commas: one by one, or as Arrow reads them in
blocks, where it reads them as Python does.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, Any, TextIO, cast

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.joined_stream import JoinedStream
from llmpricing.services.usage_log.formats.json_stream import LARGEST_ITEM
from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawBlock, RawRow, some_rows
from llmpricing.services.usage_log.formats.table_blocks import TableBlock

_HEADER = 2**20
_BLOCK = 4 * 2**20
_MOST_HELD = 16 * _BLOCK  # bytes without the end of a row, from which on Python looks for it
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)  # as Excel writes above the header
_BOM, _MARK = "\ufeff", b"\xef\xbb\xbf"
_END, _QUOTE = b'\n"'


def csv_rows(stream: IO[bytes], signs: NumberSigns | None = None) -> Iterator[RawRow]:
    """The rows of a table, one by one, its numbers plain by the ``signs`` that are known of it."""
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        header = text.readline(_HEADER)
        while header and not header.strip():
            header = text.readline(_HEADER)
        divider = _stated_divider(header)
        yield from _CsvTable(text.readline(_HEADER) if divider else header, divider, signs).rows(text)
    finally:
        text.detach()


def csv_blocks(stream: io.BufferedReader, rows: int, signs: NumberSigns | None = None) -> Iterator[RawBlock]:
    """The same rows, about so many together."""
    line = head = stream.readline(_HEADER)
    while line and not line.removeprefix(_MARK).strip():
        line = stream.readline(_HEADER)
        head += line
    header = line.removeprefix(_MARK)
    is_plain = header.endswith(b"\n") and b"\r" not in header[:-1].removesuffix(b"\r")
    if not is_plain or _stated_divider(header.decode("utf-8", "replace")):
        yield from some_rows(csv_rows(cast(IO[bytes], JoinedStream(head, stream)), signs), rows)
    else:
        yield from _CsvTable(header.decode(), None, signs).blocks(stream, rows)


def header_names(line: str) -> list[str]:
    """The names of the columns in the first line of a table."""
    return _names(next(csv.reader([line], delimiter=_likely_divider(line)), []))


def divider_of(stream: IO[bytes]) -> str:
    """What divides the cells of a table, by its first line with anything in it."""
    line = stream.readline(_HEADER)
    while line and not line.removeprefix(_MARK).strip():
        line = stream.readline(_HEADER)
    header = line.removeprefix(_MARK).decode("utf-8", "replace")
    return _stated_divider(header) or _likely_divider(header)


def _likely_divider(header: str) -> str:
    return max(",;\t|", key=header.count)


def _stated_divider(line: str) -> str | None:
    found = _SEPARATOR.fullmatch(line.strip("\r\n "))
    return found[1] if found else None


class _CsvTable:
    """A table by its header; that of a table that was joined to it names the columns from there on, which may stand in
    another order.
    """

    def __init__(self, header: str, divider: str | None, signs: NumberSigns | None) -> None:
        csv.field_size_limit(LARGEST_ITEM)
        self._divider, self._signs = divider or _likely_divider(header), signs
        self._header = next(csv.reader([header], delimiter=self._divider), [])
        self._names = _names(self._header)
        if twice := sorted(name for name, number in Counter(self._names).items() if name and number > 1):
            raise LogError(f"The log has several columns called {', '.join(twice)}: rename all but one.")
        self._firsts = {_BOM * marked + cell for cell in self._header for marked in (False, True)}
        self._number = 2  # of the next row

    def rows(self, text: TextIO) -> Iterator[RawRow]:
        """The rows below the header, or below those that were read before."""
        for row in self._read(text):
            number, self._number = self._number, self._number + 1
            if row and row[0] in self._firsts and _sorted(row) == _sorted(self._header):
                self._names = _names(row)
                continue
            if len(row) == len(self._names):
                yield RawRow(number, self._fields(row))
            elif any(row):
                yield RawRow(number, {BROKEN: f"the line has {len(row)} cells, and the header {len(self._names)}"})

    def _fields(self, row: Sequence[str]) -> dict[str, str]:
        found = dict(zip(self._names, row, strict=True))
        if self._signs:
            found |= {name: self._signs.plain(found[name]) for name in self._signs.columns if name in found}
        return found

    def _read(self, text: TextIO) -> Iterator[list[str]]:
        """The cells of each row; raises LogError where one is larger than any record."""
        try:
            yield from csv.reader(self._lines(text), delimiter=self._divider)
        except csv.Error as error:
            if "field larger" not in str(error):
                raise
            raise LogError(_too_large(self._number)) from None

    def _lines(self, text: TextIO) -> Iterator[str]:
        while line := text.readline(LARGEST_ITEM):
            if len(line) >= LARGEST_ITEM:
                raise LogError(_too_large(self._number))
            yield line

    def blocks(self, stream: io.BufferedReader, rows: int) -> Iterator[RawBlock]:
        """The same, about so many together."""
        text = b""
        while more := stream.read(_BLOCK):
            text += more
            ends = _ends_of_rows(text)
            if (not len(ends) and len(text) > _MOST_HELD) or (len(ends) and not self._is_regular(text[: ends[-1] + 1])):
                yield from self._rest(JoinedStream(text, stream), rows)
                return
            if len(ends):
                yield from self._block(text[: ends[-1] + 1], len(ends), rows)
                text = text[ends[-1] + 1 :]
        if text and (b'"' in text or b"\r" in text):
            yield from self._rest(io.BytesIO(text), rows)
        elif text:
            yield from self._block(text + b"\n", 1, rows)

    def _rest(self, stream: io.RawIOBase | io.BytesIO, rows: int) -> Iterator[RawBlock]:
        yield from some_rows(self.rows(io.TextIOWrapper(cast(IO[bytes], stream), "utf-8", newline="")), rows)

    def _block(self, text: bytes, lines: int, rows: int) -> Iterator[RawBlock]:
        """Whole rows, so many lines: Python counts those that are empty too."""
        batch = self._batch(text)
        if batch is None or batch.num_rows != lines:
            yield from some_rows(self.rows(io.StringIO(text.decode(), newline="")), rows)
            return
        for start in range(0, batch.num_rows, rows):
            yield TableBlock(batch.slice(start, rows), self._number + start)
        self._number += lines

    def _batch(self, text: bytes) -> pa.RecordBatch | None:
        """The rows as Arrow reads them; None where Python might read them otherwise, or finds a header. Raises
        UnicodeDecodeError, which within Arrow's handler of rows would be printed and passed over.
        """
        if not text.isascii():
            text.decode()
        if text.count(b"\r") != text.count(b"\r\n") or b"\0" in text:
            return None
        broken: list[object] = []

        def note(row: object) -> str:
            broken.append(row)
            return "skip"

        is_quoted = b'"' in text
        names = [f"{place}" for place in range(len(self._names))]  # as Arrow takes any
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text)),
                arrow_csv.ParseOptions(
                    delimiter=self._divider,
                    quote_char='"' if is_quoted else False,
                    newlines_in_values=is_quoted,
                    ignore_empty_lines=True,
                    invalid_row_handler=note,
                ),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
            )
        except pa.ArrowInvalid:
            return None
        columns = [column.combine_chunks() for column in table.columns]
        if broken or compute.any(compute.is_in(columns[0], pa.array(self._firsts, pa.string())), min_count=0).as_py():
            return None
        if self._signs:
            told = zip(self._names, columns, strict=True)
            columns = [_plain(one, self._signs) if name in self._signs.columns else one for name, one in told]
        return pa.RecordBatch.from_arrays(columns, names=self._names)

    def _is_regular(self, text: bytes) -> bool:
        """Whether quotes stand around cells, and two for one within: Python and Arrow agree about these alone."""
        if b'"' not in text:
            return True
        signs = np.frombuffer(b"\n" + text, np.uint8)
        quotes = np.flatnonzero(signs == _QUOTE)
        opening, closing = quotes[0::2], quotes[1::2]
        if len(opening) != len(closing):
            return False
        edges = np.zeros(256, np.bool_)
        edges[[_END, ord(self._divider)]] = True
        before, after = signs[opening - 1], signs[closing + 1]
        is_double = np.zeros(len(opening) + 1, np.bool_)
        is_double[1:-1] = opening[1:] == closing[:-1] + 1
        ends = edges[after] | (after == ord("\r"))
        return bool((edges[before] | is_double[:-1]).all() and (ends | is_double[1:]).all())


def _ends_of_rows(text: bytes) -> Any:
    """The places of line ends outside of quotes."""
    signs = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(signs == _END)
    if b'"' not in text:
        return ends
    return ends[np.searchsorted(np.flatnonzero(signs == _QUOTE), ends) % 2 == 0]


def _too_large(row: int) -> str:
    return f"Row {row:,} is larger than {LARGEST_ITEM:,} bytes: look whether all quotes are closed, and get it anew."


def _plain(column: pa.Array, signs: NumberSigns) -> pa.Array:
    return pa.array(list(map(signs.plain, column.to_pylist())), pa.string())


def _names(cells: Sequence[str]) -> list[str]:
    """The names of the columns; data frames write their numbering into one without a name."""
    return [cell.removeprefix(_BOM).strip() or f"column {place}" for place, cell in enumerate(cells, 1)]


def _sorted(cells: Sequence[str]) -> list[str]:
    return sorted(cell.removeprefix(_BOM).strip() for cell in cells)
