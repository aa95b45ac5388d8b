"""Spans as their writers nest them, made flat: attributes beside the span's own fields, by dotted names."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.values import as_json

_BASE64 = re.compile(r"[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=")  # of 16 and 8 bytes


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its attributes beside its own fields, by dotted names; lists of attributes are taken apart."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        name = name.removeprefix("attributes.") if isinstance(name, str) else name
        if name in ("attributes", "span_attributes", "SpanAttributes", "log_attributes", "LogAttributes"):
            found.update(attributes_of(value))
        elif isinstance(value, dict) and name in ("gen_ai", "llm", "ai", "openinference", "context"):
            found.update(_dotted(f"{name}.", value))
        else:
            found.setdefault(name, value)
    return found


def attributes_of(value: Any) -> dict[str, Any]:
    """Attributes by dotted names, of an object, a JSON text, or OTLP's list; none where they cannot be read."""
    try:
        value = as_json("attributes", value)
    except UsageError:
        return {}
    if isinstance(value, Mapping):
        return dict(_dotted("", value))
    pairs = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return {str(one.get("key")): _typed(one.get("value")) for one in pairs}


def hex_id(text: str) -> str:
    """The id of a trace or span in hexadecimal, also of one in Base64, as Tempo has them."""
    return base64.b64decode(text).hex() if _BASE64.fullmatch(text) else text


def _dotted(above: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):  # not any mapping, which is slow to tell
            yield from _dotted(f"{above}{name}.", inner)
        else:
            yield f"{above}{name}", inner


def _typed(value: Any) -> Any:
    """The value of an OTLP attribute: {"intValue": "12"} is 12."""
    if isinstance(value, Mapping):  # as a table it has every type's field, and one is filled
        stated = [found for found in value.values() if found is not None]
        return stated[0] if len(stated) == 1 else value if stated else None
    return value
