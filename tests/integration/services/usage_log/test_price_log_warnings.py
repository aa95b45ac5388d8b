"""What a priced log warns of is what each row's own quote warns of, with the money that it concerns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.prices import OtherReason
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Offering, OtherPriceRow
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.read import csv as csv_log
from tests.priced_logs import NOW, priced, read_csv, total, write_csv

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
