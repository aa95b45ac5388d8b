"""Flat rates as CSV and Parquet: what they say is flat costs what our quotes say, on any day."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from webtest import TestApp

from tests.commands import commands_on
from tests.conftest import running_app
from tests.functional.addresses import FEEDS
from tests.servers import StoreUrls, new_database

CSV, PARQUET = FEEDS["prices_csv"], FEEDS["prices_parquet"]
BEFORE, AFTER = "2026-02-28", "2026-03-01"  # acme-dated costs less from March on
RATES = ("input_per_mtok", "output_per_mtok", "cache_read_per_mtok")
SEED = 20261127
CALLS = 500


def rows(app: TestApp, at: str | None = None) -> list[dict[str, str]]:
    answer = app.get(CSV, {"at": at} if at else {})
    assert answer.content_type == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def of(found: list[dict[str, str]], offering: str) -> list[dict[str, str]]:
    return [row for row in found if row["offering"] == offering]


def test_rates_bear_the_dates_between_which_they_are_asked(testapp: TestApp) -> None:
    told = [
        (row["valid_from"], row["valid_until"], row["input_per_mtok"], row["output_per_mtok"])
        for row in of(rows(testapp), "acme/acme-dated")
    ]
    assert [one[1:] for one in told][-2:] == [("2026-03-01T00:00:00Z", "8", "24"), ("", "4", "12")]
    assert told[-1][0] == "2026-03-01T00:00:00Z"
    for at, price in ((BEFORE, "8"), (AFTER, "4")):
        assert [row["input_per_mtok"] for row in of(rows(testapp, at), "acme/acme-dated")] == [price]


def test_it_is_said_which_offerings_flat_rates_cannot_price(testapp: TestApp) -> None:
    (long,), (large,) = (of(rows(testapp, AFTER), f"acme/acme-{name}") for name in ("long", "large"))
    assert (long["is_flat"], large["is_flat"]) == ("false", "true")
    assert "input_tokens above=200000" in long["beside"].split("; ")
    (dated,) = of(rows(testapp, AFTER), "acme/acme-dated")
    assert (dated["is_flat"], dated["beside"]) == ("true", "input_tokens tier=batch; output_tokens tier=batch")


def test_parquet_holds_the_same_as_csv_in_exact_types(testapp: TestApp) -> None:
    answer = testapp.get(PARQUET)
    assert answer.content_type == "application/vnd.apache.parquet"
    table = parquet.read_table(pa.BufferReader(answer.body))
    assert table.schema.field("input_per_mtok").type == pa.decimal128(38, 18)
    assert table.schema.field("valid_from").type == pa.timestamp("us", tz="UTC")
    told = rows(testapp)
    assert table.column_names == list(told[0])
    for ours, theirs in zip(table.to_pylist(), told, strict=True):
        for name in RATES:
            assert ours[name] == (Decimal(theirs[name]) if theirs[name] else None)
        assert (ours["offering"], ours["is_flat"]) == (theirs["offering"], theirs["is_flat"] == "true")
        start = datetime.fromisoformat(theirs["valid_from"]) if theirs["valid_from"] else None
        assert ours["valid_from"] == start


def test_the_command_writes_the_same_bytes(tmp_path: Path, book_url: str, redis_url: str, testapp: TestApp) -> None:
    for name, address in (("prices.csv", CSV), ("prices.parquet", PARQUET)):
        for stated in ({}, {"at": AFTER}):
            out = tmp_path / name
            words = [word for key, value in stated.items() for word in (f"--{key}", value)]
            done = commands_on(tmp_path, book_url, redis_url).run(f"feed export {name}", "--out", str(out), *words)
            assert done.exit_code == 0, done.output
            assert out.read_bytes() == testapp.get(address, stated).body


@pytest.fixture(scope="module")
def full_app(store_urls: StoreUrls, full_book: str) -> Iterator[TestApp]:
    """The application on all bundled prices."""
    with new_database(store_urls, full_book) as url, running_app(url, store_urls.redis) as found:
        yield found


def test_calls_cost_what_our_quotes_say_where_rates_are_flat(full_app: TestApp) -> None:
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    at = datetime(2026, 11, 20, tzinfo=UTC).isoformat()
    flat = [row for row in rows(full_app, at) if row["is_flat"] == "true" and all(row[name] for name in RATES)]
    asked = []
    for row in numbers.sample(flat, CALLS):
        fresh, cached, output = (numbers.randrange(400_000) for _ in range(3))
        total = sum(
            (Decimal(row[name]) * count for name, count in zip(RATES, (fresh, output, cached), strict=True)), Decimal()
        )
        usage = {"input_tokens": fresh + cached, "cache_read_tokens": cached, "output_tokens": output}
        asked.append((row, total / 1_000_000, {"model": row["offering"], "at": at, "usage": usage}))
    answer = full_app.post_json("/api/v1/quotes", {"items": [item for *_, item in asked]})
    compared = 0
    for (row, total, _), item in zip(asked, answer.json["data"]["items"], strict=True):
        if row["per_request"] in ("", "0"):
            assert item.get("total") is not None, (row, item)
            assert Decimal(item["total"]) == total.quantize(Decimal(item["total"])), (row, item)
            compared += 1
    assert compared > CALLS * 0.9
