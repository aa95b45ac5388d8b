"""Some thousand rows of a file at once, made into columns of records as far as many of them are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.alike_rows import KindOfRows, Understood
from llmpricing.services.usage_log.formats.asked_row import AskedFields, AskedRow, ReadByItself
from llmpricing.services.usage_log.formats.block_cells import BlockCells, NotAlike
from llmpricing.services.usage_log.formats.raw_blocks import RawBlock
from llmpricing.services.usage_log.formats.record_columns import NOT_STATED, RecordColumns, RecordHead
from llmpricing.services.usage_log.formats.shape import RecordReader, Varying
from llmpricing.services.usage_log.formats.unread import Unread

IsForeign = Callable[[Mapping[str, Any]], bool]
_MOST_KINDS = 4_000  # remembered; of a file of more, rows are read one by one
_MOST_FAILURES = 3  # blocks of a file after which no more is tried
_LEARNT = 5
_LEAST = 3  # rows that are left of a kind, from which on another of them is read for all
_COST = 16  # rows that are read by themselves in the time that it takes to read one for all
_FEWEST = 64


@dataclass(frozen=True)
class RowBlock:
    """The rows of a block that became columns, and the places of the others, which are to be read by themselves."""

    columns: RecordColumns
    others: Sequence[int]


@dataclass(frozen=True)
class _FoundRows:
    """Of some rows: what was understood of them, and their counts of its meters."""

    rows: Numbers
    one: Understood
    counts: Numbers


class AlikeRows:
    """Makes columns of the rows of one file, whose shape has ``varying`` fields; ``read`` reads one row, and
    ``is_foreign`` tells of one that is no record whether it is of another shape. At its ``turns``, in
    microseconds, the shape begins to write something.
    """

    def __init__(
        self, varying: Varying, read: RecordReader, ignored: Sequence[str], is_foreign: IsForeign, turns: Sequence[int]
    ) -> None:
        self._turns = sorted(turns)
        self._varying, self._read, self._unread, self._is_foreign = varying, read, Unread(ignored), is_foreign
        self._free = {
            *varying.at,
            *varying.charged,
            *varying.record_id,
            *(name for some in varying.id_parts for name in some),
            *(n for some in varying.labels.values() for n in some),
        }
        self._asked = AskedFields()
        self._kinds: dict[tuple[Any, ...], KindOfRows] = {}
        self._size_of_kinds = self._asked.size
        self._failures = 0

    def begin(self) -> None:
        """Begin with another file: what was understood of its shape holds."""
        self._failures = 0

    def block(self, rows: RawBlock) -> RowBlock | None:
        """The rows as columns; None where each is to be read by itself."""
        if self._failures == _MOST_FAILURES or not len(rows) or rows.has_broken:
            return None
        size = None
        try:
            if not any(self._asked.size):
                self._learn(rows)
            while size != self._asked.size:  # what is asked of one may tell others apart
                size = self._asked.size
                found = BlockCells(rows, self._asked, self._free, self._varying, self._turns)
                understood, others = self._understood(found)
            self._failures += 2 * len(others) > len(rows)
            return RowBlock(_columns(found, understood), others)
        except (NotAlike, UnicodeEncodeError):  # half a sign, as cut logs have, is no text for Arrow
            self._failures += 1
            return None

    def _learn(self, rows: RawBlock) -> None:
        """Learn from a few rows what is asked of them, before others are told apart by it."""
        for row in rows.rows(range(0, len(rows), len(rows) // _LEARNT + 1)):
            with suppress(ReadByItself):
                list(self._read(AskedRow(row.fields, self._unread, self._asked)))
        if self._unread.fields:
            raise NotAlike

    def _understood(self, block: BlockCells) -> tuple[list[_FoundRows], list[int]]:
        if self._size_of_kinds != block.size:
            self._kinds.clear()
            self._size_of_kinds = block.size
        found: list[_FoundRows] = []
        others = np.flatnonzero(~block.good).tolist()
        tries = max(len(block.good) // _COST, _FEWEST)
        for rows in block.kinds():
            kind = self._kinds.setdefault(block.key(rows[0]), KindOfRows())
            if len(self._kinds) > _MOST_KINDS:
                raise NotAlike
            counts = block.counts(rows)
            for one in kind.found:
                rows, counts = _taken(found, one, rows, counts)
            while len(rows) >= _LEAST and kind.is_open and tries:
                kind.tries += 1
                tries -= 1
                new = block.row(rows[0]).understood(self._read, self._asked, self._unread, counts[0].tolist())
                if self._unread.fields:
                    raise NotAlike
                if self._asked.size != block.size:
                    return [], []
                if new is not None and self._holds(new, block, rows[0]):
                    kind.found.append(new)
                    rows, counts = _taken(found, new, rows, counts)
            others += rows.tolist()
        return found, sorted(others)

    def _holds(self, one: Understood, block: BlockCells, row: int) -> bool:
        """Whether what was understood of a row holds for those of its kind: no other shape's usage is passed over."""
        return block.tells(row, one.head.record) if one.head else not self._is_foreign(block.fields(row))


def _taken(found: list[_FoundRows], one: Understood, rows: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """The rows that are left, and their counts, when those that fit are added to what was found."""
    fits = one.fits(counts)
    if fits.any():
        found.append(_FoundRows(rows[fits], one, one.meters(counts[fits])))
    return rows[~fits], counts[~fits]


def _columns(block: BlockCells, found: Sequence[_FoundRows]) -> RecordColumns:
    """What was found as records, in the order of their rows."""
    some = [one for one in found if one.one.head is not None]
    heads: list[RecordHead] = [one.one.head for one in some if one.one.head is not None]
    rows = np.concatenate([np.zeros(0, np.int64), *(one.rows for one in some)])
    order = np.argsort(rows, kind="stable")
    which = np.repeat(np.arange(len(some)), [len(one.rows) for one in some])[order]
    place = rows[order]
    counts: dict[str, Numbers] = {}
    start = 0
    for one, head in zip(some, heads, strict=True):
        for number, meter in enumerate(head.meters):
            if meter not in counts:
                counts[meter] = np.full(len(rows), NOT_STATED, np.int64)
            counts[meter][start : start + len(one.rows)] = one.counts[:, number]
        start += len(one.rows)
    chosen, is_all = place.tolist(), len(place) == len(block.good)

    def take(found: Sequence[Any]) -> Sequence[Any]:
        return found if is_all else [found[row] for row in chosen]

    return RecordColumns(
        heads,
        which,
        place,
        block.at[place],
        {meter: numbers[order] for meter, numbers in counts.items()},
        take(block.charged),
        take(block.ids),
        {name: take(texts) for name, texts in block.labels.items()},
        np.zeros(len(rows), np.bool_),
    )
