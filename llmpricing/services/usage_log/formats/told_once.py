"""Records that are told again: of those with one id one is billed, by what is known of why there are several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial

import numpy as np

from llmpricing.domain.times import micros
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.record import REPEAT_UNTOLD, REPEATED, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.tellings import telling_of, tellings_of

DIFFER = "TELLINGS_DIFFER"
_CORRECTED = (
    "its id is told with other counts of the same time too, and the fullest telling is billed: if another one is "
    "right, take this one out"
)
_REUSED = (
    "its id is told with other counts of another time too, and all are billed, as calls of their own: if they are one, "
    "take the others out"
)
_ID, _WEIGHT, _FACTS, _AT = range(4)  # of what is noted of a record


class _Retold(IntEnum):
    """What becomes of a telling of an id that has several."""

    BILLED, REPEATED, CORRECTED, REUSED, REUSED_LESS = range(5)


class ToldOnce:
    """Tells apart, over all files, records and what repeats them, by their ids: all have to be noted and settled before
    any is marked, so that no order decides.

    The same counts of one id are one record. Where counts differ the fullest telling is billed of a shape whose records
    grow, and of one request told twice of the same time, which says so. Told of several times, or of sums, the id was
    given anew: each is billed, and says so.
    """

    def __init__(self) -> None:
        self._noted: list[Numbers] = []
        self._tellings = np.zeros(0, np.int64)  # of ids that are told more than once, in order
        self._verdicts = np.zeros(0, np.int64)
        self._seen = np.zeros(0, np.bool_)

    def note(self, shape: Shape, batch: ReadBatch) -> None:
        """Learn of these records."""
        columns, others = batch.columns, batch.others
        rows = [_noted(shape, record) for _, record in others if record.record_id is not None]
        if rows:
            self._noted.append(np.array(rows, np.int64))
        if columns is not None and (found := _noted_columns(shape, columns)) is not None:
            self._noted.append(found)

    def settle(self) -> None:
        """Decide what becomes of each telling of the ids that are told more than once."""
        noted = _joined(self._noted)
        order = np.argsort(noted[:, _ID], kind="stable")
        same = noted[order[1:], _ID] == noted[order[:-1], _ID]
        is_again = np.zeros(len(noted), np.bool_)
        is_again[order[1:][same]] = is_again[order[:-1][same]] = True
        again = noted[is_again]
        again = again[np.lexsort(again.T[::-1])]  # by id, weight and facts
        begins = np.append(True, again[1:, _ID] != again[:-1, _ID])[: len(again)]
        verdicts = _verdicts(again, np.cumsum(begins) - 1)
        tellings, first = np.unique(_tellings(again), return_index=True)
        self._tellings, self._verdicts, self._seen = tellings, verdicts[first], np.zeros(len(tellings), np.bool_)

    def marked(self, shape: Shape, batch: ReadBatch) -> ReadBatch:
        """The records, of which those that were told before, or are told in full elsewhere, are marked as such."""
        columns, others = batch.columns, batch.others
        if not len(self._tellings):
            return batch
        of_others = [place for place, (_, record) in enumerate(others) if record.record_id is not None]
        noted = [np.array([_noted(shape, others[place][1]) for place in of_others], np.int64).reshape(-1, 4)]
        stands = [np.array([others[place][0] for place in of_others], np.int64)]
        size = 0
        if columns is not None and (found := _noted_columns(shape, columns, with_others=True)) is not None:
            noted, stands, size = [found, *noted], [columns.place, *stands], len(columns)
        verdicts = self._taken(np.concatenate(noted), np.concatenate(stands))
        made = list(others)
        for place, verdict in zip(of_others, verdicts[size:].tolist(), strict=True):
            made[place] = (others[place][0], _CHANGES[verdict](others[place][1]))
        return batch._replace(
            columns=_marked(columns, verdicts[:size]) if columns is not None and size else columns, others=made
        )

    def _taken(self, noted: Numbers, stands: Numbers) -> Numbers:
        """What becomes of these records, which stand at these places; of one telling the first is the one."""
        tellings = _tellings(noted)
        place = np.minimum(np.searchsorted(self._tellings, tellings), len(self._tellings) - 1)
        rows = np.flatnonzero((self._tellings[place] == tellings) & (noted[:, _ID] != 0))
        rows = rows[np.argsort(stands[rows], kind="stable")]
        found, first = np.unique(place[rows], return_index=True)
        is_first = np.zeros(len(rows), np.bool_)
        is_first[first] = ~self._seen[found]
        self._seen[found] = True
        verdicts = np.zeros(len(noted), np.int64)
        verdicts[rows] = np.where(is_first, self._verdicts[place[rows]], _Retold.REPEATED)
        return verdicts


def _verdicts(again: Numbers, group: Numbers) -> Numbers:
    """What becomes of each of the tellings, in order, of which those of an id are a ``group``."""
    size = int(group[-1]) + 1 if len(group) else 0
    last = np.append(group[1:] != group[:-1], True)[: len(group)]
    fullest = again[last][group] if size else again
    is_fullest = (again[:, _WEIGHT] == fullest[:, _WEIGHT]) & (again[:, _FACTS] == fullest[:, _FACTS])
    is_told = again[:, _WEIGHT] > 0  # what tells no usage denies none
    differs, is_reused = np.zeros((2, size), np.bool_)
    differs[group[is_told & ~is_fullest & (again[:, _AT] != _GROWS)]] = True
    is_reused[group[is_told & (again[:, _AT] != fullest[:, _AT])]] = True
    others = np.where((differs & is_reused)[group] & is_told, _Retold.REUSED_LESS, _Retold.REPEATED)
    of_fullest = np.where(differs & is_reused, _Retold.REUSED, np.where(differs, _Retold.CORRECTED, _Retold.BILLED))
    return np.where(is_fullest, of_fullest[group] if size else 0, others)


_GROWS = np.iinfo(np.int64).min


def _noted(shape: Shape, record: UsageRecord) -> tuple[int, int, int, int]:
    weight, facts = telling_of(record)
    is_billed = record.outcome.kind is not OutcomeKind.NOT_BILLED
    at = _GROWS if shape.grows else facts if record.span is not None else micros(record.at) if record.at else 0
    return _digest(shape.whose_ids, record.record_id or "", is_billed=is_billed), weight, facts, at


def _noted_columns(shape: Shape, columns: RecordColumns, *, with_others: bool = False) -> Numbers | None:
    """The same of records in columns that have an id, or of all, with 0 for one without; None where none has one."""
    ids_of, is_billed = shape.whose_ids, columns.is_billed.tolist()
    named = zip(columns.ids, is_billed, strict=True)
    digests = np.array([0 if one is None else _digest(ids_of, one, is_billed=b) for one, b in named], np.int64)
    if not digests.any():
        return None
    weight, facts = tellings_of(columns)
    is_sum = np.array([head.record.span is not None for head in columns.heads], np.bool_)[columns.which]
    at = np.full(len(columns), _GROWS) if shape.grows else np.where(is_sum, facts, columns.at)
    found = np.stack([digests, weight, facts, at], axis=1)
    return found if with_others else found[digests != 0]


def _digest(ids_of: str, record_id: str, *, is_billed: bool) -> int:
    """64 bits that tell records apart; a failed call may bear the id of the one that came after it."""
    return hash((ids_of, is_billed, record_id)) or 1


def _tellings(noted: Numbers) -> Numbers:
    """64 bits of each id with its counts; past them they begin anew."""
    found: Numbers = (noted[:, _ID] * 31 + noted[:, _WEIGHT]) * 1_000_003 + noted[:, _FACTS]
    return found


def _joined(parts: list[Numbers]) -> Numbers:
    """All rows of the parts, which are let go: they are as large."""
    found = np.concatenate([np.zeros((0, 4), np.int64), *parts])
    parts.clear()
    return found


def _same(record: UsageRecord) -> UsageRecord:
    return record


_CHANGES: Sequence[Callable[[UsageRecord], UsageRecord]] = (
    _same,
    partial(replace, outcome=REPEATED),
    partial(UsageRecord.with_remark, code=DIFFER, remark=_CORRECTED),
    partial(UsageRecord.with_remark, code=DIFFER, remark=_REUSED),
    partial(UsageRecord.with_remark, code=DIFFER, remark=_REUSED, untold=(REPEAT_UNTOLD,)),
)


def _marked(columns: RecordColumns, verdicts: Numbers) -> RecordColumns:
    repeated: Mask = columns.repeated | (verdicts == _Retold.REPEATED)
    found = columns.having(repeated)
    for verdict in (_Retold.CORRECTED, _Retold.REUSED, _Retold.REUSED_LESS):
        found = found.changed(verdicts == verdict, _CHANGES[verdict])
    return found
