"""Offerings side by side on a page, the best marked in words, and a link that stays as it is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from webtest import TestApp

from llmpricing.domain.choice.abilities import abilities_text
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.offering_needs import able
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.site.compared_finding import above_the_cheapest
from llmpricing.web.site.compared_limits import limit_lines
from llmpricing.web.site.compared_lines import line_of, need_line
from llmpricing.web.site.compared_months import ComparedMonths
from llmpricing.web.site.display import per_cent
from tests.functional.test_pages import spoken

TWO = "models=acme/acme-large&models=bazaar/acme/acme-large"


def lines(page: Any) -> dict[str, list[str]]:
    return {
        spoken(row.th): [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]
        for row in page.html.select("table.compared tbody tr:not(.group)")
    }


def test_offerings_stand_side_by_side_and_the_best_of_a_line_is_marked_in_words(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO}&tokens=1M&input_share=50%25")
    found = lines(page)
    assert found["Input"] == ["$2.50 best", "$3.00"]
    assert found["Cache read"] == ["$1.25", "– no list says"]
    assert found["My month"] == ["$6.25 best", "$7.00"]
    assert found["Above the cheapest"] == ["cheapest", "+12 %"]
    assert spoken(page.html.select_one(".finding")) == (
        "For my month Acme Large by Acme is the cheapest: $6.25. Acme Large by Bazaar +12 %."
    )
    assert found["Context"] == ["128K", "128K"]  # alike: none is the best
    assert found["tools"] == ["– no list says"] * 2
    assert found["prompt caching"] == ["yes", "– no list says"]  # the first has a price of it


def offered(
    can: list[str] | None, takes: list[str] | None = None, gives: list[str] | None = None, cache: Decimal | None = None
) -> Any:
    """An offering of which it was not kept which list says what of it."""
    return SimpleNamespace(
        cache_read_per_mtok=cache, capabilities=can, inputs=takes, outputs=gives, stated_abilities=None
    )


def apart(*rows: Any) -> list[tuple[SoldModel, Any]]:
    """Each the only offering of its model."""
    return [(SoldModel("M", None, "chat", None, (row,), able([row])), row) for row in rows]


def test_who_prices_a_cache_offers_one_also_where_a_list_of_capabilities_is_silent() -> None:
    price = Decimal(1)
    rows = [offered(["tools"], cache=price), offered(["caching"], cache=price), offered(None, cache=price)]
    cells = need_line("prompt_caching", apart(*rows, offered(["tools"]))).cells
    assert cells == ["yes", "yes", "yes", "not listed"]


@pytest.mark.parametrize(
    ("need", "cells"),
    [
        ("open_weights", ["yes", "not listed", "–"]),
        ("web_search", ["not listed", "not listed", "–"]),
        ("pdf", ["not listed", "not listed", "–"]),  # a list without a word for it says nothing of it
        ("vision", ["yes", "not listed", "–"]),
        ("audio_in", ["no", "not listed", "–"]),  # all that it takes is named, and this is not
        ("video", ["no", "not listed", "–"]),
    ],
)
def test_silence_of_the_lists_is_no_no(need: str, cells: list[str]) -> None:
    rows = offered(["open_weights"], ["text", "image"], ["text"]), offered(["tools"]), offered(None)
    assert need_line(need, apart(*rows)).cells == cells


def test_what_no_list_says_of_a_seller_is_told_as_the_models_and_a_no_with_its_list() -> None:
    said = {"capabilities": ["reasoning", "web_search"], "denied_capabilities": ["open_weights"]}
    one, silent, denied = offered(None), offered(None), offered(None)
    one.stated_abilities = abilities_text({"a-list": said, "b-list": {"denied_capabilities": ["reasoning"]}})
    denied.stated_abilities = abilities_text({"b-list": {"denied_capabilities": ["reasoning"]}})
    rows = (one, silent, denied)
    model = SoldModel("M", None, "chat", None, rows, able(rows))

    def told(need: str) -> list[str]:
        return need_line(need, [(model, row) for row in rows]).cells

    assert told("reasoning") == ["yes", "said of the model, by a-list", "no, by b-list"]
    assert told("open_weights") == ["no, by a-list", "–", "–"]  # who denies it of one seller says nothing of others
    assert told("web_search") == ["yes", "–", "–"]  # which each seller adds to a model, or does not


def test_what_is_written_alike_is_alike_the_best() -> None:
    def best(*totals: str) -> set[int]:
        return set(line_of("My month", [Decimal(one) for one in totals], lambda one: f"{one:.2f}", min).best)

    assert best("4.441", "4.442") == set()
    assert best("4.442", "4.441", "5") == {0, 1}
    assert best("4.44", "5") == {0}


def test_a_basket_is_marked_in_the_list_and_travels_in_the_address(testapp: TestApp) -> None:
    page = testapp.get("/?group=none&tokens=2M&sort=id")
    form = page.forms["comparing"]
    boxes = [box["value"] for box in page.html.select("input.mark")]
    assert {"acme/acme-large", "bazaar/acme/acme-large"} <= set(boxes)
    assert form["tokens"].value == "2M"
    compared = testapp.get("/compare", [("models", boxes[0]), ("models", boxes[1]), ("tokens", "2M")])
    assert [spoken(one) for one in compared.html.select("thead .id")] == boxes[:2]
    assert "2M tokens a month" in compared.text


def test_the_copied_table_carries_a_link_that_is_frozen(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO}&preset=large")
    told = page.html.select_one("#markdown").get_text()
    assert "| Input | **$2.50** | $3.00 |" in told
    shown = page.html.select("thead th")[1:]
    assert told.splitlines()[0] == "|  | Acme Large by Acme | Acme Large by Bazaar |"
    assert told.splitlines()[2] == "| Id | " + " | ".join(spoken(one.select_one(".id")) for one in shown) + " |"
    link = next(line.split()[1] for line in told.splitlines() if line.startswith("Source: "))
    assert "as_of=" in link
    assert "known_at=" in link
    again = testapp.get(link)
    assert lines(again) == lines(page)
    assert again.html.select_one("#markdown").get_text() == told
    assert testapp.get(page.html.find("a", string="As CSV")["href"]).content_type == "text/csv"


@pytest.mark.parametrize(
    "path", [f"/compare?{TWO}", "/models/acme/acme-large?as_of=2026-11-20", "/best-value?floor=0.1"]
)
def test_a_month_that_cannot_be_read_keeps_the_form_and_is_marked_in_it(testapp: TestApp, path: str) -> None:
    sign = "&" if "?" in path else "?"
    page = testapp.get(f"{path}{sign}tokens=7M&cached_share=170%25", status=400, headers={"Accept": "text/html"})
    form = next(one for one in page.forms.values() if "tokens" in one.fields)
    assert (form["tokens"].value, form["cached_share"].value) == ("7M", "170%")
    field = page.html.find(id="cached_share")
    assert field["aria-invalid"] == "true"
    told = spoken(page.html.find(id=field["aria-describedby"]))
    assert told == "“Cached of input” takes a share of 0% to 100%, such as 70% or 0.7."
    form["cached_share"] = "70%"
    mended = form.submit().maybe_follow()
    kept = path.partition("?")[2].split("=")[0]
    assert kept in mended.request.GET
    assert mended.request.GET["tokens"] == "7M"


def test_signs_of_a_name_break_no_table(testapp: TestApp) -> None:
    page = testapp.get("/compare?models=acme/acme-mystery,bazaar/acme/acme-tiny:free")
    assert page.html.find("b") is None
    assert lines(page)["Input"] == ["– no list says", "free"]


@pytest.mark.parametrize("query", ["", "?models=acme/acme-large", "?models=" + ",".join(f"a/{n}" for n in range(6))])
def test_too_few_and_too_many_are_told_how_to_choose(testapp: TestApp, query: str) -> None:
    page = testapp.get(f"/compare{query}")
    assert page.html.find("table") is None
    told = spoken(page.html.select_one(".empty strong"))
    assert told == ("At most 5 can be compared." if "a/5" in query else "Choose two to five.")
    assert bool(page.html.select_one("#add")) is ("a/5" not in query)


@pytest.mark.parametrize(
    "path", ["/models/acme/acme-larg", "/models/acmee/acme-large", "/compare?models=acme/acme-larg,a/b"]
)
def test_a_mistyped_id_is_offered_what_is_nearest(testapp: TestApp, path: str) -> None:
    page = testapp.get(path, status=404, headers={"Accept": "text/html"})
    offered = [link["href"] for link in page.html.select(".like a")]
    assert "/models/acme/acme-large" in offered
    assert testapp.get(offered[0]).status_int == 200


@pytest.mark.parametrize(
    ("query", "told"),
    [("models=a/b&as_of=never", "“Prices as of” is not a time"), ("colour=red", "The parameter at fault: colour")],
)
def test_what_cannot_be_read_is_a_400_that_names_its_field(testapp: TestApp, query: str, told: str) -> None:
    page = testapp.get(f"/compare?{query}", status=400, headers={"Accept": "text/html"})
    assert told in page.html.main.get_text()


def test_the_month_is_drawn_as_the_table_has_it(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO}&tokens=1M&input_share=50%25&cached_share=20%25&as_of=2026-11-20")
    table = lines(page)["My month"]
    drawn, kept, _ = (one.get("src") or one["href"] for one in page.html.select("figure :is(img, a)"))
    assert drawn.startswith("/charts/costs.svg?")
    rows = testapp.get(kept).text.splitlines()[1:]
    assert [f"${float(row.split(',')[1]):.2f}" for row in rows] == [cell.removesuffix(" best") for cell in table]


def test_a_share_of_more_places_than_charts_take_is_drawn_and_told_as_data(testapp: TestApp) -> None:
    month = "tokens=7,000,000&input_share=33.33333%25&cached_share=12.345678%25"
    page = testapp.get(f"/compare?{TWO}&{month}").html
    _, kept, _ = (one.get("src") or one["href"] for one in page.select("figure :is(img, a)"))
    assert "input_share=0.333333&cached_share=0.123457" in kept
    testapp.get(kept)
    links = testapp.get(f"/best-value?{month}").html.select("main a[href^='/api/v1/']")
    (data,) = {link["href"] for link in links if "/best-value?" in link["href"]}
    assert testapp.get(data).json["meta"]["workload"]["input_tokens"] == 2_333_331


def test_what_is_asked_of_models_is_read_alike_by_every_page_that_takes_it(testapp: TestApp) -> None:
    asked = "min_context=100K&capability=tools&max_input_price=900&max_output_price=900&max_month=10000&unsaid=all"
    listed = testapp.get(f"/?{asked}")
    links = [link["href"] for link in listed.html.select("a[href^='/compare']")]
    assert [link for link in links if "min_context=100K" in link]
    pages = ["/calculator", "/best-value", "/charts/frontier.csv"]
    for path in [*links, *(f"{page}?{asked}" for page in pages)]:
        testapp.get(path)


def test_what_costs_a_little_more_is_not_called_as_cheap(testapp: TestApp) -> None:
    months = [(Decimal(one), Decimal(one)) for one in ("2.24", "2.23")]
    assert above_the_cheapest([*months, None]) == ["+<1 %", "cheapest", "–"]
    assert [per_cent(Fraction(n, 1000)) for n in (350, 994, 997, 1000)] == ["35 %", "99.4 %", "99.7 %", "100 %"]


def test_what_is_free_is_not_so_many_per_cent_below_the_cheapest() -> None:
    free, two, three = ((Decimal(one), Decimal(one)) for one in (0, 2, 3))
    assert above_the_cheapest([free, two, three]) == ["free", "cheapest that is not free", "+50 %"]
    assert above_the_cheapest([free, two, free]) == ["free", "cheapest that is not free", "free"]


def test_what_is_no_longer_sold_is_compared_and_no_cheapest() -> None:
    def item(name: str, status: str) -> Any:
        return SimpleNamespace(id=name, provider="acme", status=status, price_state="priced")

    items = [item("old", "removed"), item("new", "active"), item("newer", "active")]
    models: Any = {one.id: SimpleNamespace(name=one.id.capitalize()) for one in items}
    known = (("old", Decimal(2)), ("new", Decimal(3)), ("newer", Decimal(6)))
    costs = {slug: WorkloadCost(slug, total, total, "USD", "priced", None, ()) for slug, total in known}
    workload = Workload(10**6, 1000, Decimal("0.6"), Decimal(0), Decimal(0))
    months = ComparedMonths(workload, costs, None, dict.fromkeys(("old", "new", "newer"), ""))
    (found,) = months.findings(items, models, {"acme": "Acme"})
    assert (found.cheapest, found.others) == ([("New at Acme", "$3.00")], [("Newer", "+100 %")])
    assert found.gone == ("Old (removed)",)
    month, above = months.lines(items, [[], [], []])
    assert (month.cells, month.best) == (["$2.00", "$3.00", "$6.00"], {1})
    assert above.cells == ["no longer sold", "cheapest", "+100 %"]


def test_the_needs_with_which_one_came_are_answered_first_and_kept(testapp: TestApp) -> None:
    asked = "capability=tools&capability=prompt_caching&min_context=100000&max_input_price=2.75"
    page = testapp.get(f"/?{asked}&unsaid=all&models=acme/acme-large&models=bazaar/acme/acme-large")
    assert page.html.select_one("nav a[href^='/best-value']")["href"].startswith("/best-value?capability=tools&")
    hidden = {(one["name"], one["value"]) for one in page.html.select("#comparing input[type=hidden]")}
    assert {("capability", "tools"), ("min_context", "100000"), ("max_input_price", "2.75")} <= hidden
    page = testapp.get(f"/compare?{TWO}&{asked}")
    titles = [spoken(one) for one in page.html.select("table.compared tr.group")]
    assert titles == ["You asked for", "Cost", "Prices per million tokens", "Limits", "What it can", "Model"]
    found = lines(page)
    assert list(found)[:4] == ["tools", "prompt caching", "context of 100K", "input up to $2.75 per M"]
    assert found["tools"] == ["– no list says"] * 2
    assert found["context of 100K"] == ["yes", "yes"]
    assert found["input up to $2.75 per M"] == ["yes", "no"]
    for link in ("nav a[href^='/calculator']", "#keep ~ p a"):
        assert "capability=tools&capability=prompt_caching" in page.html.select_one(link)["href"]


def test_what_others_of_the_model_contradict_is_doubtful_and_never_the_best() -> None:
    def row(slug: str, context: int | None, most: int | None) -> Any:
        provider = slug.partition("/")[0]
        return SimpleNamespace(id=slug, provider=provider, context_window=context, max_output_tokens=most)

    own, odd = row("openai/gpt-5-nano", 400_000, 128_000), row("snowflake/gpt-5-nano", 5_000_000, 8_000)
    other = row("x-ai/grok-4", 256_000, 256_000)
    nano = SoldModel("Nano", "openai", "chat", None, (own, odd), {})
    models = {own.id: nano, odd.id: nano, other.id: SoldModel("Grok", "x-ai", "chat", None, (other,), {})}
    context, most = limit_lines([own, odd, other], models)
    assert context.cells == ["400K", "5M", "256K"]
    assert (context.best, context.notes) == (frozenset({0}), ("", "doubtful: 400K elsewhere", ""))
    assert (most.best, most.notes) == (frozenset({0}), ("", "", "doubtful: as much as its context"))


def test_that_no_score_is_known_is_said(testapp: TestApp) -> None:
    assert "No score of these models with a source is known here" in testapp.get(f"/compare?{TWO}").text
