"""A reading that is taken back counts no more, and stays on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.evidence import GRACE
from llmpricing.models import AuditEvent, NewestObservationRow, ObservationRow, Offering, Review, Source, SourceFetch
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.imports.undoing import readings, undo
from llmpricing.services.publishing.offering_readings import ReadingsOf
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.integration.services.imports.test_importing import history, input_price
from tests.lists import cost_map, price_list

AMOUNTS = st.sampled_from([0.5, 2, 2.2, 3, 400, 2000])  # ordinary changes, jumps, slips of unit
LISTS = st.lists(
    st.tuples(st.sampled_from([("genai-prices", price_list), ("litellm", cost_map)]), st.booleans(), AMOUNTS, AMOUNTS),
    min_size=2,
    max_size=5,
)
Dated = tuple[str, bytes, datetime]


def load(session: Session, one: Dated, at: datetime) -> None:
    source, data, published = one
    reading = ReadList(data, published, at, "a test's list", allow_drop=True, allow_changes=True)
    import_lists(session, [(SOURCES[source], reading)])


def taken_back(session: Session, published: datetime, at: datetime) -> None:
    number = session.scalar(select(SourceFetch.id).where(SourceFetch.published_at == published))
    assert number is not None
    undo(session, number, "Ada", at, "another unit")


def book(session: Session) -> tuple[list[Any], list[Any]]:
    """Published prices and waiting reviews, without those of offerings that have neither."""
    waiting = select(Review.component, Review.time, Review.rule).where(Review.closed_at.is_(None))
    return history(session), sorted(map(tuple, session.execute(waiting)))


_NEWEST = ("source_id", "offering_id", "component", "segment", "time", "fetch_id", "state", "value")


def newest(session: Session) -> set[tuple[Any, ...]]:
    """What is kept apart as the newest observations, with since when they are left out."""
    columns = (NewestObservationRow.__table__.c[name] for name in (*_NEWEST, "left_out_at"))
    return set(map(tuple, session.execute(select(*columns))))


def left_out_in_readings(session: Session) -> dict[tuple[int, int], datetime]:
    """By source and offering since when lists leave it out, as publishing tells it of all readings."""
    providers = dict(session.execute(select(Offering.id, Offering.provider_id)).all())
    sources = dict(session.execute(select(Source.slug, Source.id)).all())
    found = ReadingsOf(session, GRACE)(providers)
    return {(sources[slug], offering): at for offering, told in found.items() for slug, at in told.left_out.items()}


def newest_in_history(session: Session) -> set[tuple[Any, ...]]:
    """The newest observations by the history, without those that were taken back."""
    rows = session.execute(select(ObservationRow.__table__).where(ObservationRow.stands())).all()
    last: dict[tuple[Any, ...], datetime] = {}
    for row in sorted(rows, key=lambda row: row.time):
        last[row.source_id, row.offering_id, row.component] = row.time
    left_out = left_out_in_readings(session)
    return {
        (*(getattr(row, name) for name in _NEWEST), left_out.get((row.source_id, row.offering_id)))
        for row in rows
        if last[row.source_id, row.offering_id, row.component] == row.time
    }


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=LISTS, random=st.randoms(use_true_random=False))
def test_a_book_is_as_if_the_list_had_never_been_read(empty_session: Session, made: Any, random: Any) -> None:
    """Read in any order, before or after those that it lies between, also where later lists repeat it."""
    lists = [
        (slug, make(a=one, b=two) if both else make(a=one), datetime(2026, 1 + month, 10, tzinfo=UTC))
        for month, ((slug, make), both, one, two) in enumerate(made)
    ]
    undone = random.choice(lists)
    order = random.sample(lists, len(lists))
    outcomes = []
    for wanted in (order, [one for one in order if one is not undone]):
        with empty_session.begin_nested() as savepoint:
            for minute, one in enumerate(wanted):
                load(empty_session, one, NOW + timedelta(minutes=minute))
            if undone in wanted:
                taken_back(empty_session, undone[2], NOW + timedelta(hours=1))
            outcomes.append(book(empty_session))
            assert newest(empty_session) == newest_in_history(empty_session)
            savepoint.rollback()
        empty_session.expunge_all()
    assert outcomes[0] == outcomes[1]


def _dated(*made: tuple[str, float]) -> Sequence[Dated]:
    return [("genai-prices", price_list(a=amount), datetime.fromisoformat(f"{day}T00:00Z")) for day, amount in made]


def test_what_a_later_list_repeats_stays_said_by_it(empty_session: Session) -> None:
    for one in _dated(("2026-09-01", 2), ("2026-10-01", 3), ("2026-11-01", 3)):
        load(empty_session, one, NOW)
    taken_back(empty_session, datetime(2026, 10, 1, tzinfo=UTC), NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=5)
    assert input_price(empty_session, "acme/a", datetime(2026, 9, 25, tzinfo=UTC), later) == Decimal(2)
    assert input_price(empty_session, "acme/a", NOW, later) == Decimal(3)


def test_answers_as_known_before_stay_and_the_same_list_comes_in_again(empty_session: Session) -> None:
    first, second = _dated(("2026-09-01", 2), ("2026-11-01", 3))
    load(empty_session, first, NOW)
    load(empty_session, second, NOW + timedelta(minutes=1))
    before = NOW + timedelta(minutes=2)
    rows = empty_session.scalar(select(func.count()).select_from(ObservationRow))
    taken_back(empty_session, second[2], NOW + timedelta(minutes=3))
    after = NOW + timedelta(minutes=4)
    assert input_price(empty_session, "acme/a", NOW, before) == Decimal(3)
    assert input_price(empty_session, "acme/a", NOW, after) == Decimal(2)
    assert empty_session.scalar(select(func.count()).select_from(ObservationRow)) == rows
    load(empty_session, second, NOW + timedelta(minutes=5))
    assert input_price(empty_session, "acme/a", NOW, NOW + timedelta(minutes=6)) == Decimal(3)
    assert input_price(empty_session, "acme/a", NOW, after) == Decimal(2)


def test_a_mended_list_takes_the_time_of_the_one_that_was_taken_back(empty_session: Session) -> None:
    wrong, right = _dated(("2026-11-01", 2000), ("2026-11-01", 2))
    load(empty_session, wrong, NOW)
    taken_back(empty_session, wrong[2], NOW + timedelta(minutes=1))
    load(empty_session, right, NOW + timedelta(minutes=2))
    assert input_price(empty_session, "acme/a", NOW, NOW + timedelta(minutes=3)) == Decimal(2)


def test_who_took_it_back_is_kept_and_shown(empty_session: Session) -> None:
    (one,) = _dated(("2026-11-01", 2))
    load(empty_session, one, NOW)
    taken_back(empty_session, one[2], NOW + timedelta(minutes=1))
    event = empty_session.scalars(select(AuditEvent).where(AuditEvent.action == "import_undone")).one()
    (reading,) = readings(empty_session)
    assert (event.actor, event.details["note"], event.details["reading"]) == ("Ada", "another unit", reading.id)
    assert reading.undone_at is not None


def test_what_cannot_be_taken_back_says_why(empty_session: Session) -> None:
    (one,) = _dated(("2026-11-01", 2))
    load(empty_session, one, NOW)
    (reading,) = readings(empty_session)
    with pytest.raises(ImportRefused, match="no reading 999999"):
        undo(empty_session, 999_999, "Ada", NOW, None)
    undo(empty_session, reading.id, "Ada", NOW + timedelta(minutes=1), None)
    with pytest.raises(ImportRefused, match=r"was taken back on .* already"):
        undo(empty_session, reading.id, "Ada", NOW + timedelta(minutes=2), None)


def test_what_a_list_in_between_told_apart_goes_with_the_list_that_said_it(empty_session: Session) -> None:
    first, last, between = _dated(("2026-09-01", 2), ("2026-11-01", 2), ("2026-10-01", 3))
    for minute, one in enumerate((first, last, between)):
        load(empty_session, one, NOW + timedelta(minutes=minute))
    later = NOW + timedelta(minutes=9)
    assert input_price(empty_session, "acme/a", NOW, later) == Decimal(2)
    taken_back(empty_session, last[2], NOW + timedelta(minutes=5))
    assert input_price(empty_session, "acme/a", NOW, later) == Decimal(3)
