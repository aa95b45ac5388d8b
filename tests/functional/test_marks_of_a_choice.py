"""Where a model is chosen it is told that its maker gives it up, and what lists say of the model alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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

GIVEN_UP, LENT = "deprecated at its maker", "said of the model"
RESOLD = ("resale/openai/gpt-8", "resale/openai/gpt-7", "resale/openai/gpt-6")


def _entry(id_: str, price: float, **facts: Any) -> dict[str, Any]:
    prices = {"input_mtok": price, "output_mtok": price}
    return {"id": id_, "name": id_.rpartition("/")[2].upper(), "match": {"equals": id_}, "prices": prices, **facts}


SOLD = {
    "openai": [
        _entry("gpt-8", 2, deprecated=True),
        _entry("gpt-7", 2, deprecated=True),
        _entry("gpt-7-2026-03-01", 2),  # the same model, sold as ever
        _entry("gpt-6", 2),
    ],
    "resale": [_entry(f"openai/gpt-{version}", 1) for version in (8, 7, 6)],
}


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """Three models of a lab, each cheaper elsewhere; what they can is said of the lab's own alone."""
    sold = [{"id": slug, "name": slug.title(), "api_pattern": slug, "models": models} for slug, models in SOLD.items()]
    facts = {"modalities": {"input": ["text"], "output": ["text"]}, "tool_call": True}
    models = {f"gpt-{version}": {"id": f"gpt-{version}", **facts} for version in (8, 7, 6)}
    described = {"openai": {"id": "openai", "name": "OpenAI", "models": models}}
    later, published = NOW + timedelta(hours=1), datetime(2026, 11, 15, tzinfo=UTC)
    rows = [
        f"gpt-{version},{name},{score},,https://example.com/scores"
        for version, score in ((8, 80), (7, 70), (6, 60))
        for name in ("mmlu", "gsm8k", "humaneval")
    ]
    scores = "\n".join(["model,benchmark,score,measured_on,source_url", *rows])
    with Session(engine) as session, session.begin():
        for source, document in (("genai-prices", sold), ("models-dev", described)):
            reading = ReadList(json.dumps(document).encode(), published, later, "a test's list")
            import_lists(session, [(SOURCES[source], reading)])
        assert not import_scores(session, Decider("ada", later, None), scores, "scores.csv").failed
    return testapp


def tags(one: Any) -> list[str]:
    return [spoken(tag) for tag in one.select(".tag")]


def valued(page: Any) -> dict[str, list[str]]:
    """The marks of each ranked model by the id at which it stands."""
    heads = page.html.select("table.value tbody th")
    return {spoken(head.select_one(".id")): tags(head) for head in heads}


def test_the_list_says_which_model_its_maker_gives_up_in_a_row_of_another_seller(app: TestApp) -> None:
    for asked in ("/?provider=resale", "/?q=gpt&group=none&provider=resale"):
        told = {row.select_one("input.mark")["value"]: tags(row.th) for row in named(app.get(asked)).values()}
        assert told == dict(zip(RESOLD, ([GIVEN_UP], [], []), strict=True)), asked
    row = named(app.get("/?q=gpt-8"))["GPT-8"]
    assert (row.select_one("input.mark")["value"], tags(row.th)) == (RESOLD[0], [GIVEN_UP, "deprecated"])


def test_best_value_says_it_in_the_ranking(app: TestApp) -> None:
    assert valued(app.get("/best-value")) == dict(zip(RESOLD, ([GIVEN_UP], [], []), strict=True))
    page = app.get("/best-value?provider=openai")
    told = spoken(page.html.select_one("#led"))
    assert told.endswith("its maker gave it up and it may be withdrawn. First of those sold as ever: GPT-7.")
    own = valued(page)  # GPT-7 at the id by which its maker sells it as ever
    assert own == {"openai/gpt-8": ["deprecated"], "openai/gpt-7-2026-03-01": [], "openai/gpt-6": []}


def test_best_value_and_the_calculator_take_the_seller_that_the_list_takes(app: TestApp) -> None:
    asked = "capability=tools&tokens=20000000"
    listed = {row.select_one("input.mark")["value"] for row in named(app.get(f"/?{asked}")).values()}
    assert listed == set(RESOLD)  # lists say of the models what is asked, and these ask half as much
    api = {one["id"] for one in app.get(f"/api/v1/best-value?{asked}").json["data"]}
    ranked = {spoken(one) for one in app.get(f"/calculator?{asked}").html.select("table.ranked .id")}
    assert set(valued(app.get(f"/best-value?{asked}"))) == listed == api == ranked


def test_pages_mark_who_stands_at_a_seller_by_what_lists_say_of_the_model(app: TestApp) -> None:
    asked = "capability=tools&tokens=20M&provider=resale"
    page = app.get(f"/best-value?{asked}")
    assert valued(page) == dict(zip(RESOLD, ([GIVEN_UP, LENT], [LENT], [LENT]), strict=True))
    heads = app.get(f"/calculator?{asked}").html.select("table.ranked tbody th")
    assert {spoken(head.select_one(".id")): tags(head) for head in heads} == valued(page)
    compared = app.get(f"/compare?models={','.join(RESOLD)}&{asked}").html
    assert [tags(head) for head in compared.select("table.compared thead th")[1:]] == list(valued(page).values())
    assert "GPT-6 (said of the model) at Resale is the cheapest" in spoken(compared.select_one(".finding"))
    link = next(one for one in page.html.select("#mymonth a") if LENT in one.get_text())
    assert spoken(link) == "− 3 said of the model, not of the seller"
    assert LENT not in spoken(app.get("/best-value" + link["href"]).html.select_one("#mymonth"))


def test_compare_and_its_markdown_say_it_alike(app: TestApp) -> None:
    page = app.get(f"/compare?models=openai/gpt-8,{','.join(RESOLD)}")
    heads = page.html.select("table.compared thead th")[1:]
    assert [tags(head) for head in heads] == [["deprecated"], [GIVEN_UP], [], []]
    markdown = page.html.select_one("#markdown").get_text().splitlines()
    assert markdown[3] == f"| Status | deprecated | {GIVEN_UP} |  |  |"
    plain = app.get(f"/compare?models={','.join(RESOLD[1:])}").html.select_one("#markdown").get_text()
    assert "| Status |" not in plain


def test_a_models_page_and_the_calculator_say_it_too(app: TestApp) -> None:
    pages = {slug: tags(app.get(f"/models/{slug}").html.h1) for slug in ("openai/gpt-8", *RESOLD)}
    assert pages == {"openai/gpt-8": ["deprecated"]} | dict(zip(RESOLD, ([GIVEN_UP], [], []), strict=True))
    heads = app.get("/calculator?provider=resale").html.select("table.ranked tbody th")
    assert {spoken(head.select_one(".id")): tags(head) for head in heads} == dict(
        zip(RESOLD, ([GIVEN_UP], [], []), strict=True)
    )


def test_the_api_tells_the_doubt_of_a_limit_that_the_page_shows(app: TestApp, engine: Engine) -> None:
    limits = {"gpt-6": (128_000, 16_000), "openai/gpt-6": (1_000_000, 2_000_000)}
    sold = [
        {"id": slug, "name": slug.title(), "api_pattern": slug, "models": [_entry(id_, 2, context_window=context)]}
        for slug, (id_, (context, _)) in zip(("openai", "resale"), limits.items(), strict=True)
    ]
    models = {
        seller: {
            "id": seller,
            "name": seller,
            "models": {id_: {"id": id_, "limit": {"context": window, "output": most}}},
        }
        for seller, (id_, (window, most)) in zip(("openai", "resale"), limits.items(), strict=True)
    }
    with Session(engine) as session, session.begin():
        for source, document in (("genai-prices", sold), ("models-dev", models)):
            at = NOW + timedelta(hours=2)
            reading = ReadList(json.dumps(document).encode(), datetime(2026, 11, 16, tzinfo=UTC), at, "a test's list")
            reading = replace(reading, allow_drop=True)
            import_lists(session, [(SOURCES[source], reading)])
    asked = "models=openai/gpt-6,resale/openai/gpt-6"
    own, resold = app.get(f"/api/v1/compare?{asked}").json["data"]
    assert own["doubts"] == []
    assert resold["doubts"] == [
        {"limit": "context_window", "why": "more_than_elsewhere", "elsewhere": 128_000},
        {"limit": "max_output_tokens", "why": "more_than_its_context", "elsewhere": None},
    ]
    page = app.get(f"/compare?{asked}")
    assert "doubtful: 128K elsewhere" in spoken(page.html.select_one("table.compared"))
