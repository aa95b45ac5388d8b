"""Sums that several exports tell: each is billed once, and where they tell it otherwise, that is said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial
from pathlib import Path

import numpy as np

from llmpricing.domain.quotes.context import UNSTATED
from llmpricing.domain.times import micros
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.pages import are_numbered
from llmpricing.services.usage_log.formats.record import REPEAT_UNTOLD, RETOLD, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.shape import ToldSums
from llmpricing.services.usage_log.formats.sums_grouped import GroupedSum, Retelling, retold_by_others
from llmpricing.services.usage_log.formats.tellings import telling_of
from llmpricing.services.usage_log.formats.told_once import DIFFER
from llmpricing.services.usage_log.formats.told_parts import page_of
from llmpricing.services.usage_log.formats.usage_file import UsageFile

TOLD_TWICE = "SUM_TOLD_TWICE"
_GREW = (
    "the same sum is told with lower counts too, as while its time was still running, and the fullest telling is "
    "billed: if they are sums of two accounts, price each by itself"
)
_APART = (
    "a sum of the same time and the same owner is told with other counts too, and all are billed: if they are one, "
    "give the newest export alone"
)
_ALIKE = (
    "the same line stands in another file too, and is counted again, as those of a bill in several files are: give "
    "each period once"
)
_OTHERWISE_GROUPED = (
    "another export groups the usage of the same time and model otherwise, and comes to other counts; both are billed: "
    "give one of them"
)
_MOST_GROUPED = 100_000  # sums whose owners are remembered, to compare exports that group them otherwise
_ID, _DOCUMENT, _PART, _AT, _WEIGHT, _FACTS = range(6)  # of what is noted of a sum


class _SumTelling(IntEnum):
    """What becomes of the sums of one thing that one document tells."""

    BILLED, REPEATED, GREW, APART, APART_LESS, GROUPED, GROUPED_LESS, ALIKE = range(8)


_OF_RETELLING = {
    Retelling.AGAIN: _SumTelling.REPEATED,
    Retelling.OTHERWISE: _SumTelling.GROUPED,
    Retelling.OTHERWISE_AND_COARSER: _SumTelling.GROUPED_LESS,
}


class SumsOnce:
    """Tells apart, over all files, sums and what tells them again, by what they are of: time, model, owner, tier. All
    have to be noted and settled before any is marked, so that no order decides.

    What two documents tell alike is one. Where they differ, the fuller telling is billed if the other may have been
    made while its time was still running: it is its document's last time, or most of what both tell is alike. Else
    both are billed. A document is a file, or a stretch of its buckets; or the pages of one answer together.
    """

    def __init__(self) -> None:
        self._noted: list[Numbers] = []
        self._files: dict[Path, int] = {}
        self._answers: dict[tuple[str, int], int] = {}  # by their numbers of pages
        self._unsure: set[int] = set()  # documents that may tell a part of a time only
        self._lines: set[int] = set()  # documents that hold lines of a bill
        self._by_row: set[int] = set()  # documents whose parts are no pages that are known
        self._grouped: dict[tuple[int, int], GroupedSum] = {}
        self._told: dict[tuple[int, int], _SumTelling] = {}
        self._first_part: dict[tuple[int, int, int, int], int] = {}

    def gather(self, files: Sequence[UsageFile]) -> None:
        """Learn which files there are, and which of them are pages of one answer."""
        self._files = {file.path: number for number, file in enumerate(files)}
        seen: dict[tuple[str, int], list[int]] = {}
        for file in files:
            for page in file.pages if file.shape.sums is ToldSums.PARTED and are_numbered(file.pages) else ():
                seen.setdefault((file.shape.name, page.numbers), []).append(page.number or 0)
        whole = [key for key, numbers in seen.items() if len({*numbers}) == len(numbers)]
        self._answers = {key: -1 - place for place, key in enumerate(whole)}

    def note(self, file: UsageFile, batch: ReadBatch) -> None:
        """Learn of the sums among these records."""
        rows = []
        for part, record in zip(batch.parts, (record for _, record in batch.others), strict=True):
            if _is_sum(record):
                own, weight, facts = _sum_of(file, record)
                document = self._document(file, part)
                rows.append((own, document, part, micros(record.at) if record.at else 0, weight, facts))
                if file.shape.sums is not ToldSums.LINES and len(self._grouped) < _MOST_GROUPED:
                    self._note_group(file, record, own, document, weight - bool(record.usage))
        if rows:
            self._noted.append(np.array(rows, np.int64))

    def _note_group(self, file: UsageFile, record: UsageRecord, own: int, document: int, weight: int) -> None:
        where = (file.shape.name, record.at, record.span, record.model, record.currency)
        group = hash((*where, record.charged_for, record.charged_as))
        before = self._grouped.get((own, document))
        weight += before.weight if before else 0
        conditions = record.context != UNSTATED
        self._grouped[own, document] = GroupedSum(group, record.labels, is_conditioned=conditions, weight=weight)

    def _document(self, file: UsageFile, part: int) -> int:
        first = self._files[file.path] << 32
        if file.shape.sums is ToldSums.BUCKETS:
            return first + part
        if file.shape.sums is ToldSums.PARTED and are_numbered(file.pages):
            number = min(page_of(part), len(file.pages) - 1)
            numbers = file.pages[number].numbers
            if answer := numbers > 1 and self._answers.get((file.shape.name, numbers)):
                return answer
            if numbers > 1:
                self._unsure.add(first + number)
            return first + number
        if file.shape.sums is ToldSums.PARTED:
            self._by_row.add(first)
        elif file.shape.sums is ToldSums.LINES:
            self._lines.add(first)
        elif any(page.more or page.own for page in file.pages):
            self._unsure.add(first)
        return first

    def settle(self) -> None:
        """Decide what becomes of each sum that is told more than once."""
        noted = np.concatenate([np.zeros((0, 6), np.int64), *self._noted])
        self._noted.clear()
        noted = noted[np.lexsort(noted.T[[_PART, _FACTS, _WEIGHT, _DOCUMENT, _ID]])]
        noted = noted[~self._settle_parts(noted)]
        if not len(noted):
            return
        begins = np.append(True, (noted[1:, :2] != noted[:-1, :2]).any(axis=1))
        place = np.cumsum(begins) - 1
        cells = noted[begins]
        cells[:, [_WEIGHT, _FACTS]] = 0
        for column in (_WEIGHT, _FACTS):
            np.add.at(cells[:, column], place, noted[:, column])
        several = np.zeros(len(cells), np.bool_)
        several[place[np.flatnonzero(noted[:, _PART] != noted[begins, _PART][place])]] = True
        of_parts = several & _among(cells[:, _DOCUMENT], self._by_row)
        order = np.lexsort((cells[:, _DOCUMENT], cells[:, _FACTS], cells[:, _WEIGHT], cells[:, _ID]))
        cells = cells[order]
        unsure, lines = (_among(cells[:, _DOCUMENT], some) for some in (self._unsure, self._lines))
        told = _verdicts(cells, unsure, lines)
        told[of_parts[order] & (told == _SumTelling.BILLED)] = _SumTelling.APART
        changed = np.flatnonzero(told != _SumTelling.BILLED)
        keys = cells[changed][:, [_ID, _DOCUMENT]].tolist()
        self._told = {
            (own, document): _SumTelling(v) for (own, document), v in zip(keys, told[changed].tolist(), strict=True)
        }
        billed = {key: one for key, one in self._grouped.items() if self._told.get(key) is not _SumTelling.REPEATED}
        self._told |= {key: _OF_RETELLING[found] for key, found in retold_by_others(billed).items()}
        self._grouped.clear()

    def _settle_parts(self, noted: Numbers) -> Mask:
        """Which of these sums, in order, another part of their document told before."""
        keys = noted[:, [_ID, _DOCUMENT, _WEIGHT, _FACTS]]
        begins = np.append(True, (keys[1:] != keys[:-1]).any(axis=1))[: len(keys)]
        starts = np.flatnonzero(begins)
        first = noted[starts, _PART][np.cumsum(begins) - 1] if len(keys) else noted[:, _PART]
        again: Mask = noted[:, _PART] != first
        for row in np.flatnonzero(again).tolist():
            own, document, weight, facts = keys[row].tolist()
            self._first_part[own, document, weight, facts] = int(first[row])
        return again

    def marked(self, file: UsageFile, batch: ReadBatch) -> ReadBatch:
        """The records, of which those that another document tells are marked as such, and those that differ say so."""
        if not self._told and not self._first_part:
            return batch
        parts = iter(batch.parts)
        others = [(place, self._marked(file, next(parts), record)) for place, record in batch.others]
        return batch._replace(others=others)

    def _marked(self, file: UsageFile, part: int, record: UsageRecord) -> UsageRecord:
        if not _is_sum(record):
            return record
        own, weight, facts = _sum_of(file, record)
        document = self._document(file, part)
        if self._first_part.get((own, document, weight, facts), part) != part:
            return replace(record, outcome=RETOLD)
        told = self._told.get((own, document), _SumTelling.BILLED)
        return _CHANGES[told](record)


def _among(documents: Numbers, some: Collection[int]) -> Mask:
    return np.isin(documents, np.fromiter(some, np.int64, len(some)))


def may_tell_sums_twice(files: Sequence[UsageFile]) -> Collection[Path]:
    """Those of the files that may tell a sum which they, or another one, tell too."""
    shapes: Mapping[str, list[UsageFile]] = {file.shape.name: [] for file in files if file.shape.sums}
    for file in files:
        if file.shape.sums:
            shapes[file.shape.name].append(file)
    return {
        file.path
        for some in shapes.values()
        for file in some
        if len(some) > 1 or len(file.pages) > 1 or file.shape.sums not in (ToldSums.LISTED, ToldSums.LINES)
    }


def _is_sum(record: UsageRecord) -> bool:
    is_told = bool(record.usage) or bool(record.charged)
    is_open = record.outcome.kind is not OutcomeKind.REPEATED and record.record_id is None
    return is_told and is_open and record.at is not None and record.span is not None


def _sum_of(file: UsageFile, record: UsageRecord) -> tuple[int, int, int]:
    """What tells the sum from others, in 64 bits; how much it counts, or charges where it counts nothing; and what else
    it tells.
    """
    window = record.usage.told.window if record.usage and record.usage.told else None
    of = (file.shape.name, record.at, record.span, record.model, record.provider, str(record.context), window)
    line = (record.currency, record.charged_for, record.charged_as, *sorted(record.labels.items()))
    own = hash((*of, *line))
    if record.usage:
        return own, *telling_of(record)
    amount = int((record.charged or 0) * 10**9)
    return own, max(min(amount, 2**53), -(2**53)), 0


def _verdicts(cells: Numbers, unsure: Mask, lines: Mask) -> Numbers:
    """What becomes of what each document tells of one sum, in order of the sums and how full they are told; ``lines``
    are those of bills.
    """
    _, group, times = np.unique(cells[:, _ID], return_inverse=True, return_counts=True)
    counted = cells[:, [_ID, _WEIGHT, _FACTS]]
    is_again = np.append(False, (counted[1:] == counted[:-1]).all(axis=1))
    is_alike = is_again | np.append(is_again[1:], False)
    is_full = (counted == counted[np.append(group[1:] != group[:-1], True)][group]).all(axis=1)
    is_shared = times[group] > 1
    grew = _may_have_grown(cells, is_alike, is_shared) & (np.bincount(group[unsure], minlength=len(times)) == 0)[group]
    has_grown, has_other = np.zeros((2, len(times)), np.bool_)
    has_grown[group[~is_full & grew]] = True
    has_other[group[~is_full & ~grew]] = True
    of_full = np.where(has_other, _SumTelling.APART, np.where(has_grown, _SumTelling.GREW, _SumTelling.BILLED))[group]
    told: Numbers = np.where(is_full, of_full, np.where(grew, _SumTelling.REPEATED, _SumTelling.APART_LESS))
    told[is_again] = _SumTelling.REPEATED
    doubted = lines & ~_are_of_overlapping_bills(cells, is_alike, is_shared)
    doubted = (np.bincount(group[doubted], minlength=len(times)) > 0)[group]
    told[doubted] = np.where(is_again[doubted], _SumTelling.ALIKE, _SumTelling.BILLED)
    return told


def _are_of_overlapping_bills(cells: Numbers, is_alike: Mask, is_shared: Mask) -> Mask:
    """Whether the documents of each of these tell most of what others tell too alike: not the parts of one bill."""
    _, document = np.unique(cells[:, _DOCUMENT], return_inverse=True)
    size = int(document.max()) + 1
    alike, shared = (np.bincount(document[rows], minlength=size) for rows in (is_alike, is_shared))
    found: Mask = (2 * alike > shared)[document] | ~is_shared
    return found


def _may_have_grown(cells: Numbers, is_alike: Mask, is_shared: Mask) -> Mask:
    """Whether each of these tellings may be of a time that still ran: of the last one of its document, or where most of
    what the document tells before, and others tell too, is alike.
    """
    _, document = np.unique(cells[:, _DOCUMENT], return_inverse=True)
    size = int(document.max()) + 1
    last = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(last, document, cells[:, _AT])
    is_last = cells[:, _AT] == last[document]
    alike, other = (np.bincount(document[is_shared & ~is_last & one], minlength=size) for one in (is_alike, ~is_alike))
    found: Mask = np.where(is_last, (other <= alike)[document], (alike > other)[document])
    return found


def _same(record: UsageRecord) -> UsageRecord:
    return record


_CHANGES: Mapping[_SumTelling, Callable[[UsageRecord], UsageRecord]] = {
    _SumTelling.BILLED: _same,
    _SumTelling.REPEATED: partial(replace, outcome=RETOLD),
    _SumTelling.GREW: partial(UsageRecord.with_remark, code=DIFFER, remark=_GREW),
    _SumTelling.APART: partial(UsageRecord.with_remark, code=DIFFER, remark=_APART),
    _SumTelling.APART_LESS: partial(UsageRecord.with_remark, code=DIFFER, remark=_APART, untold=(REPEAT_UNTOLD,)),
    _SumTelling.GROUPED: partial(UsageRecord.with_remark, code=TOLD_TWICE, remark=_OTHERWISE_GROUPED),
    _SumTelling.ALIKE: partial(UsageRecord.with_remark, code=TOLD_TWICE, remark=_ALIKE, untold=(REPEAT_UNTOLD,)),
    _SumTelling.GROUPED_LESS: partial(
        UsageRecord.with_remark, code=TOLD_TWICE, remark=_OTHERWISE_GROUPED, untold=(REPEAT_UNTOLD,)
    ),
}
