"""The calculator: usage by hand or as a provider told it, line by line, in an address that can be shared."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from webtest import TestApp

from tests.functional.test_pages import spoken

LARGE = {"model": "acme/acme-large", "input_tokens": "1M", "cache_read_tokens": "400K", "output_tokens": "100,000"}
OPENAI = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}
ANTHROPIC = {"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 100}
# Of 300 tokens of output 200 are reasoning, or they come beside them, as xAI counts.
REASONED = {"prompt_tokens": 1000, "completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 200}}
GOOGLE = {"promptTokenCount": 1000, "cachedContentTokenCount": 400, "candidatesTokenCount": 100}


def tiles(page: Any) -> dict[str, str]:
    return {spoken(one.dt): spoken(one.dd) for one in page.html.select(".tiles div")}


def test_usage_by_hand_costs_what_the_api_says_line_by_line(testapp: TestApp) -> None:
    form = testapp.get("/calculator").forms[0]
    for name, text in LARGE.items():
        form[name] = text
    form["requests"] = "20"
    page = form.submit(status=303).follow()
    stated = "input_tokens=1000000&cache_read_tokens=400000&output_tokens=100000"
    told = testapp.get(f"/api/v1/quote?model=acme/acme-large&{stated}").json["data"]
    assert told["total"] == "3"
    assert tiles(page) == {"A request": "$3.00", "A month of 20 requests": "$60.00"}
    amounts = [spoken(row.select("td")[2]) for row in page.html.select("table.lines tbody tr")]
    assert amounts == ["$1.50", "$0.50", "$1.00"]
    assert len(amounts) == len(told["lines"])
    assert {page.forms[0][name].value for name in LARGE} == set(LARGE.values())
    assert "genai-prices" in spoken(page.html.select_one("table.lines"))


@pytest.mark.parametrize(("usage", "by"), [(OPENAI, "openai"), (ANTHROPIC, "anthropic"), (GOOGLE, "google")])
def test_a_pasted_usage_object_of_any_provider_is_read(testapp: TestApp, usage: dict[str, Any], by: str) -> None:
    form = testapp.get("/calculator").forms[0]
    form["model"], form["usage"], form["usage_format"] = "acme-large", json.dumps(usage, indent=2), by
    page = form.submit().follow()
    assert tiles(page)["A request"] == "$0.003"
    assert json.loads(page.forms[0]["usage"].value) == usage


def test_the_format_is_told_by_the_keys_where_one_alone_has_them(testapp: TestApp) -> None:
    page = testapp.get("/calculator", {"model": "acme-large", "usage": json.dumps(GOOGLE)})
    assert "the usage was read as google’s" in spoken(page.html.main)
    page = testapp.get("/calculator", {"model": "acme-large", "usage": json.dumps(REASONED)}, status=400)
    assert "of openai, mistral, deepseek, xai" in page.html.find(id="usage-problem").get_text()


def test_a_whole_answer_brings_its_model_along(testapp: TestApp) -> None:
    answer = {"object": "chat.completion", "model": "acme-small", "choices": [], "usage": OPENAI}
    page = testapp.get("/calculator", {"usage": json.dumps(answer)})
    assert page.html.select_one("#result a")["href"].startswith(
        "/models/acme/acme-small?tokens=1100&requests=1&"
    )  # the month too


def test_tier_and_day_choose_the_prices(testapp: TestApp) -> None:
    asked = {"model": "acme/acme-dated", "input_tokens": "1M"}
    assert tiles(testapp.get("/calculator", asked))["A request"] == "$4.00"
    assert tiles(testapp.get("/calculator", asked | {"as_of": "2026-01-31"}))["A request"] == "$8.00"
    assert tiles(testapp.get("/calculator", asked | {"service_tier": "batch"}))["A request"] == "$2.00"


def test_the_link_and_the_markdown_answer_the_same_for_good(testapp: TestApp) -> None:
    page = testapp.get("/calculator", LARGE | {"requests": "20"})
    link = page.html.select_one("#keep + p a")["href"]
    frozen = parse_qs(urlsplit(link).query)
    assert frozen.keys() == {*LARGE, "requests", "as_of", "known_at"}
    assert ranked(testapp.get(link)) == ranked(page)
    again = testapp.get(link)
    assert tiles(again) == tiles(page)
    assert again.html.select_one("#keep + p a")["href"] == link
    text = page.html.select_one("#markdown").get_text()
    assert "| cache read tokens | 400,000 | 1.25 per million tokens | 0.5 |" in text
    assert "| **A month of 20 requests** |  |  | **60.00** |" in text
    assert text.endswith(f"Source: {link}\n")


def test_the_month_leads_to_every_model(testapp: TestApp) -> None:
    page = testapp.get("/calculator", LARGE | {"requests": "20"})
    link = next(one["href"] for one in page.html.select("a") if "every model" in one.get_text())
    assert link == "/?tokens=22000000&requests=20&input_share=0.9091&cached_share=0.4&sort=month"
    assert "22M tokens a month" in spoken(testapp.get(link).html.caption)


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"model": "acme/acme-large", "usage": "{"}, 400, "usage"),
        ({"model": "acme/acme-large", "usage": "[1]"}, 400, "usage"),
        ({"model": "acme/acme-large", "usage": '{"input_tokens": 1, "input_tokens": 2}'}, 400, "usage"),
        ({"model": "acme/acme-large", "usage": '{"speed": 1}'}, 400, "usage"),
        ({"model": "acme/acme-large", "usage": "[" * 3999}, 400, "usage"),
        ({"model": "acme/acme-large", "usage": '{"input_tokens": 1}', "input_tokens": "1"}, 400, "usage"),
        ({"model": "acme/acme-large", "input_tokens": "many"}, 400, "input_tokens"),
        ({"model": "acme/acme-large", "input_tokens": "10", "service_tier": "moon"}, 400, "service_tier"),
        ({"model": "acme/acme-lage", "input_tokens": "10"}, 404, "model"),
        ({"model": "acme/acme-large", "input_tokens": "10", "as_of": "soon"}, 400, "as_of"),
        ({"model": "acme/acme-large", "input_tokens": "10", "requests": "0"}, 400, "requests"),
    ],
)
def test_what_cannot_be_read_keeps_the_form_and_says_so_beside_the_field(
    testapp: TestApp, asked: dict[str, str], status: int, field: str
) -> None:
    page = testapp.get("/calculator", asked, status=status)
    at_fault = page.html.find(id=field)
    assert at_fault["aria-invalid"] == "true"
    assert page.html.find(id=at_fault["aria-describedby"]).get_text().strip()
    assert page.forms[0]["model"].value == asked["model"]
    assert not page.html.select("table")


def test_an_unknown_name_offers_what_is_most_like_it(testapp: TestApp) -> None:
    page = testapp.get("/calculator", LARGE | {"model": "acme-lage"}, status=404)
    offered = {one.get_text(): one["href"] for one in page.html.select("form a")}
    assert tiles(testapp.get("/calculator" + offered["acme/acme-large"]))["A request"] == "$3.00"


def test_a_price_that_nobody_states_leaves_the_total_unknown(testapp: TestApp) -> None:
    page = testapp.get("/calculator", {"model": "acme/acme-mystery", "input_tokens": "1000"})
    assert tiles(page) == {"A request": "unknown", "A month of 1 request": "unknown"}
    assert "input tokens" in spoken(page.html.select_one("ul.excluded"))


def test_without_a_model_all_are_ranked_and_the_page_says_how_to_see_one_line_by_line(testapp: TestApp) -> None:
    page = testapp.get("/calculator?input_tokens=10")
    assert ranked(page)
    assert "to see its month line by line" in page.text


def test_a_month_is_told_as_in_the_list_and_costs_line_by_line_what_the_list_has_as_its_sum(testapp: TestApp) -> None:
    month = {"tokens": "20M", "input_share": "60%", "cached_share": "70%", "requests": "10000"}
    page = testapp.get("/calculator", {"model": "acme/acme-large", **month})
    told = testapp.get("/api/v1/quote", {
        "model": "acme/acme-large", "input_tokens": 12_000_000, "cache_read_tokens": 8_400_000,
        "output_tokens": 8_000_000, "requests": 10_000,
    }).json["data"]  # fmt: skip
    assert tiles(page)["A month of 10,000 requests"] == f"${Decimal(told['total']):,.2f}"
    assert Decimal(tiles(page)["A request, on the average"][1:]) == round(Decimal(told["total"]) / 10_000, 5)
    quantities = [spoken(row.td) for row in page.html.select("table.lines tbody tr")]
    assert quantities == ["3,600,000", "8,400,000", "8,000,000"]
    own = next(row for row in ranked(page) if row[0].endswith("acme/acme-large"))
    assert own[1] == tiles(page)["A month of 10,000 requests"]
    listed = testapp.get(
        "/?q=acme-large&" + "&".join(f"{name}={text}".replace("%", "%25") for name, text in month.items())
    )
    assert own[1] in spoken(listed.html.select_one("td.month"))


MONTH = ("preset", "tokens", "input_share", "cached_share", "requests")


@pytest.mark.parametrize(
    "path", ["/", "/calculator", "/compare?models=acme/acme-large,acme/acme-long", "/models/acme/acme-large"]
)
def test_the_month_is_asked_in_the_same_fields_and_words_on_every_page(testapp: TestApp, path: str) -> None:
    page = testapp.get(path)
    words = {field: spoken(page.html.select_one(f"label[for={field}], #{field} > legend")) for field in MONTH}
    assert words == dict(
        zip(
            MONTH, ("My month", "Tokens a month", "Input of tokens", "Cached of input", "Requests a month"), strict=True
        )
    )
    form = next(one for one in page.forms.values() if "requests" in one.fields)
    form["tokens"], form["cached_share"] = "7M", "70%"
    sent = form.submit().maybe_follow()
    assert "7M tokens a month: 4.2M in (70% of it cached: 2.94M), 2.8M out, in 3,500 requests" in spoken(sent.html.main)
    again = next(one for one in sent.forms.values() if "requests" in one.fields)
    assert (again["tokens"].value, again["cached_share"].value) == ("7M", "70%")
    large = next(one["value"] for one in sent.html.select("#preset [value]") if one["value"].endswith("large"))
    again["preset"].value = large
    large = again.submit().maybe_follow()
    assert "20M tokens a month: 14M in (70% of it cached: 9.8M)" in spoken(large.html.main)
    assert not any(word in large.request.query_string for word in ("tokens", "just", "=&"))


def test_a_preset_takes_the_place_of_one_request(testapp: TestApp) -> None:
    form = testapp.get("/calculator", LARGE | {"requests": "20"}).forms[0]
    assert form["preset"].value == ""
    form["preset"].select(text="small: 1M, 600K in, 400K out")
    page = form.submit().maybe_follow()
    assert page.request.query_string == "model=acme%2Facme-large&preset=small"
    assert "1M tokens a month" in spoken(page.html.main)


@pytest.mark.parametrize("name", ["tokens", "input_share", "cached_share", "reasoning_share", "images"])
def test_a_month_that_is_told_twice_is_refused_beside_its_field(testapp: TestApp, name: str) -> None:
    page = testapp.get("/calculator", LARGE | {name: "1"}, status=400)
    assert "state the month or a request" in page.html.find(id=f"{name}-problem").get_text()
    assert page.forms[0]["input_tokens"].value == "1M"


def test_what_a_share_as_batch_makes_of_the_month_is_told_beside_the_lines_without_it(testapp: TestApp) -> None:
    asked = {"model": "acme/acme-dated", "tokens": "1M", "input_share": "1", "requests": "1", "batch_share": "50%"}
    page = testapp.get("/calculator", asked)
    assert tiles(page)["A month of 1 request"] == "$4.00"
    assert "With 50% as batch, where that has a price, the month is $3.00" in spoken(page.html.main)


def test_the_example_shows_a_result(testapp: TestApp) -> None:
    link = next(one["href"] for one in testapp.get("/calculator").html.select("a") if "example" in one.get_text())
    page = testapp.get("/calculator" + link, status="*")  # the small list does not know its model
    assert page.html.find(id="model")["aria-invalid"] == "true"


def ranked(page: Any) -> list[list[str]]:
    """The rows of the ranking, each by its cells."""
    return [[spoken(one) for one in row.select("th, td")] for row in page.html.select("table.ranked tbody tr")]


def test_all_models_are_ranked_by_the_same_month_as_the_api_has_it(testapp: TestApp) -> None:
    page = testapp.get("/calculator", LARGE | {"requests": "20"})
    rows = ranked(page)
    workload = {"tokens": 22_000_000, "requests": 20, "input_share": "0.909091", "cached_share": "0.4"}
    told = testapp.get("/api/v1/calculator", workload).json["data"]
    api = {one["id"]: Decimal(one["total"]) for one in told if one["total"]}
    shown = [row[0].split()[-1] for row in rows]
    assert len(shown) == len(set(shown)) == 4  # the priced chat models of the small list, one row each
    months = [Decimal(row[1].lstrip("$").replace(",", "")) for row in rows]
    assert months == sorted(months)
    assert all(abs(month - api[slug]) < Decimal("0.01") for slug, month in zip(shown, months, strict=True))
    own = shown.index("acme/acme-large")
    assert rows[own][1] == tiles(page)["A month of 20 requests"] == "$60.00"
    assert rows[own][4] == "0 %"
    assert rows[own][3] == f"{round((1 - months[own] / months[-1]) * 100)} %"
    assert rows[-1][3] == "0 %"


def test_the_saving_is_counted_against_the_one_that_is_chosen(testapp: TestApp) -> None:
    rows = ranked(testapp.get("/calculator", LARGE | {"requests": "20", "against": "ACME/acme-long"}))
    saved = {row[0].split()[-1]: row[4] for row in rows}
    months = {row[0].split()[-1]: Decimal(row[1].lstrip("$").replace(",", "")) for row in rows}
    assert saved["acme/acme-long"] == "0 %"
    share = 1 - months["acme/acme-large"] / months["acme/acme-long"]
    assert saved["acme/acme-large"] == f"{round(share * 100):,} %"
    page = testapp.get("/calculator", LARGE | {"against": "acme/acme-lage"}, status=404)
    assert page.html.find(id="against-problem")
    offered = {one.get_text(): one["href"] for one in page.html.select("form a")}
    assert ranked(testapp.get("/calculator" + offered["acme/acme-large"]))


@pytest.mark.parametrize(
    ("more", "left_out"),
    [
        ({"batch_share": "1"}, ""),
        ({"cache_write_tokens": "500K"}, "cache write tokens"),
        ({"service_tier": "batch", "region": "eu"}, "the batch tier, region eu"),
    ],
)
def test_no_model_saves_anything_against_itself_and_what_the_ranking_leaves_out_is_said(
    testapp: TestApp, more: dict[str, str], left_out: str
) -> None:
    page = testapp.get("/calculator", {"model": "acme/acme-dated", "input_tokens": "1M", **more})
    saved = {row[0].split()[-1]: row[4] for row in ranked(page)}
    assert saved["acme/acme-dated"] == "0 %"
    said = spoken(page.html.select_one("#ranked + p"))
    assert ("Not counted here" in said) == bool(left_out)
    assert left_out in said


def test_the_ranking_needs_no_model_and_tells_from_where_caching_pays(testapp: TestApp) -> None:
    rows = {row[0].split()[-1]: row[-1] for row in ranked(testapp.get("/calculator"))}
    assert rows["acme/acme-large"] == "from the first hit"
    assert rows["acme/acme-small"].endswith("no cache price below the input’s")
    with_usage = testapp.get("/calculator?input_tokens=10&requests=1M")
    assert "10M tokens a month: 10M in, 0 out" in spoken(with_usage.html.select_one("#ranked + p"))


def test_a_batch_share_is_priced_as_batch_where_that_has_a_price(testapp: TestApp) -> None:
    asked = {"input_tokens": "1M"}
    whole, half = (
        {row[0].split()[-1]: row[1] for row in ranked(testapp.get("/calculator", asked | share))}
        for share in ({}, {"batch_share": "50%"})
    )
    assert (whole["acme/acme-dated"], half["acme/acme-dated"]) == ("$4.00", "$3.00")
    assert whole["acme/acme-large"] == half["acme/acme-large"]
    assert testapp.get("/calculator?batch_share=200", status=400).html.find(id="batch_share-problem")


def test_a_request_that_reasons_ranks_models_by_a_month_that_does(testapp: TestApp) -> None:
    pasted = {"usage": json.dumps(REASONED), "usage_format": "openai", "requests": "1000"}
    said = spoken(testapp.get("/calculator", pasted).html.select_one("#ranked + p"))
    assert "300K out (66.67% of it reasoning: 200K), in 1,000 requests" in said
    assert "Not counted here" not in said
    for wrong in ({"reasoning_share": "200"}, {"images": "many"}):
        page = testapp.get("/calculator", wrong, status=400)
        assert page.html.select_one(f"details[open] #{next(iter(wrong))}-problem")


def test_the_ranking_asks_the_needs_of_the_list_by_its_names_and_leads_on_with_them(testapp: TestApp) -> None:
    page = testapp.get("/calculator?tokens=20M&min_context=200K&max_output_price=5&capability=tools&unsaid=all")
    wide = {row[0].split()[-1] for row in ranked(page)}
    listed = testapp.get("/?tokens=20M&min_context=200K&max_output_price=5&capability=tools&unsaid=all").html
    assert wide == {one.get_text() for one in listed.select("table.offerings th .id")} != set()
    assert wide < {row[0].split()[-1] for row in ranked(testapp.get("/calculator?tokens=20M"))}
    assert {box["value"] for box in page.html.select("[name=capability][checked]")} == {"tools"}
    assert "that is what you ask for" in spoken(page.html.find(id="ranked"))
    assert [
        row["offering"]
        for row in csv.DictReader(StringIO(testapp.get(page.html.find("a", string="All as CSV")["href"]).text))
    ] == [row[0].split()[-1] for row in ranked(page)]
    asked = "tokens=20000000&min_context=200000&max_output_price=5&capability=tools&unsaid=all"
    told = {one["id"] for one in testapp.get(f"/api/v1/calculator?{asked}").json["data"]}
    assert wide <= told < {one["id"] for one in testapp.get("/api/v1/calculator").json["data"]}
    closed = testapp.get("/calculator?tokens=20M&capability=tools")
    assert not ranked(closed)
    assert "where no list says" in spoken(closed.html.select_one("#ranked + p a"))
    refused = testapp.get("/calculator?capability=telepathy", status=400)
    assert "telepathy" in spoken(refused.html.select_one("[role=alert]"))


def test_the_ranking_as_csv_tells_from_which_context_on_a_model_is_dearer(testapp: TestApp) -> None:
    rows = {row["offering"]: row for row in csv.DictReader(StringIO(testapp.get("/calculator.csv").text))}
    shown = {
        one.find_parent("th").select_one(".id").get_text(): one.get_text()
        for one in testapp.get("/calculator").html.select("table.ranked .tag[title]")
    }
    stepped = {slug: row for slug, row in rows.items() if row["dearer_from_input_tokens"]}
    assert stepped.keys() == {"acme/acme-long"}
    assert Decimal(stepped["acme/acme-long"]["then_input_per_mtok"]) > 0
    assert shown.keys() == stepped.keys()


def test_the_ranking_as_csv_has_every_model_and_digit(testapp: TestApp) -> None:
    page = testapp.get("/calculator", LARGE | {"requests": "20"})
    link = next(one["href"] for one in page.html.select("a") if one.get_text() == "All as CSV")
    answer = testapp.get(link)
    assert answer.content_type == "text/csv"
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["offering"] for row in rows] == [row[0].split()[-1] for row in ranked(page)]
    assert [row["rank"] for row in rows] == [str(place) for place in range(1, len(rows) + 1)]
    large = next(row for row in rows if row["offering"] == "acme/acme-large")
    assert (large["month_usd"], large["saving_against"], large["caching_pays_from"]) == ("60", "0", "0")
    for query, field in (
        ("input_tokens=x", "input_tokens"),
        ("input_tokens=0", "input_tokens"),
        ("against=zz", "against"),
    ):
        refused = testapp.get(f"/calculator.csv?{query}", headers={"Accept": "application/json"}, status="4*").json[
            "error"
        ]
        assert refused["details"]["field"] == field
