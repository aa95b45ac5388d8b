"""The same charges in two files of one seller: which lines are counted once, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from llmpricing.domain.quotes.mistakes.explaining import CENTS
from llmpricing.services.usage_log.audit.bridge_days import first_and_last, overlap, stretch
from llmpricing.services.usage_log.audit.bridge_shared_lines import FilePair, SharedLines, names_told, shared_lines
from llmpricing.services.usage_log.audit.bridge_tellings import Subject, Teller, Tellings, ToldAmount
from llmpricing.services.usage_log.audit.verdicts import Audited

TWICE, DIFFERS, MAYBE = "CHARGES_TOLD_TWICE", "CHARGES_TOLD_DIFFERENTLY", "CHARGES_MAY_BE_TOLD_TWICE"
_NOTHING = Decimal(0)
_HALF = Decimal("0.5")


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
    """Take out of either file what the other tells too, and say so."""
    shared = list(shared_lines(pair))
    same = [one for one in shared if pair.is_same(one)]
    apart = [one for one in shared if not pair.is_same(one)]
    if not shared:
        return
    if same and sum(map(_most, same)) >= sum(map(_most, apart)):
        yield from _without(pair, same, 1)
        for ours, theirs in apart:
            _drop(*((pair.ours, ours) if abs(ours.told.amount) < abs(theirs.told.amount) else (pair.theirs, theirs)))
        yield from _said(pair, DIFFERS, apart)
    elif (side := pair.finer_within(shared)) is not None:
        yield from _without(pair, shared, side)
    else:
        yield from _said(pair, MAYBE, shared)


def _without(pair: FilePair, cells: Sequence[tuple[SharedLines, SharedLines]], side: int) -> Iterator[ToldTwice]:
    """Take what both tell out of one side."""
    yield from _said(pair, TWICE, cells, side)
    for both in cells:
        _drop(pair.sides[side], both[side])


def _drop(left: dict[Subject, ToldAmount], cell: SharedLines) -> None:
    for subject in cell.subjects:
        left.pop(subject, None)


def _said(
    pair: FilePair, code: str, cells: Sequence[tuple[SharedLines, SharedLines]], side: int = 1
) -> Iterator[ToldTwice]:
    """What is said of cells of both, of which those of one ``side`` are told again by it."""
    if not cells:
        return
    days = [first_and_last(one.days) for both in cells for one in both[side].subjects]
    sides = [(ours.told.money, theirs.told.money) for ours, theirs in cells]
    low, high = (sum((pick(both) for both in sides), _NOTHING) for pick in (min, max))
    if code == MAYBE:
        low, high = high, sum(chain.from_iterable(sides), _NOTHING)
    first, last = min(first for first, _ in days), max(last for _, last in days)
    kept, other = (pair.kept, pair.other) if side else (pair.other, pair.kept)
    lines, money = (
        sum(value) for value in zip(*((b[side].told.lines, b[side].told.money) for b in cells), strict=True)
    )
    told = (first, last, lines, Decimal(money), low, high)
    yield ToldTwice(code, kept.seller, kept.is_usage, kept.file.number, other.file.number, *told)


def _most(both: tuple[SharedLines, SharedLines]) -> Decimal:
    return max(abs(cell.told.money) for cell in both)


def _noise_of(teller: Teller, told: Mapping[Subject, ToldAmount]) -> Decimal:
    """Half a unit of the last place of a file's finest amounts; counts are exact."""
    return _NOTHING if teller.is_usage else _HALF.scaleb(-max(CENTS, *(one.places for one in told.values())))


def _days(told: Mapping[Subject, ToldAmount]) -> str:
    """All days from the first to the last."""
    spans = [first_and_last(one.days) for one in told]
    return stretch(min(first for first, _ in spans), max(last for _, last in spans))
