"""How the report of an audit writes what its document holds: amounts, days, tables; all of it escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from html import escape
from typing import Any

from llmpricing.charts import figures
from llmpricing.charts.figures import long_day, minute, month_name
from llmpricing.scripts.terminal import plain

_MONEY = frozenset({"money", "logged", "recomputed", "difference", "moved", "used", "flat", "flat_saves"})
_DAYS = frozenset({"day", "log_begins", "log_ends"})
NUMBERS = _MONEY | {"records", "places", "share"}
# A day that stands by itself: one within a model's name has no room before it.
_DAY = re.compile(r"(?<![^\s(])\d{4}-\d\d-\d\d(?=[\s,;:.)]|$)")


def text(value: object) -> str:
    """A value of the document as HTML."""
    return "" if value is None else escape(plain(str(value)))


def money(told: str | None, otherwise: str = "") -> str:
    """An amount of the document as pages write it; other words as they are."""
    with suppress(InvalidOperation):
        return figures.money(Decimal(told or ""))
    return text(told or otherwise)


def instant(told: str) -> str:
    """A time of the document as pages write it."""
    return minute(datetime.fromisoformat(told))


def days(told: str) -> str:
    """The text with its days as pages write them."""
    return _DAY.sub(lambda found: long_day(date.fromisoformat(found[0])), told)


def per_cent(told: str | None, after: str = "") -> str:
    """With its sign, as the page of a bill and the command line write it; empty where there is none."""
    return "" if told is None else f"{Decimal(told):+f} %{after}"


def scrolled(label: str) -> str:
    """The beginning of what is moved sideways on a phone, by keys too, as a screen reader calls it."""
    return f'<div class="wide" role="region" aria-label="{text(label)}" tabindex="0">'


def table(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows with the same names as a table."""
    if not rows:
        return
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    yield f"<h2>{text(title)}</h2>\n" if title else ""
    yield scrolled(title or "Sums")
    yield f"<table><tr>{''.join(_cell('th', name, name.replace('_', ' ')) for name in names)}</tr>\n"
    for row in rows:
        yield f"<tr>{''.join(_cell('td', name, row[name]) for name in names)}</tr>\n"
    yield "</table></div>\n"


def _cell(tag: str, name: str, value: object) -> str:
    kind = ' class="n"' if name in NUMBERS else ""
    return f"<{tag}{kind}>{text(value) if tag == 'th' else _value(name, value)}</{tag}>"


def _value(name: str, value: object) -> str:
    if value is not None and name in _MONEY:
        return money(str(value))
    if value is not None and name == "month":
        with suppress(ValueError):
            return month_name(str(value))
    return text(days(str(value)) if value is not None and name in _DAYS else value)
