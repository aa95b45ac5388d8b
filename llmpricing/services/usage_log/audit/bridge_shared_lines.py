"""What two files of one seller both tell, by all that both tell lines apart by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.audit.bridge_days import is_stretch, joined
from llmpricing.services.usage_log.audit.bridge_tellings import Subject, Teller, ToldAmount

_FLOAT = Decimal("1e-9")  # the share by which amounts may differ that one file writes as floating point
_SMALL = Decimal("0.05")  # the share of an amount up to which what rounding may make of it proves it equal
_DIMENSIONS: tuple[str, ...] = ("model", "what", "tier")
_IDS = (  # of accounts, projects and keys, as sellers number them
    re.compile(r"\d{6,}"),
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
    re.compile(r"(?P<kind>[a-z]+)[_-](?=[a-z_-]*\d)[\w-]{6,}", re.IGNORECASE),
)


class SharedVerdict(Enum):
    """How what both tell of one thing compares."""

    SAME = auto()
    OTHER_LINES = auto()  # as much, but by their ids other lines
    UNSURE = auto()  # no more apart than rounding may make of them, which is no small part of them
    APART = auto()


@dataclass
class SharedLines:
    """What one file tells of what both may: all of it, and where it does."""

    told: ToldAmount
    subjects: list[Subject]

    @property
    def is_wide(self) -> bool:
        """Whether every line of it sums up several days."""
        return all(is_stretch(one.days) for one in self.subjects)

    @property
    def is_beside(self) -> bool:
        """Whether it is of no usage."""
        return all(one.is_beside for one in self.subjects)

    @property
    def has_ids(self) -> bool:
        """Whether each line of it bears an id."""
        return self.told.ids == self.told.lines


class Shared(NamedTuple):
    """What both tell of one ``thing``, whatever the days, over days that both tell of."""

    thing: tuple[str, ...]
    ours: SharedLines
    theirs: SharedLines

    @property
    def sides(self) -> tuple[SharedLines, SharedLines]:
        """What each of both tells."""
        return self.ours, self.theirs

    @property
    def most(self) -> Decimal:
        """How much of money it is by either, at most."""
        return max(abs(side.told.money) for side in self.sides)

    @property
    def is_beside(self) -> bool:
        """Whether it is of no usage."""
        return self.ours.is_beside and self.theirs.is_beside

    @property
    def bears_ids(self) -> bool:
        """Whether ids tell its lines apart: equal ids are counted once before. Of sums over other times (a month, its
        days) they say nothing.
        """
        return self.ours.has_ids and self.theirs.has_ids and self.ours.is_wide == self.theirs.is_wide

    @property
    def are_other_lines(self) -> bool:
        """Whether their ids say that they are other lines, of the same length in time."""
        return self.bears_ids and self.ours.told.lines == self.theirs.told.lines


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

    def alike(self, both: Shared) -> SharedVerdict:
        """Whether both tell as much: equal amounts, or apart by rounding that is small against them."""
        ours, theirs = (side.told.amount for side in both.sides)
        larger = max(abs(ours), abs(theirs))
        more = abs(WIDE.subtract(ours, theirs))
        rounding = sum((side.told.lines * one for side, one in zip(both.sides, self.noise, strict=True)), Decimal(0))
        if more > max(_FLOAT * larger, rounding):
            return SharedVerdict.APART
        if more > _FLOAT * larger and rounding > _SMALL * larger:
            return SharedVerdict.UNSURE
        return SharedVerdict.OTHER_LINES if both.are_other_lines else SharedVerdict.SAME


def shared_lines(pair: FilePair) -> Iterator[Shared]:
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
            yield Shared(key[1:], ours[key], theirs[key])


def _common_names(
    pair: FilePair, ours: Mapping[Subject, ToldAmount], theirs: Mapping[Subject, ToldAmount]
) -> list[Callable[[Subject], str]]:
    """By what both tell lines apart. Labels that files of two shapes write without one in common are names in the one
    and ids in the other, unless both write ids of one form.
    """
    found = []
    for name in sorted({*names_told(ours)} & {*names_told(theirs)}):
        read = _reader(name)
        mine, its = ({read(one) for one in side} - {""} for side in (ours, theirs))
        is_of_one_shape = name in _DIMENSIONS or pair.kept.file.shape == pair.other.file.shape
        if is_of_one_shape or mine & its or _are_ids_of_one_form(mine | its):
            found.append(read)
    return found


def _are_ids_of_one_form(texts: Collection[str]) -> bool:
    """Whether all are ids, and of one form."""
    return len({_form(text) for text in texts}) == 1 and all(map(_form, texts))


def _form(text: str) -> str:
    """The form of an id, empty for any other name."""
    found = next((match for match in (pattern.fullmatch(text) for pattern in _IDS) if match), None)
    if found is None:
        return ""
    return found.groupdict().get("kind") or f"{found.re.pattern} {len(text)}"


def _reader(name: str) -> Callable[[Subject], str]:
    if name in _DIMENSIONS:
        return lambda one: str(getattr(one, name))
    return lambda one: dict(one.labels).get(name, "")


def _cells(
    told: Mapping[Subject, ToldAmount], stretches: Mapping[str, str], names: list[Callable[[Subject], str]]
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
