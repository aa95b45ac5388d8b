"""Sums of the same usage that exports cut otherwise in time: by hour and by day, by day and by month, by session."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmpricing.services.usage_log.formats.sums_grouped import (
    GroupedSum,
    GroupedSums,
    Retelling,
    SumOfDocument,
    by_most,
    grain_of,
    laid_beside,
)

_DAY = 86_400 * 10**6  # microseconds
_MONTH = 30 * _DAY
_SESSION = -1


@dataclass
class _SumsOfOneKind:
    """The sums of one length: ``keys`` in order of their begin."""

    keys: list[SumOfDocument]
    begins: list[int]

    @classmethod
    def of(cls, sums: GroupedSums, keys: Sequence[SumOfDocument]) -> _SumsOfOneKind:
        found = sorted(keys, key=lambda key: sums[key].begin)
        return cls(found, [sums[key].begin for key in found])

    def within(self, sums: GroupedSums, begin: int, end: int) -> Iterator[SumOfDocument]:
        """Those that lie within this time."""
        for key in self.keys[bisect_left(self.begins, begin) : bisect_left(self.begins, end)]:
            if sums[key].end <= end:
                yield key


def retold_within_others(sums: GroupedSums) -> dict[SumOfDocument, Retelling]:
    """What becomes of sums that cover the time of shorter ones, or of sessions: where these come to the same, they are
    billed, which tell the time better.
    """
    families: dict[int, dict[int, list[SumOfDocument]]] = defaultdict(lambda: defaultdict(list))
    for key, one in sums.items():
        families[one.family][_length(one)].append(key)
    found: dict[SumOfDocument, Retelling] = {}
    for kinds in families.values():
        if len(kinds) > 1:
            found |= _compared(sums, kinds)
    return by_most(sums, found)


def _length(one: GroupedSum) -> int:
    """How long the sum is, all months alike."""
    if one.is_of_session:
        return _SESSION
    length = one.end - one.begin
    return _MONTH if 28 * _DAY <= length <= 31 * _DAY else length


def _compared(sums: GroupedSums, kinds: Mapping[int, Sequence[SumOfDocument]]) -> dict[SumOfDocument, Retelling]:
    lengths = [*sorted(kinds.keys() - {_SESSION}), *({_SESSION} & kinds.keys())]
    found: dict[SumOfDocument, Retelling] = {}
    finer: list[SumOfDocument] = []
    for length in lengths:
        told = _SumsOfOneKind.of(sums, finer)
        for coarse in _of_one_time(sums, kinds[length]):
            begin, end = min(sums[key].begin for key in coarse), max(sums[key].end for key in coarse)
            fine = list(told.within(sums, begin, end))
            if fine and length == _SESSION:  # which began before, and of which it is not told when
                fine = told.keys
            if sums[coarse[0]].is_line:  # of a bill, whose parts are cut alike
                fine = [key for key in fine if key[1] != coarse[0][1]]
            names = sorted(grain_of(sums, coarse) & grain_of(sums, fine))
            found |= dict(laid_beside(sums, coarse, fine, names))
        finer += [key for key in kinds[length] if found.get(key) is not Retelling.AGAIN]
    return found


def _of_one_time(sums: GroupedSums, keys: Sequence[SumOfDocument]) -> Iterator[Sequence[SumOfDocument]]:
    """Sums of one length by their time; those of sessions all together, and lines of a bill by their file too."""
    by_time: dict[tuple[int, ...], list[SumOfDocument]] = defaultdict(list)
    for key in keys:
        one = sums[key]
        when = () if one.is_of_session else (one.begin, one.end)
        by_time[(*when, key[1]) if one.is_line else when].append(key)
    yield from by_time.values()
