"""What makes a change wait for a person: rules on one new value, seen beside what else is known of its offering.

A finding names its rule and the slip of unit that would explain it. Human verdicts are applied elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from llmpricing.domain.publishing.guard_evidence import (
    Evidence,
    Finding,
    GuardRule,
    compared_at,
)
from llmpricing.domain.publishing.price_relations import broken_relation
from llmpricing.domain.publishing.timelines import TimelineEntry, entry_at
from llmpricing.domain.publishing.unit_slips import slip_of_call, slip_of_factor, slip_of_value

JUMP = 50  # a factor at which a change is suspicious; ordinary changes reach 10
DEAR_PER_MTOK, CHEAP_PER_MTOK = 1000, Fraction("0.002")  # USD, text tokens of a chat offering
DEAR_PER_CALL = 1  # USD for one search, query or other call of a tool; they cost cents
_AGREES, _NEARLY_EQUAL = Fraction(4), Fraction(1005, 1000)  # below 4x sources count as agreeing, 0.5 % is rounding
SLIPS = frozenset(
    {GuardRule.JUMP, GuardRule.DISAGREEMENT, GuardRule.TOO_DEAR, GuardRule.TOO_CHEAP, GuardRule.TOKENS_BELOW_CHARACTERS}
)
SPREADING = frozenset(
    {GuardRule.DISAGREEMENT, GuardRule.TOO_DEAR, GuardRule.TOO_CHEAP}
)  # what arrives beside them slipped too


def find_fault(
    entry: TimelineEntry, last: TimelineEntry | None, standing_until: datetime, evidence: Evidence
) -> Finding | None:
    """The first rule that a new entry breaks. ``last`` is the entry before it; ``standing_until`` when its source
    states something else. Another source that states the same meanwhile clears all but the absolute bounds.
    """
    price = entry.segment.unit_price
    if price is None:
        return None
    others = [other for other in evidence.stated_by_others if _overlap(other, entry, standing_until)]
    if price == 0:
        confirmed = any(other.segment.unit_price == 0 for other in others)
        return None if confirmed else _zero(entry, last, evidence)
    found = _absolute(entry, price, evidence)
    if not found and not _within(_AGREES, entry, others):
        found = _jump(entry, last, evidence)
    if not found and not _within(_NEARLY_EQUAL, entry, others):
        found = broken_relation(entry, standing_until, evidence)
    return found


def is_priced_elsewhere(entry: TimelineEntry, standing_until: datetime, evidence: Evidence) -> bool:
    """Whether another source has a price for the same while this entry stands, which tells whether it slipped."""
    others = (other for other in evidence.stated_by_others if _overlap(other, entry, standing_until))
    return any(other.segment.unit_price for other in others)


def _within(tolerance: Fraction, entry: TimelineEntry, others: Iterable[TimelineEntry]) -> bool:
    factors = (entry.segment.factor(other.segment) for other in others)
    return any(factor and 1 / tolerance < factor < tolerance for factor in factors)


def _overlap(other: TimelineEntry, entry: TimelineEntry, standing_until: datetime) -> bool:
    return other.start < min(entry.end, standing_until) and compared_at(entry) < other.end


def _zero(entry: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> Finding | None:
    """A zero is suspicious where it would displace a price: the source's own or a less trusted source's."""
    entries = {entry.source: last} | {
        source: entry_at(evidence.others[source], compared_at(entry)) for source in evidence.less_trusted
    }
    for source, old in sorted(entries.items()):
        if old and old.segment.unit_price:
            return Finding(GuardRule.ZERO, source, old.segment, None, "missing read as zero")
    return None


def _absolute(entry: TimelineEntry, price: Fraction, evidence: Evidence) -> Finding | None:
    if entry.segment.currency != "USD":
        return None
    if evidence.is_call and price > DEAR_PER_CALL:
        return Finding(GuardRule.TOO_DEAR, "1 USD per call", slip=slip_of_call(price))
    per_mtok = price * 1_000_000
    if evidence.is_chat_text and per_mtok > DEAR_PER_MTOK:
        return Finding(GuardRule.TOO_DEAR, "1,000 USD per million tokens", slip=slip_of_value(per_mtok))
    if evidence.is_chat_text and not evidence.is_cache and per_mtok < CHEAP_PER_MTOK:
        return Finding(GuardRule.TOO_CHEAP, "0.002 USD per million tokens", slip=slip_of_value(per_mtok))
    return None


def _jump(entry: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> Finding | None:
    """A jump against the source's last value or another source's at that date."""
    at = compared_at(entry)
    olds = [(GuardRule.JUMP, entry.source, last)]
    olds += [
        (GuardRule.DISAGREEMENT, source, entry_at(entries, at)) for source, entries in sorted(evidence.others.items())
    ]
    for rule, source, old in olds:
        factor = entry.segment.factor(old.segment) if old else None
        if not old or not factor or Fraction(1, JUMP) < factor < JUMP:
            continue
        return Finding(rule, source, old.segment, factor, slip_of_factor(factor))
    return None
