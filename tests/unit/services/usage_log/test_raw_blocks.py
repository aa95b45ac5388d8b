"""Raw rows in blocks are the rows that are read one by one, and their columns hold what the rows do."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats import csv_rows
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.line_blocks import LineBlock
from llmpricing.services.usage_log.formats.raw_blocks import Cells, JsonTexts, RawBlock
from llmpricing.services.usage_log.formats.raw_rows import raw_blocks, raw_rows
from llmpricing.services.usage_log.formats.table_blocks import TableBlock

FAST = settings(
    max_examples=max(settings.default.max_examples // 2, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def blocks_of(path: Path, rows: int = 3) -> list[RawBlock]:
    """All blocks of the file, each compared with its own rows."""
    found = list(raw_blocks(path, rows))
    for block in found:
        whole = list(block.rows(range(len(block))))
        alone = [row for place in range(len(block)) for row in block.rows([place])]
        assert list(map(repr, alone)) == list(map(repr, whole))
        for place, row in enumerate(whole):
            assert set(block.names[block.which_names[place]]) == row.fields.keys()
        for name in {name for some in block.names for name in some} | {"never"}:
            assert list(map(as_json, cells(block.column(name)))) == [as_json(row.fields.get(name)) for row in whole]
    return found


def cells(column: Cells) -> list[Any]:
    if isinstance(column, JsonTexts):
        return [None if text is None else decoded(text) for text in column.texts.to_pylist()]
    return column.to_pylist() if isinstance(column, pa.Array) else list(column)


def as_json(value: Any) -> Any:
    return repr(value) if isinstance(value, float) else value


def same(path: Path) -> bool:
    """Whether blocks hold the rows that are read one by one, or are refused alike."""

    def said(read: Any) -> tuple[list[tuple[int, Mapping[str, Any]]], str]:
        found: list[tuple[int, Mapping[str, Any]]] = []
        try:
            for row in read():
                found.append((row.number, {name: as_json(cell) for name, cell in row.fields.items()}))
        except LogError as error:
            return found, str(error)
        return found, ""

    def of_blocks() -> Any:
        for block in blocks_of(path):
            yield from block.rows(range(len(block)))

    (ours, refused), (theirs, also_refused) = said(of_blocks), said(lambda: raw_rows(path))
    return refused == also_refused and (bool(refused) or ours == theirs)


CELL = st.text("ab1,;\t \"'\n\r0.{}[]:é\\", max_size=6)
PLAIN = st.text('a1.5,"\n{}é', max_size=8)


@pytest.mark.hypothesis
@FAST
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=9),
    header=st.sampled_from(["x,y,z", "x;y;z", "x\ty\tz", "\ufeffx,y,z", "\n\nx,y,z", "sep=;\nx;y;z", "x,y,x", "x,,z"]),
    end=st.sampled_from(["\n", "\r\n", ""]),
    is_quoted=st.booleans(),
)
def test_any_table_has_the_same_rows_in_blocks(
    tmp_path: Path, rows: list[list[str]], header: str, end: str, is_quoted: bool
) -> None:
    divider = max(",;\t", key=header.count)
    written = [
        divider.join(f'"{cell.replace(chr(34), 2 * chr(34))}"' if is_quoted else cell for cell in row) for row in rows
    ]
    path = tmp_path / "log.csv"
    path.write_bytes((header + "\n" + (end or "\n").join(written) + end).encode())
    assert same(path)


@pytest.mark.hypothesis
@FAST
@given(rows=st.lists(st.lists(PLAIN, min_size=2, max_size=2), min_size=1, max_size=30), size=st.integers(8, 200))
def test_a_table_of_many_reads_is_cut_where_rows_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], size: int
) -> None:
    monkeypatch.setattr(csv_rows, "_BLOCK", size)
    lines = [",".join(f'"{cell.replace(chr(34), 2 * chr(34))}"' for cell in row) for row in rows]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["x,y", *lines, ""]), "utf-8", newline="")
    assert same(path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["x", "y", "gen_ai.usage", "data", "messages", "rows", "projects", "", 'q"', "type"])


@pytest.mark.hypothesis
@FAST
@given(rows=st.lists(st.dictionaries(NAMES, JSON, max_size=4), min_size=1, max_size=8), is_packed=st.booleans())
def test_any_json_lines_have_the_same_rows_in_blocks(
    tmp_path: Path, rows: list[dict[str, Any]], is_packed: bool
) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = tmp_path / "log.jsonl"
    path.write_bytes(gzip.compress(text) if is_packed else text)
    assert same(path)


@pytest.mark.parametrize(
    "line",
    [
        *("", "  ", "nothing", "[]", "5", '{"x": 7}\r', '{"x": NaN}', '{"x": 1e99999999999999999999}'),
        *('{"x": "\\ud83d"}', '{"x": {"y": 01}}', '{"data": [{"x": 5}, {"x": 6}]}', '{"data": {"x": 5}}'),
        *('{"projects": {"a": [{"modelBreakdowns": []}, {"modelBreakdowns": []}]}}', '{"projects": {"a": [5]}}'),
        *('{"projects": {"y": [{"modelBreakdowns": 01}]}}', '{"rows": {"y": 01}}', '{"projects": {"a": "b"}}'),
        *('{"data": {"x": 5}, "type": "a"}', '{"y": {"z": 1e99999999999999999999}}', '{"y": {"z": "\\ud83d a"}}'),
    ],
)
def test_an_odd_line_among_plain_ones_is_read_as_it_is_by_itself(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    plain = '{"x": 1, "y": {"z": 2}}\n'
    path.write_text(2 * plain + line + "\n" + 4 * plain, "utf-8", newline="")
    assert same(path)


def test_bytes_that_are_no_text_are_found_in_what_nobody_reads(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"x": {"y": "a"}}\n{"x": {"y": "\xff"}}\n{"x": {"y": "b"}}\n')
    assert same(path)


def test_what_is_enveloped_line_by_line_is_read_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f'{{"data": {{"id": "a{n}", "more": {{"z": {n}}}}}}}\n' for n in range(7)), "utf-8")
    assert same(path)
    assert all(isinstance(block, LineBlock) for block in blocks_of(path))


def test_lists_by_project_one_a_line_are_read_day_by_day(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    days = [{"date": f"2026-11-{day}", "modelBreakdowns": []} for day in (20, 21)]
    path.write_text(2 * (json.dumps({"projects": {"a": days, "b": days[:1]}}) + "\n"), "utf-8")
    assert same(path)
    assert [row.fields["project"] for block in blocks_of(path) for row in block.rows(range(len(block)))] == 2 * [*"aab"]


@pytest.mark.parametrize("rows", ["1,2\n3,4,\xff\n5,6\n", '"1",2\n3\xff\n', "1,\xff\n"])
def test_a_broken_row_that_is_no_text_is_refused_and_nothing_else_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    printed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    path = tmp_path / "log.csv"
    path.write_bytes(("x,y\n" + rows).encode("latin-1"))
    with pytest.raises(LogError, match=r"log\.csv is no UTF-8 text: save it as UTF-8\."):
        list(raw_blocks(path, 3))
    assert same(path)
    assert not printed


def test_quotes_within_cells_and_line_ends_are_read_by_arrow(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text('x,y\n"{""a"": 1, ""b"": ""c,d""}",1\r\n"two\nlines",\n,"""q"""\n', "utf-8", newline="")
    assert same(path)
    assert all(isinstance(block, TableBlock) for block in blocks_of(path))


def test_a_row_too_short_and_a_second_header_are_told_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("x,y\n1,2\n3\n\ny,x\n5,6\n7,8\n", "utf-8")
    assert same(path)
    assert [dict(row.fields) for row in raw_rows(path)][2:] == [{"y": "5", "x": "6"}, {"y": "7", "x": "8"}]


def test_tables_of_parquet_have_the_same_rows_whatever_their_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None, "", "b"]),
            "large": pa.array(["a", None, "", "b"], pa.large_string()),
            "coded": pa.array(["a", "a", None, "b"]).dictionary_encode(),
            "number": [1, None, 3, 4],
            "amount": [0.1, 2e-7, None, float("nan")],
            "nested": [{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}, {"a": 4, "b": None}],
            "nothing": pa.nulls(4),
        }
    )
    path = tmp_path / "log.parquet"
    parquet.write_table(table, path)
    assert same(path)
    parquet.write_table(pa.table({"row": pa.StructArray.from_arrays([pa.array([1, 2])], ["x"])}), path)
    assert same(path)
    parquet.write_table(pa.table({"row": pa.array([{"x": 1}, None])}), path)
    assert same(path)
