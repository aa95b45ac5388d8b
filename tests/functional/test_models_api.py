"""GET /api/v1/models and /api/v1/models/{id}, over a real price book."""

from __future__ import annotations

import base64
import json
import re
from importlib.metadata import version
from typing import Any

import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from tests.conftest import running_app


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer.json["data"]]


def test_list_shows_decimal_strings_and_null_for_unknown(testapp: TestApp) -> None:
    items = {item["id"]: item for item in testapp.get("/api/v1/models").json["data"]}
    assert items["acme/acme-large"]["input_per_mtok"] == "2.5"
    assert items["acme/acme-large"]["output_per_mtok"] == "10"
    assert items["acme/acme-large"]["cache_write_per_mtok"] is None
    assert items["acme/acme-small"]["input_per_mtok"] == "0.0025"
    assert items["acme/acme-mystery"]["price_state"] == "unknown"
    assert items["acme/acme-mystery"]["input_per_mtok"] is None


def test_free_is_zero_and_said_so(testapp: TestApp) -> None:
    (item,) = testapp.get("/api/v1/models?q=tiny").json["data"]
    assert (item["price_state"], item["input_per_mtok"], item["output_per_mtok"]) == ("free", "0", "0")


def test_item_has_exactly_the_documented_fields(testapp: TestApp) -> None:
    item = testapp.get("/api/v1/models?limit=1").json["data"][0]
    assert list(item) == [
        "id", "name", "provider", "lab", "status", "price_state", "currency", "input_per_mtok", "output_per_mtok",
        "cache_read_per_mtok", "cache_write_per_mtok", "context_window", "max_output_tokens", "capabilities",
        "modalities", "price_since", "source", "verified_at", "codes", "sold_as", "announced",
        "unit_price",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("provider=bazaar", ["bazaar/acme/acme-large", "bazaar/acme/acme-tiny:free"]),
        ("provider=bazaar&provider=acme&q=large", ["acme/acme-large", "bazaar/acme/acme-large"]),
        ("max_input_price=0.0025", ["acme/acme-small", "bazaar/acme/acme-tiny:free"]),
        ("min_context=128001", ["acme/acme-long"]),
        ("q=acme+dated", ["acme/acme-dated"]),
        ("q=%25", []),
        ("max_output_price=4", ["acme/acme-long", "acme/acme-small", "bazaar/acme/acme-tiny:free"]),
    ],
)
def test_filters_list_only_what_passes(testapp: TestApp, query: str, expected: list[str]) -> None:
    answer = testapp.get(f"/api/v1/models?{query}")
    assert ids(answer) == expected
    assert answer.json["meta"]["count"] == len(expected)


def test_null_never_passes_a_price_filter(testapp: TestApp) -> None:
    assert "acme/acme-mystery" not in ids(testapp.get("/api/v1/models?max_input_price=1000000"))


@pytest.mark.parametrize(
    "sort", ["id", "-id", "input_per_mtok", "-input_per_mtok", "-context_window", "name", "price_since"]
)
def test_pages_of_one_show_every_offering_once_in_order(testapp: TestApp, sort: str) -> None:
    whole = ids(testapp.get(f"/api/v1/models?sort={sort}"))
    assert len(whole) == 8
    paged, cursor = [], ""
    while cursor is not None:
        answer = testapp.get(f"/api/v1/models?sort={sort}&limit=1" + (f"&cursor={cursor}" if cursor else ""))
        paged += ids(answer)
        cursor = answer.json["meta"]["next"]
    assert paged == whole


def test_unknown_prices_come_last_in_both_directions(testapp: TestApp) -> None:
    for sort in ("input_per_mtok", "-input_per_mtok"):
        assert ids(testapp.get(f"/api/v1/models?sort={sort}"))[-1] == "acme/acme-mystery"


def test_as_of_shows_the_price_of_that_day(testapp: TestApp) -> None:
    def price(day: str) -> str:
        return str(testapp.get(f"/api/v1/models?q=dated&as_of={day}").json["data"][0]["input_per_mtok"])

    assert (price("2026-02-28"), price("2026-03-01")) == ("8", "4")


def test_known_at_before_the_first_import_knows_no_offering(testapp: TestApp) -> None:
    assert testapp.get("/api/v1/models?q=dated&known_at=2026-11-22T11:59:59Z").json["data"] == []
    error = testapp.get("/api/v1/models/acme/acme-dated?known_at=2026-11-22T11:59:59Z", status=404).json["error"]
    assert "No offering had this id by then." in error["message"]
    assert error["details"]["suggestions"] == ["acme/acme-dated"]
    testapp.get("/api/v1/models/acme/acme-dated?known_at=2026-11-22T12:00:00Z", status=200)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("sort=capabilities", "sort"),
        ("sort=--id", "sort"),
        ("max_input_price=cheap", "max_input_price"),
        ("max_input_price=NaN", "max_input_price"),
        ("max_input_price=-1", "max_input_price"),
        ("min_context=-1", "min_context"),
        ("as_of=yesterday", "as_of"),
        ("as_of=2026-01-01T00:00:00", "as_of"),
        ("cursor=nonsense", "cursor"),
        ("q=a&q=b", "q"),
        ("q=%00", "q"),
        ("q=%E2%80%AE", "q"),
        ("provider=nobody", "provider"),
        ("provider=acme&provider=Bazar", "provider"),
        ("capability=flying", "capability"),
        ("modality=smell", "modality"),
        ("status=asleep", "status"),
        ("as_of=2026-W01-1", "as_of"),
        ("as_of=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "as_of"),
        ("max_input_price=%D9%A1", "max_input_price"),
        ("max_input_price=1_0", "max_input_price"),
    ],
)
def test_a_bad_value_is_a_400_that_names_the_field(testapp: TestApp, query: str, field: str) -> None:
    answer = testapp.get(f"/api/v1/models?{query}", status=400).json
    assert answer["error"]["code"] == "INVALID_PARAMETER"
    assert answer["error"]["details"]["field"] == field
    assert answer["request_id"]


def test_a_cursor_of_other_filters_is_refused(testapp: TestApp) -> None:
    cursor = testapp.get("/api/v1/models?limit=1").json["meta"]["next"]
    answer = testapp.get(f"/api/v1/models?limit=1&provider=acme&cursor={cursor}", status=400)
    assert answer.json["error"]["details"]["field"] == "cursor"


def test_one_offering_shows_all_its_prices_with_their_source(testapp: TestApp) -> None:
    data = testapp.get("/api/v1/models/acme/acme-long").json["data"]
    step = next(p for p in data["prices"] if p["meter"] == "input_tokens" and p["conditions"])
    assert step["conditions"] == {"input_tokens_above": 200000, "applies_to": "the whole request"}
    assert (step["amount"], step["per"], step["currency"], step["source"]) == ("2", 1000000, "USD", "genai-prices")
    assert step["basis"] == "undated"


def test_an_id_may_hold_slashes_and_names_other_sellers(testapp: TestApp) -> None:
    data = testapp.get("/api/v1/models/bazaar/acme/acme-large").json["data"]
    assert data["other_sellers"] == ["acme/acme-large"]


def test_unknown_offering_is_a_404_in_the_one_error_shape(testapp: TestApp) -> None:
    answer = testapp.get("/api/v1/models/acme/none", status=404).json
    assert set(answer) == {"error", "request_id"}
    assert answer["error"]["code"] == "MODEL_NOT_FOUND"


def test_unknown_route_and_method(testapp: TestApp) -> None:
    assert testapp.get("/api/v1/nothing", status=404).json["error"]["code"] == "NOT_FOUND"
    answer = testapp.delete("/api/v1/models", status=405)
    assert answer.json["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["Allow"] == "GET, HEAD"


def test_every_answer_bears_a_request_id_and_closed_headers(testapp: TestApp) -> None:
    answer = testapp.get("/api/v1/models", headers={"X-Request-Id": "trace-1"})
    assert answer.headers["X-Request-Id"] == "trace-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    hostile = testapp.get("/api/v1/models", headers={"X-Request-Id": "<script>"})
    assert hostile.headers["X-Request-Id"] != "<script>"


def test_providers_are_listed_with_counts(testapp: TestApp) -> None:
    assert testapp.get("/api/v1/providers").json["data"] == [
        {"id": "acme", "name": "Acme", "offerings": 6, "price_pages": []},
        {"id": "bazaar", "name": "Bazaar", "offerings": 2, "price_pages": []},
    ]


def test_health_tells_what_the_price_book_holds(testapp: TestApp) -> None:
    answer = testapp.get("/api/health")
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert (body["status"], body["services"]) == ("healthy", {"database": "ok", "redis": "ok"})
    assert body["checks"]["database"]["migration"] == "head"
    assert body["data"]["offerings"] == 8
    assert body["data"]["in_review"] == 0
    assert body["data"]["sources"][0]["source"] == "genai-prices"
    assert body["data"]["sources"][0]["last_success"] == "2026-11-10T00:00:00Z"
    assert body["data"]["warnings"] == []
    assert body["version"] == version("llmpricing")


def test_health_warns_of_old_lists_and_many_reviews_and_stays_healthy(book_url: str, redis_url: str) -> None:
    with create_engine(book_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("update source_fetch set published_at = now() - interval '9 days'"))
        connection.execute(
            text("""insert into review (offering_id, component, source_id, time, rule, against, currency,
            per_quantity, opened_at) select o.id, 'x|', s.id, now(), 'jump', '', 'USD', 1, now()
            from source s, offering o order by o.id limit 2""")
        )
    warned = {}
    for days, reviews in ((20, 2), (3, 1)):
        with running_app(book_url, redis_url, max_source_age_days=days, max_open_reviews=reviews) as app:
            answer = app.get("/api/health", status=200).json
            assert answer["status"] == "healthy"
            warned[days] = answer["data"]["warnings"]
    assert warned[20] == []
    old, waiting = warned[3]
    assert re.fullmatch(r"The newest list of genai-prices is \d+ days old, more than 3\. Next: .* genai-prices", old)
    assert waiting == "2 suspicious prices wait for a person, more than 1. Next: llmpricing review list"


def test_a_cursor_of_another_day_is_refused(testapp: TestApp) -> None:
    cursor = testapp.get("/api/v1/models?limit=1&as_of=2026-01-01").json["meta"]["next"]
    assert testapp.get(f"/api/v1/models?limit=1&as_of=2026-01-01&cursor={cursor}").json["data"]
    answer = testapp.get(f"/api/v1/models?limit=1&as_of=2026-01-02&cursor={cursor}", status=400)
    assert answer.json["error"]["details"]["field"] == "cursor"


def tampered(testapp: TestApp, query: str, place: int, value: str) -> str:
    """The next page's cursor with one of its parts replaced."""
    cursor = testapp.get(f"/api/v1/models?{query}").json["meta"]["next"]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    parts[place] = value
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "place", "value"),
    [
        ("id", 2, "a\0b"),
        ("name", 1, "\0"),
        ("input_per_mtok", 1, "1e999999"),
        ("input_per_mtok", 1, "NaN"),
        ("input_per_mtok", 1, "1_0"),
        ("context_window", 1, "9" * 40),
        ("price_since", 1, "soon"),
        ("id", 3, "soon"),
    ],
)
def test_a_tampered_cursor_is_a_400(testapp: TestApp, sort: str, place: int, value: str) -> None:
    query = f"sort={sort}&limit=1"
    answer = testapp.get(f"/api/v1/models?{query}&cursor={tampered(testapp, query, place, value)}", status=400)
    assert answer.json["error"]["details"]["field"] == "cursor"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/models/%ff",
        "/api/v1/models/%00",
        "/models/%ff%fe",
        "/static/%ff",
        "/api/v1/models?q=%ff",
        "/?q=%ED%A0%80",
    ],
)
def test_an_address_that_is_no_text_is_a_400_like_every_other(testapp: TestApp, address: str) -> None:
    answer = testapp.get(address, status=400)
    assert answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if address.startswith("/api"):
        assert answer.json["error"]["code"] == "BAD_REQUEST"


def test_the_calendar_has_a_beginning(testapp: TestApp) -> None:
    assert ids(testapp.get("/api/v1/models?as_of=1970-01-01&updated_within_days=36500")) == []


def test_static_files_are_only_read(testapp: TestApp) -> None:
    assert testapp.delete("/static/base.css", status=405).headers["Allow"] == "GET, HEAD"
    assert testapp.get("/static/base.css").content_type == "text/css"


@pytest.mark.parametrize("garbage", [b"garbage", b"[]", b"\xff"])
def test_what_others_write_under_our_keys_stops_no_request(testapp: TestApp, redis_url: str, garbage: bytes) -> None:
    first = testapp.get("/api/v1/models?q=embed").json["data"]
    with redis.Redis.from_url(redis_url) as server:
        for key in server.keys("llmpricing:models:*"):
            server.set(key, garbage, ex=60)
    assert testapp.get("/api/v1/models?q=embed").json["data"] == first
