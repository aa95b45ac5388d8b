"""GET /api/v1/calculator: its totals are those of quotes, in order, and what nobody knows comes last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.manual_prices import enter_price
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice
from tests.conftest import running_app
from tests.functional.test_pages import spoken

AT = "2026-11-20"
COUNTED = ("requests", "input_tokens", "cache_read_tokens", "output_tokens", "output_reasoning_tokens", "input_images")


def ranking(app: TestApp, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.get("/api/v1/calculator", {"as_of": AT, **asked}).json["data"]
    return found


def quoted(app: TestApp, model: str, **usage: Any) -> str | None:
    total: str | None = app.get("/api/v1/quote", {"model": model, "at": AT, **usage}).json["data"]["total"]
    return total


def test_the_cheapest_comes_first_and_what_nobody_knows_last(testapp: TestApp) -> None:
    rows = ranking(testapp)
    totals = [row["total"] for row in rows]
    known = [Decimal(total) for total in totals if total is not None]
    assert known == sorted(known)
    assert totals[len(known) :] == [None] * (len(rows) - len(known))
    assert [row["rank"] for row in rows] == [*range(1, len(known) + 1), *[None] * (len(rows) - len(known))]
    assert rows[-1]["id"] == "acme/acme-mystery"


@pytest.mark.parametrize("preset", ["small", "medium", "large"])
def test_each_total_is_that_of_a_quote(testapp: TestApp, preset: str) -> None:
    answer = testapp.get("/api/v1/calculator", {"as_of": AT, "preset": preset, "cached_share": "0.2"}).json
    workload = answer["meta"]["workload"]
    usage = {name: workload[name] for name in ("requests", "input_tokens", "cache_read_tokens", "output_tokens")}
    tokens, share = {"small": (1, "0.6"), "medium": (5, "0.5"), "large": (20, "0.7")}[preset]
    assert usage["input_tokens"] + usage["output_tokens"] == tokens * 1_000_000
    assert usage["input_tokens"] == tokens * 1_000_000 * Decimal(share)
    assert len(answer["data"]) == 8
    for row in answer["data"]:
        assert row["total"] == quoted(testapp, row["id"], **usage)


def test_batch_is_priced_where_it_has_a_price_and_said_where_not(testapp: TestApp) -> None:
    rows = {row["id"]: row for row in ranking(testapp, batch_share="0.25", tokens=4_000_000)}
    assert rows["acme/acme-large"]["has_batch"] is False
    assert rows["acme/acme-large"]["total"] == "22"  # 2.4 x 2.5 + 1.6 x 10
    assert rows["acme/acme-dated"]["has_batch"] is True
    assert rows["acme/acme-dated"]["total"] == "25.2"  # three quarters of 28.8, and a quarter at half the price
    whole = {row["id"]: row for row in ranking(testapp, batch_share="1", tokens=4_000_000)}
    assert whole["acme/acme-dated"]["total"] == "14.4"
    assert {row["has_batch"] for row in ranking(testapp)} == {None}


def test_long_requests_are_priced_beyond_their_step(testapp: TestApp) -> None:
    (short,) = ranking(testapp, model="acme/acme-long", tokens=1_000_000, input_share="0.6")
    (long,) = ranking(testapp, model="acme/acme-long", tokens=1_000_000, input_share="0.6", requests=2)
    assert (short["total"], long["total"]) == ("2.2", "3.6")


def test_savings_are_against_the_dearest_or_the_one_named(testapp: TestApp) -> None:
    rows = ranking(testapp, provider="ACME")
    assert {row["provider"] for row in rows} == {"acme"}
    dearest = [row for row in rows if row["total"]][-1]
    assert dearest["saving"] == "0"
    answer = testapp.get("/api/v1/calculator", {"as_of": AT, "model": "acme/acme-dated", "against": "acme/acme-large"})
    large, dated = answer.json["data"]
    assert (answer.json["meta"]["reference"], large["id"], large["saving"]) == ("acme/acme-large",) * 2 + ("0",)
    assert (large["total"], dated["total"], dated["saving"]) == ("5.5", "7.2", "-0.3091")


def test_pages_make_the_whole_ranking(testapp: TestApp) -> None:
    rows, asked, found = ranking(testapp), {"as_of": AT, "limit": "3"}, []
    while True:
        answer = testapp.get("/api/v1/calculator", asked).json
        found += answer["data"]
        if not answer["meta"]["next"]:
            break
        asked["cursor"] = answer["meta"]["next"]
    assert found == rows
    testapp.get("/api/v1/calculator", {**asked, "preset": "large"}, status=400)  # the cursor of another question
    table = testapp.get("/api/v1/calculator", {"as_of": AT, "format": "csv", "fields": "id,total"}).text
    assert table.splitlines() == ["id,total", *[f"{row['id']},{row['total'] or ''}" for row in rows]]


def test_other_currencies_need_an_exchange_rate(testapp: TestApp) -> None:
    assert {row["total"] for row in ranking(testapp, currency="EUR") if row["state"] != "free"} == {None}


@pytest.mark.parametrize(
    "asked",
    [
        "tokens=0",
        "input_share=1.1",
        "batch_share=.5",
        "cached_share=-0",
        "reasoning_share=2",
        "images=-1",
        "requests=0",
        "preset=huge",
        "currency=eur",
    ],
)
def test_what_is_no_workload_is_refused_by_name(testapp: TestApp, asked: str) -> None:
    answer = testapp.get(f"/api/v1/calculator?{asked}", status=400).json["error"]
    assert answer["details"]["field"] == asked.partition("=")[0]


def test_an_unknown_offering_is_a_404(testapp: TestApp) -> None:
    for name in ("model", "against"):
        answer = testapp.get(f"/api/v1/calculator?{name}=nobody/nothing", status=404).json["error"]
        assert (answer["code"], answer["details"]["unknown"]) == ("MODEL_NOT_FOUND", ["nobody/nothing"])


@pytest.fixture
def agreed(book_url: str, redis_url: str) -> Iterator[TestApp]:
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        by, since = Decider("me", datetime.now(UTC)), datetime(2026, 1, 1, tzinfo=UTC)
        add_contract_rates(session, by, "acme", "*", [RateValue(discount=Decimal("0.5"))], since)
    engine.dispose()
    with running_app(book_url, redis_url) as found:
        yield found


def test_contract_rates_rank_for_who_may_see_them_alone(agreed: TestApp) -> None:
    asked = {"as_of": AT, "model": "acme/acme-large"}
    far = {"REMOTE_ADDR": "192.0.2.1"}
    (seen,) = agreed.get("/api/v1/calculator", asked).json["data"]
    (hidden,) = agreed.get("/api/v1/calculator", asked, extra_environ=far).json["data"]
    assert Decimal(seen["total"]) * 2 == Decimal(seen["list_total"]) == Decimal(hidden["total"])
    assert hidden["list_total"] == hidden["total"]


@pytest.fixture
def thinking(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """Where acme-large asks 20 USD for a million tokens of reasoning, twice its output, and a cent an image."""
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        by, since = Decider("me", datetime.now(UTC)), datetime(2026, 1, 1, tzinfo=UTC)
        for meter, amount, per in (("output_reasoning_tokens", "20", 10**6), ("input_images", "0.01", 1)):
            price = HeldPrice("acme/acme-large", ComponentKey(meter, ""), Decimal(amount), per, since=since)
            enter_price(session, price, "its page", by)
    engine.dispose()
    with running_app(book_url, redis_url) as found:
        yield found


def test_reasoning_costs_its_own_price_and_images_are_never_free(thinking: TestApp) -> None:
    asked = {"as_of": AT, "tokens": "1000000", "input_share": "0.5", "reasoning_share": "0.25", "images": "100"}
    answer = thinking.get("/api/v1/calculator", asked).json
    rows = {one["id"]: one for one in answer["data"]}
    workload = answer["meta"]["workload"]
    assert (workload["output_reasoning_tokens"], workload["input_images"]) == (125_000, 100)
    large = rows["acme/acme-large"]
    assert large["total"] == "8.5"  # 0.5 x 2.5 + 0.375 x 10 + 0.125 x 20 + 100 x 0.01
    assert large["total"] == quoted(thinking, "acme/acme-large", **{n: v for n, v in workload.items() if n in COUNTED})
    assert {one["total"] for slug, one in rows.items() if slug != "acme/acme-large"} == {None}  # images have no price
    thought = {one["id"]: one["total"] for one in ranking(thinking, reasoning_share="1")}
    plain = {one["id"]: one["total"] for one in ranking(thinking)}
    assert {slug for slug in plain if plain[slug] != thought[slug]} == {"acme/acme-large"}
    page = thinking.get("/calculator", {**asked, "reasoning_share": "25%", "model": "acme/acme-large"})
    assert "500K out (25% of it reasoning: 125K) and 100 images in, in 500 requests" in spoken(page.html.main)
    assert [spoken(one) for one in page.html.select("table.ranked td:nth-of-type(1)")] == ["$8.50"]
    assert "$8.50" in spoken(page.html.select_one(".tiles"))
    assert [row.split(",")[3] for row in thinking.get("/calculator.csv", asked).text.splitlines()[1:]] == ["8.5"]
    assert (
        "reasoning_share=0.25&images=100" in thinking.get("/calculator", asked).html.select_one("#keep + p a")["href"]
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tokens=st.integers(1, 10**10),
    shares=st.tuples(*[st.integers(0, 1000).map(lambda n: str(Decimal(n) / 1000))] * 3),
    requests=st.integers(1, 10**6),
)
@example(tokens=1, shares=("0.5", "1", "1"), requests=1)
@example(tokens=10, shares=("1", "1", "0.999"), requests=1000)
def test_any_workload_is_split_without_loss(
    testapp: TestApp, tokens: int, shares: tuple[str, str, str], requests: int
) -> None:
    asked = dict(zip(("input_share", "cached_share", "batch_share"), shares, strict=True))
    answer = testapp.get("/api/v1/calculator", {"as_of": AT, "tokens": tokens, "requests": requests, **asked}).json
    workload = answer["meta"]["workload"]
    assert workload["input_tokens"] + workload["output_tokens"] == tokens
    assert 0 <= workload["cache_read_tokens"] <= workload["input_tokens"]
    assert len(answer["data"]) == 8
