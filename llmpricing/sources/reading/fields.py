"""Typed access to decoded JSON: the field's value, or an EntryError that names the field."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from llmpricing.domain.money import MoneyError, parse_decimal, snap
from llmpricing.domain.observations import Problem
from llmpricing.sources.errors import EntryError, SourceError

_T = TypeVar("_T")
_MAX_TEXT = 20_000
_MAX_ID = 400
_MAX_WORD = 100
_MAX_COUNT = 2**53  # counts beyond are mistakes, and JSON readers disagree on them

# Numbers with a point or exponent arrive as their own text: no float ever stands between a price and its Decimal.
_DECODER = msgspec.json.Decoder(float_hook=str)


def decode(data: bytes) -> Any:
    """The JSON document in ``data``; fractional numbers come as text. Raises SourceError."""
    try:
        return _DECODER.decode(data.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SourceError("not a readable JSON document; was it downloaded completely?") from None


def as_mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise EntryError(f"{name} is not an object")
    return value


def as_list(value: object, name: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise EntryError(f"{name} is not a list")
    return value


def as_text(value: object, name: str, longest: int = _MAX_TEXT) -> str:
    if not isinstance(value, str) or not value.strip():
        raise EntryError(f"{name} is not a text")
    if len(value) > longest or "\x00" in value:
        raise EntryError(f"{name} is too long or holds a NUL character")
    return value


def as_id(value: object, name: str) -> str:
    """A text short enough to be a key, without signs that a terminal or a page would obey instead of showing."""
    return _printable(as_text(value, name, _MAX_ID), name)


def _printable(text: str, name: str) -> str:
    if not text.isprintable():
        raise EntryError(f"{name} holds a sign that cannot be shown")
    return text


def as_condition(value: object, name: str, separators: str = ";=") -> str:
    """A word that may stand in a condition key: short, and without the key's own separators."""
    text = _printable(as_text(value, name, _MAX_WORD), name)
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
    try:
        return date.fromisoformat(as_text(value, name))
    except ValueError:
        raise EntryError(f"{name} is not a date (YYYY-MM-DD)") from None


def as_time(value: object, name: str) -> datetime:
    """An aware UTC time; one without an offset is UTC."""
    try:
        parsed = datetime.fromisoformat(as_text(value, name))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise EntryError(f"{name} is not a time (ISO 8601)") from None


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
            self.problems.append(Problem(self.key[:400], str(error)))
            return None

    def within(self, name: str) -> Facts:
        """The facts of an object inside the entry, empty if it has none."""
        inner = self.read(lambda entry, name: as_mapping(entry.get(name) or {}, name), name)
        return Facts(inner or {}, self.key, self.problems)
