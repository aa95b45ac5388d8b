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
