"""What two files of one seller both tell, by all that both tell lines apart by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.audit.bridge_days import is_stretch, joined
from llmpricing.services.usage_log.audit.bridge_tellings import Subject, Teller, ToldAmount

_FLOAT = Decimal("1e-9")  # the share by which amounts may differ that one file writes as floating point
_DIMENSIONS: tuple[str, ...] = ("model", "what", "tier")


@dataclass
class SharedLines:
    """What one file tells of what both may: all of it, and where it does."""

    told: ToldAmount
    subjects: list[Subject]

    @property
    def is_wide(self) -> bool:
        """Whether every line of it sums up several days."""
        return all(is_stretch(one.days) for one in self.subjects)


class FilePair(NamedTuple):
    """Two files of one seller, what is left of each, and what rounding may make of a line of each."""

    kept: Teller
    other: Teller
    ours: dict[Subject, ToldAmount]
    theirs: dict[Subject, ToldAmount]
    noise: tuple[Decimal, Decimal]

    @property
    def sides(self) -> tuple[dict[Subject, ToldAmount], dict[Subject, ToldAmount]]:
        """What is left of both."""
        return self.ours, self.theirs

    def noise_of(self, ours: SharedLines, theirs: SharedLines) -> Decimal:
        """What rounding each line, and floating point, may make of two equal amounts."""
        floats = _FLOAT * max(abs(ours.told.amount), abs(theirs.told.amount))
        return max(floats, ours.told.lines * self.noise[0] + theirs.told.lines * self.noise[1])

    def is_same(self, both: tuple[SharedLines, SharedLines]) -> bool:
        """Whether both tell as much."""
        ours, theirs = both
        return abs(WIDE.subtract(ours.told.amount, theirs.told.amount)) <= self.noise_of(ours, theirs)

    def finer_within(self, cells: Sequence[tuple[SharedLines, SharedLines]]) -> int | None:
        """Which side tells by days what the other sums up over all of them: 0 or 1, None where neither does. Some of
        the days come to no more than the whole.
        """
        for side in (0, 1):
            if all(
                both[1 - side].is_wide
                and not both[side].is_wide
                and abs(both[side].told.amount) <= abs(both[1 - side].told.amount) + self.noise_of(*both)
                for both in cells
            ):
                return side
        return None


def shared_lines(pair: FilePair) -> Iterator[tuple[SharedLines, SharedLines]]:
    """What both tell of the same days by all that both tell them apart by, if their times overlap."""
    stretches = joined(one.days for one in (*pair.ours, *pair.theirs))
    both = {stretches[one.days] for one in pair.ours} & {stretches[one.days] for one in pair.theirs}
    sides = [{one: told for one, told in side.items() if stretches[one.days] in both} for side in pair.sides]
    if not all(sides):
        return
    names = _common_names(pair, *sides)
    ours, theirs = (_cells(side, stretches, names) for side in sides)
    for key in sorted(ours.keys() & theirs.keys()):
        if _meet(ours[key].told, theirs[key].told):
            yield ours[key], theirs[key]


def _common_names(
    pair: FilePair, ours: Mapping[Subject, ToldAmount], theirs: Mapping[Subject, ToldAmount]
) -> Sequence[Callable[[Subject], str]]:
    """By what both tell lines apart. Labels that files of two shapes write without one in common are names in the one
    and ids in the other.
    """
    found = []
    for name in sorted({*names_told(ours)} & {*names_told(theirs)}):
        read = _reader(name)
        mine, its = ({read(one) for one in side} - {""} for side in (ours, theirs))
        if name in _DIMENSIONS or pair.kept.file.shape == pair.other.file.shape or mine & its:
            found.append(read)
    return found


def _reader(name: str) -> Callable[[Subject], str]:
    if name in _DIMENSIONS:
        return lambda one: str(getattr(one, name))
    return lambda one: dict(one.labels).get(name, "")


def _cells(
    told: Mapping[Subject, ToldAmount], stretches: Mapping[str, str], names: Sequence[Callable[[Subject], str]]
) -> Mapping[tuple[str, ...], SharedLines]:
    found: dict[tuple[str, ...], SharedLines] = defaultdict(lambda: SharedLines(ToldAmount(), []))
    for subject, one in told.items():
        cell = found[stretches[subject.days], *(read(subject) for read in names)]
        cell.told.add(one)
        cell.subjects.append(subject)
    return {key: cell for key, cell in found.items() if cell.told.amount}


def _meet(one: ToldAmount, other: ToldAmount) -> bool:
    """Whether their times overlap, as far as they are told: hours of one day may stand in two files."""
    if not (one.first and one.last and other.first and other.last):
        return True
    return one.first < other.last and other.first < one.last


def names_told(told: Mapping[Subject, ToldAmount]) -> Iterator[str]:
    """By what the lines are told apart."""
    yield from (name for name in _DIMENSIONS if any(getattr(one, name) for one in told))
    yield from sorted({name for one in told for name, _ in one.labels})
