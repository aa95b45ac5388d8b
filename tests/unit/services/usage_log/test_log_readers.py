"""What every reader of usage logs promises: constant memory, no row lost, broken rows told with their place, and the
same rows whatever the pieces that the file is read in.
"""

from __future__ import annotations

import gc
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.raw_rows import raw_rows
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.read import csv as csv_log
from llmpricing.services.usage_log.read import ndjson as ndjson_log
from llmpricing.services.usage_log.read.blocks import made_ahead
from llmpricing.services.usage_log.read.parquet import read_parquet
from tests.written_logs import SHAPES, write_log

FILES = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROW = {"model": "acme", "at": "2026-11-20T10:00:00Z", "input_tokens": 5, "service_tier": "batch"}
POOLS: list[pa.MemoryPool] = []  # threads of Arrow may give back to a pool after a reading: none may go before them
FIRST_LINE = {".csv": 2, ".ndjson": 1, ".parquet": 1}
# Rows that are none; without a stray quote, which takes the next lines into its row as far as the piece goes.
BROKEN = {
    ".csv": (b"too,few", b"one,two,three,four,five", b"\xff,a,1,b"),
    ".ndjson": (b"{", b"[]", b"\xff", b'{"model":5,"input_tokens":1}', b'{"input_tokens":1,"input_tokens":'),
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters='\0\r"'), max_size=6)


# Lines that tell Arrow's reading of JSON from ours, or stand beside those that do.
TOLD_APART = (
    *(b'{"model":"a","input_tokens":%s}' % number for number in (b"-0", b"1.0", b"1e2", b"true", b'"5"', b"01", b"+1")),
    *(b'{"model":"a","input_tokens":%d}' % number for number in (2**63 - 1, 2**63, -(2**63) + 1)),
    *(b'{"model":"a","input_tokens":1,"note":%s}' % note for note in (b"NaN", b"-Infinity", b"1e999", b"1.", b"0.5")),
    *(b'{"model":"a","input_tokens":1,"note":%s}' % note for note in (b"1e-%d" % 10**20, b"{}", b"[1]", b"null")),
    *(
        b'{"model":"a","input_tokens":1,"note":[%s]}' % note
        for note in (b"NaN", b"1e-%d" % 10**20, b"[" * 3 + b"]" * 3)
    ),
    *(
        b'{"model":"a","input_tokens":1,"note":"%s"}' % text
        for text in (b"\\ud800", b"\\ud83d\\ude00", b"\xff", b"\x01")
    ),
    *(b'{"model":"a","input_tokens":1%s}' % more for more in (b',"input_tokens":2', b',"note":1,"note":2', b",", b"}")),
    *(b'{"model":"a","input_tokens":1,%s}' % more for more in (b'"output_tokens":7', b'"prompt_tokens":7', b'"at":5')),
    *(b'{"model":"a","input_tokens":1,%s}' % more for more in (b'"thinking_tokens":7', b'"":7', b'"service_tier":1')),
    *(b'{"model":"a",%s' % more for more in (b'\n"input_tokens":1}{"model":"b","input_tokens":1}', b'"x":{"y":2}}')),
    *(b"{}", b"{ }", b"[]", b"", b" ", b'{"input_tokens":1}', b'{"model":null,"input_tokens":1}', b'{"model":5}'),
    *(b'{"model":"a","input_tokens":1}%s' % more for more in (b"\r", b" ", b",", b'{"model":"b","input_tokens":1}')),
    b'{"\\u006dodel":"a","input_tokens":1}',
    b'{"model":"a","input_tokens":1,"note":%s1%s}' % (b"[" * 20_000, b"]" * 20_000),
    b'{"model":"a","input_tokens":1,"note":%s1%s}' % (b'{"a":' * 20_000, b"}" * 20_000),
)


def read(log: Path, size: int) -> Iterator[Batch]:
    """The log in pieces of about so many bytes, or rows of Parquet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_log, "BLOCK", size)
        patch.setattr(ndjson_log, "BLOCK", size)
        if log.suffix == ".parquet":
            yield from read_parquet(log, ColumnRoles(), size)
        elif log.suffix == ".ndjson":
            yield from ndjson_log.read_ndjson(log, ColumnRoles())
        else:
            yield from csv_log.read_csv(log, ColumnRoles())


def rows_of(batches: Iterator[Batch]) -> tuple[list[Any], list[Any]]:
    """(line, cells as text, as written) of all rows, and (line, reason, text) of the broken ones."""
    rows, broken = [], []
    for batch in batches:
        broken += [(line, reason, text) for line, reason, text in batch.broken]
        written = batch.written.to_pylist() if batch.written is not None else [None] * len(batch.lines)
        cells = batch.table.select([name for name in ROW if name in batch.table.column_names]).to_pylist()
        for line, row, text in zip(batch.lines.tolist(), cells, written, strict=True):
            rows.append((line, {name: str(cell) for name, cell in row.items() if cell is not None}, text))
    return rows, sorted(broken)


@pytest.mark.parametrize("shape", SHAPES)
@FILES
@given(models=st.lists(TEXTS, min_size=1, max_size=30), size=st.integers(1, 300))
@example(models=["two\nlines", "a,b", "'", " "] * 5, size=64)
def test_all_rows_are_read_in_order_whatever_the_pieces(tmp_path: Path, shape: str, models, size: int) -> None:
    size = max(size, 30) if shape == ".csv" else size  # a row spans at most four pieces
    written = [ROW | {"model": model, "input_tokens": number} for number, model in enumerate(models)]
    log = write_log(tmp_path / f"log{shape}", written)
    rows, broken = rows_of(read(log, size))
    assert not broken
    assert [cells.get("model", "") for _, cells, _ in rows] == models
    assert [cells["input_tokens"] for _, cells, _ in rows] == [str(number) for number in range(len(models))]
    before = [sum(model.count("\n") for model in models[:number]) for number in range(len(models))]
    breaks = before if shape == ".csv" else [0] * len(models)
    assert [line for line, _, _ in rows] == [FIRST_LINE[shape] + n + more for n, more in enumerate(breaks)]
    assert rows_of(read(log, 10_000)) == (rows, [])


@pytest.mark.parametrize("shape", [".csv", ".ndjson"])
@FILES
@given(data=st.data(), size=st.integers(1, 300))
def test_broken_rows_are_told_with_their_place_and_cost_no_other(tmp_path: Path, shape: str, data, size: int) -> None:
    size = max(size, 30) if shape == ".csv" else size
    lines = write_log(tmp_path / f"log{shape}", [ROW] * 10).read_bytes().splitlines()
    head, lines = (lines[:1], lines[1:]) if shape == ".csv" else ([], lines)
    places = data.draw(st.lists(st.integers(1, len(lines)), max_size=4))  # the first row says what the log counts
    texts = [data.draw(st.sampled_from(BROKEN[shape])) for _ in places]
    for place, text in zip(places, texts, strict=True):
        lines.insert(place, text)
    log = tmp_path / f"odd{shape}"
    log.write_bytes(b"\n".join([*head, *lines]) + b"\n")
    rows, broken = rows_of(read(log, size))
    assert len(rows) == 10
    assert all(cells == {name: str(cell) for name, cell in ROW.items()} for _, cells, _ in rows)
    assert sorted(text for _, _, text in broken) == sorted(texts)
    for line, reason, text in broken:
        assert [*head, *lines][line - 1] == text
        assert reason
    assert rows_of(read(log, 10_000)) == (rows, broken)


@pytest.mark.parametrize("size", [30, 10_000])
def test_rows_below_a_header_of_another_order_are_broken(tmp_path: Path, size: int) -> None:
    """Which counts are which would be told wrongly, also in the blocks after that header's."""
    log = tmp_path / "log.csv"
    log.write_text("model,input_tokens,output_tokens\na,1,2\nmodel,output_tokens,input_tokens\n" + "a,2,1\n" * 20)
    rows, broken = rows_of(read(log, size))
    assert [line for line, _, _ in rows] == [2]
    assert [line for line, _, _ in broken] == list(range(3, 24))
    assert all(reason.startswith("a header above it has the columns in another order: ") for _, reason, _ in broken)


@FILES
@given(
    lines=st.lists(st.sampled_from((*TOLD_APART, *[b'{"model":"b","input_tokens":3,"note":1.5}'] * 40)), max_size=12),
    size=st.integers(1, 300),
)
@example(lines=list(TOLD_APART), size=1)
@example(lines=list(TOLD_APART), size=10_000)
def test_lines_read_as_columns_are_those_that_are_read_one_by_one(tmp_path: Path, lines, size: int) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"\n".join([msgspec.json.encode(ROW | {"note": "x", "output_tokens": None}), *lines]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson_log, "LEARNING", 1)
        as_columns = rows_of(read(log, size))
        patch.setattr(ndjson_log, "plain_columns", lambda layout, block: None)
        assert as_columns == rows_of(read(log, size))


def test_plain_lines_are_read_as_columns_also_beside_an_odd_one(tmp_path: Path, monkeypatch) -> None:
    decoded, decoder = [], ndjson_log._decoded
    monkeypatch.setattr(ndjson_log, "_decoded", lambda text: decoded.append(text) or decoder(text))
    monkeypatch.setattr(ndjson_log, "LEARNING", 1)
    log = write_log(tmp_path / "log.ndjson", [ROW | {"input_tokens": number} for number in range(5000)])
    log.write_bytes(log.read_bytes() + b"{")
    rows, broken = rows_of(ndjson_log.read_ndjson(log, ColumnRoles()))
    assert [int(row["input_tokens"]) for _, row, _ in rows] == list(range(5000))
    assert [line for line, _, _ in broken] == [5001]
    assert len(decoded) <= 1001


def peak(folder: Path, shape: str, rows: int) -> int:
    """The bytes that reading a log of so many rows holds at the most. It never ends to trace memory, at which CPython
    3.11 may crash where other threads take some meanwhile: so this is for a process that ends.
    """
    log = write_log(folder / f"{rows}{shape}", [ROW | {"input_tokens": number} for number in range(rows)])
    if shape == ".parquet":  # of which a row group is the least that can be read
        parquet.write_table(parquet.read_table(log), log, row_group_size=2_000)
    size, most, seen = 2_000 if shape == ".parquet" else 100_000, 0, 0
    POOLS.append(pa.proxy_memory_pool(pa.default_memory_pool()))  # counts nothing that others free meanwhile
    pa.set_memory_pool(POOLS[-1])
    gc.collect()
    tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for batch in read(log, size):
        seen += len(batch.lines)
        most = max(most, POOLS[-1].bytes_allocated() + tracemalloc.get_traced_memory()[1] - before)
    assert seen == rows
    return most


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_does_not_grow_with_the_log(tmp_path: Path, shape: str) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        _, less, more = process.map(
            partial(peak, tmp_path, shape), (1_000, 10_000, 80_000)
        )  # the first makes what stays
    assert more < 2 * less  # a block more may be on its way in one run than in another


@pytest.mark.parametrize("read", [csv_log.read_csv, ndjson_log.read_ndjson])
def test_whoever_stops_reading_leaves_no_thread_behind(tmp_path: Path, read: Any) -> None:
    log = tmp_path / "log"
    row = '{"model": "m", "input_tokens": 5}' if read is ndjson_log.read_ndjson else "m,5"
    log.write_text("model,input_tokens\n" * (read is csv_log.read_csv) + f"{row}\n" * 500_000, "utf-8")
    batches = read(log, ColumnRoles())
    rows = 0
    while rows < 50_000:  # the first lines of JSON tell how to read the others
        rows += next(batches).table.num_rows
    assert any(one.name.startswith("read-ahead") for one in threading.enumerate())
    batches.close()
    assert not any(one.name.startswith("read-ahead") for one in threading.enumerate())


def test_what_is_made_ahead_comes_in_order_whatever_takes_long() -> None:
    def make(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number

    assert list(made_ahead(iter(range(20)), make)) == list(range(20))


@pytest.mark.parametrize("place", [0, 1, 7])
def test_what_fails_ahead_is_raised_where_it_is_used(place: int) -> None:
    def broken() -> Iterator[int]:
        yield from range(place)
        raise LogError("cut")

    with pytest.raises(LogError, match="cut"):
        list(made_ahead(broken(), lambda number: number))


@pytest.mark.parametrize("read", [csv_log.read_csv, ndjson_log.read_ndjson, lambda log, _: raw_rows(log)])
@pytest.mark.parametrize("kept", [0, 2**20, -1])
def test_a_log_that_is_cut_while_it_is_read_is_refused(tmp_path: Path, read: Any, kept: int) -> None:
    is_csv = read is csv_log.read_csv
    log, row = tmp_path / "log", "m,5\n" if is_csv else '{"model": "m", "input_tokens": 5}\n'
    log.write_text("model,input_tokens\n" * is_csv + row * 300_000, "utf-8")
    items = read(log, ColumnRoles())
    next(items)
    os.truncate(log, kept % log.stat().st_size)
    with pytest.raises(LogError, match="was cut while it was read"):
        list(items)


@pytest.mark.parametrize("read", [csv_log.read_csv, ndjson_log.read_ndjson, lambda log, _: raw_rows(log)])
@pytest.mark.parametrize("kept", [0, 2**20, -1])
def test_a_log_that_is_cut_and_grows_past_its_old_size_while_it_is_read_is_refused(
    tmp_path: Path, read: Any, kept: int
) -> None:
    is_csv = read is csv_log.read_csv
    log, row = tmp_path / "log", "m,5\n" if is_csv else '{"model": "m", "input_tokens": 5}\n'
    log.write_text("model,input_tokens\n" * is_csv + row * 300_000, "utf-8")
    items, size = read(log, ColumnRoles()), log.stat().st_size
    next(items)
    os.truncate(log, kept % size)
    with log.open("a", encoding="utf-8") as more:
        more.write(row.replace("5", "6") * 500_000)
    assert log.stat().st_size > size
    with pytest.raises(LogError, match="was cut while it was read"):
        list(items)


def test_a_log_that_grew_before_it_was_cut_is_refused(tmp_path: Path) -> None:
    log, row = tmp_path / "log.ndjson", '{"model": "m", "input_tokens": 5}\n'
    log.write_text(row * 1000, "utf-8")
    items, size = raw_rows(log), log.stat().st_size
    next(items)
    with log.open("a", encoding="utf-8") as more:
        more.write(row * 300_000)
    for _ in range(200_000):
        next(items)
    os.truncate(log, size)
    with pytest.raises(LogError, match="was cut while it was read"):
        list(items)


def test_a_log_that_grows_while_it_is_read_is_taken_as_far_as_it_went(tmp_path: Path) -> None:
    log, row = tmp_path / "log.ndjson", '{"model": "m", "input_tokens": 5}\n'
    log.write_text(row * 10_000, "utf-8")
    items = ndjson_log.read_ndjson(log, ColumnRoles())
    found = len(next(items).lines)
    with log.open("a", encoding="utf-8") as more:
        more.write(row * 10)
    assert found + sum(len(one.lines) for one in items) >= 10_000


@pytest.mark.parametrize("told", [200, 8191])
@pytest.mark.parametrize("place", range(10))
def test_no_row_of_a_parquet_file_goes_missing_by_what_its_end_says(tmp_path: Path, place: int, told: int) -> None:
    log, rows = tmp_path / "log.parquet", 1000
    columns = {"model": "m", "input_tokens": 5, "output_tokens": 1, "at": "2026-11-20"}
    table = pa.table({name: [cell] * rows for name, cell in columns.items()})
    parquet.write_table(table, log, compression="none", use_dictionary=False)
    data = log.read_bytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    end, said = data[start:], _as_thrift(rows)
    places = [at for at in range(len(end)) if end[at : at + 2] == said]
    at = places[place % len(places)]
    log.write_bytes(data[:start] + end[:at] + _as_thrift(told) + end[at + 2 :])
    for read in (lambda: read_parquet(log, ColumnRoles()), lambda: raw_rows(log)):
        try:
            found = sum(len(one.lines) if isinstance(one, Batch) else 1 for one in read())
        except LogError:
            continue
        assert found == rows


def _as_thrift(number: int) -> bytes:
    """A whole number below 8192 in two bytes, as Parquet's end writes it."""
    return bytes([2 * number & 127 | 128, 2 * number >> 7])
