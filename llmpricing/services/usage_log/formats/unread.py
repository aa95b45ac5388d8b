"""The fields of a usage file that nobody read and that may mean money."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Any

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.usage.counting_names import is_measure, may_count
from llmpricing.domain.usage.likely import told_meter
from llmpricing.domain.usage.reading import is_condition, is_counter, may_mean_money

_MOST_KEPT = 8_000  # characters of the names of a row
_MOST_UNREAD = 50


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
            meter = told_meter(name)
            yield f"{name} (such as {example}){f', probably {meter}' if meter else ''}"


def is_nested(value: Any) -> bool:
    """Whether it is an object or a list, or the text of a list as tables have them: whose it is reads it."""
    if type(value) is str:
        return value == "{}" or (value[:1], value[-1:]) == ("[", "]")
    return isinstance(value, dict | list)


def looks_billed(name: str, value: Any) -> bool:
    """Whether a field of a row counts something, or is a text that names a condition of prices."""
    name = _shortened(name)
    kind = _likeness(name)
    if kind is None or isinstance(value, bool) or (kind is is_condition and not isinstance(value, str)):
        return False
    plain = name.strip().replace(" ", "_")
    number = plain_number(plain, value)
    if kind is may_count and isinstance(number, str):  # of a name that counts by no more than one of its words
        return False
    return may_mean_money(plain, number)


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
    """What a field looks like by its name alone: a count, a condition, what counts if it is a number, or nothing."""
    if not isinstance(name, str):
        return None
    plain = name.strip().replace(" ", "_")
    if is_counter(plain):
        return None if is_measure(plain) else is_counter
    if is_condition(plain):
        return is_condition
    return may_count if may_count(plain) else None


def plain_number(name: str, value: Any) -> Any:
    """A number written as a text as a number, so that 0 is nothing whatever its form."""
    if isinstance(value, str) and (is_counter(name) or may_count(name)):
        try:
            return parse_decimal(value)
        except MoneyError:
            return value
    return value
