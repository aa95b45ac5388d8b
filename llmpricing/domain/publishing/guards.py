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
    factor_between,
    instant,
    unit_price,
)
from llmpricing.domain.publishing.price_relations import broken_relation
from llmpricing.domain.publishing.timelines import TimelineEntry, row_at
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


def judge(
    row: TimelineEntry, last: TimelineEntry | None, standing_until: datetime, evidence: Evidence
) -> Finding | None:
    """The first rule that a new row breaks. ``last`` is the row before it; ``standing_until`` when its source says
    something else. Another source that says the same meanwhile clears all but the absolute bounds.
    """
    price = unit_price(row.segment)
    if price is None:
        return None
    said = [other for other in evidence.said_by_others if _overlap(other, row, standing_until)]
    if price == 0:
        confirmed = any(unit_price(other.segment) == 0 for other in said)
        return None if confirmed else _zero(row, last, evidence)
    found = _absolute(row, price, evidence)
    if not found and not _within(_AGREES, row, said):
        found = _jump(row, last, evidence)
    if not found and not _within(_NEARLY_EQUAL, row, said):
        found = broken_relation(row, standing_until, evidence)
    return found


def is_priced_elsewhere(row: TimelineEntry, standing_until: datetime, evidence: Evidence) -> bool:
    """Whether another source has a price for the same while this row stands: then that one tells whether it slipped."""
    said = (other for other in evidence.said_by_others if _overlap(other, row, standing_until))
    return any(unit_price(other.segment) for other in said)


def _within(tolerance: Fraction, row: TimelineEntry, said: Iterable[TimelineEntry]) -> bool:
    factors = (factor_between(row.segment, other.segment) for other in said)
    return any(factor and 1 / tolerance < factor < tolerance for factor in factors)


def _overlap(other: TimelineEntry, row: TimelineEntry, standing_until: datetime) -> bool:
    return other.start < min(row.end, standing_until) and instant(row) < other.end


def _zero(row: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> Finding | None:
    """A zero is suspicious where it would displace a price: the source's own or a less trusted source's."""
    rows = {row.source: last} | {
        source: row_at(evidence.others[source], instant(row)) for source in evidence.less_trusted
    }
    for source, old in sorted(rows.items()):
        if old and unit_price(old.segment):
            return Finding(GuardRule.ZERO, source, old.segment, None, "missing read as zero")
    return None


def _absolute(row: TimelineEntry, price: Fraction, evidence: Evidence) -> Finding | None:
    if row.segment.currency != "USD":
        return None
    if evidence.is_call and price > DEAR_PER_CALL:
        return Finding(GuardRule.TOO_DEAR, "1 USD per call", slip=slip_of_call(price))
    per_mtok = price * 1_000_000
    if evidence.is_chat_text and per_mtok > DEAR_PER_MTOK:
        return Finding(GuardRule.TOO_DEAR, "1,000 USD per million tokens", slip=slip_of_value(per_mtok))
    if evidence.is_chat_text and not evidence.is_cache and per_mtok < CHEAP_PER_MTOK:
        return Finding(GuardRule.TOO_CHEAP, "0.002 USD per million tokens", slip=slip_of_value(per_mtok))
    return None


def _jump(row: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> Finding | None:
    """A jump against the source's last value or another source's at that date."""
    at = instant(row)
    olds = [(GuardRule.JUMP, row.source, last)]
    olds += [(GuardRule.DISAGREEMENT, source, row_at(rows, at)) for source, rows in sorted(evidence.others.items())]
    for rule, source, old in olds:
        factor = factor_between(row.segment, old.segment) if old else None
        if not old or not factor or Fraction(1, JUMP) < factor < JUMP:
            continue
        return Finding(rule, source, old.segment, factor, slip_of_factor(factor))
    return None
