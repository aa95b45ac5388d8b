"""Cells of Arrow columns as Python values, also those that Python has no value for."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def cells(column: pa.ChunkedArray) -> list[Any]:
    """The cells; a readable text stands for one that is no UTF-8, or a time that Python cannot tell."""
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_cell(column.slice(row, 1)) for row in range(len(column))]
    return found


def _cell(one: pa.ChunkedArray) -> Any:
    try:
        return one.to_pylist()[0]
    except (ValueError, OverflowError):
        if pa.types.is_dictionary(one.type):
            one = one.cast(one.type.value_type)
        if pa.types.is_string(one.type) or pa.types.is_large_string(one.type):
            return one.cast(pa.large_binary()).to_pylist()[0].decode(errors="backslashreplace")
        return one.combine_chunks().to_string(skip_new_lines=True)[1:-1]
