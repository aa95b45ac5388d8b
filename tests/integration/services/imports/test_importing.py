"""Importing price lists into a real price book: whole or not at all, twice the same, in any order."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.choice.abilities import needs_stated
from llmpricing.models import BookVersion, ObservationRow, Offering, PriceRow, Review, Source, SourceFetch
from llmpricing.services.catalogue.listing import get_offering
from llmpricing.services.clocks import Clocks
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import ImportSummary, import_lists
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.names.coverage import NamedAt, cover
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import cost_map, price_list, small_list
from tests.queries import recorded


def load(
    session: Session, data: bytes, published: str, at: datetime = NOW, source: str = "genai-prices"
) -> ImportSummary:
    reading = ReadList(data, datetime.fromisoformat(published).replace(tzinfo=UTC), at, "a test's list")
    (summary,) = import_lists(session, [(SOURCES[source], reading)])
    return summary


def input_price(session: Session, slug: str, as_of: datetime = NOW, known_at: datetime = NOW) -> Any:
    item = get_offering(session, Clocks(as_of, known_at), slug)
    return item and item.input_per_mtok


def history(session: Session) -> list[Any]:
    """The valid history as it stands, without ids and recorded times."""
    query = (
        select(Offering.slug, PriceRow.meter, PriceRow.valid, PriceRow.amount, PriceRow.basis, PriceRow.bracket_from)
        .join(Offering, Offering.id == PriceRow.offering_id)
        .where(func.upper_inf(PriceRow.recorded))
        .order_by(Offering.slug, PriceRow.meter, func.lower(PriceRow.valid).nulls_first())
    )
    return [(s, m, v.lower, v.upper, a, b, k) for s, m, v, a, b, k in session.execute(query)]


def test_the_same_list_twice_changes_nothing(empty_session: Session) -> None:
    first = load(empty_session, small_list(), "2026-11-10")
    counts = [
        empty_session.scalar(select(func.count()).select_from(t)) for t in (PriceRow, ObservationRow, SourceFetch)
    ]
    again = load(empty_session, small_list(), "2026-11-10")
    assert (first.new > 0, again.new, again.changed, again.unchanged) == (True, 0, 0, first.new)
    assert counts == [
        empty_session.scalar(select(func.count()).select_from(t)) for t in (PriceRow, ObservationRow, SourceFetch)
    ]


def test_an_unchanged_list_of_a_later_day_only_proves_freshness(empty_session: Session) -> None:
    load(empty_session, small_list(), "2026-11-10")
    later = load(empty_session, small_list(), "2026-11-11")
    assert later.outcome == "unchanged"
    assert empty_session.scalar(select(func.count()).select_from(SourceFetch)) == 2


def test_a_change_counts_from_the_middle_between_its_list_and_the_one_before(empty_session: Session) -> None:
    load(empty_session, price_list(a=2), "2026-10-01")
    load(empty_session, price_list(a=3), "2026-11-01T12:00", NOW + timedelta(hours=1))
    late, middle = NOW + timedelta(hours=2), datetime(2026, 10, 16, 18, tzinfo=UTC)
    assert input_price(empty_session, "acme/a", middle - timedelta(seconds=1), late) == 2
    assert input_price(empty_session, "acme/a", middle, late) == 3


def test_a_reading_that_changes_no_value_writes_no_price(empty_session: Session) -> None:
    load(empty_session, price_list(a=2), "2026-10-01")
    before = list(empty_session.execute(select(PriceRow.id, PriceRow.recorded).order_by(PriceRow.id)))
    load(empty_session, price_list(a=2), "2026-10-02", NOW + timedelta(hours=1))
    load(empty_session, price_list(a=2), "2026-12-30", NOW + timedelta(hours=2))
    assert list(empty_session.execute(select(PriceRow.id, PriceRow.recorded).order_by(PriceRow.id))) == before


def test_what_a_list_leaves_out_is_superseded_until_a_list_has_it_again(empty_session: Session) -> None:
    def superseded() -> list[datetime | None]:
        query = select(PriceRow.superseded_at).join(Offering).where(Offering.slug == "acme/b", PriceRow.current())
        return list(empty_session.scalars(query.distinct()))

    load(empty_session, price_list(a=2, b=1), "2026-10-01")
    load(empty_session, price_list(a=2), "2026-10-02", NOW + timedelta(hours=1))
    assert superseded() == [datetime(2026, 10, 2, tzinfo=UTC)]
    load(empty_session, price_list(a=2, b=1), "2026-10-03", NOW + timedelta(hours=2))
    assert superseded() == [None]


def test_a_book_of_older_rules_is_published_anew_and_answers_for_before_stay(empty_session: Session) -> None:
    load(empty_session, price_list(a=2), "2026-10-01")
    empty_session.execute(update(PriceRow).values(first_seen=None))  # as rules 1 wrote it
    empty_session.execute(update(BookVersion).values(rules=1))
    known_then = NOW + timedelta(minutes=30)
    old = list(empty_session.scalars(select(PriceRow.id).where(PriceRow.believed_at(known_then)).order_by(PriceRow.id)))
    load(empty_session, price_list(a=2), "2026-10-01", NOW + timedelta(hours=1))  # the very same list
    assert empty_session.scalar(select(BookVersion.rules)) == 2
    now = select(PriceRow.first_seen).where(PriceRow.current()).distinct()
    assert list(empty_session.scalars(now)) == [datetime(2026, 10, 1, tzinfo=UTC)]
    then = select(PriceRow.id).where(PriceRow.believed_at(known_then)).order_by(PriceRow.id)
    assert list(empty_session.scalars(then)) == old


def test_what_was_known_before_an_import_stays_answerable(empty_session: Session) -> None:
    load(empty_session, price_list(a=2), "2026-10-01")
    load(empty_session, price_list(a=3), "2026-11-01", NOW + timedelta(hours=1))
    as_of = datetime(2026, 11, 15, tzinfo=UTC)
    assert input_price(empty_session, "acme/a", as_of, NOW + timedelta(minutes=30)) == 2
    assert input_price(empty_session, "acme/a", as_of, NOW + timedelta(minutes=90)) == 3


def test_older_snapshots_in_any_order_give_the_same_valid_history(empty_session: Session) -> None:
    snapshots = [
        (price_list(a=2, b=1), "2026-01-10"),
        (price_list(a=3, b=1, c=7), "2026-02-10"),
        (price_list(a=3, c=7), "2026-03-10"),
        (price_list(a=2, b=4, c=9), "2026-04-10"),
    ]
    histories = set()
    for order in permutations(snapshots):
        with empty_session.begin_nested() as savepoint:
            for step, (data, published) in enumerate(order):
                load(empty_session, data, published, NOW + timedelta(minutes=step))
            histories.add(tuple(history(empty_session)))
            savepoint.rollback()
    assert len(histories) == 1
    assert {row[4] for row in histories.pop() if row[:2] == ("acme/a", "input_tokens")} == {2, 3}


def zeroed() -> bytes:
    """LiteLLM's map of an offering at zero, beside one that costs something."""
    entries = json.loads(cost_map(a=2, b=1))
    entries["acme/a"] |= {"input_cost_per_token": 0, "output_cost_per_token": 0}
    return json.dumps(entries).encode()


def cached(price: float) -> bytes:
    """The same with a price, and one for cached tokens."""
    entries = json.loads(cost_map(a=price, b=1))
    entries["acme/a"]["cache_read_input_token_cost"] = 1e-7
    return json.dumps(entries).encode()


def test_a_zero_where_there_was_a_price_waits_in_whatever_order_the_lists_come(empty_session: Session) -> None:
    lists = [(cached(2), "2026-01-10"), (zeroed(), "2026-02-10"), (cached(3), "2026-03-10"), (zeroed(), "2026-04-10")]
    waiting = select(Review.component, Review.rule, Review.time, Review.old_amount).where(Review.closed_at.is_(None))
    found = set()
    for order in permutations(lists):
        with empty_session.begin_nested() as savepoint:
            for minute, (data, published) in enumerate(order):
                load(empty_session, data, published, NOW + timedelta(minutes=minute), "litellm")
            reviews = sorted(tuple(row) for row in empty_session.execute(waiting))
            found.add((tuple(history(empty_session)), tuple(reviews)))
            savepoint.rollback()
    ((prices, reviews),) = found
    assert {row[4] for row in prices if row[:2] == ("acme/a", "input_tokens")} == {2, 3}
    assert {row[4] for row in prices if row[:2] == ("acme/a", "cache_read_tokens")} == {Decimal("0.1")}
    april = datetime(2026, 4, 10, tzinfo=UTC)
    assert [review[:3] for review in reviews] == [
        (component, "zero_where_priced", april) for component in ("input_tokens|", "output_tokens|")
    ]


def described(mode: str, limit: int, price: float = 2) -> bytes:
    """LiteLLM's map of one offering that is of this mode and takes so many tokens."""
    entries = json.loads(cost_map(a=price))
    entries["acme/a"] |= {"mode": mode, "max_input_tokens": limit, "deprecation_date": f"2027-01-{limit:02}"}
    return json.dumps(entries).encode()


def facts(session: Session, slug: str = "acme/a") -> Any:
    query = select(Offering.mode, Offering.context_window, Offering.deprecated_on).where(Offering.slug == slug)
    return tuple(session.execute(query).one())


@pytest.mark.parametrize("another_price", [2, 3], ids=["an unchanged list", "a list with another price"])
def test_what_the_newest_list_says_of_a_model_counts_in_whatever_order_they_come(
    empty_session: Session, another_price: float
) -> None:
    lists = [
        (described("embedding", 8), "2026-01-10"),
        (described("chat", 9), "2026-02-10"),
        (described("embedding", 8, another_price), "2026-03-10"),
    ]
    found = {}
    for order in permutations(range(3)):
        with empty_session.begin_nested() as savepoint:
            for minute, which in enumerate(order):
                load(empty_session, *lists[which], NOW + timedelta(minutes=minute), "litellm")
            found[order] = facts(empty_session)
            savepoint.rollback()
    assert found == dict.fromkeys(found, ("embedding", 8, date(2027, 1, 8)))


def test_a_describing_list_that_returns_to_what_it_said_is_believed_again(empty_session: Session) -> None:
    load(empty_session, price_list(a=2), "2026-01-01")
    for month, mode in enumerate(("embedding", "chat", "embedding"), start=1):
        reading = ReadList(described(mode, 8), datetime(2026, month, 10, tzinfo=UTC), NOW, "a test's list", None, True)
        import_lists(empty_session, [(SOURCES["litellm"], reading)])
        assert facts(empty_session)[0] == mode


def test_no_list_denies_a_capability_that_another_one_states_and_a_release_is_kept(empty_session: Session) -> None:
    flagged = json.loads(cost_map(a=2))
    flagged["acme/a"] |= {"supports_vision": True, "supports_web_search": False}
    load(empty_session, json.dumps(flagged).encode(), "2026-11-10", source="litellm")
    model = {"id": "a", "release_date": "2026-10-02", "open_weights": True, "cost": {"input": 2, "output": 8}}
    model["knowledge"] = "2026-01"
    described = {"acme": {"id": "acme", "name": "Acme", "models": {"a": model}}}
    load(empty_session, json.dumps(described).encode(), "2026-11-10", source="models-dev")
    offering = empty_session.scalars(select(Offering).where(Offering.slug == "acme/a")).one()
    assert offering.capabilities == ["open_weights", "vision"]
    assert (offering.released_on, offering.knowledge_cutoff) == (date(2026, 10, 2), "2026-01")
    stated = needs_stated(offering.stated_abilities)
    assert {need: (one.is_met, one.lists) for need, one in stated.items()} == {
        "vision": (True, ("litellm",)),
        "web_search": (False, ("litellm",)),
        "open_weights": (True, ("models-dev",)),
    }


def test_a_thousandfold_slip_does_not_move_the_public_price(empty_session: Session) -> None:
    load(empty_session, price_list(a=2, b=5), "2026-10-01")
    slipped = load(empty_session, price_list(a=2000, b=6), "2026-11-01", NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    assert input_price(empty_session, "acme/a", known_at=later) == 2
    assert input_price(empty_session, "acme/b", known_at=later) == 6
    assert slipped.quarantined >= 1
    review = empty_session.scalars(select(Review).where(Review.component == "input_tokens|")).one()
    assert (review.old_amount, review.new_amount, review.closed_at) == (2, 2000, None)


def waiting(session: Session) -> list[Any]:
    """All that the open reviews say, but for when they were opened."""
    said = ("component", "time", "rule", "against", "slip", "old_amount", "new_amount", "currency", "per_quantity")
    query = (
        select(Offering.slug, Source.slug, *(getattr(Review, name) for name in said))
        .join(Offering, Offering.id == Review.offering_id)
        .join(Source, Source.id == Review.source_id)
        .where(Review.closed_at.is_(None))
        .order_by(Offering.slug, Source.slug, Review.component, Review.time)
    )
    return [tuple(row) for row in session.execute(query)]


def test_a_review_says_what_an_older_list_makes_of_it(empty_session: Session) -> None:
    load(empty_session, price_list(a=1), "2026-01-01")
    load(empty_session, price_list(a=60), "2026-03-01", NOW + timedelta(hours=1))
    load(empty_session, price_list(a=0.5), "2026-02-01", NOW + timedelta(hours=2))
    query = select(Review.old_amount, Review.new_amount).where(Review.closed_at.is_(None))
    assert {tuple(row) for row in empty_session.execute(query)} == {(Decimal("0.5"), 60), (2, 240)}


def test_a_review_that_opens_again_says_what_is_so_then(empty_session: Session) -> None:
    lists = [(price_list(a=1), "2026-01-01"), (price_list(a=60), "2026-04-01")]
    lists += [(price_list(a=60), "2026-03-01"), (price_list(a=0.5), "2026-03-15")]  # the jump is older; then anew
    for hour, (data, day) in enumerate(lists):
        load(empty_session, data, day, NOW + timedelta(hours=hour))
    query = select(Review.time, Review.old_amount).where(
        Review.closed_at.is_(None), Review.component == "input_tokens|"
    )
    assert [tuple(row) for row in empty_session.execute(query)] == [(datetime(2026, 4, 1, tzinfo=UTC), Decimal("0.5"))]


def test_a_repaired_slip_closes_its_review(empty_session: Session) -> None:
    for hour, (amount, day) in enumerate(((2, "2026-10-01"), (2000, "2026-10-02"), (2, "2026-10-03"))):
        load(empty_session, price_list(a=amount), day, NOW + timedelta(hours=hour))
    assert empty_session.scalars(select(Review.id).where(Review.closed_at.is_(None))).all() == []
    assert input_price(empty_session, "acme/a", known_at=NOW + timedelta(hours=3)) == 2


def test_a_list_that_lost_more_than_half_is_refused(empty_session: Session) -> None:
    load(empty_session, price_list(a=1, b=1, c=1, d=1, e=1), "2026-10-01")
    with pytest.raises(ImportRefused, match="more than half"):
        load(empty_session, price_list(a=1, b=1), "2026-11-01")


def test_an_offering_that_a_list_leaves_out_keeps_its_price(empty_session: Session) -> None:
    load(empty_session, price_list(a=1, b=2, c=3), "2026-10-01")
    load(empty_session, price_list(a=1, c=3), "2026-11-01", NOW + timedelta(hours=1))
    assert input_price(empty_session, "acme/b", known_at=NOW + timedelta(hours=2)) == 2


def test_what_a_subscription_pays_for_is_said_so_and_has_a_price(empty_session: Session) -> None:
    entry = {"litellm_provider": "github_copilot", "mode": "chat", "input_cost_per_token": 0}
    load(empty_session, json.dumps({"github_copilot/gpt-9": entry}).encode(), "2026-10-01", source="litellm")
    clocks = Clocks(NOW, NOW)
    item = get_offering(empty_session, clocks, "github-copilot/gpt-9")
    assert item is not None
    assert (item.price_state, item.input_per_mtok) == ("subscription", None)
    assert [covered.priced for covered in cover(empty_session, clocks, [NamedAt("github-copilot/gpt-9")])] == [True]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"not json", b'[{"id": 1}]', b"\xff\xfe"])
def test_an_empty_or_broken_file_changes_nothing(empty_session: Session, data: bytes) -> None:
    load(empty_session, price_list(a=1), "2026-10-01")
    before = history(empty_session)
    with pytest.raises((SourceError, ImportRefused)):
        load(empty_session, data, "2026-11-01")
    assert history(empty_session) == before


def test_recorded_times_move_forward_whatever_the_clock_says(empty_session: Session) -> None:
    load(empty_session, price_list(a=1), "2026-10-01", NOW)
    load(empty_session, price_list(a=2), "2026-11-01", NOW - timedelta(days=1))
    lowers = empty_session.scalars(select(func.lower(PriceRow.recorded)).distinct()).all()
    assert min(lowers) == NOW
    assert max(lowers) > NOW


def overlapping(session: Session, valid: Range[datetime]) -> None:
    row = session.scalars(select(PriceRow).where(PriceRow.meter == "input_tokens").order_by(PriceRow.id)).first()
    assert row is not None
    copied = {c.key: getattr(row, c.key) for c in PriceRow.__table__.columns if c.key != "id"}
    session.add(PriceRow(**copied | {"valid": valid}))


def test_the_database_refuses_overlapping_prices(session: Session) -> None:
    overlapping(session, Range(datetime(2025, 1, 1, tzinfo=UTC), None))
    with pytest.raises(IntegrityError, match="ex_price_no_overlap"):
        session.flush()


def test_of_two_concurrent_writers_one_is_refused(empty_book_url: str) -> None:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as setup, setup.begin():
        load(setup, price_list(a=1), "2026-10-01")
        setup.execute(text("update price set valid = tstzrange(null, '2026-01-01+00')"))
    first_half, second_half = (Range(datetime(2026, m, 1, tzinfo=UTC), None) for m in (2, 6))
    with Session(engine) as one, Session(engine) as two:
        overlapping(one, first_half)
        one.flush()
        two.execute(text("set local lock_timeout = '200ms'"))
        overlapping(two, second_half)
        with pytest.raises(Exception, match="lock timeout"):  # it waits for the first to commit or not
            two.flush()
        two.rollback()
        one.commit()
        overlapping(two, second_half)
        with pytest.raises(IntegrityError, match="ex_price_no_overlap"):
            two.flush()


# One source that states dates, and one whose prices count from when it was published.
AMOUNTS = st.sampled_from([0.5, 2, 2.2, 3, 400, 2000, 135_000])  # ordinary changes, jumps and slips of unit
SNAPSHOTS = st.lists(
    st.tuples(
        st.sampled_from([("genai-prices", price_list), ("litellm", cost_map)]),
        st.booleans(),
        AMOUNTS,
        AMOUNTS,
        st.sampled_from([("chat", 8), ("embedding", 8), ("chat", 9)]),  # guards look otherwise at another mode
    ),
    min_size=3,
    max_size=5,
)


def listed(slug: str, data: bytes, mode: str, limit: int) -> bytes:
    """The list with that mode and limit of its offerings, where its format states them."""
    if slug != "litellm":
        return data
    said = {"mode": mode, "max_input_tokens": limit}
    return json.dumps({key: entry | said for key, entry in json.loads(data).items()}).encode()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(snapshots=SNAPSHOTS, random=st.randoms(use_true_random=False))
def test_the_order_of_imports_does_not_matter(empty_session: Session, snapshots: Any, random: Any) -> None:
    """Several sources, with prices that guards stop, offerings that lists leave out, and lists that repeat another."""
    lists = [
        (
            SOURCES[slug],
            listed(slug, make(a=one, b=two) if both else make(a=one), *said),
            datetime(2026, 1 + month, 10, tzinfo=UTC),
        )
        for month, ((slug, make), both, one, two, said) in enumerate(snapshots)
    ]
    outcomes = []
    for order in (lists, random.sample(lists, len(lists))):
        with empty_session.begin_nested() as savepoint:
            for minute, (info, data, published) in enumerate(order):
                reading = ReadList(data, published, NOW + timedelta(minutes=minute), "a test's list")
                import_lists(empty_session, [(info, reading)])
            reviews = waiting(empty_session)
            told = select(Offering.slug, Offering.mode, Offering.context_window).order_by(Offering.slug)
            outcomes.append((history(empty_session), reviews, empty_session.execute(told).all()))
            savepoint.rollback()
        empty_session.expunge_all()
    assert outcomes[0] == outcomes[1]


def test_what_no_store_keeps_and_what_is_stated_twice_is_a_problem_and_the_rest_lands(empty_session: Session) -> None:
    entry = '{"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2e-06%s}'
    cost = ", ".join(
        f"{json.dumps(key)}: {entry % more}"
        for key, more in [
            ("acme/good", ""),
            ("acme/bad\x00", ""),
            ("acme/note", ', "no\\u0000te": 1'),
            ("acme/priced", ', "input_cost_per_token": 3e-06'),
            ("acme/twice", ""),
            ("acme/twice", ', "rpm": 5'),
            (" acme/blank", ""),
        ]
    )
    summary = load(empty_session, f"{{{cost}}}".encode(), "2026-11-10", source="litellm")
    assert [problem.key for problem in summary.problems] == [
        "acme/bad\\u0000",
        "acme/twice",
        "acme/note",
        "acme/priced",
        " acme/blank",
    ]
    kept = empty_session.scalars(select(SourceFetch)).one()
    assert [problem["key"] for problem in kept.problems] == [problem.key for problem in summary.problems]
    assert list(empty_session.scalars(select(Offering.slug))) == ["acme/good"]


def test_a_list_cannot_switch_off_names_and_its_prices_land(empty_session: Session) -> None:
    providers = json.loads(small_list())
    providers[0]["api_pattern"] = "("
    providers[0]["models"][0]["match"] = {"or": []}
    summary = load(empty_session, json.dumps(providers).encode(), "2026-11-10")
    assert [problem.key for problem in summary.problems] == ["acme", "acme/acme-large"]
    found = cover(empty_session, Clocks(NOW, NOW), [NamedAt("acme/acme-large"), NamedAt("acme/acme-small")])
    assert [covered.priced for covered in found] == [True, True]
    assert input_price(empty_session, "acme/acme-large") == Decimal("2.5")


def test_a_long_list_takes_statements_by_the_chunk_and_not_by_the_offering(empty_session: Session) -> None:
    def asked(count: int, published: str) -> int:
        prices = {f"model-{number}": 1 + number % 7 for number in range(count)}
        with recorded() as queries:
            load(empty_session, cost_map(**prices), published, source="litellm")
        return len(queries.asked)

    short, long = asked(400, "2026-10-01"), asked(2_400, "2026-11-10")
    assert long - short < 4 * 25  # four chunks of 500 more
