"""Sums that several exports tell: each is billed once, and where they tell it otherwise, that is said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np

from llmpricing.domain.quotes.context import UNSTATED
from llmpricing.domain.times import EPOCH, micros
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.pages import are_numbered
from llmpricing.services.usage_log.formats.record import REPEAT_UNTOLD, RETOLD, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.shape import ToldSums
from llmpricing.services.usage_log.formats.sum_verdicts import (
    DOCUMENT,
    FACTS,
    ID,
    PART,
    WEIGHT,
    OfDocuments,
    SumTelling,
    verdicts,
)
from llmpricing.services.usage_log.formats.sums_grouped import (
    GroupedSum,
    GroupedSums,
    Retelling,
    SumOfDocument,
    retold_by_others,
)
from llmpricing.services.usage_log.formats.sums_within import retold_within_others
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
    "another export groups the usage of the same time and model otherwise, or by other stretches of time, and comes to "
    "other counts; both are billed: give one of them"
)
_MOST_GROUPED = 100_000  # sums whose owners are remembered, to compare exports that group them otherwise
_SESSION = "session"  # the label of a sum that is of a session, whenever that was
_OF_RETELLING = {
    Retelling.AGAIN: SumTelling.REPEATED,
    Retelling.OTHERWISE: SumTelling.GROUPED,
    Retelling.OTHERWISE_AND_COARSER: SumTelling.GROUPED_LESS,
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
        self._lines_with_ids: set[int] = set()  # and those of which each has an id
        self._of_sessions: set[int] = set()  # sums of sessions
        self._by_row: set[int] = set()  # documents whose parts are no pages that are known
        self._grouped: dict[tuple[int, int], GroupedSum] = {}
        self._told: dict[tuple[int, int], SumTelling] = {}
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
            if _is_sum(file, record):
                own, weight, facts = _sum_of(file, record, part)
                document = self._document(file, part)
                part = 0 if file.shape.sums is ToldSums.LINES else part
                rows.append((own, document, part, micros(record.at) if record.at else 0, weight, facts))
                if record.record_id is not None:
                    self._lines_with_ids.add(document)
                if _SESSION in record.labels:
                    self._of_sessions.add(own)
                if len(self._grouped) < _MOST_GROUPED:
                    self._note_group(file, record, own, document, weight - bool(record.usage))
        if rows:
            self._noted.append(np.array(rows, np.int64))

    def _note_group(self, file: UsageFile, record: UsageRecord, own: int, document: int, weight: int) -> None:
        begin, span = micros(record.at or EPOCH), record.span or timedelta()  # which all sums have
        is_of_session = _SESSION in record.labels
        what = (file.shape.name, record.model, record.currency, record.charged_for, record.charged_as)
        before = self._grouped.get((own, document))
        self._grouped[own, document] = GroupedSum(
            hash((*what, None if is_of_session else (record.at, record.span))),
            hash((*what, bool(record.usage))),
            record.labels,
            is_conditioned=record.context != UNSTATED,
            weight=weight + (before.weight if before else 0),
            rows=1 + (before.rows if before else 0),
            begin=begin,
            end=begin + span // timedelta(microseconds=1),
            is_of_session=is_of_session,
            is_line=file.shape.sums is ToldSums.LINES,
        )

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
        noted = noted[np.lexsort(noted.T[[PART, FACTS, WEIGHT, DOCUMENT, ID]])]
        noted = noted[~self._settle_parts(noted)]
        if not len(noted):
            return
        begins = np.append(True, (noted[1:, :2] != noted[:-1, :2]).any(axis=1))
        place = np.cumsum(begins) - 1
        cells = noted[begins]
        cells[:, [WEIGHT, FACTS]] = 0
        for column in (WEIGHT, FACTS):
            np.add.at(cells[:, column], place, noted[:, column])
        several = np.zeros(len(cells), np.bool_)
        several[place[np.flatnonzero(noted[:, PART] != noted[begins, PART][place])]] = True
        of_parts = several & _among(cells[:, DOCUMENT], self._by_row)
        order = np.lexsort((cells[:, DOCUMENT], cells[:, FACTS], cells[:, WEIGHT], cells[:, ID]))
        cells = cells[order]
        unsure, lines, with_ids = (
            _among(cells[:, DOCUMENT], some) for some in (self._unsure, self._lines, self._lines_with_ids)
        )
        told = verdicts(cells, OfDocuments(unsure, lines, with_ids, _among(cells[:, ID], self._of_sessions)))
        told[of_parts[order] & (told == SumTelling.BILLED)] = SumTelling.APART
        changed = np.flatnonzero(told != SumTelling.BILLED)
        keys = cells[changed][:, [ID, DOCUMENT]].tolist()
        self._told = {
            (own, document): SumTelling(v) for (own, document), v in zip(keys, told[changed].tolist(), strict=True)
        }
        self._settle_grouped(retold_by_others)
        self._settle_grouped(retold_within_others)
        self._grouped.clear()

    def _settle_grouped(self, retold: Callable[[GroupedSums], Mapping[SumOfDocument, Retelling]]) -> None:
        """Decide what becomes of those sums that are still billed which other documents cut otherwise."""
        billed = {key: one for key, one in self._grouped.items() if self._told.get(key) is not SumTelling.REPEATED}
        self._told |= {key: _OF_RETELLING[found] for key, found in retold(billed).items()}

    def _settle_parts(self, noted: Numbers) -> Mask:
        """Which of these sums, in order, another part of their document told before."""
        keys = noted[:, [ID, DOCUMENT, WEIGHT, FACTS]]
        begins = np.append(True, (keys[1:] != keys[:-1]).any(axis=1))[: len(keys)]
        starts = np.flatnonzero(begins)
        first = noted[starts, PART][np.cumsum(begins) - 1] if len(keys) else noted[:, PART]
        again: Mask = noted[:, PART] != first
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
        if not _is_sum(file, record):
            return record
        own, weight, facts = _sum_of(file, record, part)
        document = self._document(file, part)
        part = 0 if file.shape.sums is ToldSums.LINES else part
        if self._first_part.get((own, document, weight, facts), part) != part:
            return replace(record, outcome=RETOLD)
        told = self._told.get((own, document), SumTelling.BILLED)
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


def _is_sum(file: UsageFile, record: UsageRecord) -> bool:
    is_told = bool(record.usage) or bool(record.charged)
    is_line = file.shape.sums is ToldSums.LINES  # whose ids are those of one bill
    is_open = record.outcome.kind is not OutcomeKind.REPEATED and (record.record_id is None or is_line)
    return is_told and is_open and record.at is not None and record.span is not None


def _sum_of(file: UsageFile, record: UsageRecord, part: int) -> tuple[int, int, int]:
    """What tells the sum from others, in 64 bits; how much it counts, or charges where it counts nothing; and what else
    it tells. Of a line of a bill its ``part`` is of what it is.
    """
    window = record.usage.told.window if record.usage and record.usage.told else None
    when = () if _SESSION in record.labels else (record.at, record.span)
    of = (file.shape.name, when, record.model, record.provider, str(record.context), window)
    line = (record.currency, record.charged_for, record.charged_as, *sorted(record.labels.items()))
    own = hash((*of, *line, part if file.shape.sums is ToldSums.LINES else 0))
    if record.usage:
        return own, *telling_of(record)
    amount = int((record.charged or 0) * 10**9)
    return own, max(min(amount, 2**53), -(2**53)), 0


def _same(record: UsageRecord) -> UsageRecord:
    return record


_CHANGES: Mapping[SumTelling, Callable[[UsageRecord], UsageRecord]] = {
    SumTelling.BILLED: _same,
    SumTelling.REPEATED: partial(replace, outcome=RETOLD),
    SumTelling.GREW: partial(UsageRecord.with_remark, code=DIFFER, remark=_GREW),
    SumTelling.APART: partial(UsageRecord.with_remark, code=DIFFER, remark=_APART),
    SumTelling.APART_LESS: partial(UsageRecord.with_remark, code=DIFFER, remark=_APART, untold=(REPEAT_UNTOLD,)),
    SumTelling.GROUPED: partial(UsageRecord.with_remark, code=TOLD_TWICE, remark=_OTHERWISE_GROUPED),
    SumTelling.ALIKE: partial(UsageRecord.with_remark, code=TOLD_TWICE, remark=_ALIKE, untold=(REPEAT_UNTOLD,)),
    SumTelling.GROUPED_LESS: partial(
        UsageRecord.with_remark, code=TOLD_TWICE, remark=_OTHERWISE_GROUPED, untold=(REPEAT_UNTOLD,)
    ),
}
