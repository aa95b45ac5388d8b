"""The days that a place of a bridge is about: one, or a stretch of them that a line sums up, as "first/last"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from llmpricing.services.usage_log.audit.groups import WAYS
from llmpricing.services.usage_log.audit.verdicts import Audited

_DAY = timedelta(days=1)
_UNTIL = "/"  # as ISO 8601 writes an interval


def days_of(one: Audited) -> str:
    """The day of a record, or all of those that it sums up. A day may begin at any hour and be an hour longer or
    shorter than 24: it is the one on which it begins.
    """
    day, span = WAYS["day"](one), one.priced.record.span
    number = round(span / _DAY) if span else 1
    return stretch(day, (date.fromisoformat(day) + (number - 1) * _DAY).isoformat()) if day and number > 1 else day


def stretch(first: str, last: str) -> str:
    """All days from the first to the last."""
    return first if first == last else f"{first}{_UNTIL}{last}"


def is_stretch(days: str) -> bool:
    """Whether these are several days."""
    return _UNTIL in days


def first_and_last(days: str) -> tuple[str, str]:
    """The first of these days and the last."""
    first, _, last = days.partition(_UNTIL)
    return first, last or first


def overlap(one: str, other: str) -> bool:
    """Whether both have a day in common; days that are not told have none but these."""
    (first, last), (start, end) = first_and_last(one), first_and_last(other)
    return start <= last and first <= end


def joined(all_days: Iterable[str]) -> Mapping[str, str]:
    """Of each the stretch in which it lies with all that share a day with it."""
    found: list[tuple[str, str, list[str]]] = []
    for days in sorted(set(all_days)):
        first, last = first_and_last(days)
        if found and first <= found[-1][1]:
            start, end, inside = found[-1]
            found[-1] = (start, max(end, last), [*inside, days])
        else:
            found.append((first, last, [days]))
    return {days: stretch(first, last) for first, last, inside in found for days in inside}


def lacking(asked: Iterable[str], there: Iterable[str]) -> list[str]:
    """Those of the days asked for that are not there, those in a row as a stretch; days that are not told are none."""
    known = sorted(set(joined(days for days in there if days).values()))
    found: list[tuple[date, date]] = []
    for days in sorted(set(joined(days for days in asked if days).values())):
        start, last = _dates(days)
        for begin, end in (_dates(own) for own in known if overlap(days, own)):
            if start < begin:
                _add_days(found, start, begin - _DAY)
            start = max(start, end + _DAY)
        if start <= last:
            _add_days(found, start, last)
    return [stretch(first.isoformat(), last.isoformat()) for first, last in found]


def _add_days(found: list[tuple[date, date]], first: date, last: date) -> None:
    """Add days behind all others, to those that they follow."""
    if found and found[-1][1] + _DAY == first:
        first = found.pop()[0]
    found.append((first, last))


def number_of(days: str) -> int:
    """How many days these are."""
    first, last = _dates(days)
    return (last - first).days + 1


def _dates(days: str) -> tuple[date, date]:
    first, last = map(date.fromisoformat, first_and_last(days))
    return first, last


def days_in_words(days: str) -> str:
    """The days in words."""
    first, last = first_and_last(days)
    return days if first == last else f"{first} to {last}"
