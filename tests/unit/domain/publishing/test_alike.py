"""Which prices of two lists the same request pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE, Conditions, Schedule, Step, conditions
from llmpricing.domain.publishing.alike import paid_together

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEAK, QUIET = Schedule("UTC", ((0, 480),)), Schedule("UTC", ((480, 1440),))
ON_WORKDAYS = Schedule("UTC", ((0, 480),), (1, 2, 3, 4, 5))


def on(schedule: Schedule, step: Step | None = None) -> Conditions:
    return conditions(step=step, schedule=schedule)


def step(above: int, **more: bool) -> Conditions:
    return conditions(step=Step(above, **more))


def test_prices_without_conditions_meet() -> None:
    assert paid_together([BASE], [BASE], MONDAY) == {(BASE, BASE)}


def test_a_base_of_busy_hours_meets_the_busy_hours_of_a_list_whose_base_is_the_quiet_ones() -> None:
    found = paid_together([BASE, on(PEAK)], [BASE, on(QUIET)], MONDAY)
    assert found == {(on(PEAK), BASE), (BASE, on(QUIET))}


def test_hours_of_workdays_and_of_all_days_part_at_the_weekend() -> None:
    found = paid_together([BASE, on(ON_WORKDAYS)], [BASE, on(PEAK)], MONDAY)
    assert found == {(on(ON_WORKDAYS), on(PEAK)), (BASE, BASE), (BASE, on(PEAK))}


def test_the_week_is_the_schedules_own() -> None:
    """On Sunday in UTC it is Monday in Shanghai already."""
    shanghai = Schedule("Asia/Shanghai", ((0, 60),), (1,))
    utc = Schedule("UTC", ((16 * 60, 17 * 60),), (7,))
    assert paid_together([BASE, on(shanghai)], [BASE, on(utc)], MONDAY) == {(BASE, BASE), (on(shanghai), on(utc))}


def test_beyond_a_step_that_one_list_lacks_its_base_meets_the_step() -> None:
    assert paid_together([BASE, step(200_000)], [BASE], MONDAY) == {(BASE, BASE), (step(200_000), BASE)}


def test_a_step_from_and_one_above_are_the_same_step() -> None:
    pairs = paid_together([BASE, step(200_000)], [BASE, step(200_000, inclusive=True)], MONDAY)
    assert pairs == {(BASE, BASE), (step(200_000), step(200_000, inclusive=True))}


def test_where_a_list_has_no_price_there_is_none() -> None:
    assert paid_together([on(PEAK)], [BASE], MONDAY) == {(on(PEAK), BASE), (None, BASE)}


STEPS = st.none() | st.builds(Step, st.sampled_from([1000, 50_000, 200_000]))
WINDOWS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] != pair[1])
SCHEDULES = st.none() | st.builds(
    Schedule,
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]),
    st.tuples(WINDOWS),
    st.sampled_from([(), (1, 2, 3, 4, 5), (6, 7)]),
)
SERIES = st.lists(st.builds(lambda s, c: conditions(step=s, schedule=c), STEPS, SCHEDULES), min_size=1, max_size=3)


def _paid(prices: list[Conditions], tokens: int, at: datetime) -> Conditions | None:
    met = [
        c
        for c in prices
        if (c.step is None or c.step.met_by(tokens)) and (c.schedule is None or c.schedule.contains(at))
    ]
    return max(met, key=lambda c: (c.specificity, c.key), default=None)


@given(SERIES, SERIES, st.integers(0, 300_000), st.integers(0, 7 * 24 * 60 - 1))
def test_whatever_a_request_pays_is_among_the_pairs(
    ours: list[Conditions], theirs: list[Conditions], tokens: int, minute: int
) -> None:
    if any(abs(tokens - bound) <= 2 for bound in (1000, 50_000, 200_000)):
        tokens += 5
    at = MONDAY + timedelta(minutes=minute)
    pair = (_paid(ours, tokens, at), _paid(theirs, tokens, at))
    found = paid_together(ours, theirs, MONDAY)
    assert pair == (None, None) or pair in found
    assert (None, None) not in found
