"""JSON bodies: size, type and shape checked, numbers read as exact decimals, the offending field named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from pyramid.httpexceptions import HTTPRequestEntityTooLarge, HTTPUnsupportedMediaType
from pyramid.request import Request

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.web.asked import AskedRequest
from llmpricing.web.errors import Refused, invalid

MAX_BYTES = 1 << 20
LARGE_BODIES = "llmpricing.large_bodies"  # in the registry: by path how many bytes it takes instead
Shape = TypeVar("Shape")

_COMPLAINT = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_STRANGE = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(\w+)(?: \| null)?`(.*)", re.DOTALL)
_KINDS = {"str": "text", "int": "a whole number", "array": "a list", "object": "an object", "bool": "true or false"}


class BoundedRequest(AskedRequest):
    """A request that keeps its body in memory; one over MAX_BYTES is left unread, to be refused, but for paths that
    take larger ones, which lie in an unnamed temporary file.
    """

    request_body_tempfile_limit = MAX_BYTES

    @property
    def most_body_bytes(self) -> int:
        """How long the body may be."""
        path = self.environ.get("PATH_INFO", "")  # as it came: it need not be text
        return int(self.registry.get(LARGE_BODIES, {}).get(path, MAX_BYTES))

    def make_body_seekable(self) -> None:
        """Copy the body, so that a second attempt can read it again."""
        if (self.content_length or 0) <= self.most_body_bytes:
            super().make_body_seekable()


def _number(text: str) -> Decimal:
    """The number as it stands; what nobody can mean becomes one that every reader of quantities refuses by name."""
    try:
        return parse_decimal(text)
    except MoneyError:
        return Decimal("NaN")


_decoder = msgspec.json.Decoder(float_hook=_number)


def read_json(request: Request) -> Any:
    """The body's value; 413 where it is over MAX_BYTES, 415 where it is not said to be JSON, 400 where it is not, or
    where one object states a field twice.
    """
    if request.content_type != "application/json":
        raise HTTPUnsupportedMediaType
    if (request.content_length or 0) > MAX_BYTES or len(request.body) > MAX_BYTES:
        raise HTTPRequestEntityTooLarge
    return body_value(request.body)


def body_value(body: bytes) -> Any:
    """A body's value; raises the 400 where it is no JSON, or where one object states a field twice."""
    try:
        value, twice = json_value(body)
    except ValueError:
        raise Refused(400, "INVALID_JSON", "The body is not JSON that can be read.") from None
    if twice is not None:
        raise invalid(twice[:200], f"{twice[:200]} is stated twice in the body: state it once.")
    return value


def json_value(text: bytes) -> tuple[Any, str | None]:
    """The value with its numbers as exact decimals, and the first field that one object of it states twice; raises
    ValueError where it is no JSON.
    """
    try:
        value = _decoder.decode(text)
        return value, stated_twice(text, value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise ValueError("is not JSON that can be read") from None


def stated_twice(body: bytes, value: Any) -> str | None:
    """The first field that one object of the body states twice, as in ``items[3].model``; else None.

    ``value`` is the body as msgspec reads it, which takes the last of two. Each field has a colon, so where the value
    written out has as many as the body nothing was lost; only else is the body read again, slowly.
    """
    is_escaped = b"\\u003" in body  # a colon may be written so in a text
    if not is_escaped and msgspec.json.encode(value).count(b":") == body.count(b":"):
        return None
    pairs = json.loads(body, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    return next(_repeated(pairs, ""), None)


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object of JSON with all that it states."""

    __slots__ = ()


def _repeated(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _repeated(item, f"{place}[{number}]")
    elif isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, item in value:
            field = f"{place}.{name}".lstrip(".")
            if name in seen:
                yield field
            seen.add(name)
            yield from _repeated(item, field)


def shaped(value: Any, shape: type[Shape], place: str = "") -> Shape:
    """The value as this shape; raises the 400 that names the field in ``place``, such as ``items[3].model``."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise _complaint(str(error), place) from None


def _complaint(text: str, place: str) -> Refused:
    """msgspec's complaint in our words."""
    found = _COMPLAINT.fullmatch(text)
    what, path = (found["what"], found["path"] or "") if found else (text, "")
    path = f"{place}.{path}".strip(".")
    if missing := _MISSING.fullmatch(what):
        field = f"{path}.{missing[1]}".lstrip(".")
        return invalid(field, f"{field} is missing.")
    if strange := _STRANGE.fullmatch(what):
        field = f"{path}.{strange[1]}".lstrip(".")[:200]
        return invalid(field, f"There is no field {field!r} here.")
    field = path or "body"
    if expected := _EXPECTED.fullmatch(what):
        more = "" if expected[2].startswith(",") else expected[2]
        return invalid(field, f"{field} takes {_KINDS.get(expected[1], expected[1])}{more}.")
    return invalid(field, f"{field} does not know that value.")


def includeme(config: Any) -> None:
    config.set_request_factory(BoundedRequest)
