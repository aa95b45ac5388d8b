"""llmpricing review, pin and unpin: what they do to the published price, and what they leave in the audit log."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.flags import Flag
from llmpricing.domain.publishing.guard_evidence import Finding, GuardRule
from llmpricing.domain.publishing.verdicts import ObservationKey
from llmpricing.models import AuditEvent, BookVersion, Offering, PriceRow, Review, Source
from llmpricing.services.catalogue.listing import get_offering
from llmpricing.services.clocks import Clocks
from llmpricing.services.publishing.reviews import keep_reviews
from tests.commands import Commands, commands_on
from tests.conftest import NOW
from tests.lists import cost_map, price_list
from tests.servers import StoreUrls, new_database, template


@pytest.fixture
def slipped_url(store_urls: StoreUrls, slipped_book: str) -> Iterator[str]:
    """A database of one's own with the book of ``slipped_book``."""
    with new_database(store_urls, slipped_book) as url:
        yield url


@pytest.fixture
def book(slipped_url: str) -> Iterator[Engine]:
    engine = create_engine(slipped_url, poolclass=NullPool)
    yield engine
    engine.dispose()


class PriceBook:
    """A price book with commands to work on it and questions to ask it."""

    def __init__(self, commands: Commands, engine: Engine, folder: Path) -> None:
        self.commands, self.engine, self.folder = commands, engine, folder

    def load(self, data: bytes, published: str, source: str = "genai-prices") -> Any:
        (self.folder / "list.json").write_bytes(data)
        return self.commands.json(f"import {source}", str(self.folder / "list.json"), "--published", published)

    def run(self, command: str, *words: str, exit_code: int = 0) -> str:
        result = self.commands.run(command, *words)
        assert result.exit_code == exit_code, result.output
        return result.output

    def reviews(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.commands.json("review list")["reviews"]
        return found

    def review_id(self, offering: str, meter: str) -> str:
        return next(str(r["id"]) for r in self.reviews() if (r["offering"], r["meter"]) == (offering, meter))

    def input_price(self, slug: str = "acme/a", at: datetime | None = None, known_at: datetime | None = None) -> Any:
        now = datetime.now(UTC)
        with Session(self.engine) as session:
            item = get_offering(session, Clocks(at or now, known_at or now), slug)
        return item and item.input_per_mtok

    def source_of(self, slug: str = "acme/a") -> str | None:
        now = datetime.now(UTC)
        with Session(self.engine) as session:
            item = get_offering(session, Clocks(now, now), slug)
        return item and item.source

    def events(self) -> list[AuditEvent]:
        with Session(self.engine) as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))

    def version(self) -> int | None:
        with Session(self.engine) as session:
            return session.scalar(select(BookVersion.version))


@pytest.fixture(scope="module")
def slipped_book(
    store_urls: StoreUrls, empty_book: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Name of a template: offerings a and b of acme; the last list says a thousand times as much for a."""

    def fill(url: str) -> None:
        folder, engine = tmp_path_factory.mktemp("slipped"), create_engine(url, poolclass=NullPool)
        filled = PriceBook(commands_on(folder, url, redis_url), engine, folder)
        filled.load(price_list(a=2, b=5), "2026-10-01")
        filled.load(price_list(a=2000, b=6), "2026-11-01")
        engine.dispose()

    return template(store_urls, "slipped", fill, empty_book)


@pytest.fixture
def price_book(tmp_path: Path, slipped_url: str, redis_url: str, book: Engine) -> PriceBook:
    """Commands on that book, and questions to it."""
    return PriceBook(commands_on(tmp_path, slipped_url, redis_url), book, tmp_path)


def test_the_list_shows_all_that_a_decision_needs(price_book: PriceBook) -> None:
    slipped = next(r for r in price_book.reviews() if r["meter"] == "input_tokens")
    assert slipped == {
        "id": slipped["id"],
        "offering": "acme/a",
        "meter": "input_tokens",
        "condition_key": "",
        "source": "genai-prices",
        "published_at": "2026-11-01T00:00:00Z",
        "rule": "too_dear",
        "against": "1,000 USD per million tokens",
        "slip": "per 1K read as per token",
        "stands": {"state": "priced", "amount": "2", "currency": "USD", "per": 1_000_000},
        "old": "2",
        "said_before": "2",
        "new": "2000",
        "factor": "1000",
        "currency": "USD",
        "per": 1_000_000,
        "opened_at": slipped["opened_at"],
        "repeated": 1,
        "effect": {
            "workload": "1,000,000 input_tokens + 200,000 output_tokens (output_tokens wait too: taken as accepted)",
            "before": "3.6",
            "after": "3600",
        },
    }
    shown = price_book.run("review list")
    for words in ("acme/a input_tokens", "2 -> 2000 USD per 1,000,000 (1000x)", "per 1K read as per token", "too_dear"):
        assert words in shown


def test_an_arrival_that_waits_has_no_old_price(price_book: PriceBook) -> None:
    price_book.load(price_list(a=2000, b=6, c=135_000), "2026-11-02")
    arrived = next(r for r in price_book.reviews() if (r["offering"], r["meter"]) == ("acme/c", "input_tokens"))
    assert (arrived["old"], arrived["factor"], arrived["effect"]["before"]) == (None, None, None)
    assert arrived["effect"]["after"] == "243000"  # with the output price of 540,000 that waits beside it
    assert "unknown -> 135000" in price_book.run("review list")


def test_a_source_that_says_a_price_first_is_shown_beside_the_published_one(price_book: PriceBook) -> None:
    price_book.load(cost_map(b=6000), "2026-11-03", "litellm")
    (found,) = [r for r in price_book.reviews() if r["source"] == "litellm" and r["meter"] == "input_tokens"]
    assert (found["old"], found["new"], found["factor"]) == ("6", "6000", "1000")


def one_offering(**prices: float) -> bytes:
    """genai-prices' list of acme/a alone, at these prices."""
    models = [{"id": "a", "match": {"equals": "a"}, "prices": prices}]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()


def test_the_effect_of_a_price_that_waits_alone_takes_the_published_one_beside_it(price_book: PriceBook) -> None:
    price_book.load(one_offering(input_mtok=2, output_mtok=8000), "2026-11-03")
    (found,) = [r for r in price_book.reviews() if r["offering"] == "acme/a"]
    assert (found["meter"], found["old"], found["new"]) == ("output_tokens", "8", "8000")
    assert found["effect"] == {
        "workload": "1,000,000 input_tokens + 200,000 output_tokens",
        "before": "3.6",
        "after": "1602",
    }


def test_the_effect_of_a_price_without_another_says_so(price_book: PriceBook) -> None:
    embedding = json.loads(cost_map(c=2_000_000_000))
    del embedding["acme/c"]["output_cost_per_token"]
    price_book.load(json.dumps(embedding).encode(), "2026-11-03", "litellm")
    (found,) = [r for r in price_book.reviews() if r["offering"] == "acme/c"]
    assert found["effect"] == {
        "workload": "1,000,000 input_tokens (output_tokens have no price)",
        "before": None,
        "after": "2000000000",
    }


def test_the_effect_of_another_meter_is_told_for_its_own_unit(price_book: PriceBook) -> None:
    models = [{"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 2, "cache_read_mtok": 3}}]
    listed = [{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]
    price_book.load(json.dumps(listed).encode(), "2026-11-03")
    found = next(r for r in price_book.reviews() if r["meter"] == "cache_read_tokens")
    assert (found["rule"], found["against"], found["old"]) == ("cache_read_above_input", "input_tokens at 2", None)
    assert found["effect"] == {"workload": "1,000,000 cache_read_tokens", "before": None, "after": "3"}


def test_a_review_that_another_decision_settled_opens_again_with_it(price_book: PriceBook) -> None:
    for published, amount in (("2026-11-03", 1), ("2026-11-04", 60)):
        price_book.load(price_list(a=2, b=6, c=amount), published)
    jump = price_book.review_id("acme/c", "input_tokens")
    price_book.run("review accept", jump)
    price_book.load(cost_map(a=2, b=6, c=1), "2026-11-05", "litellm")

    def waits() -> bool:
        return any(
            (r["source"], r["offering"], r["meter"]) == ("litellm", "acme/c", "input_tokens")
            for r in price_book.reviews()
        )

    assert waits()
    price_book.run("review reject", jump)
    assert not waits()
    price_book.run("review accept", jump)
    assert waits()


def test_an_account_without_a_name_decides_by_its_number(
    price_book: PriceBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    price_book.run("review reject", price_book.review_id("acme/a", "input_tokens"))
    assert [event.actor for event in price_book.events()] == [f"uid {os.getuid()}"]


def test_accepting_publishes_the_price_from_its_own_time(price_book: PriceBook) -> None:
    before, known_then = price_book.version(), datetime.now(UTC)
    number = price_book.review_id("acme/a", "input_tokens")
    price_book.run("review accept", number, "--as", "ada", "--note", "the seller says so")
    assert price_book.input_price() == 2000
    assert price_book.input_price(at=datetime(2026, 10, 16, tzinfo=UTC)) == 2
    assert price_book.input_price(known_at=known_then) == 2
    assert price_book.version() == (before or 0) + 1
    (event,) = price_book.events()
    assert (event.actor, event.action, event.subject) == ("ada", "review_accepted", "acme/a input_tokens|")
    assert event.details == {
        "review": int(number),
        "source": "genai-prices",
        "published": "2026-11-01T00:00:00+00:00",
        "rule": "too_dear",
        "old": "2",
        "new": "2000",
        "note": "the seller says so",
    }
    assert number not in {str(r["id"]) for r in price_book.reviews()}


def test_rejecting_keeps_the_last_good_price_also_through_further_lists(price_book: PriceBook) -> None:
    ids = [str(r["id"]) for r in price_book.reviews()]
    price_book.run("review reject", *ids)
    assert price_book.input_price() == 2
    price_book.load(price_list(a=2000, b=7), "2026-11-02")
    assert (price_book.input_price(), price_book.input_price("acme/b")) == (2, 7)
    assert price_book.reviews() == []
    assert {event.actor for event in price_book.events()} == {getpass.getuser()}
    assert [event.action for event in price_book.events()] == ["review_rejected"] * len(ids)


def test_a_verdict_may_be_replaced(price_book: PriceBook) -> None:
    number = price_book.review_id("acme/a", "input_tokens")
    price_book.run("review accept", number)
    price_book.run("review reject", number)
    assert price_book.input_price() == 2
    assert [event.action for event in price_book.events()] == ["review_accepted", "review_rejected"]


def test_of_several_reviews_all_are_decided_or_none(price_book: PriceBook) -> None:
    number = price_book.review_id("acme/a", "input_tokens")
    said = price_book.run("review accept", number, "999999", exit_code=1)
    assert "There is no review 999999" in said
    assert (price_book.input_price(), price_book.events()) == (2, [])


def test_a_review_that_its_source_closed_cannot_be_decided(price_book: PriceBook) -> None:
    number = price_book.review_id("acme/a", "input_tokens")
    price_book.load(price_list(a=2, b=6), "2026-11-02")
    assert "is closed" in price_book.run("review accept", number, exit_code=1)


@pytest.mark.parametrize("words", ["review accept", "review accept one", "review", "pin", "pin acme/a", "unpin acme/a"])
def test_a_decision_on_nothing_is_misuse(price_book: PriceBook, words: str) -> None:
    assert price_book.commands.run(words).exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        "acme/a input_tokens -1",
        "acme/a input_tokens cheap",
        "acme/a input_tokens nan",
        "acme/a no_such_meter 1",
        "acme/a input_tokens 1 --per 0",
        "acme/a input_tokens 1 --from soon",
        "acme/a input_tokens 1 --currency foo1",
        "acme/a input_tokens 1 --tier batch --conditions above=200000",
        "acme/a --list",
    ],
)
def test_a_pin_that_makes_no_sense_is_misuse(price_book: PriceBook, words: str) -> None:
    assert price_book.commands.run(f"pin {words}").exit_code == 2


def test_a_pin_holds_a_price_against_imports_and_its_drift_stays_visible(price_book: PriceBook) -> None:
    price_book.run("pin acme/b input_tokens 5.50 --as ada --note contract")
    assert (price_book.input_price("acme/b"), price_book.source_of("acme/b")) == (5.5, "manual")
    price_book.load(price_list(a=2000, b=9), datetime.now(UTC).isoformat())
    assert price_book.input_price("acme/b") == 5.5
    (held,) = price_book.commands.json("pin --list")["pins"]
    assert (held["offering"], held["meter"], held["amount"], held["pinned_by"], held["note"]) == (
        "acme/b", "input_tokens", "5.5", "ada", "contract",
    )  # fmt: skip
    assert held["sources"] == {"genai-prices": "9 USD per 1,000,000"}
    shown = price_book.run("pin --list")
    assert "acme/b input_tokens: 5.5 USD per 1,000,000" in shown
    assert "genai-prices says 9 USD per 1,000,000 (1.636x)" in shown
    (event,) = price_book.events()
    assert (event.actor, event.action, event.details["note"]) == ("ada", "pin_added", "contract")


def test_a_price_with_its_source_replaces_no_price_of_a_person(price_book: PriceBook) -> None:
    told = "--source https://acme.example/old"
    price_book.run(f"pin acme/b input_tokens 4 --from 2026-02-01 --until 2026-03-01 {told} --as ada --note mail")
    assert price_book.input_price("acme/b", at=datetime(2026, 2, 3, tzinfo=UTC)) == 4
    assert price_book.input_price("acme/b") == 6
    refused = price_book.run(f"pin acme/b input_tokens 3 --from 2026-01-01 {told}", exit_code=1)
    assert "nothing is overwritten" in refused
    price_book.run(f"pin acme/b input_tokens 3 --from 2026-01-01 --until 2026-02-01 {told}")
    assert price_book.input_price("acme/b", at=datetime(2026, 2, 3, tzinfo=UTC)) == 4
    assert [event.details["note"] for event in price_book.events()] == [
        "https://acme.example/old: mail", "https://acme.example/old"
    ]  # fmt: skip


def test_unpinning_lets_the_sources_speak_again_and_keeps_what_was_held(price_book: PriceBook) -> None:
    price_book.run("pin acme/b input_tokens 5.5")
    pinned = datetime.now(UTC)
    price_book.run("unpin acme/b input_tokens --as ada --note over")
    assert (price_book.input_price("acme/b"), price_book.source_of("acme/b")) == (6, "genai-prices")
    assert price_book.input_price("acme/b", at=pinned) == 5.5
    assert price_book.commands.json("pin --list") == {"pins": []}
    assert price_book.run("pin --list") == "Nothing is pinned.\n"
    assert [(e.actor, e.action) for e in price_book.events()][1] == ("ada", "pin_removed")
    assert "No price of acme/b is pinned there" in price_book.run("unpin acme/b input_tokens", exit_code=1)


def test_voiding_a_pin_undoes_it_for_the_past_too(price_book: PriceBook) -> None:
    price_book.run("pin acme/b input_tokens 5.5 --from 2026-11-05")
    pinned = datetime.now(UTC)
    day = datetime(2026, 11, 6, tzinfo=UTC)
    assert price_book.input_price("acme/b", at=day) == 5.5
    price_book.run("unpin acme/b input_tokens --void")
    assert price_book.input_price("acme/b", at=day) == 6
    assert price_book.input_price("acme/b", at=day, known_at=pinned) == 5.5


def test_a_later_pin_takes_over_from_its_date_and_the_earlier_one_stays_before_it(price_book: PriceBook) -> None:
    price_book.run("pin acme/b input_tokens 5.5 --from 2026-11-05")
    price_book.run("pin acme/b input_tokens 0 --from 2026-11-10")
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (4, 5, 9, 10)]
    assert [price_book.input_price("acme/b", at=day) for day in days] == [6, 5.5, 5.5, 0]
    price_book.run("pin acme/b input_tokens 1 --from 2026-11-01")
    assert [price_book.input_price("acme/b", at=day) for day in days] == [1, 1, 1, 1]


def test_a_pin_may_lie_in_the_future_and_name_a_tier_and_a_quantity(price_book: PriceBook) -> None:
    price_book.load(with_conditions(), "2026-11-02")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    price_book.run("pin acme/b input_tokens 0.004 --per 1000 --from", tomorrow)
    price_book.run("pin acme/b input_tokens 2.9 --tier batch")
    now = datetime.now(UTC)
    assert price_book.input_price("acme/b") == 6
    assert price_book.input_price("acme/b", at=now + timedelta(days=2), known_at=now) == 4
    with Session(price_book.engine) as session:
        query = select(PriceRow.condition_key).where(PriceRow.amount == Decimal("2.9"), PriceRow.recorded.contains(now))
        assert session.scalars(query).all() == ["tier=batch"]
    price_book.run("unpin acme/b input_tokens --tier batch")
    assert [pin["conditions"] for pin in price_book.commands.json("pin --list")["pins"]] == [""]


def with_conditions() -> bytes:
    """The list with a batch price and a context step of b."""
    listed = json.loads(price_list(a=2, b=6))
    (b,) = (model for model in listed[0]["models"] if model["id"] == "b")
    b["prices"]["input_mtok"] = {"base": 6, "tiers": [{"start": 200000, "price": 12}]}
    b["price_variants"] = [{"when": {"processing": "batch"}, "prices": {"input_mtok": 3, "output_mtok": 12}}]
    return json.dumps(listed).encode()


def test_a_price_under_any_conditions_can_be_pinned_by_their_key(price_book: PriceBook) -> None:
    price_book.load(with_conditions(), "2026-11-02")
    said = price_book.run("pin acme/b input_tokens 9 --conditions above=200000")
    assert "acme/b input_tokens [above=200000] is held at 9 USD" in said
    (held,) = price_book.commands.json("pin --list")["pins"]
    assert (held["conditions"], held["amount"]) == ("above=200000", "9")
    price_book.run("unpin acme/b input_tokens --conditions above=200000")
    assert price_book.commands.json("pin --list")["pins"] == []


def test_what_a_pin_of_the_base_price_does_not_hold_is_told(price_book: PriceBook) -> None:
    price_book.load(with_conditions(), "2026-11-02")
    price_book.run("pin acme/b input_tokens 2 --tier batch")
    assert "Not held, as the sources state them: above=200000." in price_book.run("pin acme/b input_tokens 5")
    assert "Not held" not in price_book.run("pin acme/a input_tokens 5")


@pytest.mark.parametrize(
    "words",
    [
        "--tier batchh",
        "--tier=",
        "--tier a;b",
        "--tier x;above=abc",
        "--tier x;schedule=zzz",
        "--conditions from=200000",
    ],
)
def test_conditions_that_no_price_of_the_offering_has_are_refused_with_those_it_has(
    price_book: PriceBook, words: str
) -> None:
    price_book.load(with_conditions(), "2026-11-02")
    said = price_book.run(f"pin acme/b input_tokens 5 {words}", exit_code=1)
    assert "those with conditions are: above=200000, tier=batch." in said
    assert "none of its prices has conditions" in price_book.run(f"pin acme/a input_tokens 5 {words}", exit_code=1)
    assert price_book.events() == []


def test_a_pin_takes_every_name_that_resolves(price_book: PriceBook) -> None:
    price_book.run("alias add our-b acme/b")
    assert "acme/b input_tokens is held" in price_book.run("pin our-b input_tokens 5")
    assert price_book.input_price("acme/b") == 5
    assert "acme/b input_tokens is no longer pinned" in price_book.run("unpin our-b input_tokens")


def test_a_price_that_no_source_states_can_be_pinned(price_book: PriceBook) -> None:
    price_book.run("pin acme/b requests 3 --per 1000")
    with Session(price_book.engine) as session:
        row = session.scalars(select(PriceRow).where(PriceRow.meter == "requests")).one()
        assert (row.amount, row.per_quantity, row.basis) == (3, 1000, "manual")


def test_an_offering_that_does_not_exist_cannot_be_pinned(price_book: PriceBook) -> None:
    assert "No offering is called acme/z" in price_book.run("pin acme/z input_tokens 1", exit_code=1)
    assert price_book.events() == []


def test_a_pin_does_not_hide_that_two_sources_differ(price_book: PriceBook) -> None:
    price_book.load(cost_map(a=2, b=8), "2026-11-03", "litellm")
    price_book.run("pin acme/b input_tokens 5.5")
    (held,) = price_book.commands.json("pin --list")["pins"]
    assert held["sources"] == {"genai-prices": "6 USD per 1,000,000", "litellm": "8 USD per 1,000,000"}


def test_a_review_states_old_and_new_price_for_the_same_quantity(session: Session) -> None:
    offering = session.scalars(select(Offering.id).where(Offering.slug == "acme/acme-small")).one()
    source = session.scalars(select(Source.id).where(Source.slug == "genai-prices")).one()
    per_thousand = DatedPrice(State.PRICED, Decimal("0.002"), 1000)
    new = DatedPrice(State.PRICED, Decimal(3), 1_000_000)
    for meter, old, against in (("output_tokens", per_thousand, None), ("cache_read_tokens", None, per_thousand)):
        finding = Finding(GuardRule.CACHE_READ_ABOVE_INPUT, "input_tokens", against)
        flag = Flag(ObservationKey(Component(meter, BASE), "genai-prices", NOW), new, old, finding, None, None)
        keep_reviews(session, [], {offering: [flag]}, {"genai-prices": source}, NOW)
    found = session.scalars(select(Review).where(Review.closed_at.is_(None) | (Review.outcome == "superseded"))).all()
    assert {(r.component, r.old_amount, r.new_amount, r.per_quantity, r.against) for r in found} == {
        ("output_tokens|", 2, 3, 1_000_000, "input_tokens"),
        ("cache_read_tokens|", None, 3, 1_000_000, "input_tokens at 2"),
    }


@pytest.fixture
def groups(price_book: PriceBook) -> PriceBook:
    """Beside what waits of acme by one list, what another list says of two sellers."""
    entries = json.loads(cost_map(b=6000, c=5000)) | json.loads(cost_map(d=7000).replace(b"acme", b"bazaar"))
    price_book.load(json.dumps(entries).encode(), "2026-11-03", "litellm")
    return price_book


def test_what_waits_is_grouped_by_rule_seller_and_list(groups: PriceBook) -> None:
    found = groups.commands.json("review list")["groups"]
    assert sorted((g["rule"], g["provider"], g["source"], len(g["reviews"])) for g in found) == [
        ("too_dear", "acme", "genai-prices", 2),
        ("too_dear", "acme", "litellm", 4),
        ("too_dear", "bazaar", "litellm", 2),
    ]
    shown = groups.run("review list")
    assert "4 too_dear at acme, litellm of 2026-11-03: waiting for 0 days, one list says so" in shown
    assert "and 1 more: llmpricing review list --rule too_dear --provider acme --source litellm" in shown
    assert "8 wait in 3 groups" in shown


def test_a_list_that_says_so_again_is_counted(groups: PriceBook) -> None:
    entries = json.loads(cost_map(b=6000, c=5000)) | json.loads(cost_map(d=7000).replace(b"acme", b"bazaar"))
    for published in ("2026-11-04", "2026-11-05"):
        groups.load(json.dumps(entries).encode(), published, "litellm")
    assert "3 lists say so" in groups.run("review list", "--source", "litellm")


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--rule", "too_dear"), 8),
        (("--provider", "acme"), 6),
        (("--source", "litellm", "--provider", "acme"), 4),
        (("--offering", "acme/a"), 2),
        (("--since", "2026-11-02"), 6),
        (("--rule", "jump"), 0),
    ],
)
def test_the_queue_is_filtered(groups: PriceBook, words: tuple[str, ...], count: int) -> None:
    assert len(groups.commands.json("review list", *words)["reviews"]) == count


def test_a_whole_group_is_decided_after_showing_it(groups: PriceBook) -> None:
    words = ("--rule", "too_dear", "--provider", "acme", "--source", "litellm")
    asked = groups.run("review accept", *words, exit_code=1)  # nobody says yes
    assert "Are these 4 to be accepted?" in asked
    assert "acme/b input_tokens" in asked
    assert groups.input_price("acme/c") is None
    assert "4 accepted by ada" in groups.run("review accept", *words, "--yes", "--as", "ada")
    assert groups.input_price("acme/c") == 5000
    assert {event.action for event in groups.events()} == {"review_accepted"}
    assert len(groups.reviews()) == 4
    assert "Nothing of that kind waits" in groups.run("review reject", *words, "--yes", exit_code=1)
    assert "a --rule" in groups.run("review reject", "1", "--rule", "jump", exit_code=2)


def test_a_companion_belongs_to_the_group_of_the_price_that_it_waits_with(price_book: PriceBook) -> None:
    for published, amount in (("2026-11-03", 1), ("2026-11-04", 0.0001)):
        price_book.load(one_offering(input_mtok=amount, output_mtok=5 + amount), published)
    (group,) = price_book.commands.json("review list")["groups"]
    assert (group["rule"], len(group["reviews"])) == ("jump" if group["rule"] == "jump" else "too_cheap", 2)


def test_a_dry_run_names_what_would_wait(price_book: PriceBook) -> None:
    (price_book.folder / "next.json").write_bytes(price_list(a=2, b=6000))
    words = ("import genai-prices", str(price_book.folder / "next.json"), "--published", "2026-11-03", "--dry-run")
    said = price_book.run(*words)
    assert "would wait: acme/b input_tokens 6 -> 6000 USD per 1,000,000, rule too_dear" in said
    found = price_book.commands.json(*words)["would_wait"]
    assert [(one["offering"], one["meter"], one["rule"]) for one in found] == [
        ("acme/b", "input_tokens", "too_dear"),
        ("acme/b", "output_tokens", "too_dear"),
    ]
    assert {r["offering"] for r in price_book.reviews()} == {"acme/a"}


def test_a_price_is_held_until_a_day(price_book: PriceBook) -> None:
    said = price_book.run("pin acme/b input_tokens 4 --until 2999-01-31")
    assert "is held at 4 USD per 1,000,000 until 2999-01-31" in said
    assert price_book.input_price("acme/b") == 4
    assert price_book.input_price("acme/b", at=datetime(2999, 2, 1, tzinfo=UTC)) == 6
    assert "until 2999-01-31" in price_book.run("pin --list")
    ended = ("--from", "2026-11-03", "--until", "2026-11-02")
    assert "Choose a later end." in price_book.run("pin acme/b input_tokens 4", *ended, exit_code=1)


def test_a_verdict_is_taken_back_with_its_effect_shown_before(price_book: PriceBook) -> None:
    price_book.run("review accept", "--provider", "acme", "--yes", "--as", "ada")
    assert price_book.input_price() == 2000
    known_then = datetime.now(UTC)
    (group,) = price_book.commands.json("review list --decided")["groups"]
    assert len(group["reviews"]) == 2
    asked = price_book.run("review reopen", *map(str, group["reviews"]), exit_code=1)  # nobody says yes
    assert "acme/a input_tokens: 2000 USD per 1,000,000 -> 2 USD per 1,000,000" in asked
    assert price_book.input_price() == 2000
    assert "2 reopened by bob" in price_book.run("review reopen --rule too_dear --yes --as bob")
    assert (price_book.input_price(), price_book.input_price(known_at=known_then)) == (2, 2000)
    assert len(price_book.reviews()) == 2
    assert [event.action for event in price_book.events()] == ["review_accepted"] * 2 + ["review_reopened"] * 2
    assert price_book.events()[-1].details["was"] == "accepted"
    assert "Nothing of that kind was decided" in price_book.run("review reopen --rule too_dear --yes", exit_code=1)
    assert "was not decided" in price_book.run("review reopen", str(group["reviews"][0]), "--yes", exit_code=1)


def test_what_was_decided_is_told_with_who_when_and_why(price_book: PriceBook) -> None:
    number = price_book.review_id("acme/a", "input_tokens")
    price_book.run("review accept", number, "--as", "ada", "--note", "their mail of 3 Nov")
    decided = next(
        one for one in price_book.commands.json("review list", "--decided")["reviews"] if str(one["id"]) == number
    )["decided"]
    assert (decided["outcome"], decided["by"], decided["note"]) == ("accepted", "ada", "their mail of 3 Nov")
    told = price_book.run("review list --decided")
    assert "accepted by ada on " in told
    assert "UTC: their mail of 3 Nov" in told
    assert "waiting for" not in told


def test_the_effect_of_a_verdict_is_told_before_it(price_book: PriceBook) -> None:
    asked = price_book.run("review accept --rule too_dear", exit_code=1)  # nobody says yes
    assert "acme/a input_tokens: 2 USD per 1,000,000 -> 2000 USD per 1,000,000" in asked
    assert "That moves 2 of today's prices." in asked
    assert price_book.input_price() == 2
    number = price_book.review_id("acme/a", "input_tokens")
    assert "That moves 0 of today's prices." in price_book.run("review reject", number)
