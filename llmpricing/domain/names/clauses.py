"""Match clauses: operator trees by which a source says which names mean an offering or a provider. One gate for all:
what ``compile_clause`` and ``compile_pattern`` accept, parsers let pass and the name index reads.

The shape is genai-prices' v2 JSON: ``{"or": [{"equals": "gpt-4o"}, {"starts_with": "gpt-4o-2024"}]}``. Case is ignored:
names and operands are compared in lower case, a regex searches the lowered name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.names.patterns import MatchError, compile_pattern

__all__ = ["Clause", "MatchError", "compile_clause", "compile_pattern"]
_Matcher = Callable[[str], str | None]
_MAX_DEPTH = 20
# The letters that a regular expression asks for at the beginning, so that most names need no search.
_LITERAL_START = re.compile(r"\^((?:[a-zA-Z0-9/@_-]|\\[.\-\[\]])+)(?![?*+{])")
_WILDCARD = re.compile(r"\\[dwDWS]|\[\^|\[[^\]]*\w-\w|(?<!\\)\.[*+{?]?")


@dataclass(frozen=True)
class Clause:
    """A compiled tree. ``exact`` are the names it means by ``equals``; ``only_exact`` says that it means no other."""

    exact: frozenset[str]
    only_exact: bool
    _state: _Matcher
    _parts: tuple[_Matcher, ...] = ()  # of which one is enough to match

    def __call__(self, text: str) -> bool:
        lowered = text.lower()
        return any(part(lowered) is not None for part in self._parts or (self._state,))

    def stated(self, text: str) -> str | None:
        """The longest part of the lowered text that the clause names; None where it does not match.

        All of it for ``equals``; for ``starts_with`` and the like the operand; for a regex what it matches, but nothing
        where it has wildcards: ``\\d{8}`` names no date.
        """
        return self._state(text.lower())


def compile_clause(tree: Mapping[str, Any]) -> Clause:
    """The clause that a tree writes; raises MatchError."""
    return _compile(tree, 0)


def _compile(tree: object, depth: int) -> Clause:
    if not isinstance(tree, Mapping) or len(tree) != 1:
        raise MatchError("a match clause is an object with exactly one operator")
    if depth > _MAX_DEPTH:
        raise MatchError(f"a match clause is at most {_MAX_DEPTH} levels deep")
    ((operator, operand),) = tree.items()
    if operator in ("or", "and"):
        return _branch(operator, operand, depth)
    if not isinstance(operator, str) or operator not in _LEAVES:
        raise MatchError(f"unknown operator {str(operator)[:40]!r}; known are: and, or, {', '.join(sorted(_LEAVES))}")
    if not isinstance(operand, str):
        raise MatchError(f"the operand of {operator!r} is no text")
    if operator == "equals":
        return Clause(frozenset({operand.lower()}), True, _LEAVES[operator](operand))
    return Clause(frozenset(), False, _LEAVES[operator](operand))


def _branch(operator: str, operand: object, depth: int) -> Clause:
    if not isinstance(operand, (list, tuple)) or not operand:
        raise MatchError(f"the operand of {operator!r} is a list of at least one clause")
    parts = [_compile(part, depth + 1) for part in operand]
    states = [part._state for part in parts]
    if operator == "or":
        exact = frozenset[str]().union(*(part.exact for part in parts))
        return Clause(exact, all(part.only_exact for part in parts), _any_of(states), tuple(states))
    return Clause(frozenset(), False, _all_of(states))


def _any_of(states: list[_Matcher]) -> _Matcher:
    def state(text: str) -> str | None:
        longest = None
        for part in states:
            said = part(text)
            if said is not None and (longest is None or len(said) > len(longest)):
                longest = said
        return longest

    return state


def _all_of(states: list[_Matcher]) -> _Matcher:
    def state(text: str) -> str | None:
        longest = ""
        for part in states:
            said = part(text)
            if said is None:
                return None
            longest = max(longest, said, key=len)
        return longest

    return state


def _equals(operand: str) -> _Matcher:
    needle = operand.lower()
    return lambda text: needle if text == needle else None


def _starts_with(operand: str) -> _Matcher:
    needle = operand.lower()
    return lambda text: needle if text.startswith(needle) else None


def _ends_with(operand: str) -> _Matcher:
    needle = operand.lower()
    return lambda text: needle if text.endswith(needle) else None


def _contains(operand: str) -> _Matcher:
    needle = operand.lower()
    return lambda text: needle if needle in text else None


def _regex(operand: str) -> _Matcher:
    pattern = compile_pattern(operand)
    is_literal = not _WILDCARD.search(operand)
    start = _literal_start(operand)

    def state(text: str) -> str | None:
        if not text.startswith(start):
            return None
        found = pattern.search(text)
        return None if found is None else found if is_literal else ""

    return state


def _literal_start(operand: str) -> str:
    """What every text that the regular expression matches begins with; empty where nothing is sure."""
    found = None if "|" in operand else _LITERAL_START.match(operand)
    return found[1].replace("\\", "") if found else ""


_LEAVES: Mapping[str, Callable[[str], _Matcher]] = {
    "equals": _equals,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "contains": _contains,
    "regex": _regex,
}
