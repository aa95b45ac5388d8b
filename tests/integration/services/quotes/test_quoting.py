"""Quotes through the services, over a real price book: both clocks, own names and rates, names and prices together."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.names.matching import Ambiguous, Resolution
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.context import Context, ContextError
from llmpricing.domain.quotes.contract_rates import RateIdError
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import AuditEvent, ContractRateRow, ExchangeRate, Provider, ProviderDescription
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.contract_rates import (
    RateValue,
    add_contract_rates,
    contract_rates,
    end_contract_rate,
)
from llmpricing.services.decisions.own_aliases import add_alias, end_alias, own_aliases
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.names.resolving import Names, resolve_name
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.changes import end_change
from llmpricing.services.quotes.quoting import AmbiguousModel, Asked, Quoted, UnknownModel, quote_many, quote_one
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
MTOK = {"input_tokens": 1_000_000}


def asked(name: str = "acme/acme-large", usage: dict[str, Any] | None = None, at: datetime = AT, **more: Any) -> Asked:
    return Asked(name, read_usage(usage or MTOK), at, **more)


def total(session: Session, *words: Any, **more: Any) -> Decimal | None:
    return quote_one(session, asked(*words, **more)).quote.total


def load(session: Session, change: Callable[[Any], None], day: int = 15, hours: int = 1) -> None:
    """Import the small list after a change, as published on a day of Nov 2026 and read some hours after NOW."""
    providers = json.loads(small_list())
    change(providers)
    published = datetime(2026, 11, day, tzinfo=UTC)
    reading = ReadList(json.dumps(providers).encode(), published, NOW + timedelta(hours=hours), "a test's list")
    import_lists(session, [(SOURCES["genai-prices"], reading)])


def by(hours: int) -> Decider:
    return Decider("Ann", NOW + timedelta(hours=hours))


def dearer(providers: Any) -> None:
    providers[0]["models"][0]["prices"]["input_mtok"] = 3.5


def test_a_correction_leaves_what_was_known_before_as_it_was(session: Session) -> None:
    before = quote_one(session, asked())
    load(session, dearer)
    now, then = quote_one(session, asked()), quote_one(session, asked(known_at=before.known_at))
    assert then == before
    assert (before.quote.total, now.quote.total) == (Decimal("2.5"), Decimal("3.5"))
    assert total(session, at=datetime(2026, 11, 11, tzinfo=UTC)) == Decimal("2.5")


def test_the_answer_names_the_time_that_gives_it_again(session: Session) -> None:
    first = quote_one(session, asked())
    assert first.known_at == book_state(session).last_change == NOW
    load(session, dearer)
    last_change = NOW + timedelta(hours=1)
    assert quote_one(session, asked(known_at=NOW + timedelta(days=365))).known_at == last_change
    assert quote_one(session, asked()).known_at == last_change
    before = NOW + timedelta(minutes=1)
    assert quote_one(session, asked(known_at=before)).known_at == before


def test_names_too_are_those_of_the_time(session: Session) -> None:
    def add(providers: Any) -> None:
        providers[0]["models"].append({"id": "acme-new", "match": {"equals": "acme-new"}, "prices": {"input_mtok": 1}})

    load(session, add)
    late = NOW + timedelta(hours=2)
    assert resolve_name(session, Clocks(AT, late), "acme-new") == Resolution("acme/acme-new", "only seller")
    with pytest.raises(UnknownModel):
        quote_one(session, asked("acme/acme-new", known_at=NOW))
    assert total(session, "acme/acme-new", known_at=late) == 1


def test_names_of_an_older_version_are_freed_without_the_collector(session: Session) -> None:
    names = Names(session)
    assert isinstance(names.at(Clocks(AT, NOW))("acme/acme-large", None), Resolution)
    alive = weakref.ref(names)
    gc.disable()  # which, once names have settled, walks them no more
    try:
        del names
        assert alive() is None
    finally:
        gc.enable()


def test_a_batch_is_answered_in_order_whatever_its_items_knew(session: Session) -> None:
    load(session, dearer)
    questions = [
        asked(known_at=NOW),
        asked("acme/none"),
        asked(),
        asked("acme/acme-small"),
        asked(context=Context(service_tier="gold")),
        asked(known_at=NOW - timedelta(seconds=1)),
        asked("acme/acme-dated", at=datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    answers = quote_many(session, questions)
    totals = [answer.quote.total if isinstance(answer, Quoted) else type(answer) for answer in answers]
    expected = [Decimal("2.5"), UnknownModel, Decimal("3.5"), Decimal("0.0025"), ContextError, UnknownModel, Decimal(8)]
    assert totals == expected


def test_the_whole_request_counts_for_a_step_cached_tokens_too(session: Session) -> None:
    def long(input_tokens: int, cached: int) -> Decimal | None:
        usage = {"input_tokens": input_tokens, "cache_read_tokens": cached, "output_tokens": 1_000_000}
        return total(session, "acme/acme-long", usage)

    assert long(200_000, 199_999) == Decimal("4.2")
    assert long(200_001, 200_000) == Decimal("6.400002")


def test_a_step_that_moves_changes_no_bill_of_the_past(session: Session) -> None:
    def move(providers: Any) -> None:
        for price in providers[0]["models"][2]["prices"].values():
            price["tiers"] = [{"start": 128000, "price": 9}]

    usage = {"input_tokens": 150_000, "output_tokens": 1000}
    before = quote_one(session, asked("acme/acme-long", usage, at=datetime(2026, 11, 11, tzinfo=UTC)))
    load(session, move)
    after = quote_one(session, asked("acme/acme-long", usage, at=datetime(2026, 11, 11, tzinfo=UTC)))
    assert after.quote.total == before.quote.total == Decimal("0.154")
    assert total(session, "acme/acme-long", usage) == Decimal("1.359")


def test_hours_that_move_change_no_bill_of_the_past(session: Session) -> None:
    def cheap_from(start: str) -> Callable[[Any], None]:
        def change(providers: Any) -> None:
            window = {"start_time": f"{start}:00Z", "end_time": "23:00:00Z", "type": "time_of_date"}
            cheap = {"constraint": window, "prices": {"input_mtok": 1, "output_mtok": 4}}
            providers[0]["models"][0]["prices"] = [{"prices": {"input_mtok": 2.5, "output_mtok": 10}}, cheap]

        return change

    load(session, cheap_from("16:30"), day=12)
    load(session, cheap_from("17:00"), day=15, hours=2)
    totals = [total(session, at=datetime(2026, 11, day, 16, 45, tzinfo=UTC)) for day in (12, 15)]
    assert totals == [1, Decimal("2.5")]


def test_an_unknown_price_has_no_total_and_a_free_one_costs_nothing(session: Session) -> None:
    unknown = quote_one(session, asked("acme/acme-mystery")).quote
    assert (unknown.total, unknown.state) == (None, "unknown")
    assert [share.meter for share in unknown.unpriced] == ["input_tokens"]
    free = quote_one(session, asked("bazaar/acme/acme-tiny:free")).quote
    assert (free.total, free.state) == (0, State.FREE)


def test_a_price_under_review_is_unknown_not_published(session: Session) -> None:
    def absurd(providers: Any) -> None:
        prices = {"input_mtok": 135000, "output_mtok": 135000}
        providers[0]["models"].append({"id": "acme-slip", "match": {"equals": "acme-slip"}, "prices": prices})

    load(session, absurd)
    found = quote_one(session, asked("acme/acme-slip")).quote
    assert (found.total, found.state) == (None, "unknown")


def test_price_ids_reproduce_a_total_after_the_prices_have_gone(session: Session) -> None:
    before = quote_one(session, asked())
    ids = tuple(line.price_id for line in before.quote.lines if line.price_id)
    load(session, dearer)
    again = quote_one(session, asked(price_ids=ids)).quote
    assert (again.total, tuple(line.price_id for line in again.lines)) == (before.quote.total, ids)


def test_an_own_name_means_an_offering_for_its_time(session: Session) -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)
    add_alias(session, by(1), "My-Deployment", "acme-small", march)
    assert total(session, "my-deployment") == Decimal("0.0025")
    with pytest.raises(UnknownModel):
        total(session, "my-deployment", at=march - timedelta(seconds=1))
    end_alias(session, by(2), "my-deployment", datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(UnknownModel):
        total(session, "my-deployment")
    assert total(session, "my-deployment", at=march) == Decimal("0.0025")
    assert total(session, "my-deployment", known_at=NOW + timedelta(hours=1)) == Decimal("0.0025")
    (known,) = own_aliases(session)
    assert (known.name, known.offering, known.valid_until) == (
        "My-Deployment",
        "acme/acme-small",
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    end_alias(session, by(3), "My-Deployment", march)  # it never was
    assert own_aliases(session) == []
    log = session.execute(select(AuditEvent.actor, AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.id)).all()
    assert log == [
        ("Ann", "alias_added", "My-Deployment"),
        ("Ann", "alias_ended", "my-deployment"),
        ("Ann", "alias_ended", "My-Deployment"),
    ]


def test_an_own_name_is_not_given_to_what_only_stands_in_for_another_sellers_model(session: Session) -> None:
    def stand_in(providers: Any) -> None:
        providers[1] |= {"fallback_model_providers": ["acme"], "model_match": {"starts_with": "acme"}}

    load(session, stand_in)
    (warning,) = quote_one(session, asked("bazaar/acme-small")).quote.warnings
    assert warning.code is Code.FALLBACK_SELLER
    assert "bazaar" in warning.message
    assert "acme/acme-small" in warning.message
    with pytest.raises(
        DecisionRefused, match="bazaar/acme-small is not in the price book; quotes take acme/acme-small"
    ):
        add_alias(session, by(2), "my-deployment", "bazaar/acme-small", None)


def test_an_own_name_may_move_to_another_offering_once_it_has_ended(session: Session) -> None:
    june = datetime(2026, 6, 1, tzinfo=UTC)
    add_alias(session, by(1), "bot", "acme/acme-large")
    with pytest.raises(DecisionRefused, match="alias end BOT"):
        add_alias(session, by(2), "BOT", "acme/acme-small", june)
    end_alias(session, by(2), "bot", june)
    add_alias(session, by(3), "BOT", "acme/acme-small", june)
    assert [total(session, "bot", at=at) for at in (june - timedelta(seconds=1), june)] == [
        Decimal("2.5"),
        Decimal("0.0025"),
    ]


@pytest.mark.parametrize(
    ("name", "offering", "words"),
    [
        ("acme/ACME-large", "acme/acme-small", "offering's id"),
        ("", "acme/acme-small", "printable"),
        ("a\nb", "acme/acme-small", "printable"),
        ("bot", "acme/acme-largest-of-all", "No offering is called"),
    ],
)
def test_a_name_that_could_not_work_is_refused(session: Session, name: str, offering: str, words: str) -> None:
    with pytest.raises(DecisionRefused, match=words):
        add_alias(session, by(1), name, offering)
    assert own_aliases(session) == []


def test_a_discount_shows_the_list_total_beside_ones_own(session: Session) -> None:
    january = datetime(2026, 1, 1, tzinfo=UTC)
    assert add_contract_rates(session, by(1), "acme", "acme-*", [RateValue(discount=Decimal("0.125"))], january) == 6
    found = quote_one(session, asked()).quote
    assert (found.total, found.list_total) == (Decimal("2.1875"), Decimal("2.5"))
    (line,) = found.lines
    assert (line.rate_id, line.rate) == (contract_rates(session)[0].id, Decimal("2.1875"))
    assert total(session, "bazaar/acme/acme-large") == 3
    assert total(session, at=january - timedelta(seconds=1)) == Decimal("2.5")
    assert total(session, known_at=NOW) == Decimal("2.5")


def test_a_named_model_comes_before_a_glob_and_an_amount_before_a_discount(session: Session) -> None:
    january = datetime(2026, 1, 1, tzinfo=UTC)
    add_contract_rates(session, by(1), "acme", "*", [RateValue(discount=Decimal("0.5"))], january)
    add_contract_rates(session, by(2), "acme", "acme-large", [RateValue(discount=Decimal("0.1"))], january)
    assert (total(session), total(session, "acme/acme-long", {"input_tokens": 1000})) == (
        Decimal("2.25"),
        Decimal("0.0005"),
    )
    add_contract_rates(
        session, by(3), "acme", "*", [RateValue(meter="input_tokens", amount=Decimal(2), per=1_000_000)], january
    )
    assert total(session) == 2


def test_price_ids_reproduce_ones_own_total_too(session: Session) -> None:
    january = datetime(2026, 1, 1, tzinfo=UTC)
    amounts = [RateValue(meter=meter, amount=Decimal(1), per=1_000_000) for meter in ("input_tokens", "output_tokens")]
    add_contract_rates(session, by(1), "acme", "acme-dated", amounts, january)
    question = asked("acme/acme-dated", {"input_tokens": 10, "output_tokens": 7}, context=Context(service_tier="batch"))
    first = quote_one(session, question).quote
    ids = tuple(line.price_id for line in first.lines if line.price_id)
    again = quote_one(session, asked("acme/acme-dated", {"input_tokens": 10, "output_tokens": 7}, price_ids=ids)).quote
    assert again.total == first.total == Decimal("0.000062")


def test_rate_ids_posted_back_with_price_ids_reproduce_ones_own_total_whatever_is_agreed_since(
    session: Session,
) -> None:
    january, usage = datetime(2026, 1, 1, tzinfo=UTC), {"input_tokens": 1000, "output_tokens": 500}
    agreed = [RateValue(discount=Decimal("0.1")), RateValue(meter="output_tokens", amount=Decimal(9), per=1_000_000)]
    add_contract_rates(session, by(1), "acme", "*", agreed, january)
    first = quote_one(session, asked(usage=usage)).quote
    ids = {
        "price_ids": tuple(line.price_id for line in first.lines if line.price_id),
        "rate_ids": tuple(line.rate_id for line in first.lines if line.rate_id),
    }
    for rate in contract_rates(session):
        end_contract_rate(session, by(2), rate.id, january)
    add_contract_rates(session, by(3), "acme", "*", [RateValue(discount=Decimal("0.5"))], january)
    again, now = quote_one(session, asked(usage=usage, **ids)).quote, total(session, usage=usage)
    shown = [[(line.rate, line.amount, line.list_amount, line.rate_id) for line in q.lines] for q in (again, first)]
    assert shown[0] == shown[1]
    assert (again.total, again.list_total) == (first.total, first.list_total)
    assert (again.total, now) == (Decimal("0.00675"), Decimal("0.00375"))
    assert total(session, usage=usage, **ids | {"rate_ids": ()}) == Decimal("0.0075")


def test_ids_of_rates_for_other_offerings_are_refused(session: Session) -> None:
    add_contract_rates(
        session, by(1), "bazaar", "*", [RateValue(discount=Decimal("0.1"))], datetime(2026, 1, 1, tzinfo=UTC)
    )
    (rate,) = contract_rates(session)
    with pytest.raises(RateIdError) as refused:
        quote_one(session, asked(rate_ids=(rate.id, 999)))
    assert refused.value.ids == (rate.id, 999)


def test_a_rate_ends_on_its_day_and_what_was_known_stays(session: Session) -> None:
    add_contract_rates(
        session, by(1), "acme", "*", [RateValue(discount=Decimal("0.5"))], datetime(2026, 1, 1, tzinfo=UTC)
    )
    (rate,) = contract_rates(session)
    end_contract_rate(session, by(2), rate.id, datetime(2026, 11, 1, tzinfo=UTC))
    assert total(session) == Decimal("2.5")
    assert total(session, at=datetime(2026, 10, 31, tzinfo=UTC)) == Decimal("1.25")
    assert total(session, known_at=NOW + timedelta(hours=1)) == Decimal("1.25")
    with pytest.raises(DecisionRefused, match="rate list"):
        end_contract_rate(session, by(3), rate.id, NOW)
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["rate_added", "rate_ended"]


def test_a_second_rate_for_the_same_thing_and_an_unknown_seller_are_refused(session: Session) -> None:
    january, june = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    half = [RateValue(discount=Decimal("0.5"))]
    add_contract_rates(session, by(1), "acme", "*", half, january, june)
    with pytest.raises(DecisionRefused, match="Rate 1"):
        add_contract_rates(session, by(2), "acme", "*", half, june - timedelta(seconds=1))
    with pytest.raises(DecisionRefused, match="nobody"):
        add_contract_rates(session, by(2), "nobody", "*", half, january)
    with pytest.raises(DecisionRefused, match="before the beginning"):
        add_contract_rates(session, by(2), "acme", "*", half, june, january)
    assert len(session.scalars(select(ContractRateRow)).all()) == 1


def test_a_change_of_ones_own_raises_the_version(session: Session) -> None:
    first = book_state(session)
    add_alias(session, by(0), "bot", "acme/acme-large")
    add_contract_rates(session, by(0), "acme", "*", [RateValue(discount=Decimal("0.5"))], NOW)
    last = book_state(session)
    assert (last.version, last.last_change) == (first.version + 2, NOW + timedelta(microseconds=2))


def test_another_currency_takes_the_exchange_rate_of_the_day(session: Session) -> None:
    later = NOW + timedelta(hours=1)
    november = datetime(2026, 11, 1, tzinfo=UTC)
    for usd, valid in (("1.25", Range(None, november)), ("1.6", Range(november, None))):
        session.add(
            ExchangeRate(currency="EUR", usd=Decimal(usd), source="a bank", valid=valid, recorded=Range(later, None))
        )
    end_change(session, later)
    found = quote_one(session, asked(currency="EUR")).quote
    assert (found.total, found.currency) == (Decimal("1.5625"), "EUR")
    assert [(e.rate, e.on, e.source) for e in found.exchanges] == [(Decimal("1.6"), november.date(), "a bank")]
    assert total(session, at=november - timedelta(seconds=1), currency="EUR") == 2
    unknown = quote_one(session, asked(currency="GBP")).quote
    assert (unknown.total, unknown.missing) == (None, ("exchange rate USD to GBP",))


def test_a_bare_list_takes_nothing_from_a_sellers_description(session: Session) -> None:
    described = (
        select(Provider.slug, Provider.name, ProviderDescription.api_pattern, ProviderDescription.recorded)
        .join(ProviderDescription, ProviderDescription.provider_id == Provider.id)
        .order_by(ProviderDescription.id)
    )
    before = session.execute(described).all()
    data = {"acme/acme-large": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2.5e-06}}
    reading = ReadList(
        json.dumps(data).encode(), datetime(2026, 11, 1, tzinfo=UTC), NOW + timedelta(hours=1), "a test's"
    )
    import_lists(session, [(SOURCES["litellm"], reading)])
    assert len(before) == 2
    assert session.execute(described).all() == before


def test_several_sellers_of_a_name_are_candidates(session: Session) -> None:
    twin = [{"id": "twin", "match": {"equals": "twin"}, "prices": {"input_mtok": 1}}]

    def add(providers: Any) -> None:
        providers += [{"id": name, "name": name, "api_pattern": name, "models": twin} for name in ("one", "two")]

    load(session, add)
    found = resolve_name(session, Clocks(AT, NOW + timedelta(hours=1)), "twin")
    assert isinstance(found, Ambiguous)
    with pytest.raises(AmbiguousModel) as refused:
        quote_one(session, asked("twin"))
    assert sorted(refused.value.candidates) == ["one/twin", "two/twin"]
    assert total(session, "twin", provider="one") == 1
