"""llmpricing trust: whom to believe on the prices of one provider, and what that does to the published ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import AuditEvent, BookVersion
from llmpricing.services.catalogue.listing import get_offering
from llmpricing.services.clocks import Clocks
from tests.commands import Commands, commands_on

SELLERS = ("acme", "bazaar")


def genai_prices(amount: float) -> Any:
    """Both sellers' one model at this input price, as genai-prices lists it."""
    models = [{"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": amount, "output_mtok": amount * 4}}]
    return [{"id": seller, "name": seller.title(), "api_pattern": seller, "models": models} for seller in SELLERS]


def litellm(amount: float) -> Any:
    """The same as LiteLLM lists it."""
    prices = {"input_cost_per_token": amount / 1_000_000, "output_cost_per_token": amount * 4 / 1_000_000}
    return {f"{seller}/a": {"litellm_provider": seller, "mode": "chat", **prices} for seller in SELLERS}


class PriceBook:
    """A price book with commands to work on it and questions to ask it."""

    def __init__(self, commands: Commands, engine: Engine, folder: Path) -> None:
        self.commands, self.engine, self.folder = commands, engine, folder

    def load(self, source: str, data: Any, published: str) -> None:
        (self.folder / "list.json").write_text(json.dumps(data))
        self.commands.json(f"import {source}", str(self.folder / "list.json"), "--published", published)

    def run(self, command: str, *words: str, exit_code: int = 0) -> str:
        result = self.commands.run(f"trust {command}", *words)
        assert result.exit_code == exit_code, result.output
        return result.output

    def published(self, known_at: datetime | None = None) -> dict[str, tuple[Any, str | None]]:
        """Each seller's input price, and who says so."""
        now = datetime.now(UTC)
        with Session(self.engine) as session:
            found = {s: get_offering(session, Clocks(now, known_at or now), f"{s}/a") for s in SELLERS}
        return {seller: (item.input_per_mtok, item.source) for seller, item in found.items() if item}

    def events(self) -> list[tuple[str, str, str, Any]]:
        with Session(self.engine) as session:
            events = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
            return [(event.actor, event.action, event.subject, event.details) for event in events]

    def version(self) -> int:
        with Session(self.engine) as session:
            return session.scalars(select(BookVersion.version)).one()


@pytest.fixture
def book(tmp_path: Path, empty_book_url: str, redis_url: str) -> Iterator[PriceBook]:
    """Two sellers, whose prices genai-prices and LiteLLM state otherwise."""
    engine = create_engine(empty_book_url, poolclass=NullPool)
    found = PriceBook(commands_on(tmp_path, empty_book_url, redis_url), engine, tmp_path)
    found.load("genai-prices", genai_prices(2), "2026-10-01")
    found.load("litellm", litellm(3), "2026-10-02")
    yield found
    engine.dispose()


def test_one_provider_s_prices_come_from_the_source_that_is_believed_first_there(book: PriceBook) -> None:
    known_then, version = datetime.now(UTC), book.version()
    said = book.run("set acme litellm 1 --as ada --note", "they track it")
    assert said == "litellm has rank 1 on the prices of acme, by ada; offerings published anew: 1.\n"
    assert book.published() == {"acme": (3, "litellm"), "bazaar": (2, "genai-prices")}
    assert book.published(known_then) == {"acme": (2, "genai-prices"), "bazaar": (2, "genai-prices")}
    assert book.version() == version + 1
    assert book.events() == [("ada", "trust_set", "acme litellm", {"rank": 1, "note": "they track it"})]


def test_the_rank_holds_through_further_lists(book: PriceBook) -> None:
    book.run("set acme litellm 1")
    book.load("genai-prices", genai_prices(2.5), "2026-11-01")
    book.load("litellm", litellm(3.5), "2026-11-02")
    assert book.published() == {"acme": (3.5, "litellm"), "bazaar": (2.5, "genai-prices")}


def test_a_source_can_be_put_behind_the_others(book: PriceBook) -> None:
    book.run("set bazaar genai-prices 9")
    assert book.published() == {"acme": (2, "genai-prices"), "bazaar": (3, "litellm")}
    book.run("set bazaar genai-prices 2 --as ada")
    assert book.published()["bazaar"] == (2, "genai-prices")
    assert book.events()[1] == ("ada", "trust_set", "bazaar genai-prices", {"rank": 2, "before": 9})


def test_clearing_restores_the_usual_order(book: PriceBook) -> None:
    book.run("set acme litellm 1")
    trusted = datetime.now(UTC)
    book.run("clear acme litellm --as ada --note over")
    assert book.published()["acme"] == (2, "genai-prices")
    assert book.published(trusted)["acme"] == (3, "litellm")
    assert book.events()[1] == ("ada", "trust_cleared", "acme litellm", {"before": 1, "note": "over"})
    assert "usual rank at acme" in book.run("clear acme litellm", exit_code=1)


def test_the_list_shows_what_is_set(book: PriceBook) -> None:
    assert book.run("list") == "Every source has its usual rank everywhere.\n"
    book.run("set acme litellm 1")
    assert book.run("list") == "acme  litellm  1 (elsewhere 3)\n"
    assert book.commands.json("trust list") == {
        "trust": [{"provider": "acme", "source": "litellm", "rank": 1, "usual": 3}]
    }


def test_a_price_held_by_hand_goes_before_every_source(book: PriceBook) -> None:
    book.commands.run("pin acme/a input_tokens 7")
    book.run("set acme litellm 1")
    assert book.published()["acme"] == (7, "manual")


@pytest.mark.parametrize(
    ("words", "told"),
    [("nobody litellm 1", "No provider has the id nobody"), ("acme models-dev 1", "llmpricing import models-dev")],
)
def test_what_the_price_book_does_not_know_cannot_be_ranked(book: PriceBook, words: str, told: str) -> None:
    assert told in book.run(f"set {words}", exit_code=1)
    assert book.events() == []


@pytest.mark.parametrize("words", ["acme litellm 0", "acme litellm first", "acme manual 1", "acme litellm"])
def test_a_rank_that_makes_no_sense_is_misuse(book: PriceBook, words: str) -> None:
    book.run(f"set {words}", exit_code=2)
