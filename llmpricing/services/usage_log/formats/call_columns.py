"""The calls of traces as columns, each record once: what lies around them, and how they hang together."""

from __future__ import annotations

from itertools import chain

import numpy as np

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.span_calls import SpanCall
from llmpricing.services.usage_log.formats.span_sums import Links

_MOST_PARTS = 10  # calls within one of which it is looked whether some make its sum
_WEIGHT, _RECORD = SpanCall._fields.index("weight"), SpanCall._fields.index("record")


def as_billed(rows: Numbers) -> Numbers:
    """The calls as rows of the fields of ``SpanCall``, each record once: of one that is told twice, first while it ran,
    the telling that counts most.
    """
    order = np.lexsort((-rows[:, _WEIGHT], rows[:, _RECORD]))  # as they came where they count alike
    first = order[np.unique(rows[order, _RECORD], return_index=True)[1]]
    found: Numbers = rows[first]
    return found


def joined(parts: list[Numbers]) -> Numbers:
    """All rows of the parts, which are let go: they are as large."""
    found = np.concatenate([np.zeros((0, len(SpanCall._fields)), np.int64), *parts])
    parts.clear()
    return found


class CallColumns:
    """Calls as columns of the fields of ``SpanCall``, each record once."""

    def __init__(self, rows: Numbers) -> None:
        self.own, self.around_same, self.facts, self.span, self.around, *counted = as_billed(rows).T
        self.taken, self.made, _, self.trace, *_, self.record = counted

    def relinked(self, links: Links) -> None:
        """Look for the call around each whose span around is none, if its trace holds other calls."""
        _, trace, times = np.unique(self.trace, return_inverse=True, return_counts=True)
        has_others = (times[trace] > 1) | (self.trace == 0)
        asked = np.flatnonzero(has_others & (self.around != 0) & ~np.isin(self.around, self.span))
        if not len(asked):
            return
        known = np.fromiter(chain.from_iterable(links()), np.int64).reshape(-1, 2)
        self.around, self.around_same = self.around.copy(), self.around_same.copy()
        self.around[asked] = _next_calls(self.around[asked], self.span, known)
        cells = (self.around[asked].tolist(), self.taken[asked].tolist(), self.made[asked].tolist())
        self.around_same[asked] = [hash(one) for one in zip(*cells, strict=True)]


def _next_calls(spans: Numbers, calls: Numbers, links: Numbers) -> Numbers:
    """The nearest span that is a call, from each of these outwards; the same one where there is none, or a ring."""
    nodes = np.unique(np.concatenate([spans, calls, links.ravel()]))
    outwards = np.arange(len(nodes))
    outwards[np.searchsorted(nodes, links[:, 0])] = np.searchsorted(nodes, links[:, 1])
    is_call = np.isin(nodes, calls)
    outwards[is_call] = np.flatnonzero(is_call)
    for _ in range(len(nodes).bit_length()):  # each time twice as far: no stretch is as long as all of them
        outwards = outwards[outwards]
    found = outwards[np.searchsorted(nodes, spans)]
    nearest: Numbers = np.where(is_call[found], nodes[found], spans)
    return nearest


def is_told_by_some(calls: CallColumns, whole: int, parts: Numbers) -> bool:
    """Whether some of these parts count together what the whole does."""
    if not 1 < len(parts) <= _MOST_PARTS:
        return False
    chosen = np.arange(2 ** len(parts))[:, None] >> np.arange(len(parts)) & 1
    taken, made = chosen @ calls.taken[parts], chosen @ calls.made[parts]
    return bool(((taken == calls.taken[whole]) & (made == calls.made[whole])).any())


def trees(size: int, inner: Numbers, outer: Numbers) -> Numbers:
    """By node the least of those that it hangs together with."""
    found: Numbers = np.arange(size)
    while True:
        least = np.minimum(found[inner], found[outer])
        before = found.copy()
        for some in (before[inner], before[outer], inner, outer):
            np.minimum.at(found, some, least)
        found = found[found]
        if np.array_equal(found, before):
            return found
