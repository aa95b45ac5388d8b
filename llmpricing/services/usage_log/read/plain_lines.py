"""Blocks of JSON lines that Arrow reads as columns: only what it reads exactly as the decoder of single lines does."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from llmpricing.services.usage_log.layout import Layout
from llmpricing.services.usage_log.read.blocks import Block

_DEEPEST = 500  # Arrow looks into objects call by call: some thousand within each other end the process
_TINY = re.compile(rb"[eE]-[0-9]{18}")  # out of range for a Decimal


def plain_columns(layout: Layout, block: Block) -> pa.Table | None:
    """All columns of the block, those that count in the types that ``layout`` says; None where any line is not one
    object of texts for names and times and whole numbers for counts, or has no model.
    """
    if not _is_lines(block):
        return None
    types = [(name, pa.string()) for name in (*layout.named, layout.at) if name]
    types += [(name, pa.int64()) for name in layout.meters]
    try:
        table = arrow_json.read_json(
            pa.BufferReader(block.buffer),
            arrow_json.ReadOptions(use_threads=False, block_size=len(block.text)),
            arrow_json.ParseOptions(explicit_schema=pa.schema(types)),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.num_rows != block.rows or table.column(layout.model).null_count:
        return None
    rest = table.drop_columns([name for name, _ in types])
    return None if _has_odd_numbers(rest, block.text) else table


def stated_names(table: pa.Table, known: Collection[str]) -> tuple[str, ...] | None:
    """The names that any line states, in the order of the columns; None where one of them is not ``known``."""
    if not set(table.column_names) <= set(known):
        return None
    filled = zip(table.column_names, table.columns, strict=True)
    return tuple(name for name, column in filled if column.null_count < len(column))


def _is_lines(block: Block) -> bool:
    """Whether each line begins and ends as an object does, none of them too deep, and the text is UTF-8."""
    signs, ends = block.signs, block.ends
    if b"\r" in block.text or (signs[ends[:-1] + 1] != ord("{")).any() or (signs[ends[1:] - 1] != ord("}")).any():
        return False
    if np.diff(ends).max() > _DEEPEST:  # bytes, and each level takes one
        opening = (signs | 32) == ord("{")  # and that of lists
        if (np.add.reduceat(opening, ends[:-1], dtype=np.int32) > _DEEPEST).any():
            return False
    return block.is_utf8


def _has_odd_numbers(rest: pa.Table, text: bytes) -> bool:
    """Whether a column that does not count may hold what Arrow takes for a number, and JSON does not."""
    if all(_is_plain(kind) for kind in rest.schema.types):
        return False
    return b"NaN" in text or b"Inf" in text or ((b"e-" in text or b"E-" in text) and bool(_TINY.search(text)))


def _is_plain(kind: pa.DataType) -> bool:
    return any(
        is_one(kind)
        for is_one in (
            pa.types.is_string,
            pa.types.is_integer,
            pa.types.is_boolean,
            pa.types.is_null,
            pa.types.is_timestamp,
        )
    )
