"""Records as columns: what many have in common once, and what differs from one to the next as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from llmpricing.domain.times import EPOCH
from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.record import REPEATED, RETOLD, OutcomeKind, UsageRecord

NOT_STATED = -1


@dataclass(frozen=True)
class RecordHead:
    """What records have in common, as one without counts, time, charge, id and varying labels; and the ``meters`` that
    they count, in order.
    """

    record: UsageRecord
    meters: tuple[str, ...]


@dataclass(frozen=True)
class RecordColumns:
    """Records of a file in order: ``which`` of the ``heads`` each has, and where it stands (``place``) among all that
    were read with it. ``at`` is in microseconds; ``counts`` are those of each meter, NOT_STATED where a record has
    none; ``labels`` are those that differ from record to record, None where one has none.
    """

    heads: Sequence[RecordHead]
    which: Numbers
    place: Numbers
    at: Numbers
    counts: Mapping[str, Numbers]
    charged: Sequence[Decimal | None]
    ids: Sequence[str | None]
    labels: Mapping[str, Sequence[str | None]]
    repeated: Mask

    def __len__(self) -> int:
        return len(self.which)

    @property
    def is_billed(self) -> Mask:
        """Which of them are to be billed, whether or not they were told before."""
        kinds = [head.record.outcome.kind is not OutcomeKind.NOT_BILLED for head in self.heads]
        found: Mask = np.array(kinds, np.bool_)[self.which]
        return found

    def moments(self, rows: Numbers | None = None) -> Iterator[datetime]:
        """When the records of these rows, or all, were used."""
        for at in (self.at if rows is None else self.at[rows]).tolist():
            yield EPOCH + timedelta(microseconds=at)

    def records(self, rows: Sequence[int] | None = None) -> Iterator[UsageRecord]:
        """The records of these rows, or all."""
        for row in range(len(self)) if rows is None else rows:
            yield self.record(row)

    def record(self, row: int) -> UsageRecord:
        """The record of a row."""
        head = self.heads[self.which[row]]
        one = head.record
        usage = count({meter: int(self.counts[meter][row]) for meter in head.meters}) if one.usage else None
        found = {name: text for name, texts in self.labels.items() if (text := texts[row])}
        made: UsageRecord = replace(
            one,
            at=EPOCH + timedelta(microseconds=int(self.at[row])),
            usage=usage,
            charged=self.charged[row],
            labels={**one.labels, **found} if found else one.labels,
            record_id=self.ids[row],
            outcome=REPEATED if self.repeated[row] and one.outcome != RETOLD else one.outcome,
        )
        return made

    def having(self, repeated: Mask) -> RecordColumns:
        """The same, of which these were told before."""
        return replace(self, repeated=repeated)

    def retold(self, rows: Mask) -> RecordColumns:
        """The same, of which another export tells these."""
        found = self.having(self.repeated | rows)
        return found.changed(rows, lambda record: replace(record, outcome=RETOLD))

    def without(self, rows: Sequence[int]) -> RecordColumns:
        """The same but for these rows."""
        keep = np.ones(len(self), np.bool_)
        keep[list(rows)] = False
        left = np.flatnonzero(keep).tolist()
        return replace(
            self,
            which=self.which[keep],
            place=self.place[keep],
            at=self.at[keep],
            counts={meter: numbers[keep] for meter, numbers in self.counts.items()},
            charged=[self.charged[row] for row in left],
            ids=[self.ids[row] for row in left],
            labels={name: [texts[row] for row in left] for name, texts in self.labels.items()},
            repeated=self.repeated[keep],
        )

    def changed(self, rows: Mask, change: Callable[[UsageRecord], UsageRecord]) -> RecordColumns:
        """The same, the records of these rows as ``change`` makes what they have in common."""
        if not rows.any():
            return self
        heads = [*self.heads]
        which = self.which.copy()
        for head in np.unique(which[rows]).tolist():
            which[rows & (self.which == head)] = len(heads)
            heads.append(replace(heads[head], record=change(heads[head].record)))
        return replace(self, heads=heads, which=which)


class RecordChange(NamedTuple):
    """What becomes of records, one by one and as columns: the same."""

    of_record: Callable[[UsageRecord], UsageRecord]
    of_columns: Callable[[RecordColumns], RecordColumns]
