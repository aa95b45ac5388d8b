"""One row of a usage file: its fields read by name, with the care not to leave one unread that may mean money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from llmpricing.domain.times import InstantError
from llmpricing.domain.usage.quantities import LARGEST, Quantity, UsageError
from llmpricing.domain.usage.reading import may_mean_money
from llmpricing.services.usage_log.formats.traced_counts import WHOLE
from llmpricing.services.usage_log.formats.unread import Unread, is_nested, looks_billed, plain_number, suspects
from llmpricing.services.usage_log.formats.values import (
    NOTHING,
    as_instant,
    as_json,
    as_number,
    states_nothing,
    without_dollars,
)

_TRUE = frozenset({"true", "t", "yes", "y", "on", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0", "0.0"})
_MOST_COUNTED = LARGEST * 1000

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
        """Whether it is said to be so, as true, True, TRUE, 1, 1.0 or yes; raises UsageError where a word says neither
        that nor that it is not.
        """
        found = self.value(*names)
        if found is None or isinstance(found, bool):
            return found is True
        word = str(found).strip().lower()
        if word not in _TRUE and word not in _FALSE:
            raise UsageError(names[0], f"is {word[:40]!r}, which is neither true nor false")
        return word in _TRUE

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
            if name in self._read or value is None or is_nested(value) or states_nothing(value):
                continue
            if looks_billed(name, value):
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
        elif isinstance(value, str | int | float | Decimal) and may_mean_money(name, plain_number(name, value)):
            self.unread.add(self.where + name, value)
