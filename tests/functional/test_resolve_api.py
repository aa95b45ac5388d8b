"""GET /api/v1/resolve and POST /api/v1/coverage, over a real price book."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.domain.names.matching import Ambiguous, Resolution, Why
from llmpricing.models import BookVersion, MatchRule, ProviderDescription
from llmpricing.services.clocks import Clocks
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes import quoting
from llmpricing.sources.registry import SOURCES
from llmpricing.web import quote_refusals
from tests.conftest import NOW, running_app


@pytest.mark.parametrize(
    ("query", "found", "rule"),
    [
        ("model=acme/acme-large", "acme/acme-large", "id"),
        ("model=acme-small", "acme/acme-small", "only seller"),
        ("model=acme-large&provider=acme", "acme/acme-large", "id"),
        ("model=acme/acme-large&provider=bazaar", "bazaar/acme/acme-large", "id"),
        ("model=acme-large&api_url=https://api.acme.example/v1", "acme/acme-large", "id"),
        ("model=acme/acme-large&api_url=bazaar.example", "bazaar/acme/acme-large", "id"),
    ],
)
def test_a_name_leads_to_an_offering_and_says_by_which_rule(
    testapp: TestApp, query: str, found: str, rule: str
) -> None:
    data = testapp.get(f"/api/v1/resolve?{query}").json["data"]
    assert (data["id"], data["rule"], data["candidates"]) == (found, rule, [])


def test_an_unknown_name_is_a_404_with_the_nearest_ids(testapp: TestApp) -> None:
    error = testapp.get("/api/v1/resolve?model=acme-tiny-3", status=404).json["error"]
    assert error["code"] == "MODEL_NOT_FOUND"
    assert "bazaar/acme/acme-tiny:free" in error["details"]["suggestions"]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("model=acme-larger", "model", "No offering bears this name"),
        ("model=acme-large&provider=nobody", "provider", "No seller bears this name"),
        ("model=acme-large&api_url=https://nobody.example", "provider", "No seller bears this name"),
        ("model=acme-dated&provider=bazaar", "model", "This seller offers nothing of that name"),
        ("model=acme/acme-large&known_at=2026-11-22T11:59:59Z", "model", "known yet at known_at"),
        ("model=acme/acme-larger&known_at=2026-11-22T11:59:59Z", "model", "No offering bears this name"),
    ],
)
def test_a_404_says_what_it_is_that_nobody_knows(testapp: TestApp, query: str, field: str, words: str) -> None:
    error = testapp.get(f"/api/v1/resolve?{query}", status=404).json["error"]
    assert (error["code"], error["details"]["field"]) == ("MODEL_NOT_FOUND", field)
    assert words in error["message"]


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
        "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/our-llama",
        "projects/acme/locations/us-central1/endpoints/1234567890",
        "accounts/acme/models/our-finetune",
        "azure/our-deployment",
    ],
)
def test_a_profile_or_deployment_of_ones_own_is_a_404_that_says_how_to_name_it(testapp: TestApp, name: str) -> None:
    error = testapp.get("/api/v1/resolve", {"model": name}, status=404).json["error"]
    assert f"llmpricing alias add {name} OFFERING" in error["message"]
    quoted = testapp.get("/api/v1/quote", {"model": name, "input_tokens": 1}, status=404).json["error"]
    assert quoted["message"] == error["message"]


def test_an_unknown_deployment_at_azure_is_a_404_with_the_line_to_run_and_what_is_like_it(testapp: TestApp) -> None:
    asked = {"model": "acme large; prod", "provider": "azure.ai.openai"}
    error = testapp.get("/api/v1/resolve", asked, status=404).json["error"]
    assert "llmpricing alias add 'acme large; prod' OFFERING" in error["message"]
    assert "acme/acme-large" in error["details"]["suggestions"]


def test_the_answer_tells_the_surface_and_what_it_stands_in_for(testapp: TestApp) -> None:
    data = testapp.get("/api/v1/resolve?model=acme-small&provider=acme").json["data"]
    assert (data["surface"], data["stands_in_for"], data["detail"]) == ("acme", None, None)
    data = testapp.get("/api/v1/resolve?model=acme/acme-small-20260101").json["data"]
    assert (data["id"], data["rule"]) == ("acme/acme-small", "undated")
    assert data["stands_in_for"] == "acme-small-20260101"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "model"),
        ("model=", "model"),
        ("model=a&provider=b&api_url=c", "api_url"),
        ("model=a&colour=red", "colour"),
        ("model=a&as_of=soon", "as_of"),
        (f"model={'a' * 401}", "model"),
    ],
)
def test_a_bad_question_is_a_400_that_names_the_parameter(testapp: TestApp, query: str, field: str) -> None:
    error = testapp.get(f"/api/v1/resolve?{query}", status=400).json["error"]
    assert error["details"]["field"] == field


def test_nothing_is_known_before_the_first_import(testapp: TestApp) -> None:
    testapp.get("/api/v1/resolve?model=acme/acme-large&known_at=2026-11-22T11:59:59Z", status=404)
    testapp.get("/api/v1/resolve?model=acme/acme-large&known_at=2026-11-22T12:00:00Z", status=200)


def test_coverage_suggests_for_the_unknown_names_that_come_most_often(testapp: TestApp) -> None:
    rare = [f"acme-large-{letter}{other}" for letter in "abcdefghijklmnop" for other in "abcdefghijklmnop"][:201]
    answer = testapp.post_json("/api/v1/coverage", {"models": [*rare, "acme-large-zz", "acme-large-zz"]}).json
    told = [item["model"] for item in answer["data"]["unknown"] if item["suggestions"]]
    assert len(answer["data"]["unknown"]) == 202
    assert len(told) == 200
    assert "acme-large-zz" in told


def test_coverage_sorts_names_into_priced_unknown_and_ambiguous(testapp: TestApp) -> None:
    names = ["acme-small", "acme/acme-mystery", "gpt-nothing", "acme-small", "bazaar/acme/acme-tiny:free"]
    answer = testapp.post_json("/api/v1/coverage", {"models": names}).json
    assert [(item["model"], item["id"]) for item in answer["data"]["priced"]] == [
        ("acme-small", "acme/acme-small"),
        ("bazaar/acme/acme-tiny:free", "bazaar/acme/acme-tiny:free"),
    ]
    assert [(item["model"], item["id"]) for item in answer["data"]["unknown"]] == [
        ("acme/acme-mystery", "acme/acme-mystery"),
        ("gpt-nothing", None),
    ]
    assert answer["data"]["ambiguous"] == []
    assert answer["meta"]["counts"] == {"priced": 2, "unknown": 2, "ambiguous": 0}


def test_coverage_takes_sellers_and_counts_by_rule_and_seller(testapp: TestApp) -> None:
    names = ["acme-small", {"model": "acme/acme-large", "provider": "bazaar"}, {"model": "acme-large"}, "acme-none"]
    answer = testapp.post_json("/api/v1/coverage", {"models": names}).json
    assert [(item["model"], item.get("provider"), item["id"]) for item in answer["data"]["priced"]] == [
        ("acme-small", None, "acme/acme-small"),
        ("acme/acme-large", "bazaar", "bazaar/acme/acme-large"),
        ("acme-large", None, "acme/acme-large"),
    ]
    assert answer["meta"]["by_provider"] == {
        "acme": {"names": 2, "share": 0.6667},
        "bazaar": {"names": 1, "share": 0.3333},
    }
    assert sum(one["names"] for one in answer["meta"]["by_rule"].values()) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"models": [{"name": "acme"}]}, "models[0].name"),
        ({"models": "acme"}, "models"),
        ({"models": [1]}, "models[0]"),
        ({"models": ["a"] * 10_001}, "models"),
        ({"models": [], "as_of": "soon"}, "as_of"),
        ({}, "models"),
        ({"models": [], "names": []}, "names"),
    ],
)
def test_a_bad_list_is_a_400_that_names_the_field(testapp: TestApp, body: Any, field: str) -> None:
    error = testapp.post_json("/api/v1/coverage", body, status=400).json["error"]
    assert error["details"]["field"] == field


def test_10000_names_are_looked_up_in_time_or_refused_with_what_could_be(book_url: str, redis_url: str) -> None:
    names = [f"acme/acme-large-preview-{number}" + "-x" * 20 for number in range(10_000)]
    with running_app(book_url, redis_url, coverage_timeout_s=0.01) as app:
        error = app.post_json("/api/v1/coverage", {"models": names}, status=400).json["error"]
        assert error["details"]["field"] == "models"
        assert 0 <= error["details"]["done"] < 10_000
        assert "send fewer" in error["message"]
        few = app.post_json("/api/v1/coverage", {"models": ["acme-small"]}).json
        assert few["meta"]["counts"]["priced"] == 1


def test_rules_that_cannot_be_read_stop_nothing_and_are_counted(
    book_url: str, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Such rows can be in a book that an earlier version wrote: no list brings them in any more."""
    engine = create_engine(book_url, poolclass=NullPool)
    nested: dict[str, Any] = {"equals": "a"}
    for _ in range(30):
        nested = {"or": [nested]}
    with Session(engine) as session, session.begin():
        rule = session.scalars(select(MatchRule).order_by(MatchRule.id)).first()
        assert rule is not None
        for place, clause in enumerate([{"or": []}, nested, {"regex": "("}, {"wants": "a"}], start=100):
            row = MatchRule(offering_id=rule.offering_id, source_id=rule.source_id, position=place, clause=clause)
            row.recorded = rule.recorded
            session.add(row)
        session.execute(update(ProviderDescription).values(api_pattern="("))
        session.execute(update(BookVersion).values(version=BookVersion.version + 1))
        sellers = len(session.scalars(select(ProviderDescription)).all())
    engine.dispose()
    with running_app(book_url, redis_url) as app:
        assert app.get("/api/v1/resolve?model=acme-small").json["data"]["id"] == "acme/acme-small"
        app.get("/api/v1/resolve?model=acme-small&api_url=https://api.acme.example", status=404)
        counts = app.post_json("/api/v1/coverage", {"models": ["acme-small"]}).json["meta"]["counts"]
        assert counts["priced"] == 1
        quote = app.get("/api/v1/quote?model=acme-large&input_tokens=1000")
        assert quote.json["data"]["total"] == "0.0025"
        assert app.get("/api/health").json["data"]["name_rules_left_out"] == 4 + sellers
    assert len([one for one in caplog.messages if one.startswith("name_rule_left_out")]) == 4 + sellers


def lab(prices: dict[str, Any]) -> list[dict[str, Any]]:
    """A lab that claims names beginning with zeta, with these prices of a million input tokens by id."""
    models = [
        {"id": id_, "match": {"equals": id_}, "prices": price if isinstance(price, list) else {"input_mtok": price}}
        for id_, price in prices.items()
    ]
    return [
        {
            "id": "lab",
            "name": "Lab",
            "api_pattern": r"https://lab\.example",
            "model_match": {"starts_with": "zeta"},
            "models": models,
        }
    ]


def load(engine: Engine, listed: list[dict[str, Any]]) -> None:
    reading = ReadList(json.dumps(listed).encode(), datetime(2026, 11, 1, tzinfo=UTC), NOW, "a test's list")
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["genai-prices"], reading)])


def test_a_moving_alias_is_ambiguous_while_it_costs_something_else(testapp: TestApp, engine: Engine) -> None:
    later = [{"prices": {"input_mtok": 2}}, {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 1}}]
    load(engine, lab({"zeta": 1, "zeta-latest": later, "zeta-two": 1, "zeta-two-latest": 1}))
    error = testapp.get("/api/v1/resolve?model=zeta&as_of=2026-05-01", status=409).json["error"]
    assert error["details"]["candidates"] == ["lab/zeta", "lab/zeta-latest"]
    told = error["details"]["differences"]
    assert [one["prices"]["input_tokens"]["amount"] for one in told] == ["1", "2"]
    assert testapp.get("/api/v1/resolve?model=zeta&as_of=2026-07-01").json["data"]["id"] == "lab/zeta"
    for query in ("model=zeta-two", "model=zeta&provider=lab", "model=lab/zeta", "model=zeta-latest"):
        data = testapp.get(f"/api/v1/resolve?{query}&as_of=2026-05-01").json["data"]
        assert data["id"].removeprefix("lab/") == query.partition("&")[0].partition("=")[2].removeprefix("lab/")


def test_a_bare_id_of_two_products_is_ambiguous_where_they_cost_something_else(
    testapp: TestApp, engine: Engine
) -> None:
    load(engine, lab({"zeta-3": 1, "streaming/zeta-3": 2, "zeta-4": 1, "streaming/zeta-4": 1}))
    error = testapp.get("/api/v1/resolve?model=zeta-3", status=409).json["error"]
    assert error["details"]["candidates"] == ["lab/zeta-3", "lab/streaming/zeta-3"]
    assert [one["product"] for one in error["details"]["differences"]][1].startswith("streaming")
    quoted = testapp.get("/api/v1/quote?model=zeta-3&input_tokens=1", status=409).json["error"]
    assert quoted["details"]["differences"] == error["details"]["differences"]
    assert testapp.get("/api/v1/resolve?model=zeta-4").json["data"]["id"] == "lab/zeta-4"
    assert testapp.get("/api/v1/resolve?model=lab/streaming/zeta-3").json["data"]["id"] == "lab/streaming/zeta-3"


def test_two_houses_of_one_lab_are_candidates(testapp: TestApp, engine: Engine) -> None:
    houses = [{**lab({"glm-9": price})[0], "id": house, "name": house} for house, price in (("zai", 1), ("zhipuai", 2))]
    load(engine, [{**house, "model_match": {"starts_with": "glm"}} for house in houses])
    error = testapp.get("/api/v1/resolve?model=glm-9", status=409).json["error"]
    assert sorted(error["details"]["candidates"]) == ["zai/glm-9", "zhipuai/glm-9"]
    assert {one["provider"]: one["prices"]["input_tokens"]["amount"] for one in error["details"]["differences"]} == {
        "zai": "1",
        "zhipuai": "2",
    }
    assert testapp.get("/api/v1/resolve?model=glm-9&provider=zhipuai").json["data"]["id"] == "zhipuai/glm-9"


def test_every_id_of_the_full_price_book_means_itself(full_book_url: str) -> None:
    engine = create_engine(full_book_url, poolclass=NullPool)
    with Session(engine) as session:
        names = names_of(session, book_state(session))
        lookup = names.at(Clocks(NOW, NOW))
        assert len(names.offerings) > 2_500
        for slug, offered in names.offerings.items():
            assert lookup(slug, None) == Resolution(slug, "id")
            found = lookup(offered.api_id, offered.provider)
            if isinstance(found, Resolution):  # without a place, Bedrock's tell which others there are
                found = replace(found, other_places=())
            if found != Resolution(slug, "id"):  # the routes of Hugging Face, and ids without a price of their own
                is_route = isinstance(found, Ambiguous) and slug in found.candidates
                is_own_form = found == Resolution(
                    offered.api_id, "id"
                )  # perplexity/sonar, which perplexity sells twice
                assert is_route or is_own_form or f"{slug} has no price at that time" in found.detail
    engine.dispose()


def test_every_reason_not_to_know_a_name_has_words() -> None:
    assert set(quote_refusals._UNKNOWN) == set(quoting._WHY) == set(Why)
