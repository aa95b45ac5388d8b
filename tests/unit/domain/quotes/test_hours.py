"""Usage of a month meets all hours of a week, whenever one asks what it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE, Conditions, Schedule
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.quotes.context import UNSTATED
from llmpricing.domain.quotes.hours import HourTotal, by_cost, hours_of_week, spread
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.quantities import count
from tests.prices import price_of

FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
ONE = count({"input_tokens": 1_000_000})
PEAK = Schedule("Asia/Shanghai", ((9 * 60, 12 * 60), (14 * 60, 18 * 60)), (1, 2, 3, 4, 5))


def priced(dollars: Decimal, until: datetime | None) -> DatedPrice:
    """So much a million."""
    return DatedPrice(State.PRICED, dollars, 1_000_000, valid_until=until)


def by_the_hour(*schedules: Schedule, until: datetime | None = None) -> OfferingPrices:
    """A dollar a million tokens, and one more in each of these hours."""
    listed = [price_of(1, "input_tokens", priced(Decimal(1), until), BASE)]
    listed += [
        price_of(n, "input_tokens", priced(Decimal(n), until), Conditions(schedule=one))
        for n, one in enumerate(schedules, 2)
    ]
    return OfferingPrices(listed)


@pytest.mark.parametrize("hour", range(0, 24 * 7, 5))
def test_the_hours_of_a_week_are_the_same_at_each_hour_of_it(hour: int) -> None:
    found = hours_of_week(by_the_hour(PEAK), FRIDAY - timedelta(days=4) + timedelta(hours=hour))
    assert sorted(one.minutes for one in found) == [35 * 60, 133 * 60]


def test_each_class_of_hours_is_priced_at_a_moment_of_its_own() -> None:
    prices = by_the_hour(PEAK)
    totals = {
        one.minutes: quote(prices, ONE, FRIDAY, UNSTATED._replace(hour=one.hour)).total
        for one in hours_of_week(prices, FRIDAY)
    }
    assert totals == {35 * 60: 2, 133 * 60: 1}


def test_prices_that_end_before_their_peak_hours_come_still_have_them() -> None:
    saturday = datetime(2026, 11, 28, 5, tzinfo=UTC)
    prices = by_the_hour(PEAK, until=saturday + timedelta(hours=4))
    (at_peak,) = [one for one in hours_of_week(prices, saturday) if one.minutes == 35 * 60]
    assert quote(prices, ONE, saturday, UNSTATED._replace(hour=at_peak.hour)).total == 2


def test_a_week_with_holidays_is_not_taken_for_a_usual_one() -> None:
    off = Schedule(PEAK.time_zone, PEAK.windows, PEAK.weekdays, tuple(date(2026, 11, day) for day in (24, 26)))
    assert sorted(one.minutes for one in hours_of_week(by_the_hour(off), FRIDAY)) == [35 * 60, 133 * 60]


def test_where_each_week_has_holidays_these_count() -> None:
    daily = tuple(date(2026, 11, 1) + timedelta(days=7 * n) for n in range(20))
    off = Schedule("UTC", ((0, 60),), (), daily)
    assert sorted(one.minutes for one in hours_of_week(by_the_hour(off), FRIDAY)) == [6 * 60, 162 * 60]


def test_hours_of_two_schedules_stand_apart() -> None:
    night = Schedule("UTC", ((22 * 60, 2 * 60),))
    assert sorted(one.minutes for one in hours_of_week(by_the_hour(PEAK, night), FRIDAY)) == [
        5 * 60,  # 9 to 10 in Shanghai is 1 to 2 UTC
        23 * 60,
        30 * 60,
        110 * 60,
    ]


def test_prices_without_hours_have_none() -> None:
    assert hours_of_week(by_the_hour(), FRIDAY) == ()


def test_a_total_over_hours_is_the_mean_by_their_minutes() -> None:
    totals = [HourTotal(Decimal("8.52"), 20 * 60), HourTotal(Decimal("4.26"), 148 * 60)]
    assert spread(totals) == Decimal("4.767142857143")
    assert by_cost(totals) == (HourTotal(Decimal("4.26"), 148 * 60), HourTotal(Decimal("8.52"), 20 * 60))
    assert by_cost([HourTotal(Decimal(1), 60), HourTotal(Decimal(1), 120)]) == ()
