"""The same charges in two files of one seller: which lines are counted once, and what is said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from llmpricing.domain.quotes.mistakes.explaining import CENTS
from llmpricing.services.usage_log.audit.bridge_days import first_and_last, overlap, stretch
from llmpricing.services.usage_log.audit.bridge_shared_lines import (
    FilePair,
    Shared,
    SharedLines,
    SharedVerdict,
    names_told,
    shared_lines,
)
from llmpricing.services.usage_log.audit.bridge_tellings import Subject, Teller, Tellings, ToldAmount
from llmpricing.services.usage_log.audit.verdicts import Audited

TWICE, DIFFERS, MAYBE = "CHARGES_TOLD_TWICE", "CHARGES_TOLD_DIFFERENTLY", "CHARGES_MAY_BE_TOLD_TWICE"
_NOTHING = Decimal(0)
_HALF = Decimal("0.5")
# So many different amounts prove lines the same whose ids differ: AWS gives its lines other ids in each report
# (https://docs.aws.amazon.com/cur/latest/userguide/identity-columns.html), and in the parts of one, to other lines.
_PROOF = 4


class ToldTwice(NamedTuple):
    """What ``other`` tells that ``kept`` tells too, on so many lines of these days, of so much ``money``. ``low`` and
    ``high`` are what is charged for it at least and at most: by either of both, of MAYBE by the larger and by both
    together. All in USD; of usage what it costs.
    """

    code: str
    seller: str
    is_usage: bool
    kept: int
    other: int
    first: str
    last: str
    lines: int
    money: Decimal
    low: Decimal
    high: Decimal


@dataclass
class Settled:
    """Which lines are not counted, for another file tells them, and what is said of that."""

    dropped: Mapping[Teller, Collection[Subject]]
    found: Sequence[ToldTwice]

    def is_counted(self, tellings: Tellings, one: Audited) -> bool:
        """Whether a line is counted in its file."""
        teller, subject = tellings.subject_of(one)
        return subject not in self.dropped.get(teller, ())


def settled(tellings: Tellings) -> Settled:
    """What is counted of all files, whatever their order: of equal tellings the one that says most."""
    dropped: dict[Teller, set[Subject]] = {}
    found: list[ToldTwice] = []
    for told in tellings.by_seller:
        left = {teller: dict(told[teller]) for teller in sorted(told, key=lambda one: _rank(one, told[one]))}
        tellers, days = list(left), {teller: _days(told[teller]) for teller in left}
        noise = {teller: _noise_of(teller, told[teller]) for teller in left}
        for number, other in enumerate(tellers):
            for kept in tellers[:number]:
                if overlap(days[kept], days[other]):
                    both = (noise[kept], noise[other])
                    found += _settle(FilePair(kept, other, left[kept], left[other], both))
        dropped |= {teller: told[teller].keys() - left[teller].keys() for teller in tellers}
    return Settled(dropped, found)


def _rank(teller: Teller, told: Mapping[Subject, ToldAmount]) -> tuple[object, ...]:
    """The files that tell most come first: by more names, by more decimal places, more of it."""
    names = sum(1 for _ in names_told(told))
    places = max(one.places for one in told.values())
    return -names, -places, -len(told), teller.file


def _settle(pair: FilePair) -> Iterator[ToldTwice]:
    """Take out of either file what the other tells too, as far as it is proven, and say so; else what may be."""
    found: dict[SharedVerdict, list[Shared]] = defaultdict(list)
    for one in shared_lines(pair):
        found[pair.alike(one)].append(one)
    same, apart, others = found[SharedVerdict.SAME], found[SharedVerdict.APART], found[SharedVerdict.OTHER_LINES]
    if len({one.most for one in others if not one.is_beside}) >= _PROOF:
        same, others = [*same, *others], []
    if _are_of_the_same(same, apart):
        again = [*same, *found[SharedVerdict.UNSURE]]
        yield from _said(pair, TWICE, again)
        for both in again:
            _drop(pair.theirs, both.theirs)
        for ours, theirs in (both.sides for both in apart):
            _drop(*((pair.ours, ours) if abs(ours.told.amount) < abs(theirs.told.amount) else (pair.theirs, theirs)))
        yield from _said(pair, DIFFERS, apart)
        yield from _said(pair, MAYBE, others)
    else:
        rest = [one for one in apart if not one.bears_ids]  # other ids, and other amounts: other lines
        yield from _said(pair, MAYBE, [*same, *others, *found[SharedVerdict.UNSURE], *rest])


def _are_of_the_same(same: Sequence[Shared], apart: Sequence[Shared]) -> bool:
    """Whether equal amounts prove that two files tell the same, the most of their usage being equal. What is of no
    usage, such as a commitment, proves nothing, and what is the same amount each day nothing of other usage: two
    accounts may pay as much.
    """
    equal, other = _money_by_thing(same), _money_by_thing(apart)
    differing = sum(map(sum, other.values()), _NOTHING)
    if other.keys() <= equal.keys():
        return bool(equal) and sum(map(sum, equal.values()), _NOTHING) >= differing
    varied = (some for some in equal.values() if len(some) == 1 or len(set(some)) > 1)
    return sum(map(sum, varied), _NOTHING) >= differing


def _money_by_thing(cells: Sequence[Shared]) -> Mapping[tuple[str, ...], Sequence[Decimal]]:
    """How much of money the cells of usage are, by what they are of."""
    found: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for one in cells:
        if not one.is_beside:
            found[one.thing].append(one.most)
    return found


def _drop(left: dict[Subject, ToldAmount], cell: SharedLines) -> None:
    for subject in cell.subjects:
        left.pop(subject, None)


def _said(pair: FilePair, code: str, cells: Sequence[Shared]) -> Iterator[ToldTwice]:
    """What is said of cells of both."""
    if not cells:
        return
    days = [first_and_last(one.days) for both in cells for one in both.theirs.subjects]
    sides = [(both.ours.told.money, both.theirs.told.money) for both in cells]
    low, high = (sum((pick(both) for both in sides), _NOTHING) for pick in (min, max))
    if code == MAYBE:
        low, high = high, sum(chain.from_iterable(sides), _NOTHING)
    first, last = min(first for first, _ in days), max(last for _, last in days)
    lines, money = sum(both.theirs.told.lines for both in cells), sum((theirs for _, theirs in sides), _NOTHING)
    kept, other = pair.kept, pair.other
    told = (first, last, lines, money, low, high)
    yield ToldTwice(code, kept.seller, kept.is_usage, kept.file.number, other.file.number, *told)


def _noise_of(teller: Teller, told: Mapping[Subject, ToldAmount]) -> Decimal:
    """Half a unit of the last place of a file's finest amounts; counts are exact."""
    return _NOTHING if teller.is_usage else _HALF.scaleb(-max(CENTS, *(one.places for one in told.values())))


def _days(told: Mapping[Subject, ToldAmount]) -> str:
    """All days from the first to the last."""
    spans = [first_and_last(one.days) for one in told]
    return stretch(min(first for first, _ in spans), max(last for _, last in spans))
