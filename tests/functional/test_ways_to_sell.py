"""Plans, batches, spot and coding offers: sold on terms of their own, they stand for no model that is sold plainly."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW, running_app
from tests.functional.test_pages import spoken
from tests.servers import new_database

# By LiteLLM's key: input and output in USD per million tokens.
MAP = {
    "zai/glm-9.3": (2, 8),
    "together_ai/zai-org/GLM-9.3": (1.5, 6),
    "aihubmix/coding-glm-9.3": (0.1, 0.3),
    "fireworks_ai/accounts/fireworks/routers/glm-9p3-spot": (1, 4),
    "openrouter/z-ai/glm-9.3:batch": (0.5, 2),
    "openrouter/z-ai/glm-9.3:free": (0, 0),
    "opencode_go/glm-9.3": (1.4, 4),
    "opencode_go/glm-9.3-gift-free": (0, 0),
    "opencode_go/hearth-3": (1, 2),
}
WAYS = {
    "zai/glm-9.3": None,
    "together/zai-org/GLM-9.3": None,
    "aihubmix/coding-glm-9.3": "coding",
    "fireworks/accounts/fireworks/routers/glm-9p3-spot": "spot",
    "openrouter/z-ai/glm-9.3:batch": "batch",
    "openrouter/z-ai/glm-9.3:free": "free",
    "opencode-go/glm-9.3": "plan",
    "opencode-go/glm-9.3-gift-free": "plan",
    "opencode-go/hearth-3": "plan",
}
PLAIN = "together/zai-org/GLM-9.3"


@pytest.fixture(scope="module")
def app(store_urls: Any, empty_book: str, redis_url: str) -> Iterator[TestApp]:
    """One model in seven ways and one that a plan alone sells, both with scores."""
    entries = {
        key: {
            "litellm_provider": key.partition("/")[0],
            "mode": "chat",
            "input_cost_per_token": into / 1_000_000,
            "output_cost_per_token": out / 1_000_000,
        }
        for key, (into, out) in MAP.items()
    }
    scores = [
        f"{model},{name},{80},,https://example.com"
        for model in ("zai/glm-9.3", "opencode-go/hearth-3")
        for name in ("mmlu", "gsm8k", "humaneval")
    ]
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            reading = ReadList(
                json.dumps(entries).encode(), NOW - timedelta(days=2), NOW - timedelta(days=1), "a test's list"
            )
            import_lists(session, [(SOURCES["litellm"], reading)])
            read = import_scores(
                session,
                Decider("ada", NOW, None),
                "\n".join(["model,benchmark,score,measured_on,source_url", *scores]),
                "scores.csv",
            )
            assert not read.failed
        with running_app(url, redis_url) as app:
            yield app


def test_each_offering_says_how_it_is_sold(app: TestApp) -> None:
    listed = app.get("/api/v1/models?limit=100").json["data"]
    assert {one["id"]: one["sold_as"] for one in listed} == WAYS
    ranked = app.get("/api/v1/calculator?tokens=1000000").json["data"]
    assert {one["id"]: one["sold_as"] for one in ranked} == WAYS
    assert app.get("/api/v1/models/opencode-go/glm-9.3").json["data"]["sold_as"] == "plan"
    told = {one["id"]: one["sold_as"] for one in csv.DictReader(StringIO(app.get("/api/v1/models.csv").text))}
    assert told == {slug: way or "" for slug, way in WAYS.items()}


def test_a_model_stands_at_who_sells_it_plainly_wherever_it_is_ranked(app: TestApp) -> None:
    best = {one["id"]: one for one in app.get("/api/v1/best-value").json["data"] if one["standing"] == "ranked"}
    assert set(best) == {PLAIN, "opencode-go/hearth-3"}
    assert best[PLAIN]["average_per_mtok"] == "3.75"
    for address in ("/best-value?tokens=1M", "/?tokens=1M", "/calculator?tokens=1M"):
        ids = [spoken(one).split()[0] for one in app.get(address).html.select("th[role=rowheader] .id")]
        assert PLAIN in ids, address
        others = {one for one, way in WAYS.items() if way not in (None, "free") and "glm" in one}
        assert not others.intersection(ids), address


def test_what_is_sold_in_another_way_alone_stands_there_and_says_so(app: TestApp) -> None:
    data = {one["id"]: one["sold_as"] for one in app.get("/api/v1/frontier").json["data"]}
    assert data["opencode-go/hearth-3"] == "plan"
    for address in ("/best-value?tokens=1M", "/?tokens=1M", "/calculator?tokens=1M"):
        (row,) = (one for one in app.get(address).html.select("tbody tr") if "opencode-go/hearth-3" in spoken(one))
        assert "plan" in [spoken(tag) for tag in row.select(".tag")], address


def test_free_ones_stand_at_who_gives_to_everybody(app: TestApp) -> None:
    """What a plan gives for nothing is paid for by its fee."""
    free = [one["id"] for one in app.get("/api/v1/best-value").json["data"] if one["standing"] == "free"]
    assert free == ["openrouter/z-ai/glm-9.3:free"]
    assert app.get("/api/v1/models/opencode-go/glm-9.3-gift-free").json["data"]["price_state"] == "subscription"


def test_a_plan_is_no_other_seller(app: TestApp) -> None:
    assert app.get("/api/v1/models/zai/glm-9.3").json["data"]["other_sellers"] == [PLAIN]
    page = app.get("/models/zai/glm-9.3").html
    assert [spoken(one) for one in page.select("table.sellers .id")] == [PLAIN, "zai/glm-9.3"]
