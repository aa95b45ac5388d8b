"""When a price applies: service tier, region, context step, clock schedule and whatever else a seller asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from llmpricing.domain.times import within_calendar

STANDARD = "standard"
MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Step:
    """A context step: the price from ``above`` input tokens of the whole request on.

    ``inclusive`` says whether exactly ``above`` tokens are meant too ("at or above"); ``marginal`` whether only the
    tokens beyond the bound pay this price (else all of the request do, output too).
    """

    above: int
    inclusive: bool = False
    marginal: bool = False

    def met_by(self, request_input: int) -> bool:
        return request_input >= self.above if self.inclusive else request_input > self.above

    @property
    def key(self) -> str:
        return f"{'from' if self.inclusive else 'above'}={self.above}{';marginal' if self.marginal else ''}"


@dataclass(frozen=True)
class Schedule:
    """Local clock windows. Each window is (start, end) in minutes after midnight and belongs to the day it starts on;
    an end at or before its start lies on the next day. Days are ISO weekdays, none meaning all; holidays are left out.
    """

    time_zone: str
    windows: tuple[tuple[int, int], ...]
    weekdays: tuple[int, ...] = ()
    holidays: tuple[date, ...] = ()

    @cached_property
    def key(self) -> str:
        """A short canonical name: the same definition has the same key."""
        parts = [
            self.time_zone,
            ",".join(f"{start}-{end}" for start, end in sorted(self.windows)),
            ",".join(map(str, sorted(self.weekdays))),
            ",".join(day.isoformat() for day in sorted(self.holidays)),
        ]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def contains(self, at: datetime) -> bool:
        """Whether the aware time ``at`` falls in a window, by the local wall clock (also across DST changes)."""
        local = within_calendar(at, 2).astimezone(_zone(self.time_zone))
        minute = local.hour * 60 + local.minute
        return any(self._in_window(local.date(), minute, start, end) for start, end in self.windows)

    def _in_window(self, day: date, minute: int, start: int, end: int) -> bool:
        if start < end:
            return start <= minute < end and self._runs_on(day)
        if minute >= start:
            return self._runs_on(day)
        return minute < end and self._runs_on(day - timedelta(days=1))

    def _runs_on(self, day: date) -> bool:
        return (not self.weekdays or day.isoweekday() in self.weekdays) and day not in self.holidays


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@dataclass(frozen=True)
class Conditions:
    """What a request must be like to pay a price. The base price has none: ``Conditions()``."""

    service_tier: str = STANDARD
    region: str = ""
    step: Step | None = None
    schedule: Schedule | None = None
    extra: tuple[tuple[str, str], ...] = ()  # sorted (name, value), e.g. ("resolution", "1080p")

    def __hash__(self) -> int:
        return hash(self.key)  # kept in the text; of the fields it would be made anew a million times an import

    @cached_property
    def key(self) -> str:
        """One canonical text, empty for the base price; unique with offering, meter and time in the database."""
        parts = [f"tier={self.service_tier}"] if self.service_tier != STANDARD else []
        parts += [f"region={self.region}"] if self.region else []
        parts += [self.step.key] if self.step else []
        parts += [f"schedule={self.schedule.key}"] if self.schedule else []
        parts += [f"{name}:{value}" for name, value in self.extra]
        return ";".join(parts)

    @cached_property
    def series(self) -> Conditions:
        """The same without step and schedule: prices of one series come from one source, never mixed."""
        return replace(self, step=None, schedule=None)

    @cached_property
    def specificity(self) -> tuple[bool, bool, int, bool, int]:
        """Order of precedence: tier, then region, further conditions, schedule, and the higher step."""
        above = self.step.above if self.step else -1
        return (
            self.service_tier != STANDARD,
            bool(self.region),
            len(self.extra),
            self.schedule is not None,
            above,
        )


BASE = Conditions()


def parse_key(key: str, schedules: Mapping[str, Schedule]) -> Conditions:
    """The conditions whose ``key`` this is; ``schedules`` by their own keys. KeyError for an unknown schedule."""
    found: dict[str, str] = {}
    extra: dict[str, str] = {}
    for part in key.split(";") if key else ():
        # ":" comes first in a named condition, whose value may hold "="; the fixed words hold no ":" before their "=".
        name, colon, value = part.partition(":")
        if colon and "=" not in name:
            extra[name] = value
        else:
            name, _, value = part.partition("=")
            found[name] = value
    step = None
    if "above" in found or "from" in found:
        step = Step(int(found.get("above") or found["from"]), "from" in found, "marginal" in found)
    schedule = schedules[found["schedule"]] if "schedule" in found else None
    return Conditions(found.get("tier", STANDARD), found.get("region", ""), step, schedule, sorted_extra(extra))


def conditions(
    service_tier: str = STANDARD,
    region: str = "",
    step: Step | None = None,
    schedule: Schedule | None = None,
    **extra: str,
) -> Conditions:
    """Conditions with further named ones in canonical order."""
    return Conditions(service_tier, region, step, schedule, sorted_extra(extra))


def sorted_extra(extra: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(extra.items()))
