"""The list inside the genai-prices wheel: Python data, as the v2 JSON that genai-prices itself would fetch."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, time
from typing import Any

import msgspec


def read_bundled() -> bytes:
    """The wheel's list as the bytes of a data.json, the same each time."""
    from genai_prices.data import providers

    return msgspec.json.Encoder(decimal_format="number").encode(_plain(providers))


def _plain(value: Any) -> Any:
    """genai-prices' objects as JSON objects: fields in their order, without those that are None."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date | time):
        return value.isoformat()
    if is_dataclass(value):
        names = [field.name for field in fields(value) if not field.name.startswith("_")]
        named = {name.rstrip("_"): getattr(value, name) for name in names}  # or_ and and_ are "or" and "and"
    elif type(value).__name__ == "ModelPrice":
        named = vars(value)
    else:
        return value
    return {name: _plain(item) for name, item in named.items() if item is not None}
