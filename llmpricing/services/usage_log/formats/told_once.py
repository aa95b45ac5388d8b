"""Records that are told again: of those with one id the first is billed, or the largest where records grow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.record import REPEATED, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns
from llmpricing.services.usage_log.formats.shape import Shape


class ToldOnce:
    """Tells apart, over all files, the records that are told first and those that repeat them, by their ids.

    Of a shape whose records grow all have to be weighed before any is marked: what counts less repeats what comes.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._largest: dict[int, int] = {}

    def weigh(self, shape: Shape, batch: ReadBatch) -> None:
        """Learn how much these records count, of which the largest of an id holds."""
        columns, others = batch
        largest = self._largest
        for _, record in others:
            if record.record_id is not None and record.outcome.kind is not OutcomeKind.NOT_BILLED:
                digest = _digest(shape, record)
                largest[digest] = max(largest.get(digest, 0), _weight(record))
        if columns is None:
            return
        told = zip(_digests(shape, columns), columns.is_billed.tolist(), _weights(columns), strict=True)
        for of_row, is_billed, weight in told:
            if of_row is not None and is_billed and weight > largest.get(of_row, 0):
                largest[of_row] = weight

    def marked(self, shape: Shape, batch: ReadBatch) -> ReadBatch:
        """The records, of which those that were told before are marked as such."""
        columns, others = batch
        if columns is None:
            return ReadBatch(None, [(place, self._marked(shape, one)) for place, one in others])
        digests = _digests(shape, columns)
        smaller = self._smaller(digests, columns) if shape.grows else frozenset[int]()
        seen, repeated, rest = self._seen, np.zeros(len(columns), np.bool_), iter([*others])
        new = {digest for digest in digests if digest is not None}
        if not others and not smaller and len(new) == len(digests) and seen.isdisjoint(new):
            seen |= new
            return ReadBatch(columns, [])
        marked: list[tuple[int, UsageRecord]] = []
        coming = next(rest, None)
        for row, (place, digest) in enumerate(zip(columns.place.tolist(), digests, strict=True)):
            while coming is not None and coming[0] < place:
                marked.append((coming[0], self._marked(shape, coming[1])))
                coming = next(rest, None)
            if digest is None:
                continue
            if digest in seen or row in smaller:
                repeated[row] = True
            else:
                seen.add(digest)
        while coming is not None:
            marked.append((coming[0], self._marked(shape, coming[1])))
            coming = next(rest, None)
        return ReadBatch(columns.having(repeated), marked)

    def _smaller(self, digests: Sequence[int | None], columns: RecordColumns) -> Collection[int]:
        """The rows of which another one of the same id counts more."""
        told = enumerate(zip(digests, _weights(columns), strict=True))
        return {row for row, (one, weight) in told if one is not None and weight < self._largest.get(one, 0)}

    def _marked(self, shape: Shape, record: UsageRecord) -> UsageRecord:
        return replace(record, outcome=REPEATED) if self._is_repeated(shape, record) else record

    def _is_repeated(self, shape: Shape, record: UsageRecord) -> bool:
        if record.record_id is None or record.outcome.kind is OutcomeKind.REPEATED:
            return False
        digest = _digest(shape, record)
        fullest = self._largest.get(digest, 0)
        if digest in self._seen or (fullest and _weight(record) < fullest):
            return True
        self._seen.add(digest)
        return False


def _digest(shape: Shape, record: UsageRecord) -> int:
    """64 bits that tell records apart; a failed call may bear the id of the one that came after it."""
    is_billed = record.outcome.kind is not OutcomeKind.NOT_BILLED
    return hash((_ids_of(shape), is_billed, record.record_id))


def _ids_of(shape: Shape) -> str:
    """Whose ids the shape tells: a call within a trace has the same in every shape that traces are exported in."""
    return "traces" if shape.nesting else shape.name


def _digests(shape: Shape, columns: RecordColumns) -> list[int | None]:
    """The same of records in columns; None where one has no id."""
    told, ids_of = zip(columns.ids, columns.is_billed.tolist(), strict=True), _ids_of(shape)
    return [None if name is None else hash((ids_of, is_billed, name)) for name, is_billed in told]


def _weights(columns: RecordColumns) -> list[int]:
    """How much each of them counts."""
    has_usage = np.array([head.record.usage is not None for head in columns.heads], np.bool_)[columns.which]
    counted = sum((np.maximum(counts, 0) for counts in columns.counts.values()), np.zeros(len(columns), np.int64))
    found: list[int] = (counted + has_usage).tolist()
    return found


def _weight(record: UsageRecord) -> int:
    """How much a record counts: of one that grows, the largest is the last."""
    return int(sum(record.usage.stated.values())) + 1 if record.usage else 0
