"""Best value in API, page and chart: the same rankings by the same question, own scores heard and not kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp, Upload

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.domain.scores.best_value import ScoredOffering, best_value
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.web.site.score_days import measured
from tests.conftest import running_app
from tests.functional.test_pages import spoken
from tests.servers import new_database

URL = "https://example.com/scores"
SCORES = {
    "acme-large": ("80", "90", "70"),  # 2.5 and 10 at acme, 3 and 11 at bazaar
    "acme-small": ("40", "50", "60"),  # 0.0025 and 0.01
    "acme-dated": ("60", "60", "60"),  # 8 and 24, since March 2026 4 and 12
    "acme-embed": ("10", "10", "10"),  # no output
    "bazaar/acme/acme-tiny:free": ("20", "20", "20"),
}
NOW = datetime(2026, 11, 26, tzinfo=UTC)
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def app(store_urls: Any, small_book: str, redis_url: str) -> Iterator[TestApp]:
    """The small price book with three scores for some of its models, and two for one."""
    lines = ["model,benchmark,score,measured_on,source_url"]
    for model, scores in SCORES.items():
        names = ("mmlu", "gsm8k", "humaneval")
        lines += [f"{model},{name},{score},,{URL}" for name, score in zip(names, scores, strict=True)]
    lines += [f"acme-long,{name},99,,{URL}" for name in ("mmlu", "gsm8k")]
    with new_database(store_urls, small_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            read = import_scores(session, Decider("ada", NOW, None), "\n".join(lines), "scores.csv")
            assert not read.failed
        with running_app(url, redis_url) as app:
            yield app


def ranking(app: TestApp, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.get("/api/v1/best-value", asked).json["data"]
    return found


def test_models_stand_at_their_cheapest_seller_in_order_of_qaps(app: TestApp) -> None:
    rows = ranking(app)
    assert [(row["standing"], row["rank"], row["model"], row["id"], row["why"]) for row in rows] == [
        ("ranked", 1, "acme-small", "acme/acme-small", None),
        ("ranked", 2, "acme-large", "acme/acme-large", None),
        ("ranked", 3, "acme-dated", "acme/acme-dated", None),
        ("free", 1, "acme-tiny", "bazaar/acme/acme-tiny:free", None),
        ("excluded", None, "acme-embed", None, "unknown_price"),
        ("excluded", None, "acme-long", None, "few_scores"),
    ]
    large = rows[1]
    assert (large["quality"], large["average_per_mtok"], large["qaps"]) == ("0.8", "6.25", "0.128")
    assert (large["coverage"], large["scores"]) == ("0.12", 3)


def test_the_frontier_is_what_none_beats_the_cheapest_first(app: TestApp) -> None:
    rows = app.get("/api/v1/frontier").json["data"]
    assert [row["model"] for row in rows] == ["acme-small", "acme-large"]
    assert rows == sorted(
        (row for row in ranking(app) if row["is_on_frontier"]), key=lambda row: float(row["average_per_mtok"])
    )


def test_a_past_date_asks_for_its_prices(app: TestApp) -> None:
    found = {row["model"]: row for row in ranking(app, as_of="2026-01-15")}
    assert found["acme-dated"]["average_per_mtok"] == "16"


def test_before_the_scores_were_known_there_are_none(app: TestApp) -> None:
    assert ranking(app, known_at="2026-11-25") == []


def test_own_weights_and_a_floor_change_order_and_reasons(app: TestApp) -> None:
    rows = {
        row["model"]: row
        for row in ranking(app, weight_mmlu="1", weight_gsm8k="0.5", weight_humaneval="0.5", floor="0.5")
    }
    assert rows["acme-large"]["quality"] == "0.8"
    assert rows["acme-small"]["why"] == "below_floor"
    few = ranking(app, weight_mmlu="1")
    assert {row["why"] for row in few} == {"few_scores"}


def test_models_stand_at_the_cheapest_seller_that_is_what_is_asked_for(app: TestApp) -> None:
    told = {row["model"]: (row["standing"], row["id"], row["why"]) for row in ranking(app, provider="bazaar")}
    assert told["acme-large"] == ("ranked", "bazaar/acme/acme-large", None)
    assert told["acme-small"] == ("excluded", None, "not_as_asked")
    cheap = {row["model"]: row["standing"] for row in ranking(app, max_input_price="1", min_context="1000")}
    assert (cheap["acme-small"], cheap["acme-large"]) == ("ranked", "excluded")
    assert {one["id"] for one in app.get("/api/v1/frontier?max_input_price=1").json["data"]} == {"acme/acme-small"}


def test_what_no_list_says_is_told_apart_from_what_is_denied(app: TestApp) -> None:
    assert {row["why"] for row in ranking(app, capability="tools")} == {"unsaid", "few_scores"}
    assert ranking(app, capability="tools", unsaid="1") == ranking(app)
    page = app.get("/best-value?capability=tools&tokens=20M")
    assert not page.html.select("table.value")
    link = page.html.select_one("#mymonth a")
    assert link.get_text() == "+ 5 models where no list says"
    opened = app.get("/best-value" + link["href"])
    assert len(opened.html.select("table.value tbody tr")) == 4
    assert {box["value"] for box in opened.html.select("[name=capability][checked]")} == {"tools"}


def test_a_stated_month_is_the_price_and_orders_the_models_in_page_api_and_chart(app: TestApp) -> None:
    """acme-large at 2.5 and 10 for quality 0.8, acme-dated at 4 and 12 for 0.6: nine tenths of input are 3.25 and 4.8 a
    million tokens; without a month the average of both.
    """
    month = "tokens=20000000&input_share=0.9"
    told = app.get(f"/api/v1/best-value?{month}").json
    rows = {row["model"]: row for row in told["data"]}
    assert (rows["acme-large"]["average_per_mtok"], rows["acme-dated"]["average_per_mtok"]) == ("3.25", "4.8")
    assert (rows["acme-dated"]["qaps"], told["meta"]["workload"]["input_tokens"]) == ("0.125", 18_000_000)
    assert app.get("/api/v1/best-value").json["meta"]["workload"] is None
    assert rows["acme-embed"]["why"] == "unknown_price"
    page = app.get(f"/best-value?{month.replace('20000000', '20M')}")
    why = "no seller’s price of my month is known, or it depends on what the month does not state, such as a place"
    assert why in page.html.select_one("section[aria-labelledby=excluded]").get_text()
    cells = page.html.select("[data-label='A million of my tokens']")
    shown = {cell.parent.a.get_text(): cell.get_text(strip=True) for cell in cells}
    assert (shown["Acme Large"], shown["Acme Dated"]) == ("$3.25", "$4.80")
    assert "Ranked by what a million tokens of my month cost" in page.html.select_one("#mymonth").get_text()
    (data,) = {link["href"] for link in page.html.select("main a") if link["href"].startswith("/api/v1/best-value")}
    assert app.get(data).json["data"] == told["data"]
    chart = list(csv.DictReader(StringIO(app.get(f"/charts/frontier.csv?{month}").text)))
    assert {row["model"]: row["average_per_mtok"] for row in chart}["acme-large"] == "3.25"
    assert len(page.html.select("main form.weights button")) == 1


def test_the_month_stands_beside_the_ranking_and_travels_on(app: TestApp) -> None:
    page = app.get("/best-value?tokens=20M&cached_share=70")
    assert (
        "my month cost: 20M tokens a month: 12M in (70% of it cached: 8.4M), 8M out"
        in page.html.select_one("#mymonth").get_text()
    )
    months = {row.a.get_text(): row.select_one("[data-label='My month']") for row in page.html.select("tbody tr")}
    (row,) = app.get("/api/v1/calculator?tokens=20000000&cached_share=0.7&model=acme/acme-dated").json["data"]
    assert months["Acme Dated"].get_text(strip=True) == f"${row['total']}.00"
    kept = "tokens=20M&cached_share=70"
    links = [link["href"] for link in page.html.select("header nav a, tbody th a")]
    assert {link for link in links if kept in link} == set(links) - {"/bill", "/docs"}
    form = page.forms[0]
    assert (form["tokens"].value, form["cached_share"].value) == ("20M", "70")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("weight_mmlu=2", "weight_mmlu"),
        ("weight_nope=1", "weight_nope"),
        ("floor=x", "floor"),
        ("weight_mmlu=0", "weight_mmlu"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/best-value", "/best-value", "/charts/frontier.csv"])
def test_what_cannot_be_read_is_a_400_that_names_it(app: TestApp, path: str, query: str, field: str) -> None:
    answer = app.get(f"{path}?{query}", status=400, headers=JSON)
    assert answer.json["error"]["details"]["field"] == field


def test_the_page_tells_the_rankings_their_reasons_and_the_formula(app: TestApp) -> None:
    page = app.get("/best-value")
    rows = page.html.select("table.value")[0].select("tbody tr")
    assert [row.th.a.get_text() for row in rows] == ["Acme Small", "Acme Large", "Acme Dated"]
    assert "none beats it" in rows[1].get_text()
    told = " ".join(page.html.select_one("section[aria-labelledby=excluded]").get_text().split())
    assert "1 model: fewer than 3 scores that have a weight Acme Long 2 scores" in told
    assert page.html.find("img", src="/charts/frontier.svg")["alt"].startswith("2 of 3 models are beaten by none")
    assert (
        app.get("/charts/frontier.csv").text.splitlines()[1].startswith("acme-small,acme/acme-small,0.00625,0.5,80,yes")
    )


def test_an_error_names_its_field_as_the_page_does(app: TestApp) -> None:
    for path, told in (
        ("/best-value?floor=2", "“Least quality” takes"),
        ("/best-value?min_context=much", "“Context from” takes"),
        ("/sources?page=0", "“Page” takes a whole number"),
    ):
        page = app.get(path, status=400, headers={"Accept": "text/html"})
        assert told in page.html.main.get_text(), path
        assert "The parameter at fault" not in page


def test_too_few_weights_are_told_as_the_cause_once(app: TestApp) -> None:
    page = app.get("/best-value?weight_gpqa_diamond=1").html
    told = " ".join(page.select_one("#few-weights").get_text().split())
    assert told.startswith("1 benchmark has a weight, so no model can be ranked")
    assert not app.get("/best-value").html.select("#few-weights")


def test_the_address_of_the_page_holds_no_empty_parameters(app: TestApp) -> None:
    moved = app.get("/best-value?weight_mmlu=0.5&floor=&as_of=", status=303)
    assert moved.location.endswith("/best-value?weight_mmlu=0.5")


def upload(app: TestApp, content: bytes, **more: Any) -> Any:
    return app.post(
        "/best-value/own", {"scores": Upload("own.csv", content)}, headers=JSON | {"Accept": "text/html"}, **more
    )


def test_own_scores_count_in_the_answer_and_are_not_kept(app: TestApp) -> None:
    own = "model,benchmark,score\nacme-long,own,90\nacme-long,humaneval,99\nnobody,own,1\nacme-small,own,high\n"
    page = upload(app, own.encode())
    text = page.html.get_text()
    assert "With 3 scores of your own" in text
    assert "line 5: score 'high' is no number" in text
    assert "No model here is called: nobody." in text
    assert "Acme Long" in {row.th.a.get_text() for row in page.html.select("table.value tbody tr") if row.th.a}
    assert page.headers["Cache-Control"] == "no-store"
    assert "acme-long" not in {row["model"] for row in ranking(app) if row["standing"] == "ranked"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"a,b\n1,2\n"])
def test_a_file_that_is_none_is_a_400_that_names_the_field(app: TestApp, content: bytes) -> None:
    answer = app.post("/best-value/own", {"scores": Upload("own.csv", content)}, status=400, headers=JSON)
    assert answer.json["error"]["details"]["field"] == "scores"
    page = app.post("/best-value/own", {"scores": Upload("own.csv", content)}, status=400).html
    assert "/best-value" in [link["href"] for link in page.main.select("a")]


def test_without_a_file_or_with_a_large_one_it_is_refused(app: TestApp) -> None:
    assert (
        app.post("/best-value/own", {"x": "1"}, status=400, headers=JSON).json["error"]["details"]["field"] == "scores"
    )
    app.post("/best-value/own", {"scores": Upload("own.csv", b"x" * (1 << 20))}, status=413, headers=JSON)
    app.post("/best-value/own", b"--x", content_type="multipart/form-data", status=400, headers=JSON)
    app.put("/best-value/own", status=405)


def test_a_book_without_scores_says_how_they_come_in(testapp: TestApp) -> None:
    assert "llmpricing import-benchmarks FILE" in testapp.get("/best-value").html.get_text()
    assert testapp.get("/api/v1/best-value").json["data"] == []
    assert testapp.get("/charts/frontier.csv").text.splitlines()[1:] == []


def test_benchmarks_tell_their_ranges_and_how_many_scores_there_are(app: TestApp) -> None:
    found = {row["id"]: row for row in app.get("/api/v1/benchmarks").json["data"]}
    assert (found["mmlu"]["scores"], found["mmlu"]["default_weight"]) == (6, "0.04")
    assert (found["arena_elo"]["lowest"], found["arena_elo"]["highest"]) == ("800", "1600")
    assert found["hallucination_rate"]["is_lower_better"]


def test_the_page_and_its_chart_rank_by_prices_that_were_known_on_the_day_asked_for(app: TestApp) -> None:
    """acme-dated's list tells of January itself; all others were first listed in November."""

    def ranked(page: Any) -> set[str]:
        return {one.get_text() for one in page.html.select("section[aria-labelledby=ranked] .id")}

    before = app.get("/best-value?as_of=2026-01-31")
    assert ranked(before) == {"acme/acme-dated"}
    assert "was known then" in before.html.select_one("section[aria-labelledby=excluded]").get_text()
    shown = before.click("reckon with them too")
    assert ranked(shown) >= {"acme/acme-dated", "acme/acme-large", "acme/acme-small"}
    assert shown.html.find("input", {"name": "show"})["value"] == "undated"
    charts = [app.get(f"/charts/frontier.csv?as_of=2026-01-31{more}").text for more in ("", "&show=undated")]
    assert ["acme-small" in chart for chart in charts] == [False, True]
    assert "show=undated" in shown.html.find("a", string="best value")["href"]
    assert "acme/acme-large" in app.get(shown.html.find("a", string="best value")["href"]).text
    assert ranked(app.get("/best-value?as_of=2026-11-12")) == ranked(app.get("/best-value"))


@pytest.mark.parametrize("month", ["", "&preset=large&cached_share=0.5", "&max_month=1000000"])
@pytest.mark.parametrize("show", ["", "&show=undated"])
def test_the_api_ranks_a_past_day_as_the_page_does(app: TestApp, month: str, show: str) -> None:
    query = f"?as_of=2026-01-31{month}{show}"
    page = app.get(f"/best-value{query}").html
    shown = [one.get_text() for one in page.select("section[aria-labelledby=ranked] .id")]
    told = [row for row in app.get(f"/api/v1/best-value{query}").json["data"] if row["standing"] == "ranked"]
    assert [row["id"] for row in told] == shown
    frontier = {row["id"] for row in app.get(f"/api/v1/frontier{query}").json["data"]}
    assert frontier == {row["id"] for row in told if row["is_on_frontier"]}
    assert ("acme/acme-small" in shown) is bool(show)
    for name in ("best value", "frontier"):
        assert {row["id"] for row in app.get(page.find("a", string=name)["href"]).json["data"]} >= frontier


def test_a_model_and_a_comparison_tell_each_score_with_what_it_measures_and_where_it_is_stated(app: TestApp) -> None:
    large, bazaar = "acme/acme-large", "bazaar/acme/acme-large"
    scores = app.get(f"/api/v1/models/{large}").json["data"]["scores"]
    assert [one["benchmark"] for one in scores] == ["gsm8k", "humaneval", "mmlu"]
    ours = BENCHMARKS["mmlu"]
    assert scores[2] == {
        "benchmark": "mmlu",
        "name": ours.name,
        "about": ours.about,
        "score": SCORES["acme-large"][0],
        "lowest": "0",
        "highest": "100",
        "is_lower_better": False,
        "is_out_of_range": False,
        "measured_on": None,
        "source_url": URL,
        "note": None,
    }
    query = f"models={large},{bazaar},acme/acme-long"
    rows = app.get(f"/api/v1/compare?{query}").json["data"]
    assert rows[0]["scores"] == rows[1]["scores"] == scores  # of the model, whoever sells it
    assert [one["score"] for one in rows[2]["scores"]] == ["99", "99"]
    before = app.get(f"/api/v1/models/{large}?known_at=2026-11-23T00:00:00Z").json["data"]
    assert before["scores"] == []
    (row, *_) = csv.DictReader(StringIO(app.get(f"/api/v1/compare?{query}&format=csv").text))
    assert json.loads(row["scores"]) == scores


def test_what_is_priced_in_another_currency_is_told_so_by_a_month_too(testapp: TestApp, engine: Engine) -> None:
    lines = ["model,benchmark,score,measured_on,source_url"]
    lines += [f"acme-dated,{name},60,,{URL}" for name in ("mmlu", "gsm8k", "humaneval")]
    with Session(engine) as session, session.begin():
        by = Decider("ada", NOW, None)
        import_scores(session, by, "\n".join(lines), "scores.csv")
        for meter in ("input_tokens", "output_tokens"):
            hold_price(session, HeldPrice("acme/acme-dated", ComponentKey(meter, ""), Decimal(4), 1_000_000, "CNY"), by)
    for asked in ({}, {"tokens": "20000000"}):
        (row,) = ranking(testapp, **asked)
        assert (row["model"], row["why"]) == ("acme-dated", "other_currency")


def test_the_page_names_models_as_the_list_does_and_marks_them_for_a_comparison(app: TestApp) -> None:
    page = app.get("/best-value?tokens=20M&min_context=1000&unsaid=1")
    listed = {
        row.select_one(".id").get_text().split()[0]: row.select_one("a.name").get_text()
        for row in app.get("/?unsaid=all").html.select("table.offerings tbody tr")
    }
    named = {
        row.select_one(".id").get_text(): row.select_one("th a").get_text()
        for row in page.html.select("table.value tbody tr")
    }
    assert named.items() & listed.items()
    assert {named[slug] for slug in named.keys() & listed.keys()} == {
        listed[slug] for slug in named.keys() & listed.keys()
    }
    form = next(one for one in page.forms.values() if one.action == "/compare")
    assert {field: form[field].value for field in ("tokens", "min_context", "unsaid")} == {
        "tokens": "20M",
        "min_context": "1000",
        "unsaid": "1",
    }
    boxes = [box["value"] for box in page.html.select("input.mark[form=comparing][name=models]")]
    assert boxes == list(named)
    compared = app.get("/compare", [("models", one) for one in boxes[:2]] + form.submit_fields())
    assert compared.html.select_one("table.compared")


@pytest.mark.parametrize(("field", "label"), [("floor", "Least quality"), ("weight_mmlu", "Weight of MMLU")])
def test_a_field_that_cannot_be_read_keeps_the_form_and_is_marked_in_it(app: TestApp, field: str, label: str) -> None:
    page = app.get(f"/best-value?tokens=5M&capability=tools&{field}=2", status=400, headers={"Accept": "text/html"})
    assert spoken(page.html.h1) == f"{label} cannot be read"
    form = next(one for one in page.forms.values() if field in one.fields)
    assert (form[field].value, page.html.find(id=field)["aria-invalid"]) == ("2", "true")
    form[field] = "0.5"
    mended = form.submit().request.GET
    assert (mended[field], mended["tokens"], mended["capability"]) == ("0.5", "5M", "tools")
    assert app.get(f"/best-value?{field}=2", status=400, headers={"Accept": "application/json"}).json["error"]


def test_a_seller_that_gives_a_model_up_stands_for_it_only_where_no_other_sells_it() -> None:
    scores = {"mmlu": Decimal(80), "gsm8k": Decimal(50), "humaneval": Decimal(70)}
    cheap = ScoredOffering("a/x", "x", scores, Fraction(1), given_up=True)
    vouched = ScoredOffering("b/x", "x", scores, Fraction(2))
    weights = dict.fromkeys(scores, Decimal(1))
    for sold, stands in (([cheap, vouched], "b/x"), ([cheap], "a/x")):
        assert [one.offering.id for one in best_value(sold, weights).ranked] == [stands]


def test_of_whose_model_alone_lists_say_what_is_asked_stands_for_it_where_none_asks_less() -> None:
    scores = {"mmlu": Decimal(80), "gsm8k": Decimal(50), "humaneval": Decimal(70)}
    weights = dict.fromkeys(scores, Decimal(1))
    for price, stands in ((1, "a/x"), (2, "b/x")):
        lent = ScoredOffering("a/x", "x", scores, Fraction(price), is_lent=True)
        said = ScoredOffering("b/x", "x", scores, Fraction(2))
        assert [one.offering.id for one in best_value([lent, said], weights).ranked] == [stands]


def test_of_sellers_that_ask_the_same_the_maker_stands_for_a_model_as_in_the_list() -> None:
    scores = {"mmlu": Decimal(80), "gsm8k": Decimal(50), "humaneval": Decimal(70)}
    sold = [ScoredOffering(slug, "x", scores, Fraction(2), is_own=slug == "z/x") for slug in ("a/long-x", "b/x", "z/x")]
    weights = dict.fromkeys(scores, Decimal(1))
    assert [one.offering.id for one in best_value(sold, weights).ranked] == ["z/x"]
    assert [one.offering.id for one in best_value(sold[:2], weights).ranked] == ["b/x"]


@pytest.mark.parametrize(
    ("day", "note", "said"),
    [
        (None, "release 2026-01-08", ["benchmark of 8 Jan 2026"]),
        (None, "release 2026-06-25, effort high", ["benchmark of 25 Jun 2026", "effort high"]),
        (None, "release 2026-13-08", ["no date stated", "release 2026-13-08"]),
        ("2026-02-03", "release 2026-01-08", ["3 Feb 2026", "release 8 Jan 2026"]),
        (None, None, ["no date stated"]),
    ],
)
def test_the_release_of_a_benchmark_is_a_date(day: str | None, note: str | None, said: list[str]) -> None:
    assert measured(day, note) == said


def test_a_comparison_tells_how_a_score_was_measured_as_the_models_page_does(testapp: TestApp, engine: Engine) -> None:
    note = "LiveBench, effort high"
    lines = "model,benchmark,score,measured_on,source_url,note\n" + "".join(
        f'{model},mmlu,80,,{URL},"{note}"\n' for model in ("acme-large", "acme-small")
    )
    with Session(engine) as session, session.begin():
        assert not import_scores(session, Decider("ada", NOW, None), lines, "scores.csv").failed
    page = testapp.get("/compare?models=acme/acme-large,acme/acme-small")
    (line,) = [row for row in page.html.select("table.compared tr") if row.th.get_text() == "MMLU"]
    assert f"no date stated, {note}, example.com" in line.get_text()
    assert note in testapp.get("/models/acme/acme-large").text
