"""Names of Bedrock that say no place: one total where the places cost the same, else all of them and none chosen."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import read_usage
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_one
from tests.priced_logs import priced

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
USAGE = {"input_tokens": 1000, "output_tokens": 500}
SONNET, OPUS = "anthropic.claude-sonnet-4-6", "anthropic.claude-opus-5"


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def ask(book: Session, name: str, region: str | None = None, provider: str | None = None) -> Quoted:
    return quote_one(book, Asked(name, read_usage(USAGE), AT, None, context(region=region), provider))


@pytest.mark.parametrize(
    ("name", "provider", "low", "high"),
    [
        (SONNET, None, "0.0105", "0.01155"),
        (SONNET, "bedrock", "0.0105", "0.01155"),
        (f"bedrock/{SONNET}", None, "0.0105", "0.01155"),
        ("claude-sonnet-4-6", "aws", "0.0105", "0.01155"),
        (OPUS, None, "0.0175", "0.01925"),
        ("anthropic.claude-sonnet-4-5", None, "0.0105", "0.01155"),
    ],
)
def test_a_bare_name_has_no_total_where_the_places_ask_different_prices(book, name, provider, low, high):
    answer = ask(book, name, provider=provider).quote
    assert (answer.total, answer.low, answer.high) == (None, Decimal(low), Decimal(high))
    assert answer.missing == ("region",)
    (note,) = [note for note in answer.notes if note.code == "REGION_ASSUMED"]
    assert note.other_total == Decimal(high)
    assert f"would cost {low} USD" in note.message
    assert f"would cost {high} USD" in note.message


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("anthropic.claude-opus-4-1", "0.0525"),  # one price wherever it runs
        (f"us.{SONNET}", "0.01155"),
        (f"global.{SONNET}", "0.0105"),
        (f"bedrock/converse/global.{SONNET}", "0.0105"),
        (f"aws/regional.{SONNET}-v1:0", "0.01155"),  # an offering's own id means that offering
        ("anthropic/claude-sonnet-4-6", "0.0105"),
    ],
)
def test_a_name_that_says_its_place_or_has_one_price_has_its_total(book, name, total):
    answer = ask(book, name).quote
    assert (answer.total, answer.missing) == (Decimal(total), ())


@pytest.mark.parametrize(
    ("name", "region", "slug", "total"),
    [
        (OPUS, "global", "aws/global.anthropic.claude-opus-5", "0.0175"),
        (OPUS, "eu-central-1", "aws/regional.anthropic.claude-opus-5", "0.01925"),
        (f"bedrock/us-west-2/{OPUS}", None, "aws/regional.anthropic.claude-opus-5", "0.01925"),
    ],
)
def test_a_stated_place_decides(book, name, region, slug, total):
    answer = ask(book, name, region)
    assert (answer.model.slug, answer.quote.total) == (slug, Decimal(total))
    ids = tuple(line.price_id for line in answer.quote.lines if line.price_id is not None)
    asked = Asked(name, read_usage(USAGE), AT, answer.known_at, context(region=region), price_ids=ids)
    assert quote_one(book, asked).quote.total == Decimal(total)


def test_a_log_is_priced_as_its_quotes(tmp_path: Path, book: Session) -> None:
    names = [SONNET, OPUS, f"us.{SONNET}", "anthropic.claude-opus-4-1"]
    asked = [(name, count * 1000) for name in names for count in (1, 2)]
    log = tmp_path / "log.csv"
    rows = [f"2026-11-20T12:00:00Z,{name},{tokens},500" for name, tokens in asked]
    log.write_text("\n".join(["at,model,input_tokens,output_tokens", *rows]) + "\n")
    summary, out = priced(book, log)
    costs = [row["cost"] for row in csv.DictReader(out.read_text().splitlines())]
    usages = [(name, read_usage({"input_tokens": tokens, "output_tokens": 500})) for name, tokens in asked]
    totals = [quote_one(book, Asked(name, usage, AT)).quote.total for name, usage in usages]
    assert [total is None for total in totals] == [True] * 4 + [False] * 4
    assert list(map(Decimal, costs)) == [total for total in totals if total is not None]
    step = "the price depends on region, which is not stated: state global or a region such as us-east-1"
    assert summary.unpriced == {step: 4}
