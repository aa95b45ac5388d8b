"""Logs are priced as their rows are quoted: to the last digit, for every condition, in every format."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy.orm import Session

from llmpricing.domain.money import MoneyError, parse_decimal, to_text
from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import UsageError, read_usage
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_log import LogSummary, price_log
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.read import csv as csv_log
from tests import motley

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROWS = 6000


@pytest.fixture(scope="module")
def book(motley_book: Session) -> Session:
    return motley_book


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    chance = random.Random(11)  # noqa: S311 - the same log every time
    return [motley.row(chance) for _ in range(ROWS)]


@pytest.fixture(scope="module")
def expected(book: Session, rows: list[dict[str, str]]) -> list[str | None]:
    """The total of each row's own quote as text, None where it has none."""
    questions = [question(row) for row in rows]
    answers = iter(quote_many(book, [asked for asked in questions if asked]))
    return [total(next(answers)) if asked else None for asked in questions]


def question(row: dict[str, str]) -> Asked | None:
    """What the row asks, read by no code of the bulk pricing."""
    try:
        usage = read_usage({meter: parse_decimal(row[meter]) for meter in motley.COUNTED if row[meter]})
        at = datetime.fromisoformat(row["at"])
    except (MoneyError, UsageError, ValueError):
        return None
    is_exact = "T" in row["at"]
    facts = {"resolution": row["resolution"]} if row["resolution"] else {}
    stated = context(row["service_tier"], row["region"], facts, is_exact)
    return Asked(row["model"], usage, at if is_exact else at.replace(tzinfo=UTC), None, stated)


def total(answer: object) -> str | None:
    has_total = isinstance(answer, Quoted) and answer.quote.total is not None
    return to_text(answer.quote.total) if has_total else None


def priced(book: Session, log: Path, out: Path, **how: object) -> LogSummary:
    """Price the log beside itself."""
    columns = ColumnRoles(known_facts(book), **how)
    return price_log(LogPricer(book, NOW, None), columns, log, out, out.with_name("rejects" + out.suffix))


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def compare(rows: list[dict[str, str]], expected: list[str | None], good: list[dict], bad: list[dict]) -> None:
    """Each row is in exactly one of the files, in order, unchanged, with the cost of its quote."""
    wanted = [(row, cost) for row, cost in zip(rows, expected, strict=True) if cost is not None]
    assert [{name: row[name] for name in rows[0]} for row in good] == [row for row, _ in wanted]
    assert [row["cost"] for row in good] == [cost for _, cost in wanted]
    refused = [row for row, cost in zip(rows, expected, strict=True) if cost is None]
    assert [{name: row[name] for name in rows[0]} for row in bad] == refused
    assert all(row["reason"] for row in bad)


@pytest.mark.parametrize("block", [3000, csv_log.BLOCK])
def test_every_row_of_a_csv_log_costs_what_its_quote_says(book, rows, expected, tmp_path, monkeypatch, block):
    monkeypatch.setattr(csv_log, "BLOCK", block)
    write_csv(tmp_path / "log.csv", rows)
    summary = priced(book, tmp_path / "log.csv", tmp_path / "out.csv")
    good, bad = read_csv(tmp_path / "out.csv"), read_csv(tmp_path / "rejects.csv")
    compare(rows, expected, good, bad)
    assert len(good) > ROWS / 8
    assert summary.rows == ROWS
    assert summary.priced == len(good)
    assert sum(summary.unpriced.values()) == len(bad)
    sums = Counter()
    for row in good:
        sums[row["currency"]] += Decimal(row["cost"])
    assert dict(sums) == {currency: sum_ for currency, sum_ in summary.totals.items() if sum_}
    lines = {row["line"]: row for row in bad}
    assert all(rows[int(line) - 2]["model"] == row["model"] for line, row in lines.items())


def test_most_rows_are_priced_together_not_one_by_one(book, rows, tmp_path):
    write_csv(tmp_path / "log.csv", rows)
    _, *batches = csv_log.read_csv(tmp_path / "log.csv", ColumnRoles(known_facts(book)))
    found = [LogPricer(book, NOW, None).price(batch) for batch in batches]
    together = sum(int((~one.refused).sum()) - len(one.totals) for one in found)
    assert together > 2 * sum(len(one.totals) for one in found)


def test_every_row_of_a_json_log_costs_what_its_quote_says(book, rows, expected, tmp_path):
    def typed(row: dict[str, str]) -> dict[str, object]:
        return {n: int(v) if n in motley.COUNTED and v.isdecimal() and v.isascii() else v for n, v in row.items() if v}

    log = tmp_path / "log.ndjson"
    log.write_bytes(b"\n".join(msgspec.json.encode(typed(row)) for row in rows))
    priced(book, log, tmp_path / "out.ndjson")
    good, bad = (
        [dict.fromkeys(rows[0], "") | msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
        for path in (tmp_path / "out.ndjson", tmp_path / "rejects.ndjson")
    )
    for row in (*good, *bad):
        row.update({name: str(value) for name, value in row.items()})
    compare(rows, expected, good, bad)


def test_every_row_of_a_parquet_log_costs_what_its_quote_says(book, rows, expected, tmp_path):
    whole = [
        row for row in rows if all(not row[m] or (row[m].isdecimal() and row[m].isascii()) for m in motley.COUNTED)
    ]
    costs = [cost for row, cost in zip(rows, expected, strict=True) if row in whole]
    whole = [row for row in rows if row in whole]
    numbers = {m: pa.array([int(row[m]) if row[m] else None for row in whole], pa.int64()) for m in motley.COUNTED}
    table = pa.table({name: [row[name] for row in whole] for name in rows[0]} | numbers)
    parquet.write_table(table, tmp_path / "log.parquet")
    priced(book, tmp_path / "log.parquet", tmp_path / "out.parquet")
    good, bad = (parquet.read_table(tmp_path / name).to_pylist() for name in ("out.parquet", "rejects.parquet"))
    for row in (*good, *bad):
        row.update({m: "" if row[m] is None else str(row[m]) for m in motley.COUNTED})
    for row in good:
        row["cost"] = to_text(row["cost"])
    compare(whole, costs, good, bad)


def test_a_csv_log_can_become_parquet(book, rows, expected, tmp_path):
    write_csv(tmp_path / "log.csv", rows)
    summary = priced(book, tmp_path / "log.csv", tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.schema.field("cost").type == pa.decimal128(38, 12)
    assert [to_text(cost) for cost in table["cost"].to_pylist()] == [cost for cost in expected if cost is not None]
    assert summary.rows == table.num_rows + parquet.read_table(tmp_path / "rejects.parquet").num_rows


def test_broken_rows_are_told_with_their_line_and_cost_no_other_row(book, tmp_path):
    log = tmp_path / "log.csv"
    log.write_bytes(
        b'\xef\xbb\xbfid,model,at,input_tokens,note\r\n1,our-model,2025-03-01T12:00:00Z,1000,"two\r\nlines"\r\n\r\n'
        b"2,our-model,2025-03-01T12:00:00Z,1000\r\n"
        b'3,our-model,2025-03-01T12:00:00Z,1000,"stray\r\n'
        b"4,our-model,2025-03-01T12:00:00Z,1000,fine\r\n"
        b"5,our-model,2025-03-01T12:00:00Z,1000,\xff\r\n"
        b"6,our-model,2025-03-01T12:00:00,1000,no offset\r\n"
        b"7,our-model,2025-03-01T12:00:00Z,1000,last"
    )
    summary = priced(book, log, tmp_path / "out.csv")
    assert [row["id"] for row in read_csv(tmp_path / "out.csv")] == ["1", "4", "7"]
    bad = read_csv(tmp_path / "rejects.csv")
    reasons = {int(row["line"]): row["reason"] for row in bad}
    assert reasons == {
        5: "the line has 4 cells, not 5",
        6: "the quotes of the line do not match",
        8: "the line is not UTF-8",
        9: "at needs an offset: end it with Z for UTC",
    }
    assert any(row["id"] == '3,our-model,2025-03-01T12:00:00Z,1000,"stray' for row in bad)
    assert summary.rows == 7


def test_amounts_beyond_64_bits_are_exact_too(book, tmp_path):
    """A trillion tokens at 5 USD a piece come to more than 64 bits of 1e-12 USD."""
    rows = [
        {"model": f"motley/m{n}", "at": "2025-03-01T12:00:00Z", "input_tokens": str(10**12), "region": "eu"}
        for n in range(1, 41)
    ]
    write_csv(tmp_path / "log.csv", rows)
    summary = priced(book, tmp_path / "log.csv", tmp_path / "out.csv")
    good = read_csv(tmp_path / "out.csv")
    asked = [
        Asked(
            row["model"],
            read_usage({"input_tokens": 10**12}),
            datetime.fromisoformat(row["at"]),
            None,
            context(region="eu"),
        )
        for row in good
    ]
    assert [row["cost"] for row in good] == [total(answer) for answer in quote_many(book, asked)]
    assert max(sum_ for sum_ in summary.totals.values()) > 2**63 / Decimal(10**12)


def test_a_log_without_times_is_priced_as_of_now(book, tmp_path):
    write_csv(tmp_path / "log.csv", [{"model": "our-model", "prompt_tokens": "10", "completion_tokens": "3"}])
    summary = priced(book, tmp_path / "log.csv", tmp_path / "out.csv")
    (answer,) = quote_many(book, [Asked("our-model", read_usage({"input_tokens": 10, "output_tokens": 3}), NOW)])
    assert summary.layout.at is None
    assert summary.priced == (total(answer) is not None)


def test_new_columns_never_hide_those_of_the_log(book, rows, expected, tmp_path):
    own = [row | {"cost": "mine"} for row, cost in zip(rows, expected, strict=True) if cost][:50]
    write_csv(tmp_path / "log.csv", own)
    priced(book, tmp_path / "log.csv", tmp_path / "out.csv")
    good = read_csv(tmp_path / "out.csv")
    assert {row["cost"] for row in good} == {"mine"}
    assert [row["priced_cost"] for row in good] == [cost for cost in expected if cost][:50]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("model,input_tokens,input_tokens", "several columns"),
        ("model,prompt_tokens,input_tokens", "counts input_tokens twice"),
        ("model,at,note", "counts nothing"),
        ("at,input_tokens", "no column model"),
    ],
)
def test_a_log_that_cannot_be_understood_is_refused_and_leaves_nothing_behind(book, tmp_path, header, words):
    (tmp_path / "log.csv").write_text(header + "\n")
    with pytest.raises(LogError, match=words):
        priced(book, tmp_path / "log.csv", tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(("suffix", "content"), [(".parquet", b"no parquet"), (".ndjson", b"no json\n[1]\n")])
def test_a_file_of_another_kind_is_refused(book, tmp_path, suffix, content):
    log = (tmp_path / "log").with_suffix(suffix)
    log.write_bytes(content)
    with pytest.raises(LogError):
        priced(book, log, (tmp_path / "out").with_suffix(suffix))
    assert list(tmp_path.iterdir()) == [log]
