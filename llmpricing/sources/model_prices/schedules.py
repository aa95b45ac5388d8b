"""model-prices' time-of-day schedules: peak hours that multiply every price of a provider, or discounts off peak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import MINUTES_PER_DAY, Schedule
from llmpricing.domain.observations import Problem
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.clock import Window, utc_minute
from llmpricing.sources.reading.fields import as_date, as_entry, as_factor, as_id, as_list, as_mapping, as_time, problem

_WORKDAYS = (1, 2, 3, 4, 5)
_ZONES = {8: "Asia/Shanghai"}  # calendars state an offset; this is the zone whose calendar it is


@dataclass(frozen=True)
class Clock:
    """Prices times ``factors`` while ``schedule`` runs: the factor of a model's id, or of all under the empty id."""

    schedule: Schedule
    factors: Mapping[str, Decimal]
    valid_from: datetime
    valid_until: datetime | None

    def applies_to(self, model: str) -> bool:
        return "" in self.factors or model in self.factors

    def factor(self, model: str) -> Decimal:
        return self.factors[model] if model in self.factors else self.factors[""]

    def runs_at(self, time: datetime | None) -> bool:
        return time is not None and self.valid_from <= time and (self.valid_until is None or time < self.valid_until)


def read_clocks(schedules: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, list[Clock]]:
    """The schedules of each provider, in the source's order; broken ones become problems."""
    found: dict[str, list[Clock]] = {}
    for position, entry in enumerate(_entries(schedules, problems)):
        path = f"schedule {position + 1}"
        try:
            item = as_entry(entry, "schedule", path, problems)
            provider = as_id(item.get("provider"), "provider")
            found.setdefault(provider, []).append(_clock(item, schedules.get("holidays")))
        except EntryError as error:
            problems.append(problem(path, error))
    return found


def _entries(schedules: Mapping[str, Any], problems: list[Problem]) -> Sequence[Any]:
    try:
        return as_list(schedules.get("schedule") or [], "schedule")
    except EntryError as error:
        problems.append(problem("schedules", error))
        return ()


def _clock(item: Mapping[str, Any], calendars: object) -> Clock:
    off_peak = "off_peak_hours_utc" in item
    windows = _windows(item.get("off_peak_hours_utc" if off_peak else "peak_hours_utc"))
    if off_peak:  # a discount, every day, for the models that it names
        factors = {
            model: as_factor(factor, "off_peak_multiplier")
            for model, factor in as_mapping(item.get("off_peak_multiplier"), "off_peak_multiplier").items()
        }
        schedule = Schedule("UTC", windows)
    else:
        factors = {"": as_factor(item.get("peak_multiplier"), "peak_multiplier")}
        schedule = _peak(windows, item, calendars)
    until = item.get("valid_until")
    return Clock(
        schedule,
        factors,
        as_time(item.get("valid_from"), "valid_from"),
        None if until is None else as_time(until, "valid_until"),
    )


def _windows(value: object) -> tuple[Window, ...]:
    found = []
    for item in as_list(value, "hours"):
        bounds = as_list(item, "hours")
        if len(bounds) != 2:
            raise EntryError("hours are not pairs of start and end")
        start, end = (utc_minute(bound, "hours") for bound in bounds)
        if start != end:  # the library reads an empty window as never
            found.append((start, end))
    if not found:
        raise EntryError("a schedule without hours")
    return tuple(found)


def _peak(windows: tuple[Window, ...], item: Mapping[str, Any], calendars: object) -> Schedule:
    """Peak hours on working days. The source takes weekdays by UTC and holidays by the calendar's own offset; one
    zone says both, because no window lies where the two disagree on the day."""
    weekdays = _WORKDAYS if item.get("weekdays_only") else ()
    calendar = item.get("holidays")
    if not calendar:
        return Schedule("UTC", windows, weekdays)
    named = as_mapping(as_mapping(calendars, "holidays").get(as_id(calendar, "holidays")), "holidays")
    hours = named.get("utc_offset_hours")
    if not isinstance(hours, int) or hours not in _ZONES:
        raise EntryError("the holidays' UTC offset is not one that we know a time zone for")
    local = tuple((start + hours * 60, end + hours * 60) for start, end in windows)
    if any(end <= start or end > MINUTES_PER_DAY for start, end in local):
        raise EntryError("a peak window lies on two days of the holidays' calendar")
    return Schedule(
        _ZONES[hours], tuple((start, end % MINUTES_PER_DAY) for start, end in local), weekdays, _days(named)
    )


def _days(calendar: Mapping[str, Any]) -> tuple[date, ...]:
    return tuple(as_date(day, "holidays") for day in as_list(calendar.get("dates"), "holidays"))
