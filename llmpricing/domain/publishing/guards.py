"""What makes a change wait for a person: rules on one new value, seen beside what else is known of its offering.

A finding names its rule and the slip of unit that would explain it. Human verdicts are applied elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations

from llmpricing.domain.money import quantise
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.guard_evidence import (
    UNRANKED,
    Evidence,
    Finding,
    GuardRule,
    compared_at,
)
from llmpricing.domain.publishing.market import Range, last_list
from llmpricing.domain.publishing.price_relations import broken_relation
from llmpricing.domain.publishing.timeline_entries import TimelineEntry
from llmpricing.domain.publishing.unit_slips import slip_of_call, slip_of_factor, slip_of_value

JUMP = 50  # a factor at which a change is suspicious; ordinary changes reach 10
# A factor to what other sellers ask for the same model at which an arrival is suspicious: the least slip of unit is a
# hundredfold, and prices of one model differ by up to three. At 30 the newest map had two false alarms, at 32.5.
ELSEWHERE = 33
_LONG = timedelta(days=90)  # a value that two lists so far apart state was meant, if another source says it too
DEAR_PER_MTOK, CHEAP_PER_MTOK = 1000, Fraction("0.002")  # USD, text tokens of a chat offering
_MTOK = 1_000_000
_DEAR, _CHEAP = Fraction(DEAR_PER_MTOK, _MTOK), CHEAP_PER_MTOK / _MTOK  # of one token
DEAR_PER_CALL = 1  # USD for one search, query or other call of a tool; they cost cents
_AGREES, _NEARLY_EQUAL = Fraction(4), Fraction(1005, 1000)  # below 4x sources count as agreeing, 0.5 % is rounding
SLIPS = frozenset(
    {
        GuardRule.JUMP,
        GuardRule.DISAGREEMENT,
        GuardRule.ELSEWHERE,
        GuardRule.TOO_DEAR,
        GuardRule.TOO_CHEAP,
        GuardRule.TOKENS_BELOW_CHARACTERS,
    }
)
SPREADING = frozenset(
    {GuardRule.DISAGREEMENT, GuardRule.ELSEWHERE, GuardRule.TOO_DEAR, GuardRule.TOO_CHEAP}
)  # what arrives beside them slipped too
OF_AN_ENTRY = SPREADING | {GuardRule.JUMP, GuardRule.ZERO, GuardRule.SUBSCRIPTION}  # hold the whole entry's change


def find_fault(
    entry: TimelineEntry, last: TimelineEntry | None, standing_until: datetime, evidence: Evidence
) -> Finding | None:
    """The first rule that a new entry breaks. ``last`` is the entry before it; ``standing_until`` when its source
    states something else. Another source that states the same meanwhile clears all but the absolute bounds.
    """
    price = entry.segment.unit_price
    if price is None:
        return _subscription(entry, last)
    others = [other for other in evidence.stated_by_others if _overlap(other, entry, standing_until)]
    if price == 0:
        confirmed = any(other.segment.unit_price == 0 for other in others)
        return None if confirmed else _zero(entry, last, evidence)
    found = _absolute(entry, price, evidence)
    if not found and not _within(_AGREES, entry, others):
        found = _jump(entry, last, evidence) or _against_sources(entry, evidence)
        found = found or (_far_from_sellers(entry, price, evidence) if last is None else None)
    if not found and not _within(_NEARLY_EQUAL, entry, others):
        found = broken_relation(entry, standing_until, evidence)
    return found


def is_repair(entry: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> bool:
    """Whether a jump leads back from a slip: to what is usual or what others ask for the model, from a value that was
    far from it and was not seen for long or that nobody else ever said.
    """
    new, old = entry.segment.unit_price, last.segment.unit_price if last else None
    if not last or not new or not old or not _is_far(entry.segment.factor(last.segment), JUMP):
        return False
    usual = evidence.usual
    leads_back = bool(usual and entry.segment.currency == "USD" and _is_in(usual, new) and not _is_in(usual, old))
    if not leads_back:
        asked = evidence.elsewhere(compared_at(entry)).within(usual).median
        leads_back = bool(asked and 1 / _AGREES < new / asked < _AGREES and _is_far(old / asked, ELSEWHERE))
    seen_for = last_list(last, evidence.lists, entry.observed) - last.observed
    return leads_back and (seen_for < _LONG or not _within(_NEARLY_EQUAL, last, evidence.stated_by_others))


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
    """A zero is suspicious where it would displace a price: the source's own or one that a less trusted source states
    then.
    """
    at = compared_at(entry)
    entries = {entry.source: last} | {
        source: evidence.accepted_of(source, at)
        for source in evidence.others
        if not evidence.is_at_least_as_trusted(source)
    }
    for source, old in sorted(entries.items()):
        if old and old.segment.unit_price:
            return Finding(GuardRule.ZERO, source, old.segment, None, "missing read as zero")
    return None


def _subscription(entry: TimelineEntry, last: TimelineEntry | None) -> Finding | None:
    """What was sold by the unit and is said to be paid by time would cost nothing from now on."""
    if entry.segment.state is not State.SUBSCRIPTION or not last or not last.segment.unit_price:
        return None
    return Finding(GuardRule.SUBSCRIPTION, entry.source, last.segment)


def _absolute(entry: TimelineEntry, price: Fraction, evidence: Evidence) -> Finding | None:
    if entry.segment.currency != "USD":
        return None
    if evidence.is_call and price > DEAR_PER_CALL:
        return Finding(GuardRule.TOO_DEAR, "1 USD per call", slip=slip_of_call(price))
    if evidence.is_chat_text and price > _DEAR:
        return Finding(GuardRule.TOO_DEAR, "1,000 USD per million tokens", slip=slip_of_value(price * _MTOK))
    if evidence.is_chat_text and not evidence.is_cache and price < _CHEAP:
        return Finding(GuardRule.TOO_CHEAP, "0.002 USD per million tokens", slip=slip_of_value(price * _MTOK))
    return None


def _jump(entry: TimelineEntry, last: TimelineEntry | None, evidence: Evidence) -> Finding | None:
    """A jump against the source's last value that is not a slip's repair."""
    factor = entry.segment.factor(last.segment) if last else None
    if not last or not factor or not _is_far(factor, JUMP) or is_repair(entry, last, evidence):
        return None
    return Finding(GuardRule.JUMP, entry.source, last.segment, factor, slip_of_factor(factor))


def _against_sources(entry: TimelineEntry, evidence: Evidence) -> Finding | None:
    """A value far from what a source that is trusted more was seen to state then, or two that are independent and
    agree. A less trusted or a carried value holds back no other.
    """
    at = compared_at(entry)
    for source in sorted(evidence.others, key=lambda source: (evidence.ranks.get(source, UNRANKED), source)):
        old = evidence.accepted_of(source, at)
        if old and evidence.is_at_least_as_trusted(source) and _is_far(entry.segment.factor(old.segment), JUMP):
            return _disagreement(entry, old)
    apart = [one for one in evidence.fresh_others(at) if _is_far(entry.segment.factor(one.segment), JUMP)]
    for one, other in combinations(apart, 2):
        if evidence.are_independent(one.source, other.source) and _within(_AGREES, one, [other]):
            return _disagreement(entry, one, f"{one.source} and {other.source}")
    return None


def _disagreement(entry: TimelineEntry, other: TimelineEntry, against: str | None = None) -> Finding:
    factor = entry.segment.factor(other.segment)
    slip = slip_of_factor(factor) if factor else None
    return Finding(GuardRule.DISAGREEMENT, against or other.source, other.segment, factor, slip)


def _far_from_sellers(entry: TimelineEntry, price: Fraction, evidence: Evidence) -> Finding | None:
    """An arrival far from what other sellers ask for the same model."""
    if entry.segment.currency != "USD":
        return None
    found = evidence.elsewhere(compared_at(entry))
    if not found.median or not _is_far(price / found.median, ELSEWHERE):
        return None
    asked = found.within(evidence.usual).median
    if not asked or not _is_far(price / asked, ELSEWHERE):
        return None
    factor, per = price / asked, entry.segment.per
    usual = DatedPrice(State.PRICED, quantise(asked * per), per)
    return Finding(GuardRule.ELSEWHERE, "other sellers of the model", usual, factor, slip_of_factor(factor))


def _is_far(factor: Fraction | None, bound: int) -> bool:
    return bool(factor) and factor is not None and not Fraction(1, bound) < factor < bound


def _is_in(usual: Range, price: Fraction) -> bool:
    return usual[0] <= price <= usual[1]
