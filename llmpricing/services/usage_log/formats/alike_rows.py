"""Rows that are alike but for their counts and for what varies: one of them is read, and tells of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from llmpricing.domain.quotes.traced import CountTerms, Trace, Traced
from llmpricing.domain.usage.quantities import Usage, count
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.asked_row import AskedFields, AskedRow, ReadByItself
from llmpricing.services.usage_log.formats.json_cells import planted
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordHead
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader
from llmpricing.services.usage_log.formats.traced_counts import TracedCount, traced_counts
from llmpricing.services.usage_log.formats.unread import Unread

_MOST_TRIES = 8  # readings of rows of one kind, which lie on different sides of what is compared


@dataclass(frozen=True)
class Understood:
    """What rows of a kind come to: their ``head``, None where they are no record, and each meter as a sum of counts;
    for rows whose ``asked`` sums compare with zero as those of the one that was read.
    """

    head: RecordHead | None
    terms: Numbers
    asked: Numbers
    of_zero: Mask
    outcomes: Mask

    def fits(self, counts: Numbers) -> Mask:
        """Which rows of counts compare alike."""
        sums = counts @ self.asked[:, :-1].T + self.asked[:, -1]
        found: Mask = (np.where(self.of_zero, sums == 0, sums < 0) == self.outcomes).all(axis=1)
        return found

    def meters(self, counts: Numbers) -> Numbers:
        """For each row the counts of the head's meters."""
        found: Numbers = counts @ self.terms[:, :-1].T + self.terms[:, -1]
        return found


@dataclass
class KindOfRows:
    """What was understood of the rows of one kind so far."""

    found: list[Understood] = field(default_factory=list)
    tries: int = 0

    @property
    def is_open(self) -> bool:
        """Whether another row of the kind may be read."""
        return self.tries < _MOST_TRIES


class RowOfCounts:
    """A row as it was written, and which of its cells are counts: ``numbers`` by name, and ``outlines`` of JSON with
    so many counts each.
    """

    def __init__(self, raw: Mapping[str, Any], numbers: Sequence[str], outlines: Mapping[str, tuple[str, int]]) -> None:
        self._raw, self._numbers, self._outlines = raw, numbers, outlines

    def understood(
        self, read: RecordReader, asked: AskedFields, unread: Unread, counts: Sequence[int]
    ) -> Understood | None:
        """What it tells of all rows like it; None where each has to be read by itself. ``asked`` and ``unread`` learn
        of it.
        """
        try:
            plain = list(read(AskedRow(self._raw, unread, asked)))
        except ReadByItself:
            return None
        if unread.fields or len(plain) > 1:
            return None
        trace, aside = Trace(), Unread(unread.ignored)
        try:
            traced = list(read(Row(self._with(traced_counts(counts, trace)), aside)))
            if aside.fields or len(traced) != len(plain):
                return None
            return _understood(plain, traced, trace, len(counts) + 1)
        except (TypeError, AttributeError, OverflowError):  # what is no sum of counts
            return None

    def _with(self, counts: Sequence[TracedCount]) -> Mapping[str, Any]:
        raw, rest = dict(self._raw), list(counts)
        for name in self._numbers:
            raw[name] = rest.pop(0)
        for name, (outline, size) in self._outlines.items():
            some, rest = rest[:size], rest[size:]
            raw[name] = planted(outline, some)
        return raw


def _understood(
    plain: Sequence[UsageRecord], traced: Sequence[UsageRecord], trace: Trace, size: int
) -> Understood | None:
    head, terms = None, np.zeros((0, size), np.int64)
    for one, other in zip(plain, traced, strict=True):
        if not _is_columnar(one) or replace(one, usage=None) != replace(other, usage=None):
            return None
        found = _terms(one.usage, other.usage, size)
        if found is None:
            return None
        meters, terms = found
        head = RecordHead(one, meters)
    told = trace.told()
    return Understood(
        head,
        terms,
        np.array([one.terms for one in told], np.int64).reshape(len(told), size),
        np.array([one.of_zero for one in told], np.bool_),
        np.array([one.outcome for one in told], np.bool_),
    )


def _is_columnar(record: UsageRecord) -> bool:
    return record.at is not None and record.span is None and not record.context.extra and record.context.time_known


def _terms(plain: Usage | None, traced: Usage | None, size: int) -> tuple[tuple[str, ...], Numbers] | None:
    """The meters of a usage and each of them as a sum of counts; None where the usage is more than its counts."""
    if plain is None or traced is None:
        return ((), np.zeros((0, size), np.int64)) if plain is traced else None
    if count(plain.stated) != plain or _values(traced.stated.values()) != list(plain.stated.values()):
        return None
    rows = [_sum(one, size) for one in traced.stated.values()]
    if tuple(traced.stated) != tuple(plain.stated):
        return None
    return tuple(plain.stated), np.array(rows, np.int64).reshape(len(rows), size)


def _values(found: Iterable[object]) -> list[object]:
    return [_traced(one).value if type(one) is TracedCount else one for one in found]


def _sum(one: object, size: int) -> CountTerms:
    """A count as a sum of those of the row; raises TypeError where it is none."""
    if type(one) is int:
        return (*(0,) * (size - 1), one)
    if type(one) is not TracedCount or _traced(one).divisor != 1:
        raise TypeError("no sum of counts")
    return _traced(one).terms


def _traced(one: object) -> Traced:
    return cast(Traced, one)
