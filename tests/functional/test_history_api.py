"""Prices over time, what moved of late, offerings side by side, and one seller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from tests.conftest import running_app


@pytest.fixture
def moved(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """The application over the small price book, after some of its prices were pinned otherwise."""
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        for name, meter in (
            ("acme-large", "input_tokens"),
            ("acme-large", "output_tokens"),
            ("acme-small", "input_tokens"),
        ):
            price = HeldPrice(f"acme/{name}", ComponentKey(meter, ""), Decimal(77), 1_000_000)
            hold_price(session, price, Decider("me", datetime.now(UTC)))
    engine.dispose()
    with running_app(book_url, redis_url) as found:
        yield found


def walk(app: TestApp, address: str, limit: int) -> list[Any]:
    """All rows, page by page."""
    found, cursor = [], ""
    while True:
        page = app.get(f"{address}&limit={limit}{cursor}").json
        assert len(page["data"]) <= limit
        found += page["data"]
        if page["meta"]["next"] is None:
            assert len(found) == page["meta"]["count"]
            return found
        cursor = f"&cursor={page['meta']['next']}"


def test_a_history_holds_every_price_with_its_time_the_oldest_first(testapp: TestApp) -> None:
    answer = testapp.get("/api/v1/history/acme/acme-dated?meter=input_tokens").json
    amounts = [(row["valid_from"], row["valid_until"], row["amount"]) for row in answer["data"]]
    assert len(amounts) >= 2
    assert all(before[1] == after[0] for before, after in pairwise(amounts))
    shown = testapp.get("/api/v1/models/acme/acme-dated").json["data"]["prices"]
    assert {price["price_id"] for price in shown} <= {
        row["price_id"] for row in testapp.get("/api/v1/history/acme/acme-dated").json["data"]
    }
    everything = testapp.get("/api/v1/history/acme/acme-dated?meter=").json["data"]
    assert walk(testapp, "/api/v1/history/acme/acme-dated?meter=", 1) == everything


def test_a_history_is_that_of_its_time(testapp: TestApp) -> None:
    testapp.get("/api/v1/history/acme/acme-large?known_at=2026-11-22T11:59:59Z", status=404)
    testapp.get("/api/v1/history/acme/none", status=404)
    assert testapp.get("/api/v1/history/ACME/acme-large", status=301).headers["Location"].endswith("/acme/acme-large")
    assert testapp.get("/api/v1/history/acme/acme-large?format=csv").content_type == "text/csv"


def test_changes_are_those_since_a_time_page_by_page(moved: TestApp) -> None:
    everything = moved.get("/api/v1/changes?since=2026-11-11").json
    assert [(row["offering"], row["meter"], row["new"]["amount"]) for row in everything["data"]] == [
        ("acme/acme-large", "input_tokens", "77"),
        ("acme/acme-large", "output_tokens", "77"),
        ("acme/acme-small", "input_tokens", "77"),
    ]
    assert Decimal(everything["data"][0]["factor"]) * Decimal(everything["data"][0]["old"]["amount"]) == 77
    assert moved.get("/api/v1/changes?since=2026-11-11&model=acme/acme-small").json["meta"]["count"] == 1
    assert walk(moved, "/api/v1/changes?since=2026-11-11", 1) == everything["data"]
    for row in everything["data"]:
        assert (row["old"], row["new"]) != (None, None)
    assert moved.get("/api/v1/changes?since=2026-11-11&provider=ACME").json["meta"]["count"] == 3
    assert moved.get("/api/v1/changes?since=2026-11-11&provider=bazaar").json["meta"]["count"] == 0


def test_a_cursor_belongs_to_its_question(testapp: TestApp) -> None:
    cursor = testapp.get("/api/v1/history/acme/acme-large?limit=1").json["meta"]["next"]
    assert cursor
    for path in ("/api/v1/history/acme/acme-small?", "/api/v1/history/acme/acme-large?meter=output_tokens&"):
        assert testapp.get(f"{path}cursor={cursor}", status=400).json["error"]["details"]["field"] == "cursor"


def test_offerings_side_by_side_say_how_many_times_the_cheapest_each_costs(testapp: TestApp) -> None:
    path = "/api/v1/compare?models=acme/acme-large,acme/acme-small"
    large, small = testapp.get(path).json["data"]
    assert (large["id"], small["id"]) == ("acme/acme-large", "acme/acme-small")
    cheapest = min(large, small, key=lambda item: Decimal(item["input_per_mtok"]))
    assert cheapest["input_times_cheapest"] == "1"
    dearest = large if cheapest is small else small
    times = Decimal(dearest["input_per_mtok"]) / Decimal(cheapest["input_per_mtok"])
    assert Decimal(dearest["input_times_cheapest"]) == pytest.approx(times)


@pytest.mark.parametrize(
    ("models", "status"),
    [("acme/acme-large", 400), (",".join(f"a/{n}" for n in range(6)), 400), ("acme/a,acme/b", 404)],
)
def test_only_two_to_five_that_exist_are_compared(testapp: TestApp, models: str, status: int) -> None:
    error = testapp.get(f"/api/v1/compare?models={models}", status=status).json["error"]
    assert error["details"]["field"] == "models"


def test_a_seller_s_id_in_another_case_leads_to_it(testapp: TestApp) -> None:
    moved = testapp.get("/api/v1/providers/ACME?fields=id", status=301).headers["Location"]
    assert moved.endswith("/api/v1/providers/acme?fields=id")
    assert testapp.get("/api/v1/providers/acme?fields=id").json["data"] == {"id": "acme"}
    testapp.get("/api/v1/providers/nobody", status=404)
