"""Whether a row has a field, however deep: in objects, lists, texts of JSON and OTLP's attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.values import as_json

_DEEPEST = 12


def is_told(raw: Mapping[str, Any], fields: Collection[str]) -> bool:
    """Whether the row has one of these fields, by its dotted name or the end of it, be it empty or 0."""
    return any(holds(raw, field) for field in fields) or is_anywhere(raw, fields)


def holds(value: Any, field: str) -> bool:
    """Whether the object has a field of that dotted name, by its whole name or from level to level."""
    if isinstance(value, str):
        value = _opened(value)
    if isinstance(value, list):
        return any(holds(one, field) for one in value)
    if not isinstance(value, Mapping):
        return False
    first, _, rest = field.partition(".")
    return field in value or (bool(rest) and first in value and holds(value[first], rest))


def is_anywhere(raw: Mapping[str, Any], fields: Collection[str]) -> bool:
    """Whether any dotted name of the row ends with one of these."""
    ends = tuple(f".{field}" for field in fields)
    return any(path.endswith(ends) for path in _paths(raw))


def _paths(value: Any, above: str = "", depth: int = 0) -> Iterator[str]:
    """The dotted names of all fields, also those in lists, in texts of JSON, and OTLP's, which name themselves."""
    value = _opened(value)
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _paths(one, above, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(named := value.get("key"), str) and "value" in value:
            yield f"{above}.{named}"
        for name, one in value.items():
            yield f"{above}.{name}"
            yield from _paths(one, f"{above}.{name}", depth + 1)


def _opened(value: Any) -> Any:
    try:
        return as_json("", value)
    except UsageError:
        return None
