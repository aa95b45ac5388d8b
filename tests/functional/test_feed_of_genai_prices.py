"""genai-prices on its feed: it loads, and calls cost what our quotes say, before and after an announced step."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.update_prices import UpdatePrices
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp
from webtest.http import StopableWSGIServer

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.money import quantise
from llmpricing.domain.quotes.sellers import makes_only
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.sources.genai_prices.bundled import read_bundled
from tests.conftest import NOW, running_app
from tests.functional.addresses import FEEDS, walked
from tests.servers import StoreUrls, new_database

FEED = FEEDS["feed_genai_prices"]
ANNOUNCED = datetime(2027, 1, 1, tzinfo=UTC)
BEFORE, AFTER = "2026-12-31T12:00:00Z", "2027-01-01T12:00:00Z"
MOVED = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "openai/gpt-4.1")
CALLS = 500
SEED = 20261127
SIZES = (7, 999, 128_001, 199_999, 200_001, 272_001)


@dataclass(frozen=True)
class Call:
    """A use of a model of the client's own list."""

    provider: str
    model: str
    usage: dict[str, int]

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"

    def theirs(self, snapshot: DataSnapshot, at: str) -> Decimal:
        """What the client says of it."""
        usage = genai_prices.Usage(**self.usage)
        found = snapshot.calc(usage, self.model, self.provider, None, datetime.fromisoformat(at))
        return quantise(Fraction(found.total_price))


def calls() -> list[Call]:
    """Those of announced prices first, then of all models in an order of chance; the same in every run. Not of what
    makes pictures alone: output that does not say so is text to the client, and pictures to our quotes.
    """
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    found = ((provider.id, model) for provider in providers for model in provider.models if finds(provider, model))
    listed = [(seller, model.id) for seller, model in found if not makes_only(f"{seller}/{model.id}")]
    numbers.shuffle(listed)
    small = [Call(*name.split("/"), {"input_tokens": 1_000, "output_tokens": 10}) for name in MOVED]  # below any step
    return [*small, *(Call(provider, model, _usage(numbers)) for provider, model in listed)]


def finds(provider: Any, model: Any) -> bool:
    """Whether the client, with the list of its own package, means by the model's id that very model."""
    try:
        _, found = DataSnapshot(providers, False).find_provider_model(model.id, None, provider.id, None)
    except LookupError:
        return False
    return found.id == model.id


def _usage(numbers: random.Random) -> dict[str, int]:
    fresh, cached, answer = (numbers.choice(SIZES) for _ in range(3))
    return {"input_tokens": fresh + cached, "cache_read_tokens": cached, "output_tokens": answer}


@pytest.fixture(scope="module")
def app(store_urls: StoreUrls, full_book: str) -> Iterator[TestApp]:
    """The application on all bundled prices, of which three are announced to move."""
    with new_database(store_urls, full_book) as url:
        engine = create_engine(url, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            for offering in MOVED:
                component = ComponentKey("input_tokens", "")
                price = HeldPrice(offering, component, Decimal("1.75"), 1_000_000, since=ANNOUNCED)
                hold_price(session, price, Decider("a test", NOW, None))
        engine.dispose()
        with running_app(url, store_urls.redis) as found:
            yield found


@pytest.fixture(scope="module")
def snapshots(app: TestApp) -> Iterator[dict[str, DataSnapshot]]:
    """What the client itself makes of the feed at both moments, fetched from its address."""
    server = StopableWSGIServer.create(app.app)
    try:
        url = server.application_url.rstrip("/") + FEED
        found = {at: UpdatePrices(url=f"{url}?at={at}", request_timeout=30).fetch() for at in (BEFORE, AFTER)}
        yield {at: snapshot for at, snapshot in found.items() if snapshot is not None}
    finally:
        server.shutdown()


def totals(app: TestApp, asked: list[Call], at: str) -> list[str | None]:
    found: list[str | None] = []
    for start in range(0, len(asked), 1000):
        items = [{"model": call.name, "at": at, "usage": call.usage} for call in asked[start : start + 1000]]
        answer = app.post_json("/api/v1/quotes", {"items": items})
        found += [item.get("total") for item in answer.json["data"]["items"]]
    return found


def test_calls_cost_what_our_quotes_say_before_and_after_the_step(
    app: TestApp, snapshots: dict[str, DataSnapshot]
) -> None:
    asked = calls()
    ours = {at: totals(app, asked, at) for at in (BEFORE, AFTER)}
    for at in (BEFORE, AFTER):
        compared = 0
        for call, total in zip(asked, ours[at], strict=True):
            if total is not None and compared < CALLS:
                assert call.theirs(snapshots[at], at) == Decimal(total), (call, at)
                compared += 1
        assert compared == CALLS
    for number in range(len(MOVED)):
        assert ours[BEFORE][number] != ours[AFTER][number]


def test_no_model_is_lost_and_what_is_no_price_stays(app: TestApp) -> None:
    assert without_prices(app.get(FEED).json) == without_prices(json.loads(read_bundled()))


def without_prices(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        provider
        | {
            "models": [
                {name: value for name, value in model.items() if name not in ("prices", "price_variants")}
                for model in provider["models"]
            ]
        }
        for provider in data
    ]


def test_a_model_that_asks_what_is_published_keeps_its_dates_and_variants(app: TestApp) -> None:
    listed, report = json.loads(read_bundled()), walked(app, FEEDS["feed_genai_prices_report"])
    moved = {field["name"] for field in report if field["change"] != "as_listed"}
    found = {
        f"{provider['id']}/{model['id']}": model for provider in app.get(FEED).json for model in provider["models"]
    }
    kept = 0
    for provider in listed:
        for model in provider["models"]:
            if (name := f"{provider['id']}/{model['id']}") not in moved:
                assert found[name] == model
                kept += 1
    assert kept > 2_000
