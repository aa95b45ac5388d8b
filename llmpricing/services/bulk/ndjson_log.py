"""Usage logs as one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from llmpricing.services.bulk.batches import Batch, Broken
from llmpricing.services.bulk.layout import Columns, Layout, LogError

_LINES = 50_000
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def read_ndjson(path: Path, columns: Columns, lines: int = _LINES) -> Iterator[Batch]:
    """The rows of the file; raises LogError where their names do not tell what to price."""
    names: dict[str, None] = {}
    with path.open("rb") as file:
        first = 1
        while texts := list(islice(file, lines)):
            rows, places, broken = _read(texts, first)
            known = len(names)
            names.update(dict.fromkeys(name for row in rows for name in row))
            if rows:
                layout = columns.layout(names)
                if columns.at is None and layout.at and known:
                    raise LogError("Only some lines state a time. Say so with --at-column at.")
                columns = replace(columns, at=layout.at)
                yield _batch(layout, rows, places, texts, first, broken)
            elif broken:
                raise LogError("The first lines are no JSON objects: a usage log has one on each line.")
            first += len(texts)


def _read(texts: list[bytes], first: int) -> tuple[list[dict[str, Any]], list[int], list[Broken]]:
    rows, places, broken = [], [], []
    for place, text in enumerate(texts):
        try:
            row = _DECODER.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            row = None
        if row:
            rows.append(row)
            places.append(place)
        elif text.strip():
            broken.append(Broken(first + place, "the line is no JSON object with names", text.strip()))
    return rows, places, broken


def _batch(
    layout: Layout,
    rows: list[dict[str, Any]],
    places: list[int],
    texts: list[bytes],
    first: int,
    broken: list[Broken],
) -> Batch:
    """The rows as columns; a row that calls its model by anything but a text is broken."""
    kept = []
    for row, place in zip(rows, places, strict=True):
        odd = next((n for n in layout.named if n and not isinstance(row.get(n), str | None)), None)
        if odd:
            broken.append(Broken(first + place, f"{odd} must be text", texts[place].strip()))
        else:
            kept.append((row, place))
    columns = {name: _column([row.get(name) for row, _ in kept]) for name in layout.meters}
    for name in (*layout.named, layout.at):
        if name:
            cells = [row.get(name) for row, _ in kept]
            columns[name] = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    written = ["\n" + texts[place].strip().decode()[:-1] for _, place in kept]
    numbers = np.array([first + place for _, place in kept], np.int64)
    return Batch(layout, pa.table(columns), numbers, pa.array(written, pa.string()), broken)


def _column(cells: list[Any]) -> pa.Array:
    """Whole numbers, or the texts of cells that are not all of them."""
    if all(cell is None or (type(cell) is int and abs(cell) < 2**63) for cell in cells):
        return pa.array(cells, pa.int64())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
