"""A bound of the month: ``max_month`` caps what the month asked about costs, and an unknown month is said apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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
from tests.functional.test_pages import cells, rows, spoken
from tests.lists import small_list

MONTH = "tokens=1M&input_share=60%25"  # acme-large asks $5.50 of it, acme-dated $7.20, acme-long $2.20


def months(page: object) -> dict[str, str]:
    return {slug: cells(row)["My month"].split()[0] for slug, row in rows(page).items()}


def bring(engine: Engine, source: str, listed: object) -> None:
    with Session(engine) as session, session.begin():
        at, known = datetime(2026, 11, 15, tzinfo=UTC), NOW + timedelta(hours=1)
        import_lists(session, [(SOURCES[source], ReadList(json.dumps(listed).encode(), at, known, "a test's list"))])


def test_the_list_shows_whose_month_costs_no_more(testapp: TestApp) -> None:
    every = months(testapp.get(f"/?{MONTH}"))
    assert every["acme/acme-large"] == "$5.50"
    within = months(testapp.get(f"/?{MONTH}&max_month=5.5"))
    assert within == {slug: total for slug, total in every.items() if Decimal(total.strip("$")) <= Decimal("5.5")}
    assert "acme/acme-large" in within
    assert within.keys() < every.keys()
    assert "acme/acme-large" not in months(testapp.get(f"/?{MONTH}&max_month=5.49"))


def test_what_a_bound_caps_is_said_in_its_label_and_in_the_filter_that_is_set(testapp: TestApp) -> None:
    page = testapp.get(f"/?{MONTH}&max_month=5&max_output_price=9")
    labels = {one["for"]: spoken(one) for one in page.html.select("form label[for]")}
    assert labels["max_output_price"] == "Output up to $/M"
    assert labels["max_month"] == "Month up to $"
    hints = {one["name"]: one["placeholder"] for one in page.html.select("#filtering input[placeholder]")}
    assert (hints["max_output_price"], hints["max_month"]) == ("$ per M", "$ a month")
    told = [spoken(one) for one in page.html.select(".active a[title]")]
    assert [one.partition(" ×")[0] for one in told] == ["Month up to $5", "Output up to $9 per M tokens"]
    refused = testapp.get("/?max_month=cheap", status=400)
    assert spoken(refused.html.select_one("#max_month-problem")) == "“Month up to” takes an amount such as 2.50."
    assert spoken(testapp.get("/calculator?max_month=cheap", status=400).html.select_one("main p.problem")) == (
        "“Month up to” takes an amount such as 2.50."
    )


def test_an_unknown_month_is_counted_apart_and_shown_where_that_is_asked(testapp: TestApp, engine: Engine) -> None:
    sold = json.loads(small_list())
    silent = {"id": "acme-mute", "name": "Acme Mute", "match": {"equals": "acme-mute"}, "prices": {"input_mtok": 1}}
    next(one for one in sold if one["id"] == "acme")["models"].append(silent)
    bring(engine, "genai-prices", sold)
    page = testapp.get(f"/?{MONTH}&max_month=1000")
    assert "acme/acme-mute" not in rows(page)
    (switch,) = [one for one in page.html.select(".switches a") if "unknown month" in spoken(one)]
    assert spoken(switch) == "+ 1 where no list says, 1 of unknown month"
    assert "acme/acme-mute" in rows(testapp.get("/" + switch["href"].replace("unsaid=1", "unsaid=all")))


def test_a_month_between_two_amounts_is_within_a_bound_that_holds_for_both(testapp: TestApp, engine: Engine) -> None:
    """USD 1 of input, 2 of output and 4 where the model thinks: 0.6 + 0.4 x 2 = 1.4 to 0.6 + 0.4 x 4 = 2.2."""
    thinker = {
        "id": "acme-thinker",
        "name": "Acme Thinker",
        "reasoning": True,
        "cost": {"input": 1, "output": 2, "reasoning": 4},
    }
    shape = {"modalities": {"input": ["text"], "output": ["text"]}, "limit": {"context": 200000, "output": 8000}}
    sold = {"id": "alibaba", "name": "Alibaba", "models": {"acme-thinker": thinker | shape}}
    bring(engine, "models-dev", {"alibaba": sold})
    one = "alibaba/acme-thinker"
    found = {most: rows(testapp.get(f"/?{MONTH}&max_month={most}")) for most in ("2.2", "2.19", "1.39")}
    assert [one in shown for shown in found.values()] == [True, False, False]
    assert [one in rows(testapp.get(f"/?{MONTH}&max_month={most}&unsaid=all")) for most in ("2.19", "1.39")] == [
        True,
        False,
    ]
    asked = "tokens=1000000&input_share=0.6&max_month"
    for most in found:
        told = testapp.get(f"/api/v1/calculator?{asked}={most}&limit=200").json["data"]
        assert (one in [each["id"] for each in told]) == (most == "2.2")
    compared = {
        most: lines(testapp.get(f"/compare?models={one},acme/acme-large&{MONTH}&max_month={most}")) for most in found
    }
    told = [next(cells for line, cells in of.items() if line.startswith("my month up to")) for of in compared.values()]
    assert [cells[0] for cells in told] == ["yes", "it depends", "no"]


def test_the_cheapest_is_named_only_where_no_month_between_bounds_may_be_below_it(
    testapp: TestApp, engine: Engine
) -> None:
    """The thinker's month is 1.4 to 2.2; the others' 0.9, 1.5 and 3."""
    shape = {"modalities": {"input": ["text"], "output": ["text"]}, "limit": {"context": 200000, "output": 8000}}
    costs = {
        "thinker": {"input": 1, "output": 2, "reasoning": 4},
        "low": {"input": 0.5, "output": 1.5},
        "mid": {"input": 1, "output": 2.25},
        "high": {"input": 3, "output": 3},
    }
    models = {id_: {"id": id_, "name": id_.title(), "cost": cost} | shape for id_, cost in costs.items()}
    models["thinker"]["reasoning"] = True
    bring(engine, "models-dev", {"alibaba": {"id": "alibaba", "name": "Alibaba", "models": models}})

    def compared(*ids: str) -> Any:
        return testapp.get(f"/compare?models={','.join(f'alibaba/{one}' for one in ids)}&{MONTH}")

    sure = compared("thinker", "low", "high")
    bounds = "$1.40 to $2.20, by whether it thinks"
    assert spoken(sure.html.select_one(".finding")) == (
        f"For my month Low at Alibaba Cloud is the cheapest: $0.90. High +233 %. Thinker: {bounds}."
    )
    assert lines(sure)["My month"] == [bounds, "$0.90 best", "$3.00"]
    assert lines(sure)["Above the cheapest"] == ["+56 % to +144 %", "cheapest", "+233 %"]
    open_ = compared("thinker", "mid", "high")
    assert spoken(open_.html.select_one(".finding")) == (
        f"For my month the cheapest is Mid at Alibaba Cloud ($1.50) or Thinker at Alibaba Cloud ({bounds}). High $3.00."
    )
    assert lines(open_)["My month"] == [bounds, "$1.50", "$3.00"]
    assert lines(open_)["My month, per million tokens"] == [bounds, "$1.50", "$3.00"]
    assert lines(open_)["Above the cheapest"] == ["it depends"] * 3
    below = compared("thinker", "high")
    assert spoken(below.html.select_one(".finding")) == (
        f"For my month Thinker at Alibaba Cloud is the cheapest: {bounds}. High $3.00."
    )
    assert lines(below)["My month"] == [f"{bounds} best", "$3.00"]
    drawn = testapp.get(open_.html.select_one("figure a")["href"].replace(".csv", ".svg")).text
    assert f"It depends which costs the least: Mid ($1.50) or Thinker ({bounds})" in drawn


def test_calculator_and_its_api_bound_the_month_alike(testapp: TestApp) -> None:
    page = testapp.get(f"/calculator?{MONTH}&max_month=5.5")
    shown = {row.select_one(".id").get_text() for row in page.html.select("table.ranked tbody tr")}
    assert shown == set(months(testapp.get(f"/?{MONTH}&max_month=5.5")))
    asked = "tokens=1000000&input_share=0.6&max_month=5.5"
    told = testapp.get(f"/api/v1/calculator?{asked}").json["data"]
    assert shown <= {one["id"] for one in told}
    assert all(Decimal(one["total"]) <= Decimal("5.5") for one in told)
    open_ = testapp.get(f"/api/v1/calculator?{asked}&unsaid=1&limit=200").json["data"]
    assert {one["id"] for one in open_ if one["total"] is not None} == {one["id"] for one in told}
    against = testapp.get(f"/api/v1/calculator?{asked}&against=acme/acme-dated").json["data"]
    assert "acme/acme-dated" in {one["id"] for one in against}


def test_a_comparison_answers_the_bound_and_keeps_it(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO}&{MONTH}&max_month=5.6")
    assert lines(page)["my month up to $5.60"] == ["yes", "yes" if _within(page, 1) else "no"]
    assert "max_month=5.6" in page.html.select_one("a.drop")["href"]


def _within(page: object, place: int) -> bool:
    return Decimal(lines(page)["My month"][place].split()[0].strip("$")) <= Decimal("5.6")


@pytest.mark.parametrize("way", ["/best-value?{}", "/api/v1/best-value?{}", "/charts/frontier.csv?{}"])
def test_best_value_takes_the_bound(testapp: TestApp, way: str) -> None:
    asked = MONTH if way.startswith("/best") else "tokens=1000000&input_share=0.6"
    assert testapp.get(way.format(f"{asked}&max_month=0.000001")).status_int == 200
    testapp.get(way.format("max_month=-1"), status=400, headers={"Accept": "application/json"})


@pytest.mark.parametrize("way", ["/api/v1/calculator?{}", "/api/v1/best-value?{}"])
def test_a_bound_of_the_month_that_is_no_number_is_told_as_one_of_an_amount(testapp: TestApp, way: str) -> None:
    asked = way.format("tokens=1000000&input_share=0.6&max_month=10,5")
    said = testapp.get(asked, status=400).json["error"]["message"]
    assert said == "max_month takes an amount such as 2.50."


def test_a_month_in_requests_that_are_stated_says_where_it_cannot_be_run(testapp: TestApp) -> None:
    found = rows(testapp.get("/?tokens=1M&input_share=60%25&requests=2&unsaid=all"))
    assert "cannot be run: its context is 128K" in cells(found["acme/acme-large"])["My month"]
    assert "cannot be run" not in testapp.get("/?tokens=1M&input_share=60%25").text


def test_the_list_tells_models_and_offerings_in_one_sentence(testapp: TestApp) -> None:
    lead = spoken(testapp.get("/").html.select_one(".lead"))
    assert lead.startswith("7 models, sold as 8 offerings by 2 sellers, in US dollars")


def test_a_chip_of_a_month_says_on_every_screen_what_goes_in(testapp: TestApp) -> None:
    chips = testapp.get("/").html.select("fieldset#preset label > span")
    assert spoken(chips[2]) == "large: 20M, 14M in, 6M out"
    for one in chips[2].select(".wider"):
        one.extract()
    assert spoken(chips[2]) == "large: 20M, 14M in"
