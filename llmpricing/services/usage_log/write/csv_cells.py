"""Cells of CSV files, of which no spreadsheet takes one for a formula: logs hold what strangers have typed.

A cell that would begin a formula, after any apostrophes, gets one apostrophe before it; numbers stay numbers. Who reads
such files by program takes one apostrophe from cells that begin with apostrophes and then one of FORMULA_STARTS.
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from pyarrow import compute

_END = "\r\n"  # the writer quotes cells that hold one of these signs
FORMULA_STARTS = "=+-@\t\r"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BEFORE, _FIRST = 1, 2
_KINDS = bytes(
    _BEFORE if chr(sign) in ',"\n' else _FIRST if chr(sign) in FORMULA_STARTS + "'" else 0 for sign in range(256)
)


def csv_line(cells: Iterable[str]) -> str:
    """The cells as a row of CSV, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator=_END).writerow([_guarded(cell) for cell in cells])
    return line.getvalue().removesuffix(_END)


def csv_cells(written: str) -> list[str]:
    """The cells of a row that was read before."""
    return next(csv.reader([written], strict=True), [])


def guarded_rows(rows: pa.StringArray) -> pa.StringArray:
    """Rows of CSV, each behind a line end, as they are; those with a cell that begins a formula written anew."""
    offsets, data = rows.buffers()[1:]
    ends = np.frombuffer(offsets, np.int32)[rows.offset : rows.offset + len(rows) + 1]
    # Most logs end here, so this must be quick: bytes.translate takes half as long as a lookup by NumPy.
    signs = np.frombuffer(bytes(memoryview(data)[ends[0] : ends[-1]]).translate(_KINDS), np.uint8)
    places = np.flatnonzero((signs[:-1] == _BEFORE) & (signs[1:] == _FIRST))
    if not len(places):
        return rows
    mask = np.zeros(len(rows), np.bool_)
    mask[np.searchsorted(ends - ends[0], places, "right") - 1] = True
    anew = ["\n" + _guarded_row(text[1:]) for text in rows.filter(pa.array(mask)).to_pylist()]
    return compute.replace_with_mask(rows, pa.array(mask), pa.array(anew, pa.string()))


def _guarded_row(written: str) -> str:
    cells = csv_cells(written)
    return csv_line(cells) if any(_guarded(cell) is not cell for cell in cells) else written


def _guarded(cell: str) -> str:
    bare = cell.lstrip("'")
    if bare[:1] in FORMULA_STARTS and bare and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
