"""Steps and schedules that move: the new one takes the old one's place, and the past stays as it was."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Schedule, Step, conditions
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.series import read_in_series
from llmpricing.domain.publishing.timeline_entries import entry_at
from llmpricing.domain.publishing.timelines import Observation, merge_source

FIRST, SECOND = datetime(2026, 6, 1, 9, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC)
DAY = datetime(2026, 11, 1, tzinfo=UTC)
LONG, LONGER = (Component("input_tokens", conditions(step=Step(bound))) for bound in (200_000, 128_000))
NIGHT, LATE_NIGHT = (
    Component("input_tokens", conditions(schedule=Schedule("UTC", ((start, 1440),))))
    for start in (16 * 60 + 30, 17 * 60)
)
PLAIN, BATCH = Component("input_tokens", BASE), Component("input_tokens", conditions("batch"))


def price(amount, start=None, end=None):
    basis = Basis.DOCUMENTED if start else Basis.UNDATED
    return DatedPrice(State.PRICED, Decimal(amount), 1_000_000, valid_from=start, valid_until=end, basis=basis)


def periods(*lists):
    """(amount, start, end) by component, after two lists that each state all prices, as {component: [...]}."""
    observed, standing = {}, set()
    for time, stated in zip((FIRST, SECOND), lists, strict=True):
        for component in standing | stated.keys():
            segments = tuple(stated.get(component, ()))
            observed.setdefault(component, []).append(Observation("genai-prices", time, True, segments))
        standing = set(stated)
    entries = {component: merge_source(observations) for component, observations in read_in_series(observed).items()}
    return {
        component: [(str(r.segment.amount), r.segment.valid_from, r.segment.valid_until) for r in found]
        for component, found in entries.items()
    }


def test_what_arrives_with_the_first_list_counts_as_ever():
    found = periods({PLAIN: [price(1)], LONG: [price(2)]}, {PLAIN: [price(1)], LONG: [price(2)]})
    assert found == {PLAIN: [("1", None, None)], LONG: [("2", None, None)]}


def test_a_step_that_moves_leaves_the_past_as_it_was():
    found = periods({PLAIN: [price(1)], LONG: [price(2)]}, {PLAIN: [price(1)], LONGER: [price(3)]})
    assert found == {PLAIN: [("1", None, None)], LONG: [("2", None, DAY)], LONGER: [("3", DAY, None)]}


def test_hours_that_move_leave_the_past_as_it_was():
    found = periods({PLAIN: [price(2)], NIGHT: [price(1)]}, {PLAIN: [price(2)], LATE_NIGHT: [price(1)]})
    assert found == {PLAIN: [("2", None, None)], NIGHT: [("1", None, DAY)], LATE_NIGHT: [("1", DAY, None)]}


def test_a_history_restated_for_other_hours_takes_the_place_of_the_old_one():
    turn = datetime(2026, 2, 1, tzinfo=UTC)
    found = periods({NIGHT: [price(1, turn)]}, {LATE_NIGHT: [price(1, turn)]})
    assert found == {NIGHT: [], LATE_NIGHT: [("1", turn, None)]}


def test_a_history_without_beginning_takes_all_of_the_place():
    turn = datetime(2026, 2, 1, tzinfo=UTC)
    history = [price(2, None, turn), price(1, turn)]
    found = periods({NIGHT: history}, {LATE_NIGHT: history})
    assert found == {NIGHT: [], LATE_NIGHT: [("2", None, turn), ("1", turn, None)]}


def test_what_begins_in_the_future_does_not_keep_the_withdrawn_price():
    turn = datetime(2026, 12, 1, tzinfo=UTC)
    found = periods({LONG: [price(2)]}, {LONGER: [price(3, turn)]})
    assert found == {LONG: [("2", None, DAY)], LONGER: [("3", turn, None)]}


def test_another_tier_is_another_series():
    found = periods({PLAIN: [price(2)]}, {PLAIN: [price(2)], BATCH: [price(1)]})
    assert found == {PLAIN: [("2", None, None)], BATCH: [("1", None, None)]}


STATED = st.sampled_from([PLAIN, LONG, LONGER, NIGHT, LATE_NIGHT])
LISTS = st.tuples(
    st.dictionaries(STATED, st.integers(1, 3), min_size=1),
    st.lists(st.dictionaries(STATED, st.integers(1, 3)), min_size=1, max_size=5),
)


@settings(max_examples=200, deadline=None)
@given(LISTS, st.data())
def test_a_list_without_dates_changes_nothing_before_its_day(lists, data):
    lists = [lists[0], *lists[1]]

    def at(count, moment):
        observed, standing = {}, set()
        for number, stated in enumerate(lists[:count]):
            for component in standing | stated.keys():
                segments = (price(stated[component]),) if component in stated else ()
                observed.setdefault(component, []).append(
                    Observation("list", FIRST + timedelta(days=number), True, segments)
                )
            standing |= set(stated)
        entries = {
            component: entry_at(merge_source(observations), moment)
            for component, observations in read_in_series(observed).items()
        }
        return {component: entry.segment.amount for component, entry in entries.items() if entry}

    count = data.draw(st.integers(1, len(lists) - 1))
    moment = (FIRST + timedelta(days=data.draw(st.integers(-2, count - 1)))).replace(hour=12)
    assert at(count, moment) == at(count + 1, moment)
