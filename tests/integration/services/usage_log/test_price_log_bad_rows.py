"""One hostile row costs no other row its price: it is told with its reason, the rest cost what their quotes say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy.orm import Session

from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.quotes.quoting import Asked, quote_many
from llmpricing.services.usage_log.columns import LogError
from tests import motley
from tests.priced_logs import priced, read_csv, total, write_csv

AT = "2025-03-01T12:00:00Z"
GOOD = [{"model": f"motley/m{n}", "at": AT, "input_tokens": 1000 * n, "note": "fine"} for n in range(1, 41)]
YEARS = "at lies outside the years 1970 to 2999"
HOSTILE = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def costs(motley_book: Session) -> list[str]:
    """What those good rows cost that have a price, each by its own quote."""
    asked = [
        Asked(r["model"], read_usage({"input_tokens": r["input_tokens"]}), datetime.fromisoformat(AT)) for r in GOOD
    ]
    found = [total(answer) for answer in quote_many(motley_book, asked)]
    assert len([cost for cost in found if cost]) > 20
    return [cost for cost in found if cost]


def check_csv(book, folder, costs, row: dict[str, Any], place: int = 7) -> list[str]:
    """The reasons told of a row among the good ones in a CSV log, which all cost what they should."""
    write_csv(folder / "log.csv", [*GOOD[:place], row, *GOOD[place:]])
    summary, out = priced(book, folder / "log.csv")
    mine = [found for found in read_csv(out) if found["note"] != "fine"]
    assert [found["cost"] for found in read_csv(out) if found["note"] == "fine"] == costs
    bad = read_csv(folder / "rejects.csv")
    assert summary.rows == len(GOOD) + 1 == len(read_csv(out)) + len(bad)
    return [found["reason"] for found in bad if found["line"] == str(place + 2)] or [found["cost"] for found in mine]


def check_json(book, folder, costs, line: bytes, place: int = 7) -> list[str]:
    """The reasons told of a line among the good ones in a log of JSON lines, which all cost what they should."""
    lines = [msgspec.json.encode(row) for row in GOOD]
    (folder / "log.ndjson").write_bytes(b"\n".join([*lines[:place], line, *lines[place:]]))
    _, out = priced(book, folder / "log.ndjson")
    good = [msgspec.json.decode(text) for text in out.read_bytes().splitlines()]
    assert [found["cost"] for found in good if found.get("note") == "fine"] == costs
    bad = [msgspec.json.decode(text) for text in (folder / "rejects.ndjson").read_bytes().splitlines()]
    return [found["reason"] for found in bad if found["line"] == place + 1]


def check_parquet(book, folder, costs, suffix=".parquet", **columns: pa.Array) -> list[str]:
    """The reasons told of the first row of a Parquet log, behind which are the good ones, which cost what they should;
    ``columns`` replace those of the log.
    """
    names = ("model", "at", "input_tokens")
    table = pa.table({name: columns.get(name, [GOOD[0][name], *(row[name] for row in GOOD)]) for name in names})
    for name in columns.keys() - set(names):
        table = table.append_column(name, columns[name])
    parquet.write_table(table, folder / "log.parquet")
    _, out = priced(book, folder / "log.parquet", suffix)
    if suffix == ".csv":
        assert [row["cost"] for row in read_csv(out)][-len(costs) :] == costs
        return []
    assert [format(row["cost"].normalize(), "f") for row in parquet.read_table(out, columns=["cost"]).to_pylist()][
        -len(costs) :
    ] == costs
    bad = parquet.read_table(folder / "rejects.parquet", columns=["line", "reason"]).to_pylist()
    return [row["reason"] for row in bad if row["line"] == 1]


def clocked() -> list[str]:
    """All models: some have prices by the clock."""
    return [f"motley/m{number}" for number in range(1, motley.OFFERINGS + 1)]


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", "0001-01-01"]
)
def test_times_that_no_request_has_are_told_whatever_the_model(motley_book, tmp_path, costs, at):
    for model in clocked():
        row = {"model": model, "at": at, "input_tokens": 5, "note": "odd"}
        assert check_csv(motley_book, tmp_path, costs, row) == [YEARS]
    assert check_json(motley_book, tmp_path, costs, msgspec.json.encode(row)) == [YEARS]


@pytest.mark.parametrize(("unit", "number"), [("s", 2**50), ("ms", 2**62), ("us", -1), ("us", 2**62), ("s", -(2**40))])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_timestamps_that_no_request_has_are_told(motley_book, tmp_path, costs, unit, number, zone):
    good = int(datetime.fromisoformat(AT).timestamp()) * {"s": 1, "ms": 1000, "us": 10**6}[unit]
    at = pa.array([number, *[good] * len(GOOD)], pa.int64()).cast(pa.timestamp(unit, zone))
    assert check_parquet(motley_book, tmp_path, costs, at=at) == [YEARS]


def test_dates_beyond_all_years_are_told(motley_book, tmp_path):
    at = pa.array([2**31 - 1, -(2**31), 20_000], pa.int32()).cast(pa.date32())
    parquet.write_table(
        pa.table({"model": ["our-model"] * 3, "at": at, "input_tokens": [1] * 3}), tmp_path / "log.parquet"
    )
    summary, _ = priced(motley_book, tmp_path / "log.parquet")
    assert summary.unpriced[YEARS] == 2


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_nanoseconds_cost_nothing_wherever_they_are(motley_book, tmp_path, costs, suffix):
    good = int(datetime.fromisoformat(AT).timestamp()) * 10**9
    times = pa.array([good + 1, *[good] * len(GOOD)], pa.timestamp("ns", "UTC"))
    nested = pa.StructArray.from_arrays([times], ["deep"])
    unreadable = pa.array([b"\xff"] + [b"fine"] * len(GOOD))
    texts = pa.StringArray.from_buffers(len(unreadable), *unreadable.buffers()[1:])
    cut = {"seen": times, "nested": nested, "note": texts, "took": pa.array([1] * len(times), pa.time64("ns"))}
    usual = check_parquet(motley_book, tmp_path, costs, suffix)
    assert check_parquet(motley_book, tmp_path, costs, suffix, at=times, **cut) == usual


def test_texts_that_are_no_utf8_are_told(motley_book, tmp_path, costs):
    for name in ("model", "at"):
        raw = pa.array([b"\xff\xfe", *(row[name].encode() for row in GOOD)])
        texts = pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:])
        (reason,) = check_parquet(motley_book, tmp_path, costs, **{name: texts})
        assert reason.startswith({"model": r"no offering is called \xff\xfe", "at": "at is not a time"}[name])


@pytest.mark.parametrize("kind", [pa.float64(), pa.uint64(), pa.decimal128(30, 2), pa.decimal256(50, 3), pa.string()])
def test_numbers_of_every_kind_are_counted(motley_book, tmp_path, costs, kind):
    numbers = [1, *(row["input_tokens"] for row in GOOD)]
    check_parquet(motley_book, tmp_path, costs, input_tokens=pa.array(numbers, pa.int64()).cast(kind))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("model", [1]),
        ("model", [b"m"]),
        ("model", [{"name": "m"}]),
        ("model", [["m"]]),
        ("at", [1_700_000_000]),
        ("input_tokens", [True]),
        ("input_tokens", [b"5"]),
        ("input_tokens", [{"n": 5}]),
        ("input_tokens", [timedelta(1)]),
        ("input_tokens", [date(2025, 1, 1)]),
        ("region", [5]),
    ],
)
def test_parquet_columns_of_which_no_row_can_be_priced_are_refused(motley_book, tmp_path, name, cells):
    row = {"model": ["our-model"], "at": [AT], "input_tokens": [5]}
    parquet.write_table(pa.table(row | {name: cells}), tmp_path / "log.parquet")
    with pytest.raises(LogError, match=f"column {name} holds .*: write it as"):
        priced(motley_book, tmp_path / "log.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["log.parquet"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"model":"our-model","note":1e9999999999999999999999}', "the line holds a number that is out of range"),
        (b'{"model":"our-model","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "the line is nested too deeply"),
        (
            b'{"model":"our-model","input_tokens":' + b"[" * 400 + b"]" * 400 + b"}",
            "input_tokens is '[...]', not a number",
        ),
        (b'{"model":"our-model","input_tokens":5,"at":' + b'{"a":' * 400 + b"1" + b"}" * 401, "at is not a time"),
        (b'{"model":{"a":1},"input_tokens":5}', "model must be text"),
        (b'{"model":"our-model","input_tokens":5,"prompt_tokens":5}', "The log counts input_tokens twice"),
        (b'{"model":"our-model","input_tokens":5,"cached_tokens":5}', "cached_tokens: this looks like usage"),
        (b'{"model":"our-model","usage":{"input_tokens":5}}', "usage: this looks like usage"),
        (b'{"model":"our-model","at":"2025-03-01T12:00:00Z"}', "usage is empty"),
        (b'{"model":"our-model"', "the line is no JSON object with names"),
        (b"\xff\xfe", "the line is no JSON object with names"),
        (b"[]", "the line is no JSON object with names"),
    ],
)
@pytest.mark.parametrize("place", [0, 7, 40])
def test_odd_lines_of_json_are_told(motley_book, tmp_path, costs, line, reason, place):
    (told,) = check_json(motley_book, tmp_path, costs, line, place)
    assert told.startswith(reason)


def test_lines_may_call_the_same_count_by_either_name(motley_book, tmp_path, costs):
    lines = [dict(row) for row in GOOD]
    for row in lines[::2]:
        row["prompt_tokens"] = row.pop("input_tokens")
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    summary, out = priced(motley_book, tmp_path / "log.ndjson")
    assert [msgspec.json.decode(text)["cost"] for text in out.read_bytes().splitlines()] == costs
    assert summary.layout.counting == ("model", "at", "prompt_tokens")


def test_a_count_that_was_null_at_first_counts_later(motley_book, tmp_path, monkeypatch):
    monkeypatch.setattr("llmpricing.services.usage_log.read.ndjson.BLOCK", 10)
    rows = [row | {"output_tokens": None if number < 5 else 10} for number, row in enumerate(GOOD)]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    _, out = priced(motley_book, tmp_path / "log.ndjson")
    asked = [{name: row[name] for name in ("input_tokens", "output_tokens") if row[name] is not None} for row in rows]
    moment = datetime.fromisoformat(AT)
    found = quote_many(
        motley_book, [Asked(r["model"], read_usage(u), moment) for r, u in zip(rows, asked, strict=True)]
    )
    expected = [cost for cost in map(total, found) if cost]
    assert [msgspec.json.decode(text)["cost"] for text in out.read_bytes().splitlines()] == expected


@pytest.mark.parametrize("line", [b"no json", b'{"at":"2025-03-01T12:00:00Z","model":"our-model","input_tokens":1}'])
def test_a_block_of_odd_lines_later_on_stops_nothing(motley_book, tmp_path, monkeypatch, line):
    monkeypatch.setattr("llmpricing.services.usage_log.read.ndjson.BLOCK", 10)
    (tmp_path / "log.ndjson").write_bytes(b'{"model":"our-model","input_tokens":1}\n' + line)
    summary, _ = priced(motley_book, tmp_path / "log.ndjson")
    assert summary.rows == 2
    assert any(reason.startswith(("the line is no JSON", "the line states a time")) for reason in summary.unpriced)


def test_long_cells_are_kept_beside_an_odd_row(motley_book, tmp_path, costs):
    long = GOOD[0] | {"note": "x" * 200_000, "input_tokens": "10.5"}
    assert check_csv(motley_book, tmp_path, costs, long) == ["input_tokens must be a whole number"]


TEXTS = st.text(max_size=30) | st.sampled_from(["0x1F", "1e3", "NaN", "-0", "9" * 30, "'", '"', "\r\n", "\0", "١٢"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["model", "at", "input_tokens", "service_tier", "region", "resolution", "requests", "usage"])


@HOSTILE
@given(
    row=st.fixed_dictionaries({"model": TEXTS, "at": TEXTS, "input_tokens": TEXTS, "note": TEXTS}),
    place=st.integers(0, 40),
)
def test_any_row_of_a_csv_log_leaves_the_others_alone(motley_book, tmp_path, costs, row, place):
    write_csv(tmp_path / "log.csv", [*GOOD[:place], row, *GOOD[place:]])
    _, out = priced(motley_book, tmp_path / "log.csv")
    assert [found["cost"] for found in read_csv(out) if found["note"] == "fine"] == costs


@HOSTILE
@given(row=st.dictionaries(NAMES | TEXTS, ANYTHING, max_size=6), place=st.integers(0, 40))
def test_any_line_of_json_leaves_the_others_alone(motley_book, tmp_path, costs, row, place):
    check_json(motley_book, tmp_path, costs, msgspec.json.encode(row), place)
