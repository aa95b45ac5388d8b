"""POST /api/v1/quotes and GET /api/v1/quote, over a real price book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.notices import RULES
from llmpricing.domain.usage.formats import UsageFormat
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list

AT = "2026-11-20T12:00:00Z"
USAGE = {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 500}


def ask(app: TestApp, model: str = "acme/acme-large", usage: Any = None, **more: Any) -> dict[str, Any]:
    body = {"model": model, "usage": USAGE if usage is None else usage, "at": AT} | more
    data: dict[str, Any] = app.post_json("/api/v1/quotes", body).json["data"]
    return data


def refused(app: TestApp, status: int, **body: Any) -> dict[str, Any]:
    asked = {"model": "acme/acme-large", "usage": {"input_tokens": 1}} | body
    error: dict[str, Any] = app.post_json("/api/v1/quotes", asked, status=status).json["error"]
    return error


def test_a_price_carried_back_beyond_all_lists_says_so_by_its_code(testapp: TestApp) -> None:
    (warning,) = ask(testapp, usage={"input_tokens": 1}, at="2025-01-01T00:00:00Z")["warnings"]
    assert list(warning) == ["code", "message", "meter", "other_total", "other_source"]
    assert (warning["code"], warning["meter"], warning["other_total"], warning["other_source"]) == (
        "DATE_UNKNOWN",
        "input_tokens",
        None,
        None,
    )


@pytest.mark.parametrize("region", ["standard", "global"])
def test_the_words_for_a_seller_s_usual_place_are_always_known(testapp: TestApp, region: str) -> None:
    assert ask(testapp, context={"region": region})["total"] == "0.00725"


def test_a_place_that_no_list_prices_apart_is_noted(testapp: TestApp) -> None:
    data = ask(testapp, context={"region": "eu-central-1"})
    assert (data["total"], data["warnings"]) == ("0.00725", [])
    assert [note["code"] for note in data["notes"]] == ["REGION_ASSUMED"]


def test_a_quote_shows_each_line_with_rate_source_and_price(testapp: TestApp) -> None:
    data = ask(testapp)
    assert list(data) == [
        "total", "list_total", "currency", "state", "lines", "unpriced", "warnings", "notes", "low", "high",
        "missing", "exchange_rates", "model", "at", "known_at", "rules",
        "usage_format",
    ]  # fmt: skip
    assert (data["total"], data["list_total"], data["currency"], data["state"]) == (
        "0.00725",
        "0.00725",
        "USD",
        "priced",
    )
    shown = [(line["meter"], line["quantity"], line["rate"], line["per"], line["amount"]) for line in data["lines"]]
    assert shown == [
        ("input_tokens", 800, "2.5", 1_000_000, "0.002"),
        ("cache_read_tokens", 200, "1.25", 1_000_000, "0.00025"),
        ("output_tokens", 500, "10", 1_000_000, "0.005"),
    ]
    assert {(line["source"], line["rule"]) for line in data["lines"]} == {("genai-prices", "base")}
    assert all(isinstance(line["price_id"], int) for line in data["lines"])
    assert (data["warnings"], data["notes"], data["rules"]) == ([], [], RULES)
    assert data["model"] == {"id": "acme/acme-large", "matched_by": "id"}
    assert (data["at"], data["known_at"]) == (AT, "2026-11-22T12:00:00Z")


def test_lines_sum_to_the_total(testapp: TestApp) -> None:
    data = ask(testapp)
    assert sum(Decimal(line["amount"]) for line in data["lines"]) == Decimal(data["total"])


def test_unknown_is_not_free(testapp: TestApp) -> None:
    unknown = ask(testapp, "acme/acme-mystery")
    assert (unknown["total"], unknown["state"], unknown["lines"]) == (None, "unknown", [])
    assert {share["meter"] for share in unknown["unpriced"]} == set(USAGE)
    free = ask(testapp, "bazaar/acme/acme-tiny:free", {"input_tokens": 7, "output_tokens": 7})
    assert (free["total"], free["state"]) == ("0", "free")


def test_a_step_counts_from_the_token_after_its_bound(testapp: TestApp) -> None:
    totals = [
        ask(testapp, "acme/acme-long", {"input_tokens": n, "output_tokens": 1000})["total"] for n in (200000, 200001)
    ]
    assert totals == ["0.204", "0.406002"]


def test_a_tier_has_its_own_price_and_one_that_no_list_names_is_unknown(testapp: TestApp) -> None:
    usage = {"input_tokens": 1_000_000}
    batch = ask(testapp, "acme/acme-dated", usage, context={"service_tier": "batch"})
    assert (batch["total"], batch["lines"][0]["rule"]) == ("2", "tier=batch")
    flex = ask(testapp, "acme/acme-dated", usage, context={"service_tier": "flex"})
    assert (flex["total"], flex["state"]) == (None, "unknown")


def test_the_format_of_usage_is_recognised_by_its_keys_and_told(testapp: TestApp) -> None:
    usage = {"inputTokens": 800, "cacheReadInputTokens": 200, "outputTokens": 500}
    answer = ask(testapp, usage=usage, usage_format="auto")
    assert (answer["usage_format"], answer["total"]) == ("bedrock", "0.00725")
    assert ask(testapp, usage=usage, usage_format="bedrock")["usage_format"] is None
    several = {"prompt_tokens": 9, "completion_tokens": 99, "completion_tokens_details": {"reasoning_tokens": 9}}
    error = refused(testapp, 400, usage=several, usage_format="auto")
    assert error["details"]["field"] == "usage"
    assert "openai, mistral, deepseek, xai" in error["message"]


def test_what_the_usage_says_and_nobody_reads_is_warned_of_with_its_probable_meter(testapp: TestApp) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "hosted_search_calls": 2}
    (warning,) = ask(testapp, usage=usage, usage_format="openai")["warnings"]
    assert (warning["code"], warning["meter"]) == ("NOT_UNDERSTOOD", "web_searches")
    assert warning["message"].startswith("hosted_search_calls was not read")


def test_the_price_is_that_of_the_day(testapp: TestApp) -> None:
    totals = [
        ask(testapp, "acme/acme-dated", {"input_tokens": 1_000_000}, at=at)["total"]
        for at in ("2026-02-28T23:59:59Z", "2026-03-01", "2026-03-01T00:00:00+01:00")
    ]
    assert totals == ["8", "4", "8"]


def test_times_posted_back_give_the_same_answer_a_bare_date_too(testapp: TestApp) -> None:
    for at in ("2026-03-01", "2026-03-01T00:00:00Z"):
        first = ask(testapp, "acme/acme-dated", at=at)
        assert first["at"] == at
        assert ask(testapp, "acme/acme-dated", at=first["at"], known_at=first["known_at"]) == first


def test_the_same_usage_costs_the_same_in_three_providers_words(testapp: TestApp) -> None:
    openai = {"prompt_tokens": 1000, "completion_tokens": 500, "prompt_tokens_details": {"cached_tokens": 200}}
    anthropic = {"input_tokens": 800, "cache_read_input_tokens": 200, "output_tokens": 500}
    google = {"promptTokenCount": 1000, "cachedContentTokenCount": 200, "candidatesTokenCount": 500}
    shapes = {"openai": openai, "anthropic": anthropic, "google": google}
    totals = {name: ask(testapp, usage=usage, usage_format=name)["total"] for name, usage in shapes.items()}
    assert totals == dict.fromkeys(shapes, "0.00725")


def test_quantities_may_be_decimals_as_text(testapp: TestApp) -> None:
    assert ask(testapp, usage={"input_tokens": "1000000"})["total"] == "2.5"
    assert ask(testapp, usage={"input_tokens": 1000000.0})["total"] == "2.5"


def test_price_ids_posted_back_reproduce_the_total_after_the_prices_have_changed(
    testapp: TestApp, engine: Engine
) -> None:
    before = ask(testapp)
    correct(engine)
    ids = [line["price_id"] for line in before["lines"]]
    again, now = ask(testapp, price_ids=ids), ask(testapp)
    assert (again["total"], [line["price_id"] for line in again["lines"]]) == (before["total"], ids)
    assert now["total"] == "0.00805"


def correct(engine: Engine) -> None:
    """Read a list of 15 Nov, an hour later, in which acme-large costs 3.5 a million input tokens."""
    changed = json.loads(small_list())
    changed[0]["models"][0]["prices"]["input_mtok"] = 3.5
    reading = ReadList(
        json.dumps(changed).encode(), datetime(2026, 11, 15, tzinfo=UTC), NOW + timedelta(hours=1), "a test's list"
    )
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["genai-prices"], reading)])


def test_what_was_known_then_is_answered_byte_for_byte_after_a_correction(testapp: TestApp, engine: Engine) -> None:
    def answer(**more: Any) -> bytes:
        items = [{"model": model, "usage": USAGE} for model in ("acme/acme-large", "acme/acme-mystery", "acme/none")]
        body = {"items": items, "at": AT, **more}
        found: bytes = testapp.post_json("/api/v1/quotes", body).body
        return found[: found.index(b'"meta"')]

    before = answer()
    known_at = json.loads(before + b'"meta":0}')["data"]["items"][0]["known_at"]
    correct(engine)
    assert answer() != before
    assert answer(known_at=known_at) == before


def test_before_anything_was_known_no_model_is(testapp: TestApp) -> None:
    error = refused(testapp, 404, known_at="2026-11-22T11:59:59Z")
    assert error["code"] == "MODEL_NOT_FOUND"
    assert "known yet at known_at" in error["message"]


def test_the_unknown_seller_of_an_item_is_named(testapp: TestApp) -> None:
    question = {"model": "acme-large", "provider": "nobody", "usage": {"input_tokens": 1}}
    (item,) = testapp.post_json("/api/v1/quotes", {"items": [question]}).json["data"]["items"]
    assert item["error"]["details"]["field"] == "items[0].provider"


def test_an_unknown_name_is_a_404_with_the_nearest_ids(testapp: TestApp) -> None:
    error = refused(testapp, 404, model="acme/acme-larg-dated")
    assert error["code"] == "MODEL_NOT_FOUND"
    assert "acme/acme-dated" in error["details"]["suggestions"]


def test_an_ambiguous_name_is_a_409_with_its_candidates(testapp: TestApp, engine: Engine) -> None:
    twin = [{"id": "acme-large", "match": {"equals": "acme-large"}, "prices": {"input_mtok": 1}}]
    data = json.dumps(
        [{"id": name, "name": name, "api_pattern": name, "models": twin} for name in ("one", "two")]
    ).encode()
    reading = ReadList(data, datetime(2026, 11, 1, tzinfo=UTC), NOW, "a test's list")
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    error = refused(testapp, 409, model="acme-large")
    assert error["code"] == "MODEL_AMBIGUOUS"
    assert sorted(error["details"]["candidates"]) == ["acme/acme-large", "one/acme-large", "two/acme-large"]
    assert ask(testapp, "acme-large", {"input_tokens": 1_000_000}, provider="two")["total"] == "1"


def test_a_batch_answers_in_order_with_errors_in_their_places(testapp: TestApp) -> None:
    items = [
        {"model": "acme/none", "usage": {"input_tokens": 1}},
        {"model": "acme/acme-small", "usage": {"input_tokens": 1_000_000}},
        {"model": "acme/acme-small", "usage": {"input_tokens": -1}},
        {"model": "acme/acme-dated", "usage": {"input_tokens": 1_000_000}, "at": "2026-01-01"},
        {"model": "acme/acme-small", "usage": {"input_tokens": 5, "cache_read_tokens": 6}},
        {"model": "acme/acme-large", "usage": {"input_tokens": 1}, "context": {"service_tier": "gold"}},
        {"model": "acme/acme-large", "usage": {"input_tokens": 1}, "price_ids": [999999]},
        {"model": "acme/acme-large", "usage": {"input_tokens": 1}, "at": "9999-12-31"},
    ]
    answer = testapp.post_json("/api/v1/quotes", {"items": items, "at": AT}).json
    got = [
        (i.get("total"), (e := i.get("error", {})).get("code"), e.get("details", {}).get("field"))
        for i in answer["data"]["items"]
    ]
    assert got == [
        (None, "MODEL_NOT_FOUND", "items[0].model"),
        ("0.0025", None, None),
        (None, "INVALID_PARAMETER", "items[2].usage.input_tokens"),
        ("8", None, None),
        (None, "INVALID_PARAMETER", "items[4].usage.cache_read_tokens"),
        (None, "INVALID_PARAMETER", "items[5].context.service_tier"),
        (None, "INVALID_PARAMETER", "items[6].price_ids"),
        (None, "INVALID_PARAMETER", "items[7].at"),
    ]
    assert answer["meta"]["count"] == len(items)


def test_an_item_of_a_batch_is_answered_as_if_it_were_asked_alone(testapp: TestApp) -> None:
    models = ("acme/acme-large", "acme/acme-mystery", "bazaar/acme/acme-large")
    batch = testapp.post_json("/api/v1/quotes", {"items": [{"model": m, "usage": USAGE, "at": AT} for m in models]})
    assert batch.json["data"]["items"] == [ask(testapp, model) for model in models]


def test_more_than_a_thousand_items_are_refused_and_a_thousand_are_not(testapp: TestApp) -> None:
    item = {"model": "acme/acme-small", "usage": {"input_tokens": 1}}
    assert len(testapp.post_json("/api/v1/quotes", {"items": [item] * 1000}).json["data"]["items"]) == 1000
    error = testapp.post_json("/api/v1/quotes", {"items": [item] * 1001}, status=400).json["error"]
    assert error["details"]["field"] == "items"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"usage": {"input_tokens": -1}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": 1.5}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": "many"}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": "1e99"}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": 10**13}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": None}}, "usage.input_tokens"),
        ({"usage": {"input_tokens": True}}, "usage.input_tokens"),
        ({"usage": {"input_token": 1}}, "usage.input_token"),
        ({"usage": {"input_tokens": 1, "cache_read_tokens": 2}}, "usage.cache_read_tokens"),
        ({"usage": {"output_reasoning_tokens": 2}}, "usage.output_tokens"),
        ({"usage": {}}, "usage"),
        ({"usage": []}, "usage"),
        ({"usage": {"prompt_tokens": "1"}, "usage_format": "openai"}, "usage.prompt_tokens"),
        ({"usage_format": "fortran"}, "usage_format"),
        ({"model": 7}, "model"),
        ({"colour": "red"}, "colour"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-01-01T00:00:00"}, "at"),
        ({"at": ""}, "at"),
        ({"at": "9999-12-31"}, "at"),
        ({"at": "0001-01-01"}, "at"),
        ({"known_at": "0001-01-01T00:00:00+14:00"}, "known_at"),
        ({"known_at": "2026-13-01"}, "known_at"),
        ({"currency": "euro"}, "currency"),
        ({"context": {"service_tier": "gold"}}, "context.service_tier"),
        ({"context": {"region": "mars"}}, "context.region"),
        ({"context": {"mood": "good"}}, "context.mood"),
        ({"context": {"service_tier": 1}}, "context.service_tier"),
        ({"price_ids": [0]}, "price_ids[0]"),
        ({"price_ids": [2**63]}, "price_ids[0]"),
        ({"rate_ids": [1]}, "rate_ids"),
        ({"rate_ids": ["1"]}, "rate_ids[0]"),
        ({"items": []}, "model"),
    ],
)
def test_bad_input_is_a_400_that_names_the_field(testapp: TestApp, body: dict[str, Any], field: str) -> None:
    error = refused(testapp, 400, **body)
    assert (error["code"], error["details"]["field"]) == ("INVALID_PARAMETER", field)
    assert field in error["message"]


def test_an_item_of_another_shape_is_an_error_in_its_place(testapp: TestApp) -> None:
    good = {"model": "acme/acme-small", "usage": {"input_tokens": 1_000_000}}
    items = [
        {"usage": {"input_tokens": 1}},
        good,
        {"model": "a"},
        good | {"colour": "red"},
        7,
        good | {"usage_format": "fortran"},
        good | {"context": {"mood": 1}},
        good | {"price_ids": ["x"]},
    ]
    answers = testapp.post_json("/api/v1/quotes", {"items": items, "at": AT}).json["data"]["items"]
    assert answers[1]["total"] == "0.0025"
    fields = [answer["error"]["details"]["field"] for answer in answers if "error" in answer]
    assert fields == [
        "items[0].model",
        "items[2].usage",
        "items[3].colour",
        "items[4]",
        "items[5].usage_format",
        "items[6].context.mood",
        "items[7].price_ids[0]",
    ]


@pytest.mark.parametrize("items", [{}, 7, None])
def test_items_that_are_no_list_are_refused(testapp: TestApp, items: Any) -> None:
    error = testapp.post_json("/api/v1/quotes", {"items": items}, status=400).json["error"]
    assert error["details"]["field"] == "items"


def test_the_known_formats_are_named_where_another_is_refused(testapp: TestApp) -> None:
    error = refused(testapp, 400, usage_format="fortran")
    assert error["details"]["known"] == list(get_args(UsageFormat))
    assert "openai" in error["message"]


def test_a_known_tier_is_named_where_an_unknown_one_is_refused(testapp: TestApp) -> None:
    error = refused(testapp, 400, context={"service_tier": "gold"})
    assert {"batch", "standard"} <= set(error["details"]["known"])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"model": "\xff"}', b"NaN", b'{"model": "\\ud800"}', b'{"items":' + b"[" * 200_000]
)
def test_what_is_no_json_is_a_400(testapp: TestApp, body: bytes) -> None:
    answer = testapp.post("/api/v1/quotes", body, content_type="application/json", status=400).json
    assert answer["error"]["code"] == "INVALID_JSON"
    assert answer["request_id"]


def test_a_number_nobody_can_mean_names_its_field(testapp: TestApp) -> None:
    body = b'{"model": "acme/acme-large", "usage": {"input_tokens": 1e999999999999}}'
    error = testapp.post("/api/v1/quotes", body, content_type="application/json", status=400).json["error"]
    assert error["details"]["field"] == "usage.input_tokens"


def test_a_body_over_one_mebibyte_is_a_413(testapp: TestApp) -> None:
    answer = testapp.post("/api/v1/quotes", b" " * (2**20 + 1), content_type="application/json", status=413)
    assert answer.json["error"]["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_a_415(testapp: TestApp, content_type: str) -> None:
    answer = testapp.post("/api/v1/quotes", b"{}", content_type=content_type, status=415)
    assert answer.json["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("get", "/api/v1/quotes", "POST"), ("put", "/api/v1/coverage", "POST"), ("post", "/api/v1/quote", "GET, HEAD")],
)
def test_another_method_is_a_405_that_says_which_will_do(testapp: TestApp, method: str, path: str, allow: str) -> None:
    answer = getattr(testapp, method)(path, status=405)
    assert answer.headers["Allow"] == allow


@pytest.fixture
def statements(testapp: TestApp) -> Iterator[list[str]]:
    """What the application says to the database."""
    said: list[str] = []
    engine = testapp.app.registry["llmpricing.engine"]

    def listen(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)


def test_a_posted_question_cannot_write(testapp: TestApp, engine: Engine) -> None:
    read_only: list[Any] = []

    def look(conn: Any, *_: Any) -> None:
        cursor = conn.connection.cursor()
        cursor.execute("show transaction_read_only")
        read_only.append(cursor.fetchone()[0])

    application = testapp.app.registry["llmpricing.engine"]
    event.listen(application, "before_cursor_execute", look)
    ask(testapp)
    testapp.post_json("/api/v1/coverage", {"models": ["acme-large"]})
    event.remove(application, "before_cursor_execute", look)
    assert set(read_only) == {"on"}


def test_many_models_are_quoted_in_as_few_queries_as_one(
    book_url: str, testapp: TestApp, statements: list[str]
) -> None:
    def count(*models: str) -> int:
        statements.clear()
        testapp.post_json("/api/v1/quotes", {"items": [{"model": m, "usage": USAGE} for m in models]})
        return len(statements)

    ask(testapp)  # names are read
    one = count("acme/acme-small")
    three = count("acme/acme-long", "acme/acme-dated", "bazaar/acme/acme-large")
    assert one == three
    assert count("acme/acme-long", "acme/acme-dated", "bazaar/acme/acme-large") < three  # prices are remembered


def test_an_address_asks_the_same_as_a_body(testapp: TestApp) -> None:
    answer = testapp.get(
        f"/api/v1/quote?model=acme/acme-large&input_tokens=1000&cache_read_tokens=200&output_tokens=500&at={AT}"
    )
    assert answer.json["data"] == ask(testapp)
    batch = testapp.get("/api/v1/quote?model=acme/acme-dated&input_tokens=1000000&service_tier=batch&at=2026-11-20")
    assert batch.json["data"]["total"] == "2"


def test_every_meter_is_a_parameter_of_the_address(testapp: TestApp) -> None:
    for meter in METERS:
        totals = "&input_tokens=1&output_tokens=1" if meter not in ("input_tokens", "output_tokens") else ""
        testapp.get(f"/api/v1/quote?model=acme/acme-large&{meter}=1{totals}", status=200)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("input_tokens=1", "model"),
        ("model=acme/acme-large", "usage"),
        ("model=acme/acme-large&input_tokens=-1", "input_tokens"),
        ("model=acme/acme-large&input_tokens=x", "input_tokens"),
        ("model=acme/acme-large&input_tokens=1&input_tokens=2", "input_tokens"),
        ("model=acme/acme-large&input_tokens=1&service_tier=gold", "service_tier"),
        ("model=acme/acme-large&input_tokens=1&region=mars", "region"),
        ("model=acme/acme-large&input_tokens=1&at=soon", "at"),
        ("model=acme/acme-large&input_tokens=1&at=9999-12-31", "at"),
        ("model=acme/acme-large&input_tokens=1&currency=eur", "currency"),
        ("model=acme/acme-large&input_token=1", "input_token"),
    ],
)
def test_a_bad_address_is_a_400_that_names_the_parameter(testapp: TestApp, query: str, field: str) -> None:
    error = testapp.get(f"/api/v1/quote?{query}", status=400).json["error"]
    assert error["details"]["field"] == field
