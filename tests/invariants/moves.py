"""What an import did to the answers of before: which moved, by which rule of the book's choosing, and which never may.

Held of every import (of a name, a moment and a usage that had an answer before):

- a total is not lost, but for two bounds in its place where a place or size decides;
- a total that rests on fresh evidence of a more trusted source does not move, but by a rule that is listed here;
- a total that moves by more than fresh lists may differ unsaid bore a code before, or bears one after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.quotes.notices import Code
from llmpricing.sources.registry import SOURCES
from tests.invariants.answers import Answer, Answers, Question

ROUNDING = Fraction(5, 1000)  # lists that differ by less say the same
NOT_FRESH = frozenset({Code.DATE_UNKNOWN, Code.BETWEEN_SIGHTINGS, Code.UNDER_REVIEW})
BORROWED = frozenset({Code.STAND_IN, Code.VIA_OFFERING, Code.FALLBACK_SELLER})


class Rule(StrEnum):
    """Why an answer moved, or how it may not."""

    OWN_WORD = "a later or earlier word of the same source"
    NEARER = "it rested on evidence of another time, and the list is nearer"
    TRUSTED = "the list is more trusted, and fresh"
    BORROWED = "a price of its own in place of a stand-in or of another offering's"
    FILLED = "a meter that no list had priced, by one that asks the same for the rest (section 4)"
    NEWS = "later than any list before of that seller, of which nothing was foreseen (section 1)"
    SCHEDULE = "a finer schedule (section 4)"
    TWO_TO_ONE = "two fresh lists against one (section 2)"
    DEFAULT = "a documented default or a stated size (section 5)"
    BOUNDS = "both totals where a place or size decides (section 5)"
    SMALL = "by less than half a per cent"
    LOST = "LOST: it had a total and has none"
    OVERRULED = "OVERRULED: a less trusted list moved a fresh answer"
    SILENT = "SILENT: it moved and no code said so, before or after"


BROKEN = (Rule.LOST, Rule.OVERRULED, Rule.SILENT)


class Import(NamedTuple):
    """A list that was imported; ``newest`` is when each seller's newest list of any source was published before it."""

    source: str
    published_at: datetime
    newest: Mapping[str, datetime]

    def is_news_of(self, question: Question) -> bool:
        """Whether both the time asked and the list are later than all that was read of the seller before."""
        newest = self.newest.get(question.name.partition("/")[0])
        return newest is not None and newest < self.published_at and newest < question.at


class Move(NamedTuple):
    """An answer that an import moved."""

    question: Question
    before: Answer
    after: Answer
    rule: Rule

    def __str__(self) -> str:
        name, at, usage = self.question
        return f"{name} at {at:%Y-%m-%d}, {usage}: {_told(self.before)} -> {_told(self.after)}"


@dataclass
class Moves:
    """The answers that one import moved, of how many."""

    imported: str
    asked: int = 0
    known: int = 0
    gained: int = 0
    by_rule: Counter[Rule] = field(default_factory=Counter)
    broken: list[Move] = field(default_factory=list)

    @property
    def moved(self) -> int:
        return self.by_rule.total()


def compare(before: Answers, after: Answers, imported: Import) -> Moves:
    """The moves of all that was asked before the import."""
    found = Moves(f"{imported.source} of {imported.published_at:%Y-%m-%d}", asked=len(before))
    for question, old in before.items():
        new = after[question]
        found.known += old.is_known
        found.gained += new.is_known and not old.is_known
        if not old.is_known or old.total == new.total:
            continue
        move = Move(question, old, new, _rule(question, old, new, imported))
        found.by_rule[move.rule] += 1
        if move.rule in BROKEN:
            found.broken.append(move)
    return found


def _rule(question: Question, old: Answer, new: Answer, imported: Import) -> Rule:
    source = imported.source
    if new.total is None:
        return Rule.BOUNDS if new.is_bounded else Rule.LOST
    if _is_protected(old, source):
        return _listed(old, new, source) or (Rule.NEWS if imported.is_news_of(question) else Rule.OVERRULED)
    if _is_small(old, new):
        return Rule.SMALL
    if _is_filled(old, new, source):
        return Rule.FILLED
    if not old.codes and not new.codes:
        return Rule.NEWS if imported.is_news_of(question) else Rule.SILENT
    if source in old.sources:
        return Rule.OWN_WORD
    if old.codes & NOT_FRESH:
        return Rule.NEARER
    return Rule.BORROWED if old.codes & BORROWED else Rule.TRUSTED


def _is_protected(old: Answer, source: str) -> bool:
    """Whether the answer rests on fresh evidence of more trusted sources alone."""
    if old.codes & (NOT_FRESH | BORROWED):
        return False
    return bool(old.sources) and all(_RANKS[one] < _RANKS[source] for one in old.sources)


def _listed(old: Answer, new: Answer, source: str) -> Rule | None:
    """The rule by which a less trusted list may move a fresh answer."""
    if _is_filled(old, new, source):
        return Rule.FILLED
    if source in new.scheduled:
        return Rule.SCHEDULE
    if Code.UNDER_REVIEW in new.codes:
        return Rule.TWO_TO_ONE
    if new.codes & {Code.DEFAULT_ASSUMED, Code.REGION_ASSUMED}:
        return Rule.DEFAULT
    return None


def _is_filled(old: Answer, new: Answer, source: str) -> bool:
    """Whether what was priced costs the same, and the list alone prices a meter that was billed as another one."""
    before = {rate.meter: rate.unit for rate in old.rates}
    filled = [rate for rate in new.rates if rate.meter not in before]
    same = (_are_near(rate.unit, before[rate.meter]) for rate in new.rates if rate.meter in before)
    is_new = source not in old.sources
    return is_new and bool(before and filled) and all(same) and {rate.source for rate in filled} == {source}


def _is_small(old: Answer, new: Answer) -> bool:
    assert old.total is not None
    assert new.total is not None
    return _are_near(Fraction(old.total), Fraction(new.total))


def _are_near(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))


_RANKS: Mapping[str, int] = {slug: info.trust_rank for slug, info in SOURCES.items()}


def _told(answer: Answer) -> str:
    said = ", ".join(sorted(answer.codes)) or "no code"
    total = answer.refused if answer.total is None else f"{answer.total.normalize():f}"
    return f"{total} by {'+'.join(sorted(answer.sources)) or 'nobody'} ({said})"
