"""Sums of the same usage that exports group otherwise: by model alone, and by model and key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

SumOfDocument = tuple[int, int]  # a sum and its document
_Grain = frozenset[str]
_CONDITIONS = "conditions"  # beside the labels' names: that the tier or the place is told


class GroupedSum(NamedTuple):
    """A sum with 64 bits of what all that group it otherwise have in common, the owners it is told of, whether it is
    told by tier or place too, and how much it counts.
    """

    group: int
    owners: Mapping[str, str]
    is_conditioned: bool
    weight: int


class Retelling(Enum):
    """A sum that a finer grouped document tells again; or one that comes to something else there, coarser or not."""

    AGAIN, OTHERWISE, OTHERWISE_AND_COARSER = auto(), auto(), auto()


def retold_by_others(sums: Mapping[SumOfDocument, GroupedSum]) -> dict[SumOfDocument, Retelling]:
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
    return found


def _grains(sums: Mapping[SumOfDocument, GroupedSum], documents: set[int]) -> dict[int, _Grain]:
    """By document what its sums are told of, any of them."""
    found: dict[int, set[str]] = {document: set() for document in documents}
    for (_, document), one in sums.items():
        if document in found:
            found[document].update(one.owners, (_CONDITIONS,) if one.is_conditioned else ())
    return {document: frozenset(names) for document, names in found.items()}


def _compared(
    sums: Mapping[SumOfDocument, GroupedSum], by_grain: Mapping[_Grain, Sequence[SumOfDocument]]
) -> Iterator[tuple[SumOfDocument, Retelling]]:
    """Each coarser grain against the finest."""
    finest, *others = sorted(by_grain, key=lambda grain: (-len(grain), sorted(grain)))
    for grain in others:
        names = sorted((grain & finest) - {_CONDITIONS})
        fine, coarse = (_by_owners(sums, by_grain[one], names) for one in (finest, grain))
        for owners in fine.keys() & coarse.keys():
            is_same = sum(sums[key].weight for key in fine[owners]) == sum(sums[key].weight for key in coarse[owners])
            for key in coarse[owners]:
                yield key, Retelling.AGAIN if is_same else Retelling.OTHERWISE_AND_COARSER
            for key in () if is_same else fine[owners]:
                yield key, Retelling.OTHERWISE


def _by_owners(
    sums: Mapping[SumOfDocument, GroupedSum], keys: Sequence[SumOfDocument], names: Sequence[str]
) -> dict[tuple[str | None, ...], list[SumOfDocument]]:
    """The sums by what both grains tell of their owners."""
    found: dict[tuple[str | None, ...], list[SumOfDocument]] = defaultdict(list)
    for key in keys:
        found[tuple(sums[key].owners.get(name) for name in names)].append(key)
    return found
