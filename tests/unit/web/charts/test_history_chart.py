"""What the history chart draws and says, before anything is rendered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from llmpricing.charts.theme import CONFIG, dressed, in_plain_colours
from llmpricing.services.catalogue.price_history import PastPrice
from llmpricing.web.site.charts.history import history_chart

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def price(meter: str, amount: str, since: str | None, until: str | None, **more: Any) -> PastPrice:
    values: dict[str, Any] = {
        "price_id": 1,
        "meter": meter,
        "conditions": "",
        "state": "priced",
        "amount": Decimal(amount),
        "currency": "USD",
        "per": 10**6,
        "valid_from": day(since) if since else None,
        "valid_until": day(until) if until else None,
        "basis": "documented",
        "bracket_from": None,
        "source": "litellm",
        "recorded_at": NOW,
        "counts_from": day(since) if since else None,
    }
    return PastPrice(**(values | more))


def layer(prices: list[PastPrice], mark: str) -> list[dict[str, Any]]:
    layers = history_chart("acme/x", prices, NOW).specification()["layer"]
    return [row for one in layers if one["mark"]["type"] == mark for row in one["data"]["values"]]


FALLEN = [price("input_tokens", "8", None, "2026-03-01"), price("input_tokens", "4", "2026-03-01", None)]


def test_the_finding_tells_the_last_change_and_what_is_announced() -> None:
    assert history_chart("acme/x", FALLEN, NOW).finding == (
        "acme/x: input $4.00 per million tokens since 1 Mar 2026, before $8.00"
    )
    coming = [FALLEN[0], price("input_tokens", "4", "2026-03-01", "2026-12-20")]
    coming.append(price("input_tokens", "5", "2026-12-20", None))
    assert history_chart("acme/x", coming, NOW).finding.endswith("before $8.00; $5.00 from 20 Dec 2026")
    assert [row["words"] for row in layer(coming, "text") if "meter" not in row] == ["today"]


def test_an_ended_price_and_none_at_all_are_told() -> None:
    ended = [price("input_tokens", "8", None, "2026-03-01")]
    assert history_chart("acme/x", ended, NOW).finding == (
        "acme/x: the last price of input was $8.00 per million tokens, until 1 Mar 2026"
    )
    assert history_chart("acme/x", [], NOW).finding == "No list states a base price of acme/x"
    assert history_chart("acme/x", [], NOW).rows == []


def test_a_price_without_a_date_is_not_said_to_be_charged_since_a_list_is_believed() -> None:
    alike = [price("input_tokens", "4", None, "2026-11-10"), price("input_tokens", "4", "2026-11-10", None)]
    assert history_chart("acme/x", alike, NOW).finding == "acme/x: input $4.00 per million tokens"
    other = price("input_tokens", "5", "2026-11-10", None, basis="undated", source="genai-prices")
    assert history_chart("acme/x", [alike[0], other], NOW).finding == (
        "acme/x: input $5.00 per million tokens as genai-prices lists it since 10 Nov 2026, before $4.00"
    )


def test_free_is_said_in_words_and_a_line_that_ended_names_no_price_of_today() -> None:
    prices = [
        price("input_tokens", "0", None, None, state="free"),
        price("cache_read_tokens", "1", None, "2026-06-29"),
    ]
    assert history_chart("acme/x", prices, NOW).finding == "acme/x: input free"
    assert {row["words"] for row in layer(prices, "text")} == {"input free", "cache read until Jun 2026"}


def test_a_step_holds_its_price_until_the_next_and_a_gap_parts_the_line() -> None:
    parted = [price("input_tokens", "8", "2026-01-01", "2026-02-01"), price("input_tokens", "4", "2026-03-01", None)]
    points = [(row["at"], row["price"], row["part"]) for row in layer(parted, "line")]
    assert points == [
        (day("2026-01-01").timestamp() * 1000, 8.0, "input_tokens 0"),
        (day("2026-02-01").timestamp() * 1000, 8.0, "input_tokens 0"),
        (day("2026-03-01").timestamp() * 1000, 4.0, "input_tokens 1"),
        (NOW.timestamp() * 1000, 4.0, "input_tokens 1"),
    ]


def test_an_uncertain_change_is_a_band() -> None:
    prices = [FALLEN[0], price("input_tokens", "4", "2026-03-01", None, bracket_from=day("2026-02-10"))]
    assert layer(prices, "rect") == [
        {"from": day("2026-02-10").timestamp() * 1000, "until": day("2026-03-01").timestamp() * 1000}
    ]
    assert layer(FALLEN, "rect") == []


def test_labels_keep_apart_though_lines_lie_on_each_other() -> None:
    meters = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    rows = layer([price(meter, "1", None, None) for meter in meters], "text")
    heights = sorted(row["height"] for row in rows)
    assert all(b - a >= 15 for a, b in pairwise(heights))


def test_other_units_currencies_conditions_and_unknown_prices_are_left_out() -> None:
    prices = [
        *FALLEN,
        price("images", "0.04", None, None, per=1),
        price("output_tokens", "9", None, None, currency="CNY"),
        price("input_tokens", "2", None, None, conditions="tier=batch"),
        price("output_tokens", "0", None, None, state="unknown"),
    ]
    assert {row[0] for row in history_chart("acme/x", prices, NOW).rows} == {"input_tokens"}
    images = history_chart("acme/x", [price("output_images", "0.04", None, None, per=1)], NOW)
    assert images.finding == "acme/x: output images $0.04 per image"


@pytest.mark.parametrize(("other", "kind"), [("2", "linear"), ("0.01", "log")])
def test_far_apart_prices_lie_on_a_logarithmic_axis(other: str, kind: str) -> None:
    chart = history_chart("acme/x", [*FALLEN, price("cache_read_tokens", other, None, None)], NOW)
    line = next(one for one in chart.layers(620) if one["mark"]["type"] == "line")
    assert line["encoding"]["y"]["scale"]["type"] == kind


def test_words_of_lists_are_text_in_an_svg() -> None:
    svg = dressed('<svg xmlns="x"><g/></svg>', "a <script>", "b & c")
    assert "<script>" not in svg
    assert "a &lt;script&gt;" in svg
    assert "b &amp; c" in svg


def test_an_editor_gets_colours_and_no_variables() -> None:
    assert "var(" not in str(in_plain_colours(CONFIG))
