"""How pictures and pages write amounts, counts and days. Unknown never looks like zero."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

from llmpricing.charts.amounts import exact

_SIGNS: Mapping[str, str] = MappingProxyType({"USD": "$"})


def sign(currency: str | None) -> str:
    """What stands before an amount: ``$``, or another currency's code and a space."""
    return _SIGNS.get(currency or "USD", f"{currency}\N{NO-BREAK SPACE}")


def money(value: Decimal, currency: str | None = "USD") -> str:
    """A sum with every digit, which may be below zero and is never free: ``$1,250.40``, ``-$0.0825``, ``$0.00``."""
    return f"{'-' if value < 0 else ''}{sign(currency)}{exact(value.copy_abs())}"


def near(value: Decimal, currency: str | None = "USD") -> str:
    """The same to four digits at the most, in cents from a dollar on: ``$1,250.40``, ``-$0.0825``, ``$0.00``."""
    return money(rounded(value), currency)


def moved(value: Decimal, currency: str | None = "USD") -> str:
    """By how much a sum goes up or down, as near: ``+$1,250.40``, ``-$0.0825``, ``$0.00``."""
    return f"{'+' if value > 0 else ''}{near(value, currency)}"


def figure(value: Decimal) -> str:
    """The same as a bare number, where a column or sentence names the currency: ``1,250.40``, ``-0.0825``, ``0.00``."""
    return f"{'-' if value < 0 else ''}{exact(abs(rounded(value)))}"


def rounded(value: Decimal) -> Decimal:
    """The sum with the digits that are written of it: two sums that are written alike are one."""
    return round(value, 2 if abs(value) >= 1 or not value else max(2, 3 - value.adjusted()))


def long_day(at: datetime | date) -> str:
    """``10 Nov 2026``, in UTC."""
    at = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{at.day} {at:%b %Y}"


def minute(at: datetime) -> str:
    """``10 Nov 2026, 14:05 UTC``."""
    return f"{long_day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def month_name(text: str) -> str:
    """A month of ISO 8601 in words: ``2026-12`` is ``Dec 2026``."""
    return f"{date.fromisoformat(f'{text}-01'):%b %Y}"


def day_or_month(text: str) -> str:
    """A day or a month of ISO 8601 in words: ``2025-01`` is ``Jan 2025``, ``2024-10-15`` is ``15 Oct 2024``."""
    return month_name(text) if len(text) == len("2025-01") else long_day(date.fromisoformat(text))


def count(number: int, noun: str) -> str:
    """``1 offering``, ``2,330 offerings``."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"
