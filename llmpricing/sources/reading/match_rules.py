"""Match clauses: operator trees that say which names mean a model or a provider, as genai-prices writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.fields import as_list, as_mapping, as_text

_LEAVES = frozenset({"equals", "starts_with", "ends_with", "contains", "regex"})
_BRANCHES = frozenset({"or", "and"})


def read_match(value: object, name: str = "match") -> Mapping[str, Any]:
    """The tree as given, once every operator in it is known; raises EntryError."""
    clause = as_mapping(value, name)
    if len(clause) != 1:
        raise EntryError(f"{name} has not exactly one operator")
    ((operator, operand),) = clause.items()
    if operator in _BRANCHES:
        return {operator: [read_match(item, name) for item in as_list(operand, name)]}
    if operator not in _LEAVES:
        raise EntryError(f"{name} has the unknown operator {operator[:40]!r}")
    text = as_text(operand, name)
    if operator == "regex":
        _check_regex(text, name)
    return {operator: text}


def _check_regex(text: str, name: str) -> None:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        raise EntryError(f"{name} holds a broken regular expression") from None
