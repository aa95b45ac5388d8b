"""Whether a row has a field, however deep: in objects, lists, texts of JSON and OTLP's attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.values import as_json

_DEEPEST = 12
_OPENS = ("{", "[", '"')  # how texts of JSON begin that hold fields


class RowNames:
    """The dotted names of a row's fields, which is gone through once however much is asked."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._paths: frozenset[str] | None = None

    def end_with(self, fields: Collection[str]) -> bool:
        """Whether any dotted name of the row ends with one of these."""
        if self._paths is None:
            self._paths = frozenset(_paths(self._raw))
        ends = tuple(f".{field}" for field in fields)
        return any(path.endswith(ends) for path in self._paths)


def is_told(raw: Mapping[str, Any], fields: Collection[str]) -> bool:
    """Whether the row has one of these fields, by its dotted name or the end of it, be it empty or 0."""
    return any(holds(raw, field) for field in fields) or RowNames(raw).end_with(fields)


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


def _paths(row: Any) -> set[str]:
    """The dotted names of all fields, also those in lists, in texts of JSON, and OTLP's, which name themselves."""
    found: set[str] = set()
    left: list[tuple[Any, str, int]] = [(row, "", 0)]
    while left:
        value, above, depth = left.pop()
        if isinstance(value, str):
            value = _opened(value)
        if isinstance(value, list):
            left += ((one, above, depth + 1) for one in value if isinstance(one, dict | list | str))
        elif isinstance(value, dict):
            if isinstance(named := value.get("key"), str) and "value" in value:
                found.add(f"{above}.{named}")
            for name, one in value.items():
                path = f"{above}.{name}"
                found.add(path)
                if depth < _DEEPEST and (isinstance(one, dict | list) or (isinstance(one, str) and _may_open(one))):
                    left.append((one, path, depth + 1))
    return found


def _may_open(text: str) -> bool:
    return text.lstrip()[:1] in _OPENS


def _opened(value: Any) -> Any:
    try:
        return as_json("", value)
    except UsageError:
        return None
