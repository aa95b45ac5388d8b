"""Like with like: which price of one list and which of another the same request would pay.

One list may hold the price of quiet hours as its base and the busy hours apart, another the other way round; one has a
step that the other lacks. What is compared is what both ask of one request: of so many tokens, at such an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from llmpricing.domain.conditions import Conditions, Schedule
from llmpricing.domain.times import start_of_day

_BEYOND = 2  # tokens past a step: lists that differ but in "from" and "above", or by one token, mean the same step
_DAYS = 8  # a week and the night into it

ConditionsPair = tuple[Conditions | None, Conditions | None]


def paid_together(ours: Collection[Conditions], theirs: Collection[Conditions], at: datetime) -> set[ConditionsPair]:
    """Of one series in two lists: the conditions that one request pays by here and there, for every size of request and
    every hour of the week from ``at``; None where a list has no price for such a request.
    """
    both = frozenset((*ours, *theirs))
    if all(conditions.step is None and conditions.schedule is None for conditions in both):
        return {(_most_specific(ours), _most_specific(theirs))}
    found = set()
    for tokens in {0, *(conditions.step.above + _BEYOND for conditions in both if conditions.step)}:
        for active in _phases(frozenset(c.schedule for c in both if c.schedule), start_of_day(at)):
            met = {c for c in both if _is_met(c, tokens, active)}
            found.add((_most_specific(met.intersection(ours)), _most_specific(met.intersection(theirs))))
    return found - {(None, None)}


def paid_instead(
    conditions: Conditions, ours: Collection[Conditions], theirs: Collection[Conditions], at: datetime
) -> set[Conditions]:
    """Of one series in two lists: the conditions that requests pay by there which pay by ``conditions`` here, at each
    hour of the week from ``at`` at which they do; of requests no longer than that takes.
    """
    both = frozenset((*ours, *theirs))
    tokens = conditions.step.above + _BEYOND if conditions.step else 0
    found = set()
    for active in _phases(frozenset(c.schedule for c in both if c.schedule), start_of_day(at)):
        met = {c for c in both if _is_met(c, tokens, active)}
        if _most_specific(met.intersection(ours)) == conditions:
            found.add(_most_specific(met.intersection(theirs)))
    return {one for one in found if one is not None}


def _is_met(conditions: Conditions, tokens: int, active: Collection[Schedule]) -> bool:
    step, schedule = conditions.step, conditions.schedule
    return (step is None or step.met_by(tokens)) and (schedule is None or schedule in active)


def _most_specific(met: Collection[Conditions]) -> Conditions | None:
    return max(met, key=lambda conditions: (conditions.specificity, conditions.key), default=None)


@lru_cache(maxsize=256)  # few lists have hours, and their offerings share them
def _phases(schedules: frozenset[Schedule], day: datetime) -> frozenset[frozenset[Schedule]]:
    """Which of the schedules run together, over a week."""
    if not schedules:
        return frozenset([frozenset()])
    moments = {day, *(moment for schedule in schedules for moment in _turns(schedule, day))}
    return frozenset(frozenset(s for s in schedules if s.contains(moment)) for moment in moments)


def _turns(schedule: Schedule, day: datetime) -> Iterator[datetime]:
    """The moments of a week at which a schedule may begin or end, by its own clock."""
    zone = ZoneInfo(schedule.time_zone)
    for number in range(-1, _DAYS):
        midnight = datetime.combine(day.date() + timedelta(number), time(), zone)
        for minute in {0, *(minute for window in schedule.windows for minute in window)}:
            yield (midnight + timedelta(minutes=minute)).astimezone(UTC)
