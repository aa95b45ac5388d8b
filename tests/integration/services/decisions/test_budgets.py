"""A decision costs what it touches: few statements and few rows, however large the price book."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.models import Offering, Review
from tests.commands import Commands, commands_on
from tests.conftest import running_app
from tests.queries import Queries, recorded


@pytest.fixture
def commands(full_book_url: str, redis_url: str, tmp_path: Path) -> Commands:
    return commands_on(tmp_path, full_book_url, redis_url)


def cost_of(commands: Commands, command: str, *words: str) -> Queries:
    with recorded() as queries:
        result = commands.run(command, *words)
    assert result.exit_code == 0, result.output
    return queries


def test_a_pin_costs_its_offering(commands: Commands, full_book_url: str) -> None:
    with Session(create_engine(full_book_url, poolclass=NullPool)) as session:
        assert (session.scalar(select(func.count(Offering.id))) or 0) > 2000
    price = "openai/gpt-4o input_tokens"
    cost_of(commands, f"pin {price} 2.40").within(statements=27, rows=200)  # two of them ask what other sellers ask
    cost_of(commands, f"pin {price} 2.60").within(statements=29, rows=200)
    cost_of(commands, f"unpin {price}").within(statements=25, rows=200)


def test_an_alias_costs_a_few_rows(commands: Commands) -> None:
    cost_of(commands, "alias add my-gpt openai/gpt-4o").within(statements=8, rows=10)
    cost_of(commands, "alias end my-gpt").within(statements=7, rows=10)


def test_an_exchange_rate_costs_a_few_rows(commands: Commands) -> None:
    cost_of(commands, "exchange add EUR 1.08 --source ECB --from 2026-11-01").within(statements=6, rows=6)
    cost_of(commands, "exchange add EUR 1.09 --source ECB --from 2026-11-02").within(statements=8, rows=8)


def test_a_contract_rate_costs_the_offerings_of_its_provider(commands: Commands) -> None:
    added = cost_of(commands, "rate add openai/gpt-4o --discount 12.5% --from 2026-01-01")
    added.within(statements=8, rows=200)
    assert not added.touching("price ")


def test_a_verdict_costs_its_offering(commands: Commands, full_book_url: str) -> None:
    with Session(create_engine(full_book_url, poolclass=NullPool)) as session:
        waiting = session.scalars(
            select(Review.id).where(Review.closed_at.is_(None)).order_by(Review.id).limit(1)
        ).one()
    cost_of(commands, f"review accept {waiting}").within(statements=50, rows=240)  # tried first, to tell its effect


@pytest.fixture
def serving(full_book_url: str, redis_url: str) -> Iterator[TestApp]:
    """An application that has answered before, and so knows the price book's names."""
    with running_app(full_book_url, redis_url) as app:
        quote(app)
        yield app


def quote(app: TestApp, model: str = "openai/gpt-4o") -> Queries:
    with recorded() as queries:
        app.get("/api/v1/quote", {"model": model, "input_tokens": 1000, "output_tokens": 500})
    return queries


def test_serving_after_a_pin_costs_its_offering(commands: Commands, serving: TestApp) -> None:
    cost_of(commands, "pin openai/gpt-4o input_tokens 2.40")
    quote(serving).within(statements=10, rows=60)
    quote(serving).within(statements=2, rows=2)


def test_serving_after_an_alias_costs_the_aliases(commands: Commands, serving: TestApp) -> None:
    cost_of(commands, "alias add my-gpt openai/gpt-4o")
    quote(serving, "my-gpt").within(statements=8, rows=60)  # the lists' own aliases among them
    quote(serving, "my-gpt").within(statements=2, rows=2)


def test_serving_after_an_exchange_rate_costs_no_offering(commands: Commands, serving: TestApp) -> None:
    cost_of(commands, "exchange add EUR 1.08 --source ECB --from 2026-11-01")
    quote(serving).within(statements=7, rows=8)
