"""The raw rows of a usage file, whatever holds them: CSV, JSON in any arrangement, Parquet, packed or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pyarrow import parquet

from llmpricing.services.usage_log.formats.csv_rows import csv_blocks, csv_rows, header_names
from llmpricing.services.usage_log.formats.envelopes import blocks_taken_off, exported_rows, is_exported, taken_off
from llmpricing.services.usage_log.formats.json_rows import json_blocks, json_rows
from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.opened_file import failures_told, is_json, is_parquet, unpacked
from llmpricing.services.usage_log.formats.parquet_rows import parquet_blocks, parquet_rows
from llmpricing.services.usage_log.formats.raw_blocks import RawBlock, RawRow, some_rows

SIGNS = 64  # bytes at the beginning of a text that tell what it is


def raw_rows(path: Path, signs: NumberSigns | None = None) -> Iterator[RawRow]:
    """The rows of the file in order, in constant memory; raises LogError where they cannot be told apart.

    Numbers of a table are plain by the ``signs`` that are known of it, and else as they were written. A row that cannot
    be read is one with the only field BROKEN; rows that lie in events are read without these.
    """
    with failures_told(path):
        yield from taken_off(_rows(path, signs))


def _rows(path: Path, signs: NumberSigns | None) -> Iterator[RawRow]:
    if is_parquet(path):
        yield from parquet_rows(path)
        return
    with unpacked(path) as stream:
        if is_json(stream):
            yield from json_rows(stream)
        else:
            yield from exported_rows(stream) if is_exported(stream.peek(SIGNS)) else csv_rows(stream, signs)


def raw_blocks(
    path: Path, rows: int, opens: Mapping[str, Sequence[str]] | None = None, signs: NumberSigns | None = None
) -> Iterator[RawBlock]:
    """The same rows, about so many together; of objects that it ``opens``, blocks of lines show these fields alone."""
    with failures_told(path):
        yield from blocks_taken_off(_blocks(path, rows, opens or {}, signs), rows, opens or {})


def _blocks(path: Path, rows: int, opens: Mapping[str, Sequence[str]], signs: NumberSigns | None) -> Iterator[RawBlock]:
    if is_parquet(path):
        yield from parquet_blocks(path, rows)
        return
    with unpacked(path) as stream:
        if is_json(stream):
            yield from json_blocks(stream, rows, opens)
        elif is_exported(stream.peek(SIGNS)):
            yield from some_rows(exported_rows(stream), rows)
        else:
            yield from csv_blocks(stream, rows, signs)


def header_of(path: Path) -> Sequence[str]:
    """The names of the columns of a table without rows, none where the file is none; raises LogError."""
    with failures_told(path):
        if is_parquet(path):
            return list(parquet.read_schema(path).names)
        with unpacked(path) as stream:
            return header_names(stream.readline(2**20).decode("utf-8-sig"))


def holds_json(path: Path) -> bool:
    """Whether the file is a text of JSON; raises LogError."""
    with failures_told(path):
        if is_parquet(path):
            return False
        with unpacked(path) as stream:
            return is_json(stream)
