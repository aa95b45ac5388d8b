"""Contract rates are a secret: what was agreed changes nothing of what is told to who may not see it, anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from tests.conftest import running_app
from tests.functional.addresses import ADMIN, EXAMPLES, FEEDS
from tests.functional.test_access import WORDS, bearing
from tests.functional.test_compare_page import lines
from tests.functional.test_every_route import HEALTH, POSTED
from tests.functional.test_feeds import MAP, bring
from tests.functional.test_held_book import wait_for

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
QUOTED = {"quote", "quotes"}
COUNTED = ("metrics", *HEALTH)  # what this process did, and the version of its book
# Told to each scope as if there were no rates, but for these, where whoever has ``rates`` sees them.
SHOWN = QUOTED | {
    "calculator",
    "home",
    "page_model",
    "page_calculator",
    "page_calculator_csv",
    "page_compare",
    "page_chart_costs",
}
ADDRESSES = {
    **{name: path for name, path in (EXAMPLES | FEEDS | ADMIN).items() if name not in COUNTED},
    "models": "/api/v1/models?limit=200",  # so that no cursor holds the time
    "page_sellers": "/models/acme/acme-large?tokens=5000000",
    "page_prices": "/?tokens=5000000",
    **{f"net_{name}": f"{path}?rates=net" for name, path in FEEDS.items() if not name.startswith("changes_")},
}
SHOWN |= {"page_sellers", "page_prices"}
# What a new version of the book tells of itself, whatever was decided: when that was, and its number.
OF_THE_VERSION = re.compile(
    r"20\d\d-\d\d-\d\d(?:T|%20| )\d\d(?::|%3A)\d\d(?:(?::|%3A)\d\d(?:\.\d+)?)?(?:Z|\+00:00|%2B00%3A00| UTC)?"
    r'|"catalogue_version": ?\d+|"request_id": ?"\w+"|<code>[0-9a-f]{32}</code>|as known on \d+ \w+ \d{4}'
)


@pytest.fixture
def app(book_url: str, redis_url: str, tmp_path: Any) -> Iterator[TestApp]:
    """The application with the book in memory and a token of each scope, before anything was agreed."""
    bring(book_url, MAP)
    with running_app(book_url, redis_url, book_dir=tmp_path / "books", **{"auth.tokens": WORDS}) as found:
        wait_for(found, lambda answer: answer["book"] is not None)
        yield found


def agree(book_url: str) -> None:
    """37 % off one seller, and an amount for one offering of it."""
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        by = Decider("me", datetime.now(UTC), "secretly")
        add_contract_rates(session, by, "acme", "*", [RateValue(discount=Decimal("0.37"))], SINCE)
        own = [RateValue(meter="input_tokens", amount=Decimal("0.7771"), per=1_000_000)]
        add_contract_rates(session, by, "acme", "acme-small", own, SINCE)
    engine.dispose()


def told(app: TestApp, scope: str) -> dict[str, tuple[int, str]]:
    """What each address answers to this scope, but for what any new version of the book changes."""
    headers = bearing(scope)
    answers = {name: app.get(path, headers=headers, expect_errors=True) for name, path in ADDRESSES.items()}
    for name, (path, body) in POSTED.items():
        answers[name] = app.post_json(path, body, headers=headers, expect_errors=True)
    return {name: (one.status_int, OF_THE_VERSION.sub("", text_of(one))) for name, one in answers.items()}


def text_of(answer: Any) -> str:
    return str(answer.body.decode("utf-8", errors="replace"))


@pytest.mark.parametrize("scope", ["feed", "read"])
def test_what_was_agreed_changes_nothing_that_is_told_without_the_scope(
    app: TestApp, book_url: str, scope: str
) -> None:
    before, version = told(app, scope), app.get("/api/health/ready").json["book"]
    agree(book_url)
    wait_for(app, lambda answer: answer["book"] >= version + 2)
    seen = told(app, "rates")  # first, so that whatever is kept is kept of it
    after = told(app, scope)
    assert {name for name in before if before[name] != after[name]} == set()
    assert {name for name, (_, text) in after.items() if "0.7771" in text or "secretly" in text} == set()
    if scope == "read":
        assert {name for name in after if after[name] != seen[name] and not name.startswith("net_")} == SHOWN
        explained = {name for name, (_, text) in seen.items() if "Your contract rates count" in text}
        assert explained == SHOWN - QUOTED - {
            "calculator",
            "page_calculator_csv",
            "page_chart_costs",
        }  # beside list prices
        assert {after[name][0] for name in after if name.startswith("net_")} == {403}
        assert any("0.7771" in text for name, (_, text) in seen.items() if name.startswith("net_"))


@pytest.mark.parametrize(("scope", "prices"), [("read", {"list"}), ("rates", {"contract"})])
def test_the_chart_of_a_comparison_has_the_prices_of_its_table(
    app: TestApp, book_url: str, scope: str, prices: set[str]
) -> None:
    version = app.get("/api/health/ready").json["book"]
    agree(book_url)
    wait_for(app, lambda answer: answer["book"] >= version + 2)
    headers = bearing(scope)
    page = app.get("/compare?models=acme/acme-large,acme/acme-small&tokens=1000M&input_share=50", headers=headers)
    month = lines(page)["My month"]
    facts, drawn = (link["href"] for link in page.html.select("figure figcaption a"))
    rows = [row.split(",") for row in app.get(facts, headers=headers).text.splitlines()[1:]]
    assert [f"${Decimal(total):,.2f}" for _, total, *_ in rows] == [cell.removesuffix(" best") for cell in month]
    assert {kind for *_, kind in rows} == prices
    bars = app.get(drawn, headers=headers).json["layer"][0]["data"]["values"]
    assert sorted(round(bar["total"], 2) for bar in bars) == sorted(round(float(total), 2) for _, total, *_ in rows)
    assert ("in the table and in its chart" in page.text) is (scope == "rates")


def test_when_an_agreement_begins_is_told_to_who_may_see_it_alone(app: TestApp, book_url: str) -> None:
    now = datetime.now(UTC)
    begins = now + min(timedelta(hours=1), (midnight_after(now) - now) / 2)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        half = [RateValue(discount=Decimal("0.5"))]
        add_contract_rates(session, Decider("me", now), "acme", "*", half, begins)
    engine.dispose()
    wait_for(app, lambda answer: answer["book"] is not None and shows_step(app, begins))
    untold = app.get("/api/v1/models", headers=bearing("read")).json["meta"]["valid_until"]
    assert datetime.fromisoformat(untold) == midnight_after(now)


def midnight_after(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def shows_step(app: TestApp, at: datetime) -> bool:
    """Whether who sees rates is told of it."""
    told = app.get("/api/v1/models", headers=bearing("rates")).json["meta"]["valid_until"]
    return datetime.fromisoformat(told) == at
