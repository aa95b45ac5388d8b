"""JSON as tools write it: exact numbers, and NaN for nothing, as Python writes a float that is none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_OF_PYTHON = json.JSONDecoder(parse_float=Decimal, parse_constant=lambda word: None if word == "NaN" else word)
_FAILURES = (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError)


def decoded(text: str | bytes) -> Any:
    """The document; raises ValueError where it is none that can be read."""
    try:
        return _DECODER.decode(text)
    except _FAILURES as error:
        whole = text if isinstance(text, str) else text.decode()
        if "NaN" not in whole:
            raise ValueError("no JSON that can be read") from error
    try:
        return _OF_PYTHON.decode(whole)
    except _FAILURES as error:
        raise ValueError("no JSON that can be read") from error
