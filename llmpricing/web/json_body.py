"""JSON bodies: size, type and shape checked, numbers read as exact decimals, the offending field named."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from pyramid.httpexceptions import HTTPRequestEntityTooLarge, HTTPUnsupportedMediaType
from pyramid.request import Request

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.web.errors import Refused, invalid

MAX_BYTES = 1 << 20
Shape = TypeVar("Shape")

_COMPLAINT = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_STRANGE = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(\w+)(?: \| null)?`(.*)", re.DOTALL)
_KINDS = {"str": "text", "int": "a whole number", "array": "a list", "object": "an object", "bool": "true or false"}


class BoundedRequest(Request):  # type: ignore[misc]  # Pyramid ships no types
    """A request that keeps its body in memory; one over MAX_BYTES is left unread, to be refused."""

    request_body_tempfile_limit = MAX_BYTES

    def make_body_seekable(self) -> None:
        """Copy the body, so that a second attempt can read it again."""
        if (self.content_length or 0) <= MAX_BYTES:
            super().make_body_seekable()


def _number(text: str) -> Decimal:
    """The number as it stands; what nobody can mean becomes one that every reader of quantities refuses by name."""
    try:
        return parse_decimal(text)
    except MoneyError:
        return Decimal("NaN")


_decoder = msgspec.json.Decoder(float_hook=_number)


def read_json(request: Request) -> Any:
    """The body's value; 413 where it is over MAX_BYTES, 415 where it is not said to be JSON, 400 where it is not."""
    if request.content_type != "application/json":
        raise HTTPUnsupportedMediaType
    if (request.content_length or 0) > MAX_BYTES or len(request.body) > MAX_BYTES:
        raise HTTPRequestEntityTooLarge
    try:
        return _decoder.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "INVALID_JSON", "The body is not JSON that can be read.") from None


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
