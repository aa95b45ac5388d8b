"""Match clauses and API patterns as genai-prices writes them. What is read here, the index of names accepts: both ask
the domain's one gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.names.clauses import MatchError, compile_clause, compile_pattern
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.fields import as_mapping, as_text, optional_text


def optional_match(entry: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The operator tree in a field, None where it is missing; raises EntryError where the domain cannot compile it."""
    if entry.get(name) is None:
        return None
    try:
        compile_clause(as_mapping(entry[name], name))
    except MatchError as error:
        raise EntryError(f"{name}: {error}") from None
    return _kept_tree(entry[name], name)


def _kept_tree(clause: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The compiled tree again, once every text in it is one: an empty ``contains`` would mean every name."""
    ((operator, operand),) = clause.items()
    if isinstance(operand, list):
        return {operator: [_kept_tree(part, name) for part in operand]}
    return {operator: as_text(operand, name)}


def optional_pattern(entry: Mapping[str, Any], name: str) -> str | None:
    """The regular expression in a field, None where it is missing; raises EntryError where it is none of RE2."""
    pattern = optional_text(entry, name)
    if pattern is None:
        return None
    try:
        compile_pattern(pattern)
    except MatchError as error:
        raise EntryError(f"{name}: {error}") from None
    return pattern
