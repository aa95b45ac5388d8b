"""Typed readers of query parameters: unknown, repeated or malformed ones are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.times import InstantError, not_ahead, read_instant
from llmpricing.web.errors import invalid

PRINTABLE = r"^[^\u0000-\u001f\u007f-\u00a0]*$"


@dataclass(frozen=True)
class Reader:
    """Reads one parameter's text: ``reader(name, text)``. ``schema`` is what it takes as JSON Schema, ``about`` what it
    asks; both are shown in the API's document.
    """

    read: Callable[[str, str], Any]
    schema: Mapping[str, Any]
    about: str = ""

    def __call__(self, name: str, raw: str) -> Any:
        return self.read(name, raw)

    def of(self, about: str) -> Reader:
        """The same reader for a parameter that asks this."""
        return replace(self, about=about)


def _takes(**schema: Any) -> Callable[[Callable[[str, str], Any]], Reader]:
    return lambda read: Reader(read, schema)


def read_parameters(
    request: Request, readers: Mapping[str, Reader], repeatable: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Values by name, empty ones left out; repeatable ones as tuples. Raises the 400 that names the field."""
    return read_values(request.GET.dict_of_lists(), readers, repeatable)


def read_values(
    given: Mapping[str, Sequence[str]], readers: Mapping[str, Reader], repeatable: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The same of texts by name, wherever they were given."""
    values: dict[str, Any] = {}
    for name, texts in given.items():
        if name not in readers:
            raise invalid(name[:200], f"There is no parameter {name[:60]!r} here.", known=sorted(readers))
        if len(texts) > 1 and name not in repeatable:
            raise invalid(name, f"{name} may be given once only.")
        read = [readers[name](name, text.strip()) for text in texts if text.strip()]
        if read:
            values[name] = tuple(read) if name in repeatable else read[0]
    return values


def text_of(longest: int) -> Reader:
    """Printable characters, ``longest`` at the most."""

    def read(name: str, raw: str) -> str:
        if len(raw) > longest:
            raise invalid(name, f"{name} takes at most {longest} characters.")
        if not raw.isprintable():
            raise invalid(name, f"{name} takes printable characters only.")
        return raw

    return Reader(read, {"type": "string", "maxLength": longest, "pattern": PRINTABLE})


text = text_of(300)
cursor = text_of(2000).of("the page after another one, from its meta.next")


def whole(low: int, high: int) -> Reader:
    """A whole number within bounds, both included."""

    def read(name: str, raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 18 and low <= int(raw) <= high):
            raise invalid(name, f"{name} takes a whole number from {low} to {high}.")
        return int(raw)

    return Reader(read, {"type": "integer", "minimum": low, "maximum": high})


def _money(what: str) -> Reader:
    """Money of 0 or more, which is ``what``."""

    def read(name: str, raw: str) -> Decimal:
        try:
            value = parse_decimal(raw)
        except MoneyError:
            raise invalid(name, f"{name} takes {what}.") from None
        if value < 0:
            raise invalid(name, f"{name} cannot be negative.")
        return value

    return Reader(read, {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,12})?$", "examples": ["2.50"]})


price = _money("a price such as 2.50, in USD per million tokens")
amount = _money("an amount such as 2.50")


@_takes(type="string", pattern=r"^[1-9][0-9]{0,14}(\.[0-9]{1,12})?$", examples=["1.5"])
def factor(name: str, raw: str) -> Decimal:
    """How many times one price is another, 1 or more."""
    try:
        value = parse_decimal(raw)
    except MoneyError:
        value = Decimal(0)
    if value < 1:
        raise invalid(name, f"{name} takes a factor of 1 or more, such as 1.5.")
    return value


@_takes(type="string", pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", examples=["0.25"])
def share(name: str, raw: str) -> Decimal:
    """A share of a whole, 0 to 1."""
    if not _SHARE.fullmatch(raw):
        raise invalid(name, f"{name} takes a share from 0 to 1, such as 0.25.")
    return Decimal(raw)


_SHARE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", re.ASCII)
_CURRENCY = re.compile(r"^[A-Z]{3}$")


@_takes(type="string", pattern=_CURRENCY.pattern, examples=["EUR"])
def currency(name: str, raw: str) -> str:
    """A currency's three capital letters."""
    if not _CURRENCY.fullmatch(raw):
        raise invalid(name, f"{name} takes a currency's three capital letters, such as EUR.")
    return raw


def one_of(*allowed: str) -> Reader:
    """One of the given words."""

    def read(name: str, raw: str) -> str:
        if raw not in allowed:
            raise invalid(name, f"{name} does not know that value.", known=list(allowed))
        return raw

    return Reader(read, {"type": "string", "enum": list(allowed)})


def read_time(name: str, raw: str) -> datetime:
    """A time in UTC, as ``read_instant`` reads it."""
    return read_use(name, raw)[0]


def read_known(name: str, raw: str) -> datetime:
    """By what time something was known, in UTC; none in the future."""
    at = read_time(name, raw)
    try:
        return not_ahead(at, datetime.now(UTC))
    except InstantError as error:
        raise invalid(name, f"{name} {error}.") from None


def read_use(name: str, raw: str) -> tuple[datetime, bool]:
    """When something was used, in UTC, and whether the hour was stated."""
    try:
        return read_instant(raw)
    except InstantError as error:
        raise invalid(name, f"{name} {error}.") from None


_TIME = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
time = Reader(read_time, _TIME)
use = Reader(read_use, _TIME)
known = Reader(read_known, _TIME)
