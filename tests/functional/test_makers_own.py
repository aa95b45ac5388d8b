"""Makers that sell under another id than their own, as AWS does Amazon's models, are makers wherever that is asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_model_list import named
from tests.functional.test_pages import spoken

# By seller and id: input and output in USD per million tokens.
SOLD = {
    "aws": {"amazon.nova-lite-9-v1:0": (2, 2)},
    "azure": {"phi-9": (2, 2)},
    "google": {"gemini-9": (3, 3)},
    "google-vertex": {"gemini-9": (2, 2)},
    "a-reseller": {"amazon/nova-lite-9": (2, 2), "microsoft/phi-9": (1, 1), "google/gemini-9": (2, 2)},
}
OWN = {"aws/amazon.nova-lite-9-v1:0", "azure/phi-9", "google-vertex/gemini-9"}
MONTH = "tokens=1000000&sort=month"


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """Models of three makers with scores, each at a reseller too that asks no more."""
    sold = [
        {"id": seller, "name": seller.title(), "api_pattern": seller, "models": [_entry(*one) for one in of.items()]}
        for seller, of in SOLD.items()
    ]
    rows = [f"{slug},{name},80,,https://example.com/scores" for slug in OWN for name in ("mmlu", "gsm8k", "humaneval")]
    scores = "\n".join(["model,benchmark,score,measured_on,source_url", *rows])
    later = NOW + timedelta(hours=1)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), datetime.fromisoformat("2026-11-15T00:00Z"), later, "a list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
        assert not import_scores(session, Decider("ada", later, None), scores, "scores.csv").failed
    return testapp


def _entry(id_: str, prices: tuple[float, float]) -> dict[str, Any]:
    return {
        "id": id_,
        "match": {"equals": id_},
        "prices": dict(zip(("input_mtok", "output_mtok"), prices, strict=True)),
    }


def shown(page: Any) -> set[str]:
    return {row.select_one("input.mark")["value"] for row in named(page).values()}


def test_who_asks_for_makers_alone_gets_them_by_whatever_id_they_sell(app: TestApp) -> None:
    assert shown(app.get(f"/?by_maker=1&{MONTH}")) >= OWN
    assert not any(one.startswith("a-reseller") for one in shown(app.get(f"/?by_maker=1&{MONTH}")))
    for lab in ("amazon", "microsoft"):
        assert len(shown(app.get(f"/?by_maker=1&lab={lab}"))) == 1
    found = {one["id"] for one in app.get("/api/v1/calculator?tokens=1000000&by_maker=1").json["data"]}
    assert {*OWN, "google/gemini-9"} <= found
    assert not any(one.startswith("a-reseller") for one in found)
    assert {one["id"] for one in app.get("/api/v1/best-value?by_maker=1").json["data"] if one["rank"]} == OWN


def test_of_those_that_ask_the_same_the_maker_stands_by_whatever_id(app: TestApp) -> None:
    expected = {"aws/amazon.nova-lite-9-v1:0", "a-reseller/microsoft/phi-9", "google-vertex/gemini-9"}
    assert expected <= shown(app.get(f"/?{MONTH}"))
    assert {one["id"] for one in app.get("/api/v1/best-value").json["data"] if one["rank"]} == expected
    sellers = app.get("/models/aws/amazon.nova-lite-9-v1:0").html.select("table.sellers tbody th .id")
    assert [spoken(one).split()[0] for one in sellers] == [
        "aws/amazon.nova-lite-9-v1:0",
        "a-reseller/amazon/nova-lite-9",
    ]


def test_beside_a_reseller_stands_what_the_maker_asks_by_whatever_id(app: TestApp) -> None:
    page = app.get("/compare?models=a-reseller/microsoft/phi-9,a-reseller/amazon/nova-lite-9&tokens=1000000")
    assert "Azure itself $2.00" in spoken(page.html.main)
