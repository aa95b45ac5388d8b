"""/charts/costs and /charts/scores: several offerings side by side, told as facts and drawn for real."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from webtest import TestApp

from llmpricing.charts.chart import Chart
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.scores.kept_scores import KeptScore
from llmpricing.web.site.charts.costs import costs_chart
from llmpricing.web.site.charts.scores import scores_chart

JSON = {"Accept": "application/json"}
BOTH = "models=acme/acme-large,acme/acme-small"


def cost(offering: str, total: str | None) -> WorkloadCost:
    amount = None if total is None else Decimal(total)
    return WorkloadCost(offering, amount, amount, "USD", "priced" if total else "unknown", None, ())


def kept(benchmark: str, score: str) -> KeptScore:
    return KeptScore(benchmark, Decimal(score), None, None, is_out_of_range=False)


def test_costs_are_those_of_the_calculator(testapp: TestApp) -> None:
    asked = "preset=large&cached_share=0.7&as_of=2026-11-20"
    rows = testapp.get(f"/charts/costs.csv?{BOTH}&{asked}").text.splitlines()
    ranked = testapp.get(f"/api/v1/calculator?{asked}&model=acme/acme-large&model=acme/acme-small").json["data"]
    totals = {row.split(",")[0]: row.split(",")[1] for row in rows[1:]}
    assert totals == {one["id"]: one["total"] for one in ranked}


def item(slug: str, **told: Any) -> Any:
    plain = {"status": "active", "price_state": "priced", "input_per_mtok": Decimal(1), "output_per_mtok": Decimal(1)}
    return SimpleNamespace(id=slug, provider=slug.partition("/")[0], **(plain | told))


def drawn(*offered: tuple[Any, str | None], **more: Any) -> Chart:
    names = {one.id: one.id.partition("/")[2].upper() for one, _ in offered}
    return costs_chart([one for one, _ in offered], {one.id: cost(one.id, of) for one, of in offered}, names, **more)


def test_the_finding_names_the_cheapest_and_what_nobody_knows_is_no_bar() -> None:
    x, y, z = (item(slug) for slug in ("a/x", "b/y", "c/z"))
    chart = drawn((x, "12.5"), (y, None), (z, "2.5"))
    assert chart.finding == "Z costs the least of those whose month is known, $2.50; X the most (+400 %)"
    assert chart.about.endswith("Not known: Y.")
    assert [row["offering"] for row in chart.layers(0)[0]["data"]["values"]] == ["Z", "X"]
    assert [row[1] for row in chart.rows] == ["12.5", None, "2.5"]
    assert drawn((y, None)).finding == "Nobody knows what this costs at these offerings"
    given = item("a/x", price_state="free", input_per_mtok=Decimal(0), output_per_mtok=Decimal(0))
    assert drawn((given, "0"), (y, "1")).finding == "X costs the least, free; Y the most ($1.00)"
    assert drawn((x, "0.0000825"), (y, "0.00002")).finding == "Y costs the least, $0.00002; X the most (+312 %)"


def test_what_is_sold_no_more_or_paid_otherwise_is_drawn_as_the_comparison_tells_it() -> None:
    old, new, last = item("a/old", status="removed"), item("b/new"), item("c/last")
    chart = drawn((old, "2"), (new, "3"), (last, "6"))
    assert chart.finding == "NEW costs the least, $3.00; LAST the most (+100 %)"
    assert chart.about.endswith("No longer sold, and not ranked: OLD (removed).")
    bars = chart.layers(0)[0]["data"]["values"]
    assert [(bar["offering"], bar["least"]) for bar in bars] == [("OLD (removed)", 0), ("NEW", 1), ("LAST", 0)]
    assert drawn((old, "2"), (new, "3")).finding == "NEW costs $3.00"
    plan = item("d/plan", price_state="subscription")
    song = item("e/song", input_per_mtok=Decimal(0), output_per_mtok=Decimal(0))
    chart = drawn((plan, "0"), (song, "0"), (new, "3"))
    assert chart.finding == "NEW costs $3.00"
    assert (
        chart.about == "NEW: $3.00. Not known: PLAN (a subscription pays), SONG (it charges otherwise than by tokens)."
    )
    assert [row[1:4] for row in chart.rows] == [
        [None, "USD", "subscription"],
        [None, "USD", "charged_otherwise"],
        ["3", "USD", "priced"],
    ]
    assert [bar["offering"] for bar in chart.layers(0)[0]["data"]["values"]] == ["NEW"]


def test_scores_tell_who_leads_and_a_tie_leads_nowhere() -> None:
    chart = scores_chart(
        {
            "a/x": [kept("mmlu", "80"), kept("gsm8k", "50"), kept("humaneval", "70"), kept("own", "1")],
            "b/y": [kept("mmlu", "70"), kept("gsm8k", "50"), kept("humaneval", "60")],
        },
        {"a/x": "X", "b/y": "Y"},
    )
    assert chart.finding == "X leads at 2 of 3 benchmarks that they share"
    assert [row["words"] for row in chart.layers(0)[0]["data"]["values"]][:1] == ["80  X"]
    assert chart.rows[0] == ["a/x", "mmlu", "80", "0.8", None, None]
    assert scores_chart({"a/x": []}, {"a/x": "X"}).finding == "No score is known of X"


@pytest.mark.parametrize(
    "path", [f"/charts/costs.svg?{BOTH}", f"/charts/scores.svg?{BOTH}", "/charts/agreement.svg", "/charts/frontier.svg"]
)
def test_it_is_drawn(testapp: TestApp, path: str) -> None:
    pytest.importorskip("vl_convert", reason="charts are drawn by vl-convert: pip install 'llmpricing[charts]'")
    assert "<desc" in testapp.get(path).text


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("models=,", 400), ("models=acme/none", 404), ("models=" + ",".join("abcdefghijklm"), 400)],
)
@pytest.mark.parametrize("name", ["costs", "scores"])
def test_ids_that_cannot_be_read_are_refused(testapp: TestApp, name: str, query: str, status: int) -> None:
    answer = testapp.get(f"/charts/{name}.csv?{query}", status=status, headers=JSON)
    assert answer.json["error"]["details"]["field"] == "models"
