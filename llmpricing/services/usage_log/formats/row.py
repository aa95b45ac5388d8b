"""One row of a usage file: its fields read by name, with the care not to leave one unread that may mean money."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.times import EPOCH, InstantError, in_years, read_instant
from llmpricing.domain.usage.likely import likely_meter
from llmpricing.domain.usage.quantities import LARGEST, Quantity, UsageError
from llmpricing.domain.usage.reading import is_condition, is_counter, may_mean_money
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.traced_counts import WHOLE

_MOST_KEPT = 8_000  # characters of the names of a row
# What spreadsheets, databases and data frames write where there is nothing.
NOTHING = frozenset(
    {"", "null", "NULL", "None", "none", "NaN", "nan", "\\N", "N/A", "n/a", "<NA>", "<null>", "undefined", "-"}
)
_DOLLARS = re.compile(
    r"(-?)\s*(?:US\$|\$|USD)\s*(-?[\d.]+(?:[eE][+-]?\d+)?)|(-?[\d.]+(?:[eE][+-]?\d+)?)\s*(?:US\$|\$|USD)"
)
_NO_COUNT = re.compile(r"duration|latency|elapsed|time|limit|max|window|quota|per_?second|ttft|retr(y|ies)", re.I)
_TRUE = frozenset({"true", "t", "yes", "1"})
_AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: \d\d:\d\d(?::\d\d)?)?")
_DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})( \d\d:\d\d(?::\d\d)?)?")  # day first, everywhere
_OFFSET = re.compile(r" ?([+-]\d\d):?(\d\d)$")
_EPOCHS = ((10**17, 1000), (10**14, 1), (10**11, Decimal("0.001")))  # nanoseconds, microseconds, milliseconds
_MOST_UNREAD = 50
# Digits before the point, and places behind it, of what any usage, charge or time since 1970 is: beyond, numbers are
# mistakes, and those of huge exponents would take all the time and memory there is.
MOST_DIGITS, FINEST = 20, 40
_MOST_COUNTED = LARGEST * 1000


class Unread:
    """The fields of a file that may mean money and that its reader does not know, with an example of each."""

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self.ignored = frozenset(ignored)
        self.fields: dict[str, str] = {}

    def add(self, field: str, value: object) -> None:
        """Remember the field, unless it shall be ignored."""
        name = re.sub(r"\[\d+\]", "", field)
        if not {name, name.rpartition(".")[2]} & self.ignored and len(self.fields) < _MOST_UNREAD:
            self.fields.setdefault(name, str(value)[:40])

    def told(self) -> Iterator[str]:
        """A line for each field: its name, an example, the meter that it probably is."""
        for name, example in self.fields.items():
            meter = likely_meter(name)
            yield f"{name} (such as {example}){f', probably {meter}' if meter else ''}"


Flat = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Row:
    """A row's fields by name; what was never asked for can be looked over at the end with ``close``.

    Accessors take several names and answer by the first that states anything; empty texts state nothing.
    """

    __slots__ = ("_read", "raw", "unread", "where")

    def __init__(self, raw: Mapping[str, Any], unread: Unread, where: str = "") -> None:
        self.raw = raw
        self.unread = unread
        self.where = where
        self._read: list[str] = []

    def value(self, *names: str) -> Any:
        """What the first of these names states; None where none does."""
        self._read += names
        for name in names:
            found = self.raw.get(name)
            if found is not None and not states_nothing(found):
                return found
        return None

    def text(self, *names: str) -> str:
        """The same as a text, empty where nothing is stated."""
        self._read += names
        for name in names:
            found = self.raw.get(name)
            if type(found) is str:
                if found not in NOTHING:
                    return found.strip()
            elif found is not None and found == found:
                return "" if isinstance(found, dict | list) else str(found)
        return ""

    def amount(self, *names: str) -> Decimal | None:
        """An amount of money or another signed number, also one with a dollar sign; raises UsageError."""
        found = self.value(*names)
        return None if found is None else as_number(self.where + names[0], without_dollars(found))

    def count(self, *names: str) -> Quantity | None:
        """A count that is not negative; raises UsageError."""
        stated = self.value(*names)
        if type(stated) in WHOLE and 0 <= stated <= _MOST_COUNTED:
            return cast(int, stated)
        found = None if stated is None else as_number(self.where + names[0], stated)
        if found is None:
            return None
        if found < 0:
            raise UsageError(names[0], "must not be negative")
        if found > _MOST_COUNTED:
            raise UsageError(names[0], "is too large: at most 1000000000000 can be counted")
        return int(found) if found == found.to_integral_value() else found

    def truth(self, *names: str) -> bool:
        """Whether it is said to be so, as true, True, TRUE, 1 or yes."""
        found = self.value(*names)
        return found is True or (found is not None and str(found).strip().lower() in _TRUE)

    def instant(self, *names: str) -> datetime:
        """A time in UTC; raises UsageError."""
        found = self.value(*names)
        try:
            return as_instant(found)
        except InstantError as error:
            raise UsageError(names[0], str(error)) from None

    def inner(self, *names: str) -> Row:
        """The object of that name, also one written as a JSON text; an empty one where there is none."""
        found = as_json(names[0], self.value(*names))
        return Row(found if isinstance(found, dict) else {}, self.unread, f"{self.where}{names[0]}.")

    def rows(self, *names: str) -> list[Row]:
        """The objects of a list of that name."""
        found = as_json(names[0], self.value(*names))
        items = found if isinstance(found, list | tuple) else []
        return [Row(item, self.unread, f"{self.where}{names[0]}.") for item in items if isinstance(item, dict)]

    def looks_at(self, *names: str) -> None:
        """Say that what these fields hold is looked at, but for single values."""

    def looks_at_all(self) -> None:
        """Say the same of all fields."""

    def beginning(self, name: str, *starts: str) -> str:
        """The first of these that the text of that name begins with; empty where none is."""
        text = self.text(name)
        return next((start for start in starts if text.startswith(start)), "")

    def opened(self, name: str, *fields: str) -> Row:
        """The row with these fields of the object of that name as its own, by dotted names, and nothing else of it;
        raises UsageError where it is a JSON text that is broken.
        """
        self._read.append(name)
        found = as_json(name, self.raw.get(name))
        inner = found if isinstance(found, dict) else {}
        row = Row(
            {**{f"{name}.{one}": inner[one] for one in fields if one in inner}, **self.raw}, self.unread, self.where
        )
        row._read = self._read
        return row

    def flattened(self, flat: Flat) -> Row:
        """The row with what its attributes hold beside its own fields."""
        return Row(flat(self.raw), self.unread, self.where)

    def known(self, *names: str) -> None:
        """Say that these fields are understood: sums of others, or nothing that is billed."""
        self._read += names

    def close(self) -> None:
        """Remember the fields that nobody asked for and that look like counts or conditions of a price."""
        for name in suspects(tuple(self.raw)):
            value = self.raw[name]
            if name in self._read or value is None or _is_nested(value) or states_nothing(value):
                continue
            if _looks_billed(name, value):
                self.unread.add(self.where + name, value)

    def close_counts(self) -> None:
        """The same for an object of nothing but counts, deep: any number in it may mean money."""
        for name, value in self.raw.items():
            if name not in self._read:
                self._close_deep(name, value)

    def _close_deep(self, name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for inner, found in value.items():
                self._close_deep(f"{name}.{inner}", found)
        elif isinstance(value, str | int | float | Decimal) and may_mean_money(name, _plain(name, value)):
            self.unread.add(self.where + name, value)


def states_nothing(value: Any) -> bool:
    """Whether a cell is one of those that tools write where there is nothing; None is for who asks."""
    if type(value) is str:
        return value in NOTHING
    return type(value) is float and value != value


def _is_nested(value: Any) -> bool:
    """Whether it is an object or a list, or the text of a list as tables have them: whose it is reads it."""
    if type(value) is str:
        return value == "{}" or (value[:1], value[-1:]) == ("[", "]")
    return isinstance(value, dict | list)


def without_dollars(value: Any) -> Any:
    """An amount without a dollar sign that is written beside it."""
    found = _DOLLARS.fullmatch(value.strip()) if type(value) is str else None
    return f"{found[1] or ''}{found[2] or found[3]}" if found else value


def _looks_billed(name: str, value: Any) -> bool:
    """Whether a field of a row counts something, or is a text that names a condition of prices."""
    name = _shortened(name)
    kind = _likeness(name)
    if kind is None or isinstance(value, bool) or (kind is is_condition and not isinstance(value, str)):
        return False
    plain = name.strip().replace(" ", "_")
    return may_mean_money(plain, _plain(plain, value))


def suspects(names: tuple[str, ...]) -> list[str]:
    """Those of a row's names that look like counts or conditions of a price."""
    return (_suspects if _are_short(names) else _suspects.__wrapped__)(names)


def _are_short(names: tuple[str, ...]) -> bool:
    """Whether names are kept in memory beyond their file: not those that somebody made up to fill it."""
    return sum(len(name) for name in names if isinstance(name, str)) <= _MOST_KEPT


@lru_cache(maxsize=500)  # the rows of a file have few sets of names
def _suspects(names: tuple[str, ...]) -> list[str]:
    """Those of the names that look like counts or conditions."""
    return [name for name in names if _likeness(_shortened(name)) is not None]


def _shortened(name: Any) -> Any:
    """A name that is longer than any that a tool gives by its two ends, of which all are judged."""
    return f"{name[:100]} {name[-100:]}" if isinstance(name, str) and len(name) > 201 else name


@lru_cache(maxsize=10_000)
def _likeness(name: object) -> Callable[[str], bool] | None:
    """What a field looks like by its name alone: a count, a condition, or neither."""
    if not isinstance(name, str):
        return None
    plain = name.strip().replace(" ", "_")
    if is_counter(plain):
        return None if _NO_COUNT.search(plain) else is_counter
    return is_condition if is_condition(plain) else None


def _plain(name: str, value: Any) -> Any:
    """A number written as a text as a number, so that 0 is nothing whatever its form."""
    if isinstance(value, str) and is_counter(name):
        try:
            return parse_decimal(value)
        except MoneyError:
            return value
    return value


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
    if found := _AMERICAN_DAY.fullmatch(text):
        text = f"{found[3]}-{int(found[1]):02}-{int(found[2]):02}"
    if found := _DOTTED_DAY.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}{found[4] or ''}"
    text = _OFFSET.sub(r"\1:\2", text.removesuffix(" UTC")) if ":" in text else text
    return read_instant(text, assume_utc=True)[0]


def _since_epoch(number: Decimal) -> datetime:
    if not (number.is_finite() and 0 <= number < 10**20):
        raise InstantError("is no time since 1970")
    for least, per_micro in _EPOCHS:
        if number >= least:
            return in_years(EPOCH + timedelta(microseconds=int(number / per_micro)))
    return in_years(EPOCH + timedelta(microseconds=int(number * 1_000_000)))
