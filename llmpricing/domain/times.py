"""When things happened: one grammar of times for the web, the command line and usage logs, and the years that count."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

AHEAD = timedelta(days=1)  # that a clock may be wrong by, and a day begins before it does in UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = range(1970, 3000)  # that times asked for may lie in
# RFC 3339, with a blank for T, without seconds, and with hours alone as offset, as PostgreSQL writes it. No weeks, no
# days of the year, no basic format and no leap seconds, which clocks and price lists do not know. In the syntax that
# Python's and Arrow's regular expressions share.
INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::[0-5][0-9])?)?"
)
_DAY_LENGTH = len("2026-01-31")
_INSTANT, _DAY = re.compile(INSTANT), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST, _LAST = (
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC, hour=0, minute=0, second=0, microsecond=0),
)


class TimeSpan(Protocol):
    """From when on and until when, exclusive; None is open. A span of the book, or a range of the database."""

    @property
    def lower(self) -> datetime | None: ...

    @property
    def upper(self) -> datetime | None: ...

    def __contains__(self, at: datetime, /) -> bool: ...


class InstantError(ValueError):
    """The text is no time; the message follows the name of what holds it and says what would be one."""


class LaterThanKnown(InstantError):
    """By what was known then is asked of who knows of nothing so late."""


class EarlierThanKnown(InstantError):
    """By what was known then is asked of who knew of nothing yet."""


class OffsetMissing(InstantError):
    """The time does not say which offset from UTC it has."""

    def __init__(self) -> None:
        super().__init__("needs an offset: end it with Z for UTC")


@lru_cache(maxsize=4_096)  # a list's prices share few times
def start_of_day(at: datetime) -> datetime:
    """00:00 UTC of the day on which an aware UTC time lies."""
    return datetime.combine(at.date(), time(), UTC)


def read_instant(text: str, *, assume_utc: bool = False) -> tuple[datetime, bool]:
    """The time in UTC, and whether its hour was stated: a bare date is 00:00 UTC of an unknown hour.

    Digits beyond microseconds are cut off. Raises InstantError, for times outside YEARS too; OffsetMissing where there
    is no offset, unless ``assume_utc``.
    """
    text = text.strip()
    try:
        if len(text) == _DAY_LENGTH and _DAY.fullmatch(text):
            return in_years(datetime.combine(date.fromisoformat(text), time(), UTC)), False
        found = datetime.fromisoformat(text.upper()) if _INSTANT.fullmatch(text) else None
    except ValueError as error:  # a day that its month does not have, or what we said of it ourselves
        if isinstance(error, InstantError):
            raise
        found = None
    if found is None:
        raise InstantError("is not a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31")
    if found.tzinfo is None:
        if not assume_utc:
            raise OffsetMissing
        found = found.replace(tzinfo=UTC)
    return in_years(found), True


def in_years(at: datetime) -> datetime:
    """The aware time in UTC; raises InstantError where it does not lie in YEARS."""
    try:
        found = at.astimezone(UTC)
    except OverflowError:  # its offset leads out of the calendar
        found = _FIRST
    if found.year not in YEARS:
        raise InstantError(f"lies outside the years {YEARS[0]} to {YEARS[-1]}")
    return found


def not_ahead(at: datetime, now: datetime) -> datetime:
    """The aware time as one at which something was known; raises InstantError for the future, of which an answer could
    not be the same later.
    """
    if at - now > AHEAD:
        raise InstantError("lies in the future: leave it out for what is known now")
    return at


def micros(at: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def from_micros(number: int) -> datetime:
    """The aware time of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=number)


def within_calendar(at: datetime, days: int) -> datetime:
    """The aware time in UTC, moved where there are not so many days before and after it: no price changes there."""
    spare = timedelta(days)
    return min(max(at, _FIRST + spare), _LAST - spare).astimezone(UTC)


def day(at: date | datetime | None) -> str:
    """A day, or a time in UTC as a bare date where it is midnight; None is before all days."""
    if at is None:
        return "the beginning"
    if not isinstance(at, datetime):
        return at.isoformat()
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z")
