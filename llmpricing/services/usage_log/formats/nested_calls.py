"""Calls that two instruments of one process write down, a framework's and a seller's: one span within the other."""

from __future__ import annotations

AROUND = "parent"  # the label that names the span around a record's own
_MOST = 50_000  # calls that are remembered: what belongs together stands close together
Counts = tuple[int, int]


class NestedCalls:
    """The calls so far, of which one within another that counts the same is the same, whichever comes first. A call
    that holds others of other counts is one by itself.
    """

    def __init__(self) -> None:
        self._calls: dict[str, Counts] = {}
        self._within: dict[tuple[str, Counts], None] = {}  # what lies within a span, and counts so much

    def is_told(self, record_id: str, around: str | None, counts: Counts) -> bool:
        """Whether a billed call was told before. Its id begins with its trace and span; ``counts`` are its input and
        output.
        """
        trace, _, rest = record_id.partition(":")
        own, around = f"{trace}:{rest.partition(':')[0]}", f"{trace}:{around}" if around else ""
        for known in (self._calls, self._within):
            if len(known) >= _MOST:
                known.clear()
        is_told_around = self._calls.get(around) == counts
        is_told_within = (own, counts) in self._within
        if is_told_around:
            del self._calls[around]  # another call within it is one by itself
        elif around:
            self._within[around, counts] = None
        if not is_told_within:
            self._calls[own] = counts  # what lies within this one may be the same call too
        return is_told_around or is_told_within
