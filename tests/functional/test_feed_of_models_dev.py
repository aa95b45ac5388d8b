"""models.dev's list on its feed: published prices in its own shape, and all else as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.models_dev import SOURCE
from tests.conftest import NOW, running_app
from tests.functional.addresses import FEEDS

FEED = FEEDS["feed_models_dev"]
BEFORE, AFTER = "2026-02-28", "2026-03-01"  # acme-dated costs less from March on
_FACTS = {
    "name": "A model",
    "release_date": "2026-01-01",
    "attachment": False,
    "reasoning": False,
    "tool_call": True,
    "limit": {"context": 128000, "output": 4096},
}


def _tier(bound: int, **prices: float) -> dict[str, Any]:
    return {"tier": {"type": "context", "size": bound}, **prices}


def _cached(price: float) -> dict[str, float]:
    """Cached tokens that nobody prices apart cost what input does."""
    return dict.fromkeys(("cache_read", "cache_write"), price)


LIST: dict[str, Any] = {
    "acme": {
        "id": "acme",
        "name": "Acme",
        "env": ["ACME_KEY"],
        "npm": "@acme/sdk",
        "api": "https://api.acme.example",
        "models": {
            "acme-large": {"id": "acme-large", **_FACTS, "cost": {"input": 2.6, "output": 10}},
            "acme-dated": {"id": "acme-dated", **_FACTS, "cost": {"input": 8, "output": 24}},
            "acme-long": {
                "id": "acme-long",
                **_FACTS,
                "cost": {"input": 1, "output": 4, "tiers": [_tier(200_000, input=2.5, output=6)]},
            },
            "acme-small": {"id": "acme-small", **_FACTS},
            "acme-nobodys": {"id": "acme-nobodys", **_FACTS, "cost": {"input": 0.7, "output": 0.9}},
        },
    }
}


AS_BYTES = json.dumps(LIST).encode()


@pytest.fixture
def app(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """The small price book after an import of the list above, for what it tells of models alone."""
    bring(book_url, AS_BYTES, day=12, describes_only=True)
    with running_app(book_url, redis_url) as found:
        yield found


def bring(url: str, data: bytes, day: int, *, describes_only: bool = False) -> None:
    """Import a list that was published on that day of November."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        reading = ReadList(data, datetime(2026, 11, day, tzinfo=UTC), NOW, "a test", describes_only=describes_only)
        import_lists(session, [(SOURCE, reading)])
    engine.dispose()


def costs(app: TestApp, at: str) -> dict[str, Any]:
    models = app.get(FEED, {"at": at}).json["acme"]["models"]
    return {name: model.get("cost") for name, model in models.items()}


def test_published_prices_stand_under_the_keys_of_the_list(app: TestApp) -> None:
    assert costs(app, BEFORE) == {
        "acme-large": {"input": 2.5, "output": 10, "cache_read": 1.25, "cache_write": 2.5},
        "acme-dated": {"input": 8, "output": 24, **_cached(8)},
        "acme-long": {
            "input": 1,
            "output": 4,
            **_cached(1),
            "tiers": [_tier(200_000, input=2, output=6, **_cached(2))],
        },
        "acme-small": {"input": 0.0025, "output": 0.01, **_cached(0.0025)},  # of which the list tells no price
        "acme-nobodys": {"input": 0.7, "output": 0.9, **_cached(0.7)},  # which is no offering of the price book
    }


def test_prices_change_at_the_announced_moment(app: TestApp) -> None:
    assert [costs(app, at)["acme-dated"] for at in (BEFORE, AFTER)] == [
        {"input": 8, "output": 24, **_cached(8)},
        {"input": 4, "output": 12, **_cached(4)},
    ]


def test_an_export_is_the_same_again_after_its_import_alone_and_beside_other_lists(
    book_url: str, empty_book_url: str, redis_url: str, app: TestApp
) -> None:
    first = app.get(FEED).body
    for url in (empty_book_url, book_url):
        bring(url, first, day=20)
        with running_app(url, redis_url) as other:
            assert other.get(FEED).body == first


def test_all_that_is_no_price_is_as_it_came(app: TestApp) -> None:
    found, listed = app.get(FEED).json, deepcopy(LIST)
    for document in (found, listed):
        for model in document["acme"]["models"].values():
            model.pop("cost", None)
    assert found == listed


def test_what_differs_is_reported(app: TestApp) -> None:
    told = {
        (one["name"], one["field"]): (one["change"], one["listed"], one["exported"])
        for one in app.get(FEEDS["feed_models_dev_report"], {"at": AFTER}).json["data"]
    }
    assert told == {
        ("acme/acme-large", "cost.input"): ("changed", "2.6", "2.5"),
        ("acme/acme-large", "cost.cache_read"): ("added", None, "1.25"),
        ("acme/acme-dated", "cost.input"): ("changed", "8", "4"),
        ("acme/acme-dated", "cost.output"): ("changed", "24", "12"),
        ("acme/acme-long", "cost.tiers.0.input"): ("changed", "2.5", "2"),
        ("acme/acme-small", "cost.input"): ("added", None, "0.0025"),
        ("acme/acme-small", "cost.output"): ("added", None, "0.01"),
        ("acme/acme-large", "cost.cache_write"): ("added", None, "2.5"),
        **_told_cached("acme/acme-dated", "cost", "4"),
        **_told_cached("acme/acme-long", "cost", "1"),
        **_told_cached("acme/acme-long", "cost.tiers.0", "2"),
        **_told_cached("acme/acme-small", "cost", "0.0025"),
        **_told_cached("acme/acme-nobodys", "cost", "0.7"),
    }


def _told_cached(name: str, place: str, price: str) -> dict[tuple[str, str], tuple[str, None, str]]:
    return {(name, f"{place}.{key}"): ("added", None, price) for key in ("cache_read", "cache_write")}
