"""`llmpricing exchange`: a price in another currency is converted by a dated rate only, and the answer shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.commands import Commands, commands_on
from tests.conftest import NOW, running_app


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, book_url, redis_url)


def test_rates_follow_each_other_and_are_listed(commands: Commands) -> None:
    for usd, day in (("1.08", "2026-01-02"), ("1.12", "2026-06-01"), ("1.10", "2026-03-01")):
        result = commands.run("exchange add", "EUR", usd, "--from", day, "--source", "a bank", "--as", "Ada")
        assert result.exit_code == 0, result.output
    lines = commands.run("exchange list").output.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["1 EUR = USD 1.08", "1 EUR = USD 1.1", "1 EUR = USD 1.12"]
    listed = commands.json("exchange list")["exchange_rates"]
    days = ["2026-01-02T00:00:00Z", "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"]
    assert [(one["currency"], one["usd"], one["valid_from"]) for one in listed] == list(
        zip(["EUR"] * 3, ["1.08", "1.1", "1.12"], days, strict=True)
    )
    assert [(one["valid_until"], one["source"]) for one in listed] == [(day, "a bank") for day in (*days[1:], None)]
    again = commands.run("exchange add", "EUR", "2", "--from", "2026-03-01", "--source", "a bank")
    assert again.exit_code == 1
    assert "already" in again.output


@pytest.mark.parametrize("words", [("USD", "1"), ("EUR", "0"), ("EUR", "-1"), ("eur", "1"), ("EUR", "much")])
def test_nonsense_is_refused(commands: Commands, words: tuple[str, str]) -> None:
    result = commands.run("exchange add", *words, "--from", "2026-01-01", "--source", "a bank")
    assert result.exit_code in (1, 2)


def test_a_quote_converts_by_the_rate_of_its_day_and_shows_it(
    commands: Commands, book_url: str, redis_url: str
) -> None:
    euro = {"dbx-model": {"litellm_provider": "databricks", "mode": "chat", "input_dbu_cost_per_token": 1e-06}}
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(euro).encode(), datetime(2026, 11, 1, tzinfo=UTC), NOW, "a test's list")
        import_lists(session, [(SOURCES["litellm"], reading)])
    question = {"model": "databricks/dbx-model", "usage": {"input_tokens": 1000000}, "at": "2026-11-10T00:00:00Z"}
    with running_app(book_url, redis_url) as app:
        native = app.post_json("/api/v1/quotes", question).json["data"]
        assert (native["total"], native["currency"]) == ("1", "DBU")
        refused = app.post_json("/api/v1/quotes", question | {"currency": "USD"}, expect_errors=True).json
        assert refused.get("data", {}).get("total") is None
        set_rate = commands.run("exchange add", "DBU", "0.07", "--from", "2026-01-01", "--source", "our contract")
        assert set_rate.exit_code == 0, set_rate.output
        converted = app.post_json("/api/v1/quotes", question | {"currency": "USD"}).json["data"]
        assert (converted["total"], converted["currency"]) == ("0.07", "USD")
        assert "our contract" in json.dumps(converted)


HISTORY = "Date,USD,GBP,\n2026-03-04,1.09,0.872,\n2026-03-02,1.08,0.864,\n2026-01-02,1.05,0.84,\n"


def test_the_central_banks_file_is_taken_over_around_what_stands(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text(HISTORY)
    by_hand = commands.run("exchange add", "EUR", "1.2", "--from", "2026-03-02", "--source", "our bank")
    assert by_hand.exit_code == 0, by_hand.output
    first = commands.run("exchange import", str(file))
    assert first.exit_code == 0, first.output
    assert "5 daily rates are new, 0 stood already. The newest is of 2026-03-04" in first.output
    assert "1 rates differ from what was stated before" in first.output
    lines = [line.rsplit("  ", 1)[0] for line in commands.run("exchange list").output.splitlines()]
    assert lines == [
        "1 EUR = USD 1.05  from 2026-01-02 until 2026-03-02",
        "1 EUR = USD 1.2  from 2026-03-02 until 2026-03-04",
        "1 EUR = USD 1.09  from 2026-03-04 on",
        "1 GBP = USD 1.25  from 2026-01-02 until 2026-03-02",
        "1 GBP = USD 1.25  from 2026-03-02 until 2026-03-04",
        "1 GBP = USD 1.25  from 2026-03-04 on",
    ]
    again = commands.run("exchange import", str(file))
    assert "0 daily rates are new, 5 stood already" in again.output


def test_only_the_currencies_and_days_asked_for_come_in(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text(HISTORY)
    result = commands.run("exchange import", str(file), "--currency", "GBP", "--from", "2026-03-01")
    assert result.exit_code == 0, result.output
    assert len(commands.run("exchange list").output.splitlines()) == 2
    unknown = commands.run("exchange import", str(file), "--currency", "CHF")
    assert (unknown.exit_code, "no rates of CHF. It has: EUR GBP" in unknown.output) == (1, True)
    file.write_text("name,offering\n")
    refused = commands.run("exchange import", str(file))
    assert (refused.exit_code, "eurofxref-hist.zip" in refused.output) == (1, True)
