"""The records of one file, some thousand at a time: as columns as far as rows are alike, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from llmpricing.domain.times import micros
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.foreign import foreign_shape, may_be_foreign
from llmpricing.services.usage_log.formats.lacking import telling_lacks
from llmpricing.services.usage_log.formats.line_blocks import LineBlock
from llmpricing.services.usage_log.formats.never_told import never_told
from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.pages import ApiPage
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawBlock, RawRow
from llmpricing.services.usage_log.formats.record import RETOLD, OutcomeKind, UsageRecord, unpriced
from llmpricing.services.usage_log.formats.record_columns import RecordChange, RecordColumns
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.row_blocks import AlikeRows
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape, Varying
from llmpricing.services.usage_log.formats.told_parts import ToldParts
from llmpricing.services.usage_log.formats.tool_names import tool_blocks, tool_rows
from llmpricing.services.usage_log.formats.total_rows import TOTAL
from llmpricing.services.usage_log.formats.unread import Unread

EachRow = Callable[[], None]
_ROWS = 8_192


class ReadBatch(NamedTuple):
    """Records that were read together: ``columns``, and the ``others``, each with its place among all of them; of sums
    also which of the ``parts`` of its file tells each of the others.
    """

    columns: RecordColumns | None
    others: Sequence[tuple[int, UsageRecord]]
    parts: Sequence[int] = ()

    @property
    def has_billed(self) -> bool:
        """Whether any of them is to be billed."""
        others = any(record.outcome.kind is OutcomeKind.BILLED for _, record in self.others)
        return others or (self.columns is not None and bool((self.columns.is_billed & ~self.columns.repeated).any()))

    def retold(self) -> ReadBatch:
        """The same, all of them told by another export."""
        columns = self.columns and self.columns.retold(np.ones(len(self.columns), np.bool_))
        return ReadBatch(columns, [(place, replace(record, outcome=RETOLD)) for place, record in self.others])

    def changed(self, change: Callable[[UsageRecord], UsageRecord]) -> ReadBatch:
        """The same, each record as ``change`` makes it, which looks at nothing that differs between those of a head."""
        others = [(place, change(record)) for place, record in self.others]
        if self.columns is None:
            return ReadBatch(None, others)
        heads = [replace(head, record=change(head.record)) for head in self.columns.heads]
        return ReadBatch(replace(self.columns, heads=heads), others)

    def made(self, change: RecordChange) -> ReadBatch:
        """The same, each record as ``change`` makes it."""
        columns = self.columns and change.of_columns(self.columns)
        return ReadBatch(columns, [(place, change.of_record(record)) for place, record in self.others])

    def in_order(self) -> Iterator[UsageRecord]:
        """All of them, as they stand in the file."""
        if self.columns is None:
            yield from (record for _, record in self.others)
            return
        rest = iter(self.others)
        coming = next(rest, None)
        for row, place in enumerate(self.columns.place.tolist()):
            while coming is not None and coming[0] < place:
                yield coming[1]
                coming = next(rest, None)
            yield self.columns.record(row)
        if coming is not None:
            yield coming[1]
            yield from (record for _, record in rest)


class FileReader:
    """Reads a file of this shape; fields that may mean money and are not understood go to ``unread``. What it is
    ``untold`` is looked up in the whole file, unless that is known; so is what the shape looks for first, unless it was
    ``scanned``.
    """

    def __init__(
        self,
        shape: Shape,
        path: Path,
        unread: Unread,
        each_row: EachRow,
        *,
        one_by_one: bool = False,
        alike: AlikeRows | None = None,
        signs: NumberSigns | None = None,
        totals: Collection[int] = (),
        pages: Sequence[ApiPage] = (),
        untold: Collection[str] | None = None,
        scanned: Any = None,
    ) -> None:
        self._signs, self._totals = signs, totals
        self._parts = ToldParts(shape, pages) if shape.sums else None
        self._shape, self._path, self._unread, self._each_row = shape, path, unread, each_row
        if shape.scan and scanned is None:
            scanned = shape.scan(counted_fields(tool_rows(path, shape, signs), each_row))
        read = shape.reader(scanned)
        self.untold = never_told(shape, path, each_row) if untold is None else untold
        self._read: RecordReader = telling_lacks(shape, read, self.untold)
        self.alike = None if one_by_one or not shape.varying else alike or self._new_alike(shape.varying)
        self._opens = shape.varying.opens if shape.varying else {}

    def _new_alike(self, varying: Varying) -> AlikeRows:
        def is_foreign(fields: Mapping[str, Any]) -> bool:
            return may_be_foreign(self._shape, fields)

        turns = [micros(since) for since in self._shape.since.values()]
        return AlikeRows(varying, self._read, tuple(self._unread.ignored), is_foreign, turns)

    def records(self) -> Iterator[UsageRecord]:
        """All records, one by one."""
        for row in self._rows():
            yield from self._records(row)

    def _told_records(self) -> Iterator[tuple[int, UsageRecord]]:
        """All records, each with the part of the file that tells it."""
        for row in self._rows():
            if self._parts is None:
                yield from ((0, record) for record in self._records(row))
                continue
            found = list(self._records(row))
            part = self._parts.part_of(row.fields, found)
            yield from ((part, record) for record in found)

    def batches(self) -> Iterator[ReadBatch]:
        """All records, in order."""
        if self.alike is None:
            told = self._told_records()
            while found := list(islice(told, _ROWS)):
                parts = [part for part, _ in found] if self._parts else ()
                yield ReadBatch(None, [(place, record) for place, (_, record) in enumerate(found)], parts)
            return
        for block in tool_blocks(self._path, self._shape, _ROWS, self._opens, self._signs):
            for _ in range(len(block)):
                self._each_row()
            yield self._batch(self.alike, block)

    def _batch(self, alike: AlikeRows, rows: RawBlock) -> ReadBatch:
        is_shown = not self._opens or isinstance(rows, LineBlock)
        block = alike.block(rows) if is_shown else None
        others = range(len(rows)) if block is None else block.others
        alone = zip(others, rows.rows(others), strict=True)
        found = [(place, record) for place, row in alone for record in self._records(row)]
        return ReadBatch(block.columns if block else None, found)

    def _rows(self) -> Iterator[RawRow]:
        for row in tool_rows(self._path, self._shape, self._signs):
            self._each_row()
            yield row

    def _records(self, row: RawRow) -> Iterator[UsageRecord]:
        number, fields = row
        if number in self._totals:
            yield replace(TOTAL, labels={"line": str(number)})
            return
        if BROKEN in fields or "" in fields:
            reason = fields.get(BROKEN, "it is no object with names")
            yield UsageRecord(outcome=unpriced(str(reason)), labels={"line": str(number)})
            return
        is_silent = True
        try:
            for record in self._read(Row(fields, self._unread)):
                self._each_row()  # one row may hold all there is
                is_silent = False
                yield record
        except UsageError as error:
            yield UsageRecord(outcome=unpriced(str(error)), labels={"line": str(number)})
            return
        if is_silent and (other := foreign_shape(self._shape, fields)):
            reason = f"it is of another shape than the file, {other.name}: put such lines into a file of their own"
            yield UsageRecord(outcome=unpriced(reason), labels={"line": str(number)})


def counted_fields(rows: Iterable[RawRow], each_row: EachRow) -> Iterator[Mapping[str, Any]]:
    """The fields of the rows, each of which is told of."""
    for row in rows:
        each_row()
        yield row.fields
