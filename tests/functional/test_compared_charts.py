"""/charts/costs and /charts/scores: several offerings side by side, told as facts and drawn for real."""

from __future__ import annotations

from decimal import Decimal

import pytest
from webtest import TestApp

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


def test_the_finding_names_the_cheapest_and_what_nobody_knows_is_no_bar() -> None:
    names = {"a/x": "X", "b/y": "Y", "c/z": "Z"}
    chart = costs_chart([cost("a/x", "12.5"), cost("b/y", None), cost("c/z", "2.5")], names)
    assert chart.finding == "Z costs the least, $2.50; X the most (+400 %)"
    assert chart.about.endswith("Not known: Y.")
    assert [row["offering"] for row in chart.layers(0)[0]["data"]["values"]] == ["Z", "X"]
    assert [row[1] for row in chart.rows] == ["12.5", None, "2.5"]
    assert costs_chart([cost("b/y", None)], names).finding == "Nobody knows what this costs at these offerings"
    assert costs_chart([cost("a/x", "0"), cost("b/y", "1")], names).finding == "X costs the least, free; Y the most"


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
