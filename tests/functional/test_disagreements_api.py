"""GET /api/v1/disagreements compares like with like, and only what fresh lists say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.domain.evidence import GRACE
from llmpricing.services.catalogue.agreement import ListAgreement, agreements
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.books import book_of
from tests.conftest import NOW, running_app

PEAK, QUIET = ("00:00:00Z", "08:00:00Z"), ("08:00:00Z", "00:00:00Z")


def genai(**models: Any) -> bytes:
    """A list of acme in genai-prices' shape: the prices of each model, or of each and its variants."""
    listed = [
        {"id": name, "match": {"equals": name}, **(prices if "prices" in prices else {"prices": prices})}
        for name, prices in models.items()
    ]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": listed}]).encode()


def litellm(**models: dict[str, Any]) -> bytes:
    """LiteLLM's map of acme, from USD per million tokens."""
    return json.dumps(
        {
            f"acme/{name}": {"litellm_provider": "acme", "mode": "chat"}
            | {key: value / 1e6 if isinstance(value, int | float) else value for key, value in keys.items()}
            for name, keys in models.items()
        }
    ).encode()


def load(url: str, source: str, data: bytes, published: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        day = datetime.fromisoformat(published).replace(tzinfo=UTC)
        reading = ReadList(data, day, NOW, "a test's list", allow_drop=True, allow_changes=True)
        import_lists(session, [(SOURCES[source], reading)])
    engine.dispose()


def found(url: str, now: datetime = NOW) -> list[tuple[str, str, str | None, str | None, str]]:
    """Offering, meter, conditions here and there, and kind, as the database and the book in memory tell them alike."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        told = disagreements(session, now)
        assert sorted(disagreements(book_of(session), now), key=repr) == sorted(told, key=repr)
    engine.dispose()
    return sorted(
        (
            d.offering,
            d.meter,
            None if d.ours.conditions is None else d.ours.conditions.key,
            None if d.theirs.conditions is None else d.theirs.conditions.key,
            d.kind.value,
        )
        for d in told
    )


def by_hours(amount_then: float, window: tuple[str, str], amount_else: float) -> dict[str, Any]:
    return {
        "prices": [
            {"prices": {"input_mtok": amount_else}},
            {"constraint": {"start_time": window[0], "end_time": window[1]}, "prices": {"input_mtok": amount_then}},
        ]
    }


def quiet(base: float, off_peak: float) -> dict[str, Any]:
    """LiteLLM's base is the price of the busy hours."""
    hours = {"windows": [{"hours_utc": "08:00-00:00"}], "input_cost_per_token": off_peak / 1e6}
    return {"input_cost_per_token": base, "off_peak_pricing": hours}


def test_a_base_of_busy_hours_is_not_compared_with_one_of_quiet_hours(empty_book_url: str) -> None:
    load(empty_book_url, "genai-prices", genai(same=by_hours(4, PEAK, 2), other=by_hours(4, PEAK, 2)), "2026-11-10")
    load(empty_book_url, "litellm", litellm(same=quiet(4, 2), other=quiet(4, 1)), "2026-11-12")
    ((offering, _, ours, theirs, kind),) = found(empty_book_url)
    assert (offering, ours, kind) == ("acme/other", "", "difference")
    assert theirs is not None
    assert theirs.startswith("schedule=")


def test_a_step_that_one_list_lacks_is_a_disagreement_beyond_it(empty_book_url: str) -> None:
    stepped = {"input_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 2}]}, "output_mtok": 4}
    load(empty_book_url, "genai-prices", genai(ours=stepped, theirs={"input_mtok": 1}, both=stepped), "2026-11-10")
    more = {"input_cost_per_token": 1, "input_cost_per_token_above_200k_tokens": 2}
    maps = litellm(ours={"input_cost_per_token": 1}, theirs=more, both=more)
    load(empty_book_url, "litellm", maps, "2026-11-12")
    assert found(empty_book_url) == [
        ("acme/ours", "input_tokens", "above=200000", "", "difference"),
        ("acme/theirs", "input_tokens", "", "above=200000", "difference"),
    ]


def test_a_tier_that_one_list_lacks_is_a_disagreement(empty_book_url: str) -> None:
    batch = {
        "prices": {"input_mtok": 1},
        "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5}}],
    }
    load(empty_book_url, "genai-prices", genai(ours=batch, theirs={"input_mtok": 1}, both=batch), "2026-11-10")
    more = {"input_cost_per_token": 1, "input_cost_per_token_batches": 0.5}
    maps = litellm(ours={"input_cost_per_token": 1}, theirs=more, both=more)
    load(empty_book_url, "litellm", maps, "2026-11-12")
    assert found(empty_book_url) == [
        ("acme/ours", "input_tokens", "tier=batch", None, "missing"),
        ("acme/theirs", "input_tokens", "tier=batch", None, "missing"),  # the published one is the other list's
    ]


def test_the_figures_of_agreement_are_those_of_which_the_page_lists_the_disagreements(
    empty_book_url: str, redis_url: str
) -> None:
    told = {"same": (1, 1), "near": (1, 1.001), "apart": (1, 1.5), "far": (1, 9)}
    batch = {"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5}}
    lone = {"prices": {"input_mtok": 1}, "price_variants": [batch]}
    models = {name: {"input_mtok": ours} for name, (ours, _) in told.items()} | {"lone": lone}
    load(empty_book_url, "genai-prices", genai(**models), "2026-11-10")
    theirs = {name: {"input_cost_per_token": asked} for name, (_, asked) in told.items()}
    load(empty_book_url, "litellm", litellm(**theirs, lone={"input_cost_per_token": 1}), "2026-11-12")
    with Session(create_engine(empty_book_url, poolclass=NullPool)) as session:
        (pair,) = agreements(session, NOW)
        assert len(disagreements(session, NOW)) == 4
    assert pair == ListAgreement("genai-prices", "litellm", compared=5, apart=2, severe=1, lone=1)
    with running_app(empty_book_url, redis_url) as app:
        page = app.get("/sources").html
        assert "60 % of 5" in page.select_one("#lists ~ div table tbody").text
        told_of = " ".join(page.select_one("section:has(#differ)").text.split())
        assert "Where they differ 2 of 5 figures" in told_of
        assert "1 figure apart by rounding, and 1 for which only one of the two lists has a price" in told_of
        assert page.select("#differ ~ div tbody tr")[4:] == []
        assert app.get("/charts/agreement.csv").text.splitlines()[1] == "genai-prices,litellm,5,3,2,1,1"


def test_what_is_carried_over_from_an_old_list_is_no_disagreement(empty_book_url: str) -> None:
    load(empty_book_url, "litellm", litellm(a={"input_cost_per_token": 3}), "2026-06-01")
    load(empty_book_url, "genai-prices", genai(a={"input_mtok": 1}), "2026-11-10")
    assert found(empty_book_url) == []
    load(empty_book_url, "litellm", litellm(a={"input_cost_per_token": 3}), "2026-11-12")
    assert found(empty_book_url) == [("acme/a", "input_tokens", "", "", "difference")]


def test_a_list_that_leaves_an_offering_out_says_nothing_of_it_any_more(empty_book_url: str) -> None:
    load(empty_book_url, "genai-prices", genai(a={"input_mtok": 1}, b={"input_mtok": 1}), "2026-11-10")
    three = {"input_cost_per_token": 3}
    load(empty_book_url, "litellm", litellm(a=three, b=three), "2026-11-11")
    both = [("acme/a", "input_tokens", "", "", "difference"), ("acme/b", "input_tokens", "", "", "difference")]
    assert found(empty_book_url) == both
    load(empty_book_url, "litellm", litellm(a=three), "2026-11-12")
    assert found(empty_book_url) == both[:1]
    load(empty_book_url, "litellm", litellm(a=three, b=three), "2026-11-13")
    assert found(empty_book_url) == both


def test_a_source_falls_silent_where_others_are_read_on(empty_book_url: str) -> None:
    load(empty_book_url, "genai-prices", genai(a={"input_mtok": 1}), "2026-08-01")
    load(empty_book_url, "litellm", litellm(a={"input_cost_per_token": 3}), "2026-08-02")
    later = NOW + 2 * GRACE
    assert len(found(empty_book_url, later)) == 1  # a book that nobody feeds keeps its answers
    load(empty_book_url, "litellm", litellm(a={"input_cost_per_token": 3}), "2026-11-12")
    assert found(empty_book_url) == []  # the other list is too old beside it, and no longer published


@pytest.fixture
def app(empty_book_url: str, redis_url: str) -> Iterator[TestApp]:
    steps = {"input_mtok": {"base": 1, "tiers": [{"start": 100000, "price": 2}, {"start": 200000, "price": 3}]}}
    load(empty_book_url, "genai-prices", genai(**{f"m{n}": steps for n in range(5)}), "2026-11-10")
    load(empty_book_url, "litellm", litellm(**{f"m{n}": quiet(1, 0.5) for n in range(5)}), "2026-11-12")
    with running_app(empty_book_url, redis_url) as found:
        yield found


def test_pages_of_prices_that_share_their_conditions_lose_none(app: TestApp) -> None:
    """A step against two prices by the hour: alike but for the conditions of the other list."""
    whole = app.get("/api/v1/disagreements").json["data"]
    assert len(whole) == len({json.dumps(item) for item in whole}) == 25
    seen, query = [], "limit=3"
    while query:
        page = app.get(f"/api/v1/disagreements?{query}").json
        assert page["meta"]["count"] == 25
        seen += page["data"]
        query = page["meta"]["next"] and f"limit=3&cursor={page['meta']['next']}"
    assert seen == whole


def test_what_is_missing_is_shown_as_unknown_and_since_when_the_rest_is_said(
    empty_book_url: str, redis_url: str
) -> None:
    """Of a tier whose input the lists do not agree on, only the published list's meters are published."""
    variant = {"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5}}
    ours = {"prices": {"input_mtok": 1, "output_mtok": 4}, "price_variants": [variant]}
    load(empty_book_url, "genai-prices", genai(a=ours), "2026-11-10")
    theirs = {"input_cost_per_token": 1, "output_cost_per_token": 4}
    batch = {"input_cost_per_token_batches": 0.7, "output_cost_per_token_batches": 2}
    for day in ("2026-11-12", "2026-11-15"):
        load(empty_book_url, "litellm", litellm(a=theirs | batch), day)
    with running_app(empty_book_url, redis_url) as app:
        (item,) = app.get("/api/v1/disagreements?kind=missing").json["data"]
    published, observed = item["published"], item["observed"]
    assert (item["meter"], item["conditions"]) == ("output_tokens", "tier=batch")
    assert (published["conditions"], published["state"], published["source"]) == (None, "unknown", "genai-prices")
    assert (observed["conditions"], observed["amount"], observed["basis"]) == ("tier=batch", "2", "seen")
    assert (observed["at"][:10], observed["last_seen"][:10]) == ("2026-11-12", "2026-11-15")


def test_a_year_of_days_at_which_the_clocks_change_gives_the_same(empty_book_url: str) -> None:
    load(empty_book_url, "genai-prices", genai(same=by_hours(4, PEAK, 2)), "2026-11-10")
    load(empty_book_url, "litellm", litellm(same=quiet(4, 2)), "2026-11-12")
    assert [found(empty_book_url, NOW + timedelta(days=30 * month)) for month in range(12)] == [[]] * 12
