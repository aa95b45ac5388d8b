"""Sums of the same usage that exports group otherwise: by model alone, and by model and key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

SumOfDocument = tuple[int, int]  # a sum and its document
_Grain = frozenset[str]
_CONDITIONS = "conditions"  # beside the labels' names: that the tier or the place is told


class GroupedSum(NamedTuple):
    """A sum with 64 bits of what all that group it otherwise have in common, and of the same without its time; the
    owners it is told of, whether it is told by tier or place too, how much it counts, and in how many rows. It
    ``begins`` and ends at these microseconds; of a session the last day is known.
    """

    group: int
    family: int
    owners: Mapping[str, str]
    is_conditioned: bool
    weight: int
    rows: int = 1
    begin: int = 0
    end: int = 0
    is_of_session: bool = False
    is_line: bool = False  # of a bill


GroupedSums = Mapping[SumOfDocument, GroupedSum]


class Retelling(Enum):
    """A sum that a finer grouped document tells again; or one that comes to something else there, coarser or not."""

    AGAIN, OTHERWISE, OTHERWISE_AND_COARSER = auto(), auto(), auto()


def retold_by_others(sums: GroupedSums) -> dict[SumOfDocument, Retelling]:
    """What becomes of sums that documents group otherwise: where they come to the same, the finest are billed."""
    by_group: dict[int, list[SumOfDocument]] = defaultdict(list)
    documents: dict[int, set[int]] = defaultdict(set)
    for key, one in sums.items():
        by_group[one.group].append(key)
        documents[one.group].add(key[1])
    shared = [keys for group, keys in by_group.items() if len(documents[group]) > 1]
    grains = _grains(sums, {key[1] for keys in shared for key in keys})
    found: dict[SumOfDocument, Retelling] = {}
    for keys in shared:
        by_grain: dict[_Grain, list[SumOfDocument]] = defaultdict(list)
        for key in keys:
            by_grain[grains[key[1]]].append(key)
        if len(by_grain) > 1:
            found |= dict(_compared(sums, by_grain))
    return by_most(sums, found)


def by_most(sums: GroupedSums, found: Mapping[SumOfDocument, Retelling]) -> dict[SumOfDocument, Retelling]:
    """The same, lines of a bill told again only where most of those of their file are, which are cut otherwise in
    another: parts of one bill have some lines that come to the same.
    """
    lines = Counter((key[1], told is Retelling.AGAIN) for key, told in found.items() if sums[key].is_line)
    doubted = {document for document, is_again in lines if is_again and lines[document, False] >= lines[document, True]}
    again = [key for key, told in found.items() if told is Retelling.AGAIN and sums[key].is_line and key[1] in doubted]
    return {**found, **dict.fromkeys(again, Retelling.OTHERWISE_AND_COARSER)}


def _grains(sums: GroupedSums, documents: set[int]) -> dict[int, _Grain]:
    """By document what its sums are told of, any of them."""
    found: dict[int, set[str]] = {document: set() for document in documents}
    for (_, document), one in sums.items():
        if document in found:
            found[document].update(one.owners, (_CONDITIONS,) if one.is_conditioned else ())
    return {document: frozenset(names) for document, names in found.items()}


def _compared(
    sums: GroupedSums, by_grain: Mapping[_Grain, Sequence[SumOfDocument]]
) -> Iterator[tuple[SumOfDocument, Retelling]]:
    """Each coarser grain against the finest."""
    finest, *others = sorted(by_grain, key=lambda grain: (-len(grain), sorted(grain)))
    for grain in others:
        names = sorted((grain & finest) - {_CONDITIONS})
        yield from laid_beside(sums, by_grain[grain], by_grain[finest], names)


def laid_beside(
    sums: GroupedSums, coarse: Sequence[SumOfDocument], fine: Sequence[SumOfDocument], names: Sequence[str]
) -> Iterator[tuple[SumOfDocument, Retelling]]:
    """What becomes of coarser sums beside finer ones of the same usage, owner by owner of these names: told again where
    both come to the same, else both otherwise.
    """
    one, other = (by_owners(sums, some, names) for some in (coarse, fine))
    for owners in one.keys() & other.keys():
        is_same = come_to_the_same(sums, one[owners], other[owners])
        for key in one[owners]:
            yield key, Retelling.AGAIN if is_same else Retelling.OTHERWISE_AND_COARSER
        for key in () if is_same else other[owners]:
            yield key, Retelling.OTHERWISE


def grain_of(sums: GroupedSums, keys: Sequence[SumOfDocument]) -> _Grain:
    """Of what owners all of these sums are told."""
    return frozenset.intersection(*(frozenset(sums[key].owners) for key in keys)) if keys else frozenset()


def come_to_the_same(sums: GroupedSums, some: Iterable[SumOfDocument], others: Iterable[SumOfDocument]) -> bool:
    """Whether these count as much as others; a line of a bill is rounded, to no more than one of what it counts."""
    one, other = (sum(sums[key].weight for key in keys) for keys in (some, others))
    rounded = sum(sums[key].rows for keys in (some, others) for key in keys if sums[key].is_line)
    return abs(one - other) <= rounded


def by_owners(
    sums: GroupedSums, keys: Iterable[SumOfDocument], names: Sequence[str]
) -> dict[tuple[str | None, ...], list[SumOfDocument]]:
    """The sums by what both grains tell of their owners."""
    found: dict[tuple[str | None, ...], list[SumOfDocument]] = defaultdict(list)
    for key in keys:
        found[tuple(sums[key].owners.get(name) for name in names)].append(key)
    return found
