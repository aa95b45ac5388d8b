"""Usage logs as one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from llmpricing.domain.usage.wording import Message, Parameter, ParameterWords, Way, in_python, in_words
from llmpricing.services.usage_log.batch import Batch, Broken
from llmpricing.services.usage_log.columns import OURS, CountColumns, LogError
from llmpricing.services.usage_log.layout import AT, ColumnRoles, Layout
from llmpricing.services.usage_log.provider_usage import stated_usage
from llmpricing.services.usage_log.read.blocks import Block, made_ahead, whole_lines
from llmpricing.services.usage_log.read.plain_lines import plain_columns, stated_names
from llmpricing.services.usage_log.whole_files import opened_whole

BLOCK = 4 * 2**20  # of smaller ones pricing costs more than reading saves
LEARNING = 2**16  # bytes of the first lines, which are read one by one
_PIECE = 1000  # lines of a block of which some are odd
_REMEMBERED = 10_000  # sets of names that lines have
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def read_ndjson(path: Path, columns: ColumnRoles, words: ParameterWords = in_python) -> Iterator[Batch]:
    """The rows of the file, and in these words why a line is none; raises LogError where the first of them do not tell
    what to price.
    """
    reader = _LineReader(columns, words)
    with opened_whole(path) as file:
        blocks = _blocks(file)
        if (first := next(blocks, None)) is not None:
            yield from reader.batches(first)
        for block, plain in made_ahead(blocks, reader.look):
            yield from reader.batches(block, plain)


def _blocks(file: BufferedReader) -> Iterator[Block]:
    """Whole lines, of which it is known where they end and whether they are text; of the first, few."""
    first, size, room = 1, min(BLOCK, LEARNING), memoryview(bytearray(BLOCK))
    while text := whole_lines(file, room[:size], first):
        if first == 1:
            text = text.replace(b"\xef\xbb\xbf", b"", 1) if text.startswith(b"\n\xef\xbb\xbf") else text
        block = Block(first, text if text.endswith(b"\n") else text + b"\n")
        block.look()
        first, size = first + block.rows, BLOCK
        yield block


class _ColumnNames(NamedTuple):
    """What the names of a line count, and by meter the name that counts it."""

    count_columns: CountColumns
    by_meter: Mapping[str, str]


class _LogLine(NamedTuple):
    """A row, where it stands, its text, and what its names count."""

    number: int
    text: bytes
    row: dict[str, Any]
    names: _ColumnNames


class _PlainColumns(NamedTuple):
    """All columns of a block as ``layout`` says; None where it is not plain."""

    layout: Layout
    table: pa.Table | None


class _LineReader:
    """Makes batches of lines; each line counts by its own names, and is refused alone where they are not understood."""

    def __init__(self, columns: ColumnRoles, words: ParameterWords) -> None:
        self._columns, self._words = columns, words
        self._may_state_time = columns.at is not None or AT in columns.ignored
        self._layout: Layout | None = None
        self._names: dict[str, None] = {}
        self._understood: dict[tuple[str, ...], _ColumnNames | LogError] = {}
        self._fields: dict[str, str] = {}
        self._meters: dict[str, str] = {}  # the name that was first seen to count each meter
        self._same: set[str] = set()  # all names that count one
        self._whole: str | None = None
        self._is_nested: bool | None = None

    def look(self, block: Block) -> tuple[Block, _PlainColumns | None]:
        """The block and its columns, if all of it is plain, by what is known of the log while it is looked at."""
        layout = self._layout
        if layout is None or layout.usage_format != OURS:
            return block, None
        return block, _PlainColumns(layout, plain_columns(layout, block))

    def batches(self, block: Block, columns: _PlainColumns | None = None) -> Iterator[Batch]:
        """The block as columns, else its pieces, else those of their lines that are rows."""
        if self._layout is None or self._layout.usage_format != OURS:
            yield from self._one_by_one(block)
            return
        if columns is None or columns.layout != self._layout:  # an odd line before it taught more
            columns = _PlainColumns(self._layout, plain_columns(self._layout, block))
        if batch := self._at_once(block, *columns):
            yield batch
        elif block.rows > _PIECE:
            for piece in block.pieces(_PIECE):
                yield from self.batches(piece)
        else:
            yield from self._one_by_one(block)

    def _at_once(self, block: Block, layout: Layout, table: pa.Table | None) -> Batch | None:
        """The block if each line is plain, has known names only, and counts nothing that no line before it did."""
        names = None if table is None else stated_names(table, self._names)
        if table is None or names is None or (layout.at is None and not self._may_state_time and AT in names):
            return None
        found = self._understood.get(names) or self._understand(names)
        if isinstance(found, LogError) or not found.count_columns.meters.keys() <= layout.meters.keys():
            return None
        counting = dict.fromkeys(name for name in (*layout.meters, *layout.named, layout.at) if name)
        return Batch(layout, table.select(list(counting)), block.lines, block.written)

    def _one_by_one(self, block: Block) -> Iterator[Batch]:
        """One batch of these lines; none if all are empty."""
        texts = block.text[1:-1].split(b"\n")
        lines: list[_LogLine] = []
        broken: list[Broken] = []
        refusal: LogError | None = None
        for number, text in enumerate(map(bytes.strip, texts), block.first):
            try:
                if text:
                    lines.append(self._line(number, text))
            except LogError as error:
                broken.append(Broken(number, in_words(error, self._words), text))
                refusal = refusal or error
        if lines:
            self._layout = self._learned(lines)
        elif refusal and self._layout is None:
            raise refusal from None
        if self._layout and (lines or broken):
            yield _batch(self._layout, lines, broken)

    def _line(self, number: int, text: bytes) -> _LogLine:
        row = _decoded(text)
        if self._layout and self._layout.at is None and not self._may_state_time and row.get(AT) is not None:
            way = Way(": say so with ", Parameter("columns.at", (AT,)))
            raise LogError(Message("the line states a time, which the first ones do not", way))
        names = tuple(row) if None not in row.values() else tuple(n for n, value in row.items() if value is not None)
        found = self._understood.get(names) or self._understand(names)
        if isinstance(found, LogError):
            raise type(found)(*found.args)  # a new one: it grows by each time that it is raised
        if found.count_columns.whole or found.count_columns.fields:
            self._check_shape(found.count_columns.whole is not None)
        return _LogLine(number, text, row, found)

    def _check_shape(self, is_nested: bool) -> None:
        """Names such as service_tier mean the request's beside a usage object, else the usage's."""
        if self._is_nested is None:
            self._is_nested = is_nested
        if self._is_nested != is_nested:
            where = "in an object" if is_nested else "in columns of its own"
            raise LogError(f"the line has its usage {where}, unlike the first one")

    def _understand(self, names: tuple[str, ...]) -> _ColumnNames | LogError:
        if len(self._understood) >= _REMEMBERED:
            self._understood.clear()
        found: _ColumnNames | LogError
        try:
            count_columns = self._columns.count_columns(names)
            found = _ColumnNames(count_columns, {meter: name for name, meter in count_columns.meters.items()})
        except LogError as error:
            found = error
        self._understood[names] = found
        return found

    def _learned(self, lines: Sequence[_LogLine]) -> Layout:
        """The layout of all lines so far."""
        for names in dict.fromkeys(tuple(line.row) for line in lines):
            self._names.update(dict.fromkeys(names))
        for found, by_meter in {id(line.names): line.names for line in lines}.values():
            self._meters = {**by_meter, **self._meters}
            self._same |= found.meters.keys()
            self._fields |= found.fields
            self._whole = self._whole or found.whole
        count_columns = CountColumns({name: meter for meter, name in self._meters.items()}, self._fields, self._whole)
        doubles = self._same - count_columns.meters.keys()
        layout = self._columns.layout_of(tuple(name for name in self._names if name not in doubles), count_columns)
        if self._layout is None:
            ignored = self._columns.ignored if layout.at else {*self._columns.ignored, AT}
            self._columns = replace(self._columns, at=layout.at, ignored=ignored)
        return layout


def _decoded(text: bytes) -> dict[str, Any]:
    try:
        row = _DECODER.decode(text)
    except RecursionError:
        raise LogError("the line is nested too deeply: no usage is, take it out or get the file anew") from None
    except ArithmeticError:
        raise LogError("the line holds a number that is out of range: correct it or take it out") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        row = None
    if not row:
        raise LogError("the line is no JSON object with names")
    return row


def _batch(layout: Layout, lines: Sequence[_LogLine], broken: list[Broken]) -> Batch:
    """The rows as columns; a row that calls its model by anything but a text is broken."""
    kept = []
    named = [name for name in layout.named if name]
    for line in lines:
        odd = next((n for n in named if not isinstance(line.row.get(n, ""), str) and line.row[n] is not None), None)
        if odd:
            broken.append(Broken(line.number, f"{odd} must be text", line.text))
        else:
            kept.append(line)
    columns = {
        name: _column([line.row.get(line.names.by_meter.get(meter, name)) for line in kept])
        for name, meter in layout.meters.items()
    }
    columns |= {name: pa.array([line.row.get(name) for line in kept], pa.string()) for name in named}
    if layout.at:
        columns[layout.at] = pa.array([_text(line.row.get(layout.at)) for line in kept], pa.string())
    written = pa.array(["\n" + line.text.decode() for line in kept], pa.string())
    numbers = np.array([line.number for line in kept], np.int64)
    usage = None
    if layout.usage_format != OURS:
        usage = [stated_usage(layout.usage_format, line.names.count_columns, line.row) for line in kept]
    return Batch(layout, pa.table(columns), numbers, lambda: written, broken, usage)


def _column(cells: list[Any]) -> pa.Array:
    """Whole numbers, or the texts of cells that are not all of them."""
    if all(cell is None or (type(cell) is int and abs(cell) < 2**63) for cell in cells):
        return pa.array(cells, pa.int64())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if isinstance(cell, list | dict):
        return "[...]" if isinstance(cell, list) else "{...}"  # however deep
    return cell if cell is None or isinstance(cell, str) else str(cell)
