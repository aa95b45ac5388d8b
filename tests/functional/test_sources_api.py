"""GET /api/v1/sources and /api/v1/disagreements, over real price books."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.evidence import GRACE
from llmpricing.models import BookVersion, Offering, Source
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.imports.failures import keep_failure
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.publishing import observations
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.services.publishing.offering_readings import ReadingsOf
from llmpricing.sources.registry import SOURCES
from tests.books import book_of
from tests.conftest import NOW, running_app
from tests.dissents import differing_now
from tests.lists import cost_map, price_list
from tests.servers import StoreUrls, template


def load(url: str, source: str, data: bytes, published: str, at: datetime = NOW) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        day = datetime.fromisoformat(published).replace(tzinfo=UTC)
        import_lists(session, [(SOURCES[source], ReadList(data, day, at, "a test's list"))])
    engine.dispose()


@pytest.fixture(scope="module")
def file_book(store_urls: StoreUrls, empty_book: str) -> str:
    """Name of a template: genai-prices and LiteLLM on the same offerings: equal, by rounding, differing, and a slip in
    review.
    """

    def fill(url: str) -> None:
        load(url, "genai-prices", price_list(same=2, near=100, far=5, slip=3), "2026-11-01")
        load(url, "litellm", cost_map(same=2, near=100.1, far=20, slip=3000), "2026-11-10")

    return template(store_urls, "two_sources", fill, empty_book)


@pytest.fixture
def url(book_url: str) -> str:
    """A database of one's own with that book."""
    return book_url


@pytest.fixture
def app(testapp: TestApp) -> TestApp:
    """The application over that book."""
    return testapp


def ask(app: TestApp, query: str = "") -> list[tuple[str, str, str]]:
    data = app.get(f"/api/v1/disagreements?{query}").json["data"]
    return [(item["offering"], item["kind"], item["factor"]) for item in data if item["meter"] == "input_tokens"]


def test_sources_say_how_fresh_they_are_and_what_they_held(app: TestApp) -> None:
    answer = app.get("/api/v1/sources").json
    assert [item["source"] for item in answer["data"]] == ["genai-prices", "litellm"]
    assert answer["meta"]["count"] == 2
    litellm = answer["data"][1]
    age = (datetime.now(UTC) - datetime(2026, 11, 10, tzinfo=UTC)).days
    assert litellm == {
        "source": "litellm",
        "name": "LiteLLM model cost map",
        "url": SOURCES["litellm"].url,
        "licence": "MIT",
        "trust_rank": 3,
        "last_success": "2026-11-10T00:00:00Z",
        "last_read": "2026-11-22T12:00:00.000001Z",  # later than what was recorded before
        "age_days": max(age, 0),
        "outcome": "imported",
        "bundled": False,
        "entries": 4,
        "counts": {"new": 8, "changed": 0, "withdrawn": 0, "unchanged": 0, "offerings": 4, "priced": 4},
        "unknown_keys": {},
        "problems": 0,
        "in_review": 2,
        "failing_since": None,
        "failure": None,
    }


def fail(url: str, reason: str, at: datetime) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        keep_failure(session, SOURCES["litellm"], reason, at)
    engine.dispose()


def version(url: str) -> int:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        found = session.scalars(select(BookVersion.version)).one()
    engine.dispose()
    return found


def test_a_list_that_cannot_be_had_says_why_until_it_is_read_again(url: str, redis_url: str) -> None:
    began, again = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    fail(url, "<b>example.com</b> answered with status 503.", began)
    before = version(url)
    fail(url, "<b>example.com</b> answered with status 503.", again)  # the same once more is no news to readers
    assert version(url) == before
    with running_app(url, redis_url) as app:
        litellm = app.get("/api/v1/sources").json["data"][1]
        assert (litellm["failing_since"], litellm["failure"]) == (
            "2026-11-22T13:00:00Z", "<b>example.com</b> answered with status 503.",
        )  # fmt: skip
        assert "Cannot be had since 22 Nov 2026: <b>example.com</b> answered" in app.get("/sources").html.get_text()
        worked = app.get("/admin/sources").html.get_text()
        assert "22 Nov 2026, 14:00 UTC, in vain since 22 Nov 2026, 13:00 UTC: <b>example.com</b> answered" in worked
    load(url, "litellm", cost_map(same=2, near=100.1, far=20, slip=3000), "2026-11-22", NOW + timedelta(hours=3))
    with running_app(url, redis_url) as app:
        assert app.get("/api/v1/sources").json["data"][1]["failure"] is None
        assert "Cannot be had" not in app.get("/sources").text
        assert "in vain" not in app.get("/admin/sources").text
    fail(url, "no.example has no address.", NOW + timedelta(hours=5))  # anew, and since then
    with running_app(url, redis_url) as app:
        assert app.get("/api/v1/sources").json["data"][1]["failing_since"] == "2026-11-22T17:00:00Z"


def test_a_list_that_says_the_same_later_is_fresher(url: str, app: TestApp) -> None:
    same = cost_map(same=2, near=100.1, far=20, slip=3000)
    load(url, "litellm", same, "2026-11-20", NOW + timedelta(hours=1))
    litellm = app.get("/api/v1/sources").json["data"][1]
    assert (litellm["last_success"], litellm["outcome"], litellm["entries"]) == ("2026-11-20T00:00:00Z", "unchanged", 4)


def test_a_source_that_only_describes_and_a_bundled_one_say_so(full_book_url: str, redis_url: str) -> None:
    with running_app(full_book_url, redis_url) as app:
        found = {item["source"]: item for item in app.get("/api/v1/sources").json["data"]}
        probed = app.get("/api/health").json["data"]["sources"]
    told = ("source", "last_success", "age_days")
    assert probed == [{name: item[name] for name in told} for item in found.values()]
    assert {slug: (item["outcome"], item["bundled"]) for slug, item in found.items()} == {
        "genai-prices": ("imported", True),
        "model-prices": ("imported", True),
        "models-dev": ("described", True),
    }


def test_disagreements_come_farthest_apart_first_and_name_their_kind(app: TestApp) -> None:
    assert ask(app) == [
        ("acme/slip", "severe", "1000"),
        ("acme/far", "severe", "4"),
        ("acme/near", "rounding", "1.001"),
    ]


def test_a_disagreement_shows_both_prices_their_sources_and_its_review(app: TestApp) -> None:
    slip = app.get("/api/v1/disagreements?limit=1").json["data"][0]
    assert slip == {
        "offering": "acme/slip",
        "provider": "acme",
        "meter": "input_tokens",
        "conditions": "",
        "published": {
            "conditions": "",
            "state": "priced",
            "amount": "3",
            "currency": "USD",
            "per": 1_000_000,
            "source": "genai-prices",
        },
        "observed": {
            "conditions": "",
            "state": "priced",
            "amount": "3000",
            "currency": "USD",
            "per": 1_000_000,
            "source": "litellm",
            "at": "2026-11-10T00:00:00Z",
            "last_seen": "2026-11-10T00:00:00Z",
            "basis": "seen",
        },
        "factor": "1000",
        "kind": "severe",
        "review": "open",
    }


@pytest.mark.parametrize(
    ("query", "offerings"),
    [
        ("provider=acme", ["acme/slip", "acme/far", "acme/near"]),
        ("provider=ACME&limit=2", ["acme/slip"]),  # of each offering two meters
        ("min_factor=4", ["acme/slip", "acme/far"]),
        ("min_factor=4.001", ["acme/slip"]),
        ("kind=rounding", ["acme/near"]),
        ("min_factor=2000", []),
    ],
)
def test_disagreements_are_filtered(app: TestApp, query: str, offerings: list[str]) -> None:
    assert [offering for offering, *_ in ask(app, query)] == offerings


def test_disagreements_are_paged_by_cursor(app: TestApp) -> None:
    whole = app.get("/api/v1/disagreements").json
    assert (whole["meta"]["next"], whole["meta"]["count"]) == (None, 6)
    seen, query = [], "limit=2"
    while query:
        page = app.get(f"/api/v1/disagreements?{query}").json
        assert page["meta"]["count"] == 6
        seen += page["data"]
        query = page["meta"]["next"] and f"limit=2&cursor={page['meta']['next']}"
    assert seen == whole["data"]


@pytest.mark.parametrize(("query", "words"), [("cursor=x!", "broken"), ("kind=severe&cursor={}", "other filters")])
def test_a_cursor_of_another_question_or_a_broken_one_is_refused(app: TestApp, query: str, words: str) -> None:
    first = app.get("/api/v1/disagreements?limit=2").json["meta"]["next"]
    error = app.get(f"/api/v1/disagreements?{query.format(first)}", status=400).json["error"]
    assert (error["details"]["field"], words in error["message"]) == ("cursor", True)


def test_a_price_against_free_is_severe_without_a_factor(url: str, app: TestApp) -> None:
    load(url, "models-dev", dump(same=0, near=100, far=5, slip=3), "2026-11-12", NOW + timedelta(hours=1))
    first = app.get("/api/v1/disagreements?min_factor=50").json["data"][0]
    assert (first["offering"], first["observed"]["state"], first["factor"], first["kind"]) == (
        "acme/same",
        "free",
        None,
        "severe",
    )


def dump(**prices: float) -> bytes:
    """models.dev's dump of the same seller, at these input prices."""
    models = {
        name: {"id": name, "name": name, "limit": {}, "cost": {"input": amount, "output": 8}}
        for name, amount in prices.items()
    }
    return json.dumps({"acme": {"id": "acme", "name": "Acme", "models": models}}).encode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("min_factor=0.5", "min_factor"),
        ("min_factor=much", "min_factor"),
        ("kind=awful", "kind"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_question_is_a_400_that_names_the_parameter(app: TestApp, query: str, field: str) -> None:
    error = app.get(f"/api/v1/disagreements?{query}", status=400).json["error"]
    assert error["details"]["field"] == field


def test_the_answer_is_kept_until_the_price_book_changes(url: str, app: TestApp) -> None:
    first, second = (app.get("/api/v1/disagreements") for _ in range(2))
    assert first.body == second.body
    assert first.json["data"]
    load(url, "litellm", cost_map(same=2, near=100, far=5, slip=3), "2026-11-11", NOW + timedelta(hours=1))
    answer = app.get("/api/v1/disagreements").json
    assert answer["data"] == []


def test_disagreements_do_not_walk_through_the_history(url: str) -> None:
    """However many observations there are: with the history out of reach, they are found all the same."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        expected = disagreements(session, NOW)
        session.execute(text("alter table model_pricing_history rename to out_of_reach"))
        assert disagreements(session, NOW) == expected != []
    engine.dispose()


def test_what_waits_for_a_person_is_told_by_the_book_in_memory_too(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        book = book_of(session)
        assert read_sources(book, NOW) == read_sources(session, NOW)
        found, expected = disagreements(book, NOW), disagreements(session, NOW)
    engine.dispose()
    assert found == expected
    assert {one.review for one in found} == {None, "open"}


def test_sources_and_disagreements_take_no_post(app: TestApp) -> None:
    app.post("/api/v1/sources", status=405)
    app.post("/api/v1/disagreements", status=405)


def test_disagreements_are_what_the_timelines_of_all_observations_tell(full_book_url: str) -> None:
    """The newest observations tell what the domain finds over all, on every offering of a new installation."""
    engine = create_engine(full_book_url, poolclass=NullPool)
    with Session(engine) as session:
        found = disagreements(session, NOW)
        components = KeptComponents(session)
        slugs = dict(session.execute(select(Offering.id, Offering.slug)).all())
        modes = dict(session.execute(select(Offering.id, Offering.mode)).all())
        sources = {source.id: source for source in session.scalars(select(Source))}
        read = ReadingsOf(session, GRACE)(dict(session.execute(select(Offering.id, Offering.provider_id)).all()))
        ranks = dict(session.execute(select(Source.slug, Source.trust_rank)).all())
        found_in = observations.observations_of(session, list(slugs), components, sources)
    engine.dispose()
    expected = {
        (slugs[offering], series.meter, here, there, source, factor)
        for offering, observed in found_in.items()
        for series, here, there, source, factor in differing_now(
            observed, read[offering].lists, modes[offering], NOW, read[offering], ranks
        )
    }
    shown = {
        (d.offering, d.meter, key(d.ours.conditions), key(d.theirs.conditions), d.source, d.factor)
        for d in found
        if d.review is None
    }
    assert len(expected) > 20
    assert shown == expected


def key(conditions: Conditions | None) -> str | None:
    return None if conditions is None else conditions.key
