"""What a value of a usage file says: a number, a time, JSON, an amount in dollars, or nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.times import EPOCH, InstantError, in_years, read_instant
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.json_texts import decoded

# What spreadsheets, databases and data frames write where there is nothing.
NOTHING = frozenset(
    {"", "null", "NULL", "None", "none", "NaN", "nan", "\\N", "N/A", "n/a", "<NA>", "<null>", "undefined", "-"}
)
_DOLLARS = re.compile(
    r"(-?)\s*(?:US\$|\$|USD)\s*(-?[\d.]+(?:[eE][+-]?\d+)?)|(-?[\d.]+(?:[eE][+-]?\d+)?)\s*(?:US\$|\$|USD)"
)
_HOUR = r"(?:,? (?P<hour>\d{1,2})(?P<minutes>:\d\d(?::\d\d)?)(?:[ \u202f](?P<half>[AP])M)?)?"
_AMERICAN_DAY = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _HOUR)
_DOTTED_DAY = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _HOUR)  # day first, everywhere
_OFFSET = re.compile(r" ?([+-]\d\d):?(\d\d)$")
_EPOCHS = ((10**17, 1000), (10**14, 1), (10**11, Decimal("0.001")))  # nanoseconds, microseconds, milliseconds
# Digits before the point, and places behind it, of what any usage, charge or time since 1970 is: beyond, numbers are
# mistakes, and those of huge exponents would take all the time and memory there is.
MOST_DIGITS, FINEST = 20, 40


def states_nothing(value: Any) -> bool:
    """Whether a cell is one of those that tools write where there is nothing; None is for who asks."""
    if type(value) is str:
        return value in NOTHING
    return type(value) is float and value != value


def without_dollars(value: Any) -> Any:
    """An amount without a dollar sign that is written beside it."""
    found = _DOLLARS.fullmatch(value.strip()) if type(value) is str else None
    return f"{found[1] or ''}{found[2] or found[3]}" if found else value


def as_number(field: str, value: Any) -> Decimal:
    """The number, exactly as it is written; raises UsageError, also where no usage nor charge is of such a size."""
    if isinstance(value, bool):
        raise UsageError(field, "must be a number")
    if isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite()):
        return _bounded(field, Decimal(value))
    try:
        return _bounded(field, parse_decimal(repr(value) if isinstance(value, float) else str(value)))
    except MoneyError:
        raise UsageError(field, f"is {str(value)[:40]!r}, not a number") from None


def _bounded(field: str, number: Decimal) -> Decimal:
    if -FINEST <= number.adjusted() < MOST_DIGITS:
        return number
    if not number:
        return Decimal(0)
    how = "large" if number.adjusted() > 0 else "small"
    raise UsageError(field, f"is {number:.6g}: no count or amount is so {how}, correct it or take it out")


def as_json(field: str, value: Any) -> Any:
    """The value, read where it is a JSON text, or one of such a text; raises UsageError where that is broken."""
    if isinstance(value, str) and value.lstrip()[:2] in ('"{', '"[') and value.rstrip()[-1:] == '"':
        value = _unquoted(value)
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return decoded(value)
    except ValueError:
        raise UsageError(field, f"is {value[:40]!r}, not JSON that can be read") from None


def _unquoted(value: str) -> Any:
    """The text that a JSON text of one holds, as tables have it whose tool wrote objects as texts already."""
    try:
        return decoded(value)
    except ValueError:
        return value


def as_instant(value: Any) -> datetime:
    """A time in UTC from a text, a number since 1970 (seconds to nanoseconds) or a typed cell; UTC if no zone is said.

    Raises InstantError.
    """
    if isinstance(value, datetime):
        return in_years(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _since_epoch(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    text = value.strip() if isinstance(value, str) else ""
    if ":" not in text:
        try:
            return _since_epoch(parse_decimal(text))
        except MoneyError:
            pass
    if found := _AMERICAN_DAY.fullmatch(text) or _DOTTED_DAY.fullmatch(text):
        text = _as_written(found)
    text = _OFFSET.sub(r"\1:\2", text.removesuffix(" UTC").removesuffix(" GMT")) if ":" in text else text
    return read_instant(text, assume_utc=True)[0]


def _as_written(found: re.Match[str]) -> str:
    """A day of a spreadsheet, with its hour where it says one, as ISO 8601 writes it."""
    hour = f" {_of_day(int(found['hour']), found['half']):02}{found['minutes']}" if found["hour"] else ""
    return f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}{hour}"


def _of_day(hour: int, half: str | None) -> int:
    """The hour of 24, of one before or after noon; raises InstantError where there is none such."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise InstantError("is no hour of a clock of twelve")
    return hour % 12 + (12 if half == "P" else 0)


def _since_epoch(number: Decimal) -> datetime:
    if not (number.is_finite() and 0 <= number < 10**20):
        raise InstantError("is no time since 1970")
    for least, per_micro in _EPOCHS:
        if number >= least:
            return in_years(EPOCH + timedelta(microseconds=int(number / per_micro)))
    return in_years(EPOCH + timedelta(microseconds=int(number * 1_000_000)))
