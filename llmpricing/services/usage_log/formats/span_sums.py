"""What spans count that sum up the calls within them, and whether the calls are all there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.counts import sum_of_calls
from llmpricing.services.usage_log.formats.record import BILLED, REPEAT_UNTOLD, UsageRecord, unpriced

Links = Callable[[], Iterable[tuple[int, int]]]
_LOST = "CALLS_LOST"
_SAID = "it counts more than the calls within it that the files tell: the rest is billed by its model; export all calls"
_NO_MODEL = unpriced(
    "it counts more than the calls within it that the files tell, and names no model: export all calls"
)
_NONE_TOLD = unpriced("it sums up calls, and the files hold none of them: export those too")
_DEEPEST = 64


class ToldSpans(NamedTuple):
    """Spans as 64 bits each: their own number, that of the span around, their trace, and their input and output."""

    span: Numbers
    around: Numbers
    trace: Numbers
    taken: Numbers
    made: Numbers


class Outwards:
    """Spans, each with the one around it."""

    def __init__(self, own: Numbers, around: Numbers) -> None:
        self._nodes = np.unique(np.concatenate([own, around]))
        self._next = np.arange(len(self._nodes))
        is_told = around != 0
        self._next[np.searchsorted(self._nodes, own[is_told])] = np.searchsorted(self._nodes, around[is_told])

    def ends(self, spans: Numbers, stops: Numbers) -> tuple[Numbers, Mask]:
        """By span the first of these stops from it outwards, or the last span there is, and whether it is a stop."""
        is_stop = np.isin(self._nodes, stops)
        outwards = np.where(is_stop, np.arange(len(self._nodes)), self._next)
        for _ in range(len(outwards).bit_length()):  # each time twice as far: no stretch is as long as all of them
            outwards = outwards[outwards]
        found = outwards[np.minimum(np.searchsorted(self._nodes, spans), len(self._nodes) - 1)]
        return self._nodes[found], is_stop[found] & (spans != 0)


def rests(calls: ToldSpans, sums: ToldSpans, links: Links) -> dict[int, tuple[int, int]]:
    """By the place of a sum how much more input and output it counts than the calls within it, and sums of such, where
    no call of its trace stands outside all that is known of it. All ``links`` are asked for only where spans are not
    told by these.
    """
    near = np.isin(calls.trace, sums.trace)
    calls = ToldSpans(*(cells[near] for cells in calls))
    own, around = (np.concatenate(pair) for pair in ((calls.span, sums.span), (calls.around, sums.around)))
    if (~np.isin(around[around != 0], own)).any():
        known = np.fromiter(chain.from_iterable(links()), np.int64).reshape(-1, 2)
        own, around = np.concatenate([known[:, 0], own]), np.concatenate([known[:, 1], around])
    spans = Outwards(own, around)
    numbers, place = np.unique(sums.span, return_index=True)
    at, is_within = spans.ends(calls.around, numbers)
    inner = np.searchsorted(numbers, at[is_within])
    above, is_inner = spans.ends(sums.around[place], numbers)
    holder = np.where(is_inner, np.searchsorted(numbers, above), -1)
    holder[holder == np.arange(len(holder))] = -1
    depth, is_known = _depths(holder)
    more: list[Numbers] = []
    for stated, told in ((sums.taken[place], calls.taken), (sums.made[place], calls.made)):
        below = np.zeros(len(numbers), np.int64)
        np.add.at(below, inner, told[is_within])
        for level in range(int(depth.max(initial=0)), 0, -1):
            some = np.flatnonzero((depth == level) & (holder >= 0))
            np.add.at(below, holder[some], np.maximum(stated, below)[some])
        more.append(np.maximum(stated - below, 0))
    outside = calls.trace[~is_within & ~_is_in_tree(spans, calls, sums)]
    is_lost = ((more[0] > 0) | (more[1] > 0)) & is_known & ~np.isin(sums.trace[place], outside)
    found = np.flatnonzero(is_lost)
    told_more = zip(more[0][found].tolist(), more[1][found].tolist(), strict=True)
    return dict(zip(place[found].tolist(), told_more, strict=True))


def _is_in_tree(spans: Outwards, calls: ToldSpans, sums: ToldSpans) -> Mask:
    """Which calls hang together with a sum, outside of it: what lies around both is told."""
    nothing = np.zeros(0, np.int64)
    found: Mask = np.isin(spans.ends(calls.span, nothing)[0], spans.ends(sums.span, nothing)[0])
    return found


def _depths(holder: Numbers) -> tuple[Numbers, Mask]:
    """How many sums lie around each, and of which that is known: not within a ring."""
    depth, left = np.zeros(len(holder), np.int64), holder.copy()
    for _ in range(_DEEPEST):
        is_held = left >= 0
        if not is_held.any():
            break
        depth[is_held] += 1
        left[is_held] = holder[left[is_held]]
    return depth, left < 0


def with_rest(record: UsageRecord, taken: int, made: int) -> UsageRecord:
    """A sum of calls as the record of what it counts and none of them does; without a price where none is told, of
    which models it may be, or it names no model.
    """
    stated = record.usage.stated if record.usage else {}
    if (taken, made) == (stated.get("input_tokens", 0), stated.get("output_tokens", 0)):
        return replace(record, usage=None, outcome=_NONE_TOLD)
    if not record.model:
        return replace(record, usage=None, outcome=_NO_MODEL)
    made_of = replace(record, usage=sum_of_calls(taken, made), outcome=BILLED)
    return made_of.with_remark(_LOST, _SAID, ("cache_read_tokens", REPEAT_UNTOLD))
