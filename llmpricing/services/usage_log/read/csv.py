"""Usage logs as CSV: read in blocks by Arrow; a block that is not quite plain is read again, line by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.quantities import FRACTIONAL
from llmpricing.services.usage_log.batch import Batch, Broken, Numbers
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.layout import ColumnRoles, Layout
from llmpricing.services.usage_log.provider_usage import usage_of_table
from llmpricing.services.usage_log.read.blocks import Block, in_strides, made_ahead, next_line, whole_lines
from llmpricing.services.usage_log.whole_files import opened_whole

BLOCK = 2 * 2**20  # of smaller ones pricing costs more than reading saves
_MOST_LINES = 1000  # of one row with line breaks inside quotes
_HEXADECIMAL = re.compile(rb'[,"\n\t ][-+]?0[xX]')  # which Arrow would take for a number
_HEX_SIGN = int.from_bytes(b"0x", "little")
_REORDERED = "a header above it has the columns in another order: give the rows below that as a log of their own"
csv.field_size_limit(2**31 - 1)  # prompts are longer than the 128 KiB that it allows else
_TEXTS = pa.dictionary(pa.int32(), pa.string())


def read_csv(path: Path, columns: ColumnRoles, *, whole: bool = True) -> Iterator[Batch]:
    """The rows of the file, with all columns or those that count; LogError where its header tells not what to do."""
    with opened_whole(path) as file:
        head = next_line(file, 1).removeprefix(b"\xef\xbb\xbf")
        try:
            names = next(csv.reader([head.decode().rstrip("\r\n")], strict=True), [])
        except (UnicodeDecodeError, csv.Error):
            raise LogError("The first line is no CSV header in UTF-8: it must name the columns.") from None
        layout = columns.layout(names)
        wanted = layout.names if whole else layout.counting
        yield Batch(layout, pa.table({}), np.zeros(0, np.int64))  # so that the columns of an empty log are known
        is_reordered = False
        for block, plain in made_ahead(_blocks(file, BLOCK), lambda block: (block, _columns(layout, wanted, block))):
            batch = None if is_reordered else plain
            batch = batch or _line_by_line(layout, block.first, block.text[1:], is_reordered=is_reordered)
            is_reordered = is_reordered or any(one.reason == _REORDERED for one in batch.broken)
            yield batch


def _blocks(file: BufferedReader, size: int) -> Iterator[Block]:
    """Whole rows; a line break between quotes ends no row."""
    line, text, room = 2, b"\n", memoryview(bytearray(size))
    while more := whole_lines(file, room, line, text):
        text = more
        cut = text.rfind(b"\n")
        if b'"' in text and text.count(b'"', 0, cut) % 2:
            earlier = text.rfind(b"\n", 0, text.rfind(b'"', 0, cut))
            cut = earlier if earlier > 0 else (cut if len(text) > 4 * size else 0)
        if cut:
            yield (block := Block(line, text[: cut + 1]))
            line += block.rows
            text = text[cut:]
    if len(text) > 1:
        yield Block(line, text if text.endswith(b"\n") else text + b"\n")


def _plain_text(layout: Layout, block: Block) -> Block | None:
    """The block with plain line ends if Arrow reads its lines as they are meant, else None."""
    if b"\r" in block.text:
        block = Block(block.first, block.text.replace(b"\r\n", b"\n"))
        if b"\r" in block.text:
            return None
    if (len(layout.names) == 1 and b"\n\n" in block.text) or not block.is_utf8:
        return None
    if _may_be_hexadecimal(block) and _HEXADECIMAL.search(block.text):
        return None
    return block if block.rows else None


def _columns(layout: Layout, wanted: Sequence[str], block: Block) -> Batch | None:
    """The rows of a plain text if each of its lines is one and all quantities are whole numbers, else None."""
    if (plain := _plain_text(layout, block)) is None:
        return None
    is_quoted = b'"' in plain.text
    types = dict.fromkeys(layout.names, pa.string()) | {name: _TEXTS for name in layout.named if name}
    types |= {name: pa.int64() for name, meter in layout.meters.items() if METERS[meter].family not in FRACTIONAL}
    broken: list[object] = []

    def note(row: object) -> str:
        broken.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(plain.buffer),
            arrow_csv.ReadOptions(use_threads=False, column_names=list(layout.names), block_size=len(plain.text)),
            arrow_csv.ParseOptions(
                quote_char='"' if is_quoted else False,
                newlines_in_values=is_quoted,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,  # all of it was
                column_types=types,
                null_values=[""],
                strings_can_be_null=False,
                include_columns=list(wanted),
            ),
        )
    except pa.ArrowInvalid:
        return None
    if broken or table.num_rows != plain.rows:
        return None
    return Batch(layout, table, plain.lines, plain.written, usage=usage_of_table(layout, table))


def _may_be_hexadecimal(block: Block) -> bool:
    """Whether an x follows a zero, looked for in pairs of bytes: several times as fast as a search for them."""
    pairs = (np.frombuffer(block.text, "<u2", (len(block.text) - odd) // 2, odd) for odd in (0, 1))
    return any((part == _HEX_SIGN).any() for one in pairs for part in in_strides(one)) or (
        b"X" in block.text and b"0X" in block.text
    )


def _line_by_line(layout: Layout, line: int, text: bytes, *, is_reordered: bool) -> Batch:
    """The same block, however odd it is: what is no row is broken, with its line, and so is all from a header on that
    has the columns in another order.
    """
    lines = text.split(b"\n")[:-1]
    rows: list[Sequence[str]] = []
    numbers: list[int] = []
    written: list[str] = []
    broken: list[Broken] = []
    place = 0
    while place < len(lines):
        end = _end_of_row(lines, place)
        row, why = _row(lines[place:end], len(layout.names))
        if row is None and end - place > 1:  # a stray quote: the lines after it may be rows
            end = place + 1
            row, why = _row(lines[place:end], len(layout.names))
        is_reordered = is_reordered or _is_another_order(row, layout.names)
        row, why = (None, _REORDERED) if is_reordered else (row, why)
        raw = b"\n".join(lines[place:end]).removesuffix(b"\r")
        if row:
            rows.append(row)
            numbers.append(line + place)
            written.append("\n" + raw.decode())
        elif raw:
            broken.append(Broken(line + place, why, raw))
        place = end
    cells = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)] if rows else None
    table = pa.table(dict(zip(layout.names, cells, strict=True))) if cells else pa.table({})
    usage = usage_of_table(layout, table) if cells else None
    found: Numbers = np.array(numbers, np.int64)
    return Batch(layout, table, found, lambda: pa.array(written, pa.string()), broken, usage)


def _is_another_order(row: Sequence[str] | None, names: Sequence[str]) -> bool:
    return row is not None and row[0] in names and tuple(row) != names and sorted(row) == sorted(names)


def _end_of_row(lines: Sequence[bytes], place: int) -> int:
    """Where the row that begins at ``place`` ends: its quotes come in pairs."""
    quotes = 0
    for end in range(place, min(place + _MOST_LINES, len(lines))):
        quotes += lines[end].count(b'"')
        if quotes % 2 == 0:
            return end + 1
    return place + 1


def _row(lines: Sequence[bytes], width: int) -> tuple[Sequence[str] | None, str]:
    """The row's cells, or why there are none."""
    try:
        cells = next(csv.reader([(b"\n".join(lines)).decode().removesuffix("\r")], strict=True), [])
    except UnicodeDecodeError:
        return None, "the line is not UTF-8"
    except csv.Error:
        return None, "the quotes of the line do not match"
    if len(cells) != width:
        return None, f"the line has {len(cells)} cells, not {width}"
    return cells, ""
