"""What a priced log warns of is what each row's own quote warns of, with the money that it concerns."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.prices import OtherReason
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Offering, OtherPriceRow
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_batches import price_batches
from llmpricing.services.usage_log.price_log import batches_of
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.read import csv as csv_log
from llmpricing.services.usage_log.vectors import counted
from tests.priced_logs import NOW, priced, read_csv, total, write_csv
from tests.written_logs import write_log

ROWS = 3000
MOST_MODELS = 80
METERS = ("input_tokens", "cache_read_tokens", "output_tokens")


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield session


@pytest.fixture(scope="module")
def rows(book: Session) -> list[dict[str, str]]:
    """Uses of models whose lists differ, of all sizes, at times of three years and of late."""
    doubted = select(Offering.slug).join(OtherPriceRow, OtherPriceRow.offering_id == Offering.id)
    slugs = sorted(set(book.scalars(doubted.where(OtherPriceRow.reason == OtherReason.DISAGREEMENT))))
    chance = random.Random(12)  # noqa: S311 - the same log every time
    models = chance.sample(slugs, min(MOST_MODELS, len(slugs)))
    return [_row(chance, models) for _ in range(ROWS)]


def _row(chance: random.Random, models: list[str]) -> dict[str, str]:
    at = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(minutes=chance.randrange(chance.choice((60, 1000)) * 24 * 60))
    cached = chance.choice((0, 0, 10, 3000))
    asked = cached + chance.choice((0, 7, 1000, 150_000, 300_000))
    counts = (asked, cached, chance.choice((0, 1, 500, 20_000)))
    stated = {meter: str(count) for meter, count in zip(METERS, counts, strict=True)}
    return {"model": chance.choice(models), "at": at.isoformat(), **stated}


@pytest.fixture(scope="module")
def quoted(book: Session, rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    """The total of each row's own quote and the codes of its warnings, for those that have a total."""
    asked = [
        Asked(row["model"], read_usage({m: int(row[m]) for m in METERS}), datetime.fromisoformat(row["at"]))
        for row in rows
    ]
    found = []
    for answer in quote_many(book, asked):
        if (cost := total(answer)) is not None and isinstance(answer, Quoted):
            codes = sorted({warning.code for warning in answer.quote.warnings})
            found.append((cost, " ".join(codes)))
    return found


def test_each_row_warns_of_what_its_quote_warns_of(book, rows, quoted, tmp_path):
    write_csv(tmp_path / "log.csv", rows)
    summary, out = priced(book, tmp_path / "log.csv")
    good = read_csv(out)
    assert [(row["cost"], row["warnings"]) for row in good] == quoted
    seen = Counter(code for _, codes in quoted for code in codes.split())
    assert min(seen[Code.DISAGREEMENT], seen[Code.DATE_UNKNOWN]) > ROWS / 50, seen
    assert {code: warned.rows for code, warned in summary.warned.items()} == dict(seen)
    for code, warned in summary.warned.items():
        assert sum(warned.totals.values()) == sum(Decimal(cost) for cost, codes in quoted if code in codes.split())


def test_rows_in_doubt_are_priced_together_too(book, rows, tmp_path):
    write_csv(tmp_path / "log.csv", rows)
    _, *batches = csv_log.read_csv(tmp_path / "log.csv", ColumnRoles(known_facts(book)))
    found = [LogPricer(book, NOW, None).price(batch) for batch in batches]
    assert sum(len(one.totals) for one in found) < ROWS / 20


def test_a_log_without_times_says_so_of_what_had_other_prices(book, tmp_path):
    """DeepSeek charges by the hour and Gemini 2.5 Flash charges more from January on; an embedding never changed."""
    names = (
        "google/gemini-2.5-flash",
        "deepseek/deepseek-v4-pro",
        "openai/text-embedding-3-small",
        "nobody/knows-this",
    )
    rows = [{"model": name, "input_tokens": "1000"} for name in names for _ in range(3)]
    write_csv(tmp_path / "log.csv", rows)
    summary, out = priced(book, tmp_path / "log.csv")
    told = [Code.TIME_ASSUMED in row["warnings"].split() for row in read_csv(out)]
    assert told == [True] * 6 + [False] * 3
    assert summary.warned[Code.TIME_ASSUMED].rows == 6
    assert summary.warned[Code.TIME_ASSUMED].totals["USD"] == sum(Decimal(row["cost"]) for row in read_csv(out)[:6])
    dated = [{**row, "at": "2026-11-20T10:00:00Z"} for row in rows]
    write_csv(tmp_path / "dated.csv", dated)
    assert Code.TIME_ASSUMED not in priced(book, tmp_path / "dated.csv")[0].warned


GPT, EMBEDDING = "openai/gpt-4o", "openai/text-embedding-3-small"


def counted_rows(*rows: tuple[str, object, object]) -> list[dict[str, object]]:
    names = ("model", "input_tokens", "output_tokens")
    return [{**dict(zip(names, row, strict=True)), "at": "2026-11-20T10:00:00Z"} for row in rows]


EMPTY = counted_rows((GPT, None, 500), (GPT, 500, None))
WHOLE = counted_rows((GPT, 0, 500), (GPT, 500, 0), (EMBEDDING, 500, None), ("nobody/knows-this", None, 5))


@pytest.mark.parametrize("written", ["csv", "ndjson", "parquet"])
def test_an_input_or_output_that_is_empty_beside_the_other_is_said(book, tmp_path, written):
    """0 states something, and an embedding has no output."""
    log = tmp_path / f"log.{written}"
    rows = [*EMPTY, *WHOLE]
    if written == "csv":
        write_csv(log, [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in rows])
    elif written == "ndjson":
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        parquet.write_table(pa.Table.from_pylist(rows), log)
    batches = list(batches_of(log, (tmp_path / f"out.{written}",), ColumnRoles(known_facts(book))))
    told = []
    for batch in batches:
        found = LogPricer(book, NOW, None).price(batch) if batch.table.num_rows else None
        told += [Code.COUNT_EMPTY in found.answers[one].warnings.split() for one in found.which] if found else []
    assert told == [True, True, False, False, False, False]


@pytest.mark.parametrize("written", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize(("column", "other"), [("input_tokens", "output_tokens"), ("output_tokens", "input_tokens")])
def test_a_table_without_a_column_of_output_or_of_input_says_so_where_it_is_charged_for(
    book, tmp_path, written, column, other
):
    """An embedding has no output, and what counts none of the other has none either."""
    rows = [{"model": GPT, column: 500}, {"model": GPT, column: 0}, {"model": "nobody/knows-this", column: 5}]
    if column == "input_tokens":
        rows.append({"model": EMBEDDING, column: 500})
    to = ".ndjson" if written == "ndjson" else ".parquet"
    summary, out = priced(book, write_log(tmp_path / f"log.{written}", rows), to)
    found = parquet.read_table(out).to_pylist() if to == ".parquet" else map(json.loads, out.read_text().splitlines())
    told = [Code.COLUMN_MISSING in row["warnings"].split() for row in found]
    assert told == [True, False, *[False for _ in rows[3:]]]
    assert (summary.warned[Code.COLUMN_MISSING].rows, Code.COUNT_EMPTY in summary.warned) == (1, False)
    whole = [{**row, other: 0} for row in rows]
    summary, _ = priced(book, write_log(tmp_path / f"log.{written}", whole), to)
    assert Code.COLUMN_MISSING not in summary.warned


def test_what_is_counted_by_its_parts_is_not_empty():
    """Sound that came in is all that was asked; what came from a cache is not."""
    rows = [
        {"model": GPT, "input_tokens": None, "input_audio_tokens": 9, "cache_read_tokens": None, "output_tokens": 5},
        {"model": GPT, "input_tokens": None, "input_audio_tokens": None, "cache_read_tokens": 9, "output_tokens": 5},
    ]
    table = pa.Table.from_pylist(rows)
    batch = Batch(ColumnRoles().layout(table.schema.names), table, np.arange(1, 3))
    assert {name: rows.tolist() for name, rows in counted(batch).empty.items()} == {"input_tokens": [False, True]}


def test_a_provider_s_usage_without_its_input_says_so_too(book):
    table = pa.Table.from_pylist(
        [
            {"model": GPT, "prompt_tokens": None, "completion_tokens": 5},
            {"model": GPT, "prompt_tokens": 0, "completion_tokens": 5},
        ]
    )
    batches = price_batches(book, table.to_batches(), {"usage_format": "openai"}, NOW, None, "")
    told = [(row["warnings"] or "").split() for batch in batches for row in batch.to_pylist()]
    assert [Code.COUNT_EMPTY in one for one in told] == [True, False]
