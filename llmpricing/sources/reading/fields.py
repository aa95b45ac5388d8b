"""Typed access to decoded JSON: the field's value, or an EntryError that names the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from llmpricing.domain.money import MoneyError, parse_decimal, snap
from llmpricing.domain.observations import Problem
from llmpricing.domain.times import InstantError, read_instant
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.documents import LONGEST_KEY, FaultyObject, is_kept, kept, objects_within, repeated

_T = TypeVar("_T")
_MAX_TEXT = 20_000
_MAX_ID = LONGEST_KEY
_MAX_ID_BYTES = 1000  # two of them are a slug, and PostgreSQL indexes no text beyond 2,704 bytes
_MAX_CONDITION = 100
_MAX_COUNT = 2**53  # counts beyond are mistakes, and JSON readers disagree on them


def problem(key: str, reason: object) -> Problem:
    """What could not be taken as it stands, in words that every store keeps."""
    return Problem(kept(key)[:_MAX_ID] or "(no name)", kept(str(reason)))


def as_mapping(value: object, name: str) -> Mapping[str, Any]:
    """An object whose own keys are all sound."""
    if isinstance(value, FaultyObject) and value.faults:
        raise EntryError(next(iter(value.faults.values())))
    if not isinstance(value, dict):
        raise EntryError(f"{name} is not an object")
    return value


def as_entry(
    value: object, name: str, key: str, problems: list[Problem], containers: Sequence[str] = ()
) -> Mapping[str, Any]:
    """An object with no fault in it but in its ``containers`` of other entries; what it repeats alike is a problem."""
    entry = as_mapping(value, name)
    faulty = list(objects_within(entry, containers))
    for found in faulty:
        for fault in found.faults.values():
            raise EntryError(fault)
    problems += [problem(key, repeated(echo)) for found in faulty for echo in found.echoes]
    return entry


def members(value: object, name: str, problems: list[Problem], path: str = "") -> dict[str, Any]:
    """The entries of an object by key, those that cannot be told left out and reported; raises EntryError."""
    if not isinstance(value, dict):
        raise EntryError(f"{name} is not an object")
    if isinstance(value, FaultyObject):
        problems += [problem(f"{path}{key}", fault) for key, fault in value.faults.items()]
        problems += [problem(f"{path}{key}", repeated(key)) for key in value.echoes]
    return value


def optional_members(entry: Mapping[str, Any], name: str, problems: list[Problem]) -> dict[str, Any]:
    """The entries of a field, none where it is missing; one that is no object is a problem."""
    try:
        return {} if entry.get(name) is None else members(entry[name], name, problems, f"{name} ")
    except EntryError as error:
        problems.append(problem(name, error))
        return {}


def as_list(value: object, name: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise EntryError(f"{name} is not a list")
    return value


def as_text(value: object, name: str, longest: int = _MAX_TEXT) -> str:
    if not isinstance(value, str) or not value.strip():
        raise EntryError(f"{name} is not a text")
    if len(value) > longest or not is_kept(value):
        raise EntryError(f"{name} is too long, or holds a NUL or half a character")
    return value


def as_id(value: object, name: str) -> str:
    """A text short enough to be a key, without blanks around it and without signs that a terminal or a page would
    obey instead of showing.
    """
    text = _printable(as_text(value, name, _MAX_ID), name)
    if text != text.strip():
        raise EntryError(f"{name} begins or ends with a blank")
    if len(text.encode()) > _MAX_ID_BYTES:
        raise EntryError(f"{name} is too long")
    return text


def _printable(text: str, name: str) -> str:
    if not text.isprintable():
        raise EntryError(f"{name} holds a sign that cannot be shown")
    return text


def as_condition(value: object, name: str, separators: str = ";=") -> str:
    """A text that may stand in a condition key: short, and without the key's own separators."""
    text = _printable(as_text(value, name, _MAX_CONDITION), name)
    if any(separator in text for separator in separators):
        raise EntryError(f"{name} holds a separator")
    return text


def as_decimal(value: object, name: str) -> Decimal:
    """A number, written as a number or as text; raises EntryError if it is none or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise EntryError(f"{name} is not a number")
    try:
        return parse_decimal(str(value))
    except (MoneyError, ValueError):  # ValueError: an int of too many digits to print
        raise EntryError(f"{name} is not a number") from None


def as_amount(value: object, name: str) -> tuple[Decimal, str | None]:
    """A price without a float's residue, and the source's own text where residue was taken off."""
    exact = as_decimal(value, name)
    if exact < 0:
        raise EntryError(f"{name} is negative")
    amount = snap(exact)
    return amount, None if amount == exact else str(value)


def as_factor(value: object, name: str) -> Decimal:
    """A multiplier of prices, 0 or more."""
    factor = as_decimal(value, name)
    if factor < 0:
        raise EntryError(f"{name} is negative")
    return factor


def as_count(value: object, name: str) -> int:
    """A whole number of 0 or more; 128000.0 counts as one."""
    number = as_decimal(value, name)
    if number < 0 or number > _MAX_COUNT or number != number.to_integral_value():
        raise EntryError(f"{name} is not a whole number")
    return int(number)


def as_date(value: object, name: str) -> date:
    """A day as the web, the command line and logs read it; raises EntryError for weeks and other ways of ISO 8601."""
    at, hour_stated = _instant(value, name)
    if hour_stated:
        raise EntryError(f"{name} is a time, not a date such as 2026-01-31")
    return at.date()


def as_time(value: object, name: str) -> datetime:
    """A time in UTC as the web, the command line and logs read it; one without an offset is UTC."""
    return _instant(value, name)[0]


def _instant(value: object, name: str) -> tuple[datetime, bool]:
    try:
        return read_instant(as_text(value, name), assume_utc=True)
    except InstantError as error:
        raise EntryError(f"{name} {error}") from None


def optional_text(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return None if value is None or value == "" else as_text(value, name)


def optional_count(entry: Mapping[str, Any], name: str) -> int | None:
    """A whole number above 0; sources write 0 where they do not know."""
    value = entry.get(name)
    return None if value is None else as_count(value, name) or None


def optional_date(entry: Mapping[str, Any], name: str) -> date | None:
    value = entry.get(name)
    return None if value is None or value == "" else as_date(value, name)


def texts(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts, empty if the field is missing."""
    return tuple(as_text(item, name) for item in as_list(entry.get(name) or [], name))


@dataclass(frozen=True, slots=True)
class Facts:
    """What an entry tells beside its prices: a field that cannot be read is a problem of its own, the rest counts."""

    entry: Mapping[str, Any]
    key: str
    problems: list[Problem]

    def read(self, read: Callable[[Mapping[str, Any], str], _T], name: str) -> _T | None:
        """The field as ``read`` reads it, None if it cannot."""
        try:
            return read(self.entry, name)
        except EntryError as error:
            self.problems.append(problem(self.key, error))
            return None

    def within(self, name: str) -> Facts:
        """The facts of an object inside the entry, empty if it has none."""
        inner = self.read(lambda entry, name: as_mapping(entry.get(name) or {}, name), name)
        return Facts(inner or {}, self.key, self.problems)
