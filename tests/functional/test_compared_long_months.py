"""A comparison keeps the context that is asked for: the month in requests as long as that, and whose yes it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_compare_page import TWO, lines
from tests.functional.test_compared_prices import LONG, markdown
from tests.functional.test_pages import cells, rows, spoken
from tests.lists import listed, small_list

ASKED = "/compare?models=acme/acme-long,acme/acme-dated&tokens=1M&input_share=60%25&min_context=300000"


def imported(engine: Engine, source: str, document: bytes) -> None:
    with Session(engine) as session, session.begin():
        at, known = datetime(2026, 11, 15, tzinfo=UTC), NOW + timedelta(hours=1)
        reading = ReadList(document, at, known, "a test's list", describes_only=source == "models-dev")
        import_lists(session, [(SOURCES[source], reading)])


def described(**facts: Any) -> bytes:
    """Models.dev's words on acme-long."""
    model = {"id": "acme-long", "modalities": {"input": ["text"], "output": ["text"]}, **facts}
    return json.dumps({"acme": {"id": "acme", "name": "Acme", "models": {"acme-long": model}}}).encode()


def test_the_month_in_requests_as_long_as_the_context_asked_for_stands_beneath_my_month(testapp: TestApp) -> None:
    page = testapp.get(ASKED)
    found = lines(page)
    assert list(found)[1:5] == [
        "My month",
        "Above the cheapest",
        "My month at 300K a request",
        "Above the cheapest at 300K a request",
    ]
    assert found["My month"] == ["$2.20 best", "$7.20"]
    assert found["My month at 300K a request"] == ["$3.60 best requests above 200K", "$7.20"]
    assert found["Above the cheapest at 300K a request"] == ["cheapest", "+100 %"]
    assert "| My month at 300K a request | **$3.60**, requests above 200K | $7.20 |" in markdown(page)
    assert "My month at" not in testapp.get(f"{LONG}&min_context=100000").text  # no price is another there
    assert "My month at" not in testapp.get(f"{ASKED}&requests=2").text  # they are that long anyhow


def test_the_headline_tells_the_month_at_the_context_asked_for_and_the_usual_beneath(testapp: TestApp) -> None:
    page = testapp.get(ASKED)
    at_length, usual = map(spoken, page.html.select(".intro > :is(.finding, .usual)"))
    assert at_length.startswith("For my month at 300K a request Acme Long at Acme is the cheapest: $3.60. ")
    assert at_length.endswith(" +100 %.")
    assert usual.startswith("In requests of 1.2K, as my month is stated, Acme Long at Acme is the cheapest: $2.20. ")
    alone = spoken(testapp.get(ASKED.replace("&min_context=300000", "")).html.select_one(".finding"))
    assert alone.startswith("For my month Acme Long at Acme is the cheapest: $2.20")


def test_each_month_that_is_told_is_drawn_and_what_cannot_run_it_is_no_bar(testapp: TestApp) -> None:
    page = testapp.get(f"{LONG}&min_context=300000")
    long, usual = (one["href"] for one in page.html.select("figure a[href*='.csv']"))
    at_length = [line.split(",") for line in testapp.get(long).text.splitlines()[1:]]
    assert at_length == [
        ["acme/acme-long", "3.6", "USD", "priced", "list"],
        ["acme/acme-large", "", "USD", "cannot_be_run", "list"],
    ]
    assert "min_context" not in usual
    assert [line.split(",")[1] for line in testapp.get(usual).text.splitlines()[1:]] == ["2.2", "5.5"]
    drawn = testapp.get(long.replace(".csv", ".vl.json")).json["description"]
    assert drawn == "Acme Long costs $3.60 at 300K a request"


def test_the_page_says_how_long_the_requests_of_its_month_are(testapp: TestApp) -> None:
    page = testapp.get(ASKED)
    month = "1M tokens a month: 600K in, 400K out, in 500 requests of 1.2K tokens in"
    assert spoken(page.html.select_one(".lead")) == f"My month: {month}."
    assert f"my month is {month}." in markdown(page)
    assert month in spoken(testapp.get("/?tokens=1M&input_share=60%25").html.select_one("#mymonth"))


def test_a_split_that_nobody_stated_is_said_to_be_assumed(testapp: TestApp) -> None:
    """What goes in and what comes out cost otherwise: which model is the cheapest hangs on it."""
    models = "/compare?models=acme/acme-large,acme/acme-long&"
    said = "That 60% of the tokens go in is assumed, as nobody said it"
    for month, is_assumed in (
        ("tokens=3M", True),
        ("tokens=3M&cached_share=70%25", True),
        ("tokens=3M&input_share=60%25", False),
        ("preset=large&tokens=3M", False),
        ("preset=large", False),
        ("", False),
    ):
        assert (said in spoken(testapp.get(models + month).html.select_one(".lead"))) == is_assumed, month


def test_who_asks_for_a_context_states_no_length_of_answers(testapp: TestApp, engine: Engine) -> None:
    """600K in two requests of 300K would give 200K each of the 400K of output; nobody asked for such answers."""
    imported(engine, "models-dev", described(limit={"context": 1_000_000, "output": 64_000}))
    assert lines(testapp.get(ASKED))["My month at 300K a request"] == ["$3.60 best requests above 200K", "$7.20"]
    row = rows(testapp.get("/?min_context=300000"))["acme/acme-long"]
    assert "cannot" not in cells(row)["My month"]


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (64_000, "600K out a request, it gives 64K"),
        (700_000, "1.5M a request with its output, its context is 1M"),
    ],
)
def test_requests_that_are_stated_say_what_of_them_is_beyond_a_limit(
    testapp: TestApp, engine: Engine, output: int, told: str
) -> None:
    imported(engine, "models-dev", described(limit={"context": 1_000_000, "output": output}))
    row = rows(testapp.get("/?tokens=3M&input_share=60%25&requests=2"))["acme/acme-long"]
    assert cells(row)["My month"].endswith(told)


def test_no_month_is_told_in_requests_longer_than_a_context(testapp: TestApp) -> None:
    found = lines(testapp.get(f"{LONG}&min_context=300000"))
    assert found["My month at 300K a request"] == ["$3.60 requests above 200K", "cannot be run its context is 128K"]


def test_who_says_yes_to_what_is_asked_says_since_when(testapp: TestApp, engine: Engine) -> None:
    imported(engine, "models-dev", described(tool_call=True))
    found = lines(testapp.get(f"{LONG}&capability=tools"))
    assert found["tools"] == ["yes, by models-dev of 15 Nov 2026", "– no list says"]
    assert lines(testapp.get(f"{LONG}"))["tools"] == ["yes", "– no list says"]


@pytest.mark.parametrize(("shown", "own"), [("resale/openai/gpt-9", " Openai itself $4.40"), ("openai/gpt-9", "")])
def test_the_makers_own_month_stands_beneath_that_of_another_seller(
    testapp: TestApp, engine: Engine, shown: str, own: str
) -> None:
    sold = [
        small_list(),
        listed("openai", {"gpt-9": (2, 8)}),
        listed("resale", {"openai/gpt-9": (3, 9)}),
    ]
    imported(engine, "genai-prices", json.dumps([one for text in sold for one in json.loads(text)]).encode())
    cell, _ = lines(testapp.get(f"/compare?models={shown},acme/acme-large"))["My month"]
    assert cell.endswith(own)
    assert ("itself" in cell) is bool(own)
    both = testapp.get("/compare?models=resale/openai/gpt-9,openai/gpt-9")
    assert "itself" not in both.html.main.get_text()  # it stands there as one of those compared


def test_without_a_context_asked_for_no_other_month_is_told(testapp: TestApp) -> None:
    assert "a request" not in lines(testapp.get(f"/compare?{TWO}"))
