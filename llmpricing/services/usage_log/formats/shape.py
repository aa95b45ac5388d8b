"""What a shape of usage files is: the keys it is recognised by, and the reader of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.record import UsageRecord, unpriced
from llmpricing.services.usage_log.formats.row import Row

RecordReader = Callable[[Row], Iterable[UsageRecord]]
USD = "USD"
RECORD_ID = "id that tells repeats"
CACHE_READ, CACHE_WRITE = "cache_read_tokens", "cache_write_tokens"
WRITER = "claude"  # whose writes cost more than input; those of most others cost nothing of their own
TELEMETRY = "OpenTelemetry"  # whose spans and events may tell of the same calls
_ONE = Decimal(1)
Always = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Varying:
    """Fields that differ from row to row and go into the record as they are: by the first of several names that states
    anything. Rows of whose kind one does otherwise are read one by one.

    So many of ``charged_per`` make one of its currency. An id of several ``id_parts`` is that of none of its rows that
    lack one of them, and ends with the time, unless ``any_id_part`` is an id by itself. Of an object that the shape
    ``opens``, nothing is read but these fields.
    """

    at: tuple[str, ...]
    charged: tuple[str, ...] = ()
    record_id: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    charged_per: Decimal = _ONE
    id_parts: tuple[tuple[str, ...], ...] = ()
    any_id_part: bool = False
    opens: Mapping[str, Sequence[str]] = field(default_factory=dict)


class ToldSums(Enum):
    """How an export tells sums of many requests, which have no ids: ``LISTED`` one a row; as ``BUCKETS`` that each hold
    all sums of a time; ``PARTED``, where several pages may each tell a part of the sums of a time; as ``LINES`` of a
    bill, of which several are of one thing, in whatever files the bill is parted.
    """

    LISTED, BUCKETS, PARTED, LINES = range(4)


@dataclass(frozen=True)
class Nesting:
    """How calls of a shape lie within one another: by a record's id the trace and number of its span (no trace where
    numbers are those of one span in the world), which others name as their AROUND; the ``fields`` that tell of it, by
    any of their words; and all spans of a row, calls or not, each as its trace, its number and the one around it.
    """

    span_of: Callable[[str], tuple[str, str]]
    fields: Sequence[str]
    links: Callable[[Row], Iterable[tuple[str, str, str]]]


def by_itself(record_id: str) -> tuple[str, str]:
    """The span of an id that is the number of one in the world."""
    return "", record_id


@dataclass(frozen=True)
class Shape:
    """One way in which a tool writes usage down.

    ``signs`` are sets of keys: a row with all keys of one of them is of this shape, if ``is_like`` agrees. ``reader``
    makes a reader for one file; it is given what ``scan`` found in the file's rows, or where it ``scans_all`` in those
    of all files of this shape. Where a record ``grows``, as what is written down while it runs, the same id is told
    again with larger counts, and the largest holds. With ``varying`` fields, rows that are alike but for these and for
    counts are understood once for all. ``caches_beside``: what was cached lies beside the input.

    The tool ``always`` writes these meters or conditions, in a field whose dotted name ends with one of these names:
    where none is there, the file was cut; a RECORD_ID is there if the record has one. Some it writes only ``since`` a
    day, some only ``of_answers``, not of embeddings; and a tool that ``leaves_out`` what it did not count is not known
    to have been cut by input or output. What it writes ``sometimes``, where it counted any, is told of somewhere in a
    whole file, or there was none. Shapes ``of`` the same may tell of the same usage; calls of
    one with a ``nesting`` may lie within one another. Records of one that ``may_lack_time`` may have usage and no time.
    The names within ``keyed`` objects are data, such as those of models. The ``ids`` are fields that tell records
    apart, where what varies does not tell of them (``id_fields``); ids may also lie ``ids_within`` others. Shapes whose
    ids are those ``ids_of`` the same tell the same records by them. Where records are ``sums``, what they are of tells
    them apart.
    """

    name: str
    title: str
    counts: str
    signs: Sequence[frozenset[str]]
    reader: Callable[[Any], RecordReader]
    is_like: Callable[[Mapping[str, Any]], bool] = lambda row: True
    scan: Callable[[Iterable[Mapping[str, Any]]], Any] | None = None
    scans_all: bool = False
    grows: bool = False
    varying: Varying | None = None
    always: Always = field(default_factory=dict)
    sometimes: Always = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    leaves_out: bool = False
    of_answers: Sequence[str] = ()
    of: Sequence[str] = ()
    nesting: Nesting | None = None
    caches_beside: bool = False
    may_lack_time: bool = False
    keyed: Sequence[str] = ()
    ids: Sequence[Sequence[str]] = ()
    ids_within: bool = False
    ids_of: str = ""
    sums: ToldSums | None = None

    @property
    def whose_ids(self) -> str:
        """Whose ids it tells: a call within a trace has the same in every shape that traces are exported in."""
        return "traces" if self.nesting else self.ids_of or self.name

    @property
    def id_fields(self) -> Sequence[Sequence[str]]:
        """The fields whose texts together are a record's id, or tell as many apart, each by the first of its names."""
        if self.ids or self.varying is None:
            return self.ids
        return self.varying.id_parts or ((self.varying.record_id,) if self.varying.record_id else ())

    @property
    def tells_ids(self) -> bool:
        """Whether any record may have an id."""
        return bool(self.id_fields) or self.is_weighed_whole

    @property
    def is_weighed_whole(self) -> bool:
        """Whether all of its records have to be looked at before any is told, however many they are."""
        return self.grows or self.ids_within or self.nesting is not None

    def likeness(self, row: Mapping[str, Any]) -> int:
        """By how many keys the row is of this shape; 0 where it is not."""
        most = max((len(one) for one in self.signs if one <= row.keys()), default=0)
        return most if most and self.is_like(row) else 0


def signs(*sets: str) -> tuple[frozenset[str], ...]:
    """Sets of keys, each written as one text; a comma divides keys that hold blanks."""
    return tuple(
        frozenset(part.strip() for part in one.split(",")) if "," in one else frozenset(one.split()) for one in sets
    )


class ChargeFields(NamedTuple):
    """Where a row states what was charged for it: ``per`` as many make one of the currency."""

    names: tuple[str, ...]
    currency: tuple[str, ...] = ()
    per: int = 1

    def of(self, row: Row) -> tuple[Decimal | None, str]:
        """The amount and its currency, no amount where it cannot be read."""
        try:
            amount = row.amount(*self.names)
        except UsageError:
            return None, USD
        return amount and amount / self.per, row.text(*self.currency).upper() or USD


NO_CHARGE = ChargeFields(())


def each(
    rows: Iterable[Row], read: Callable[[Row], UsageRecord | None], charge: ChargeFields = NO_CHARGE
) -> Iterator[UsageRecord]:
    """The record of each row that is one; a row that cannot be read is a record without a price that says why, and
    keeps what was charged.
    """
    for row in rows:
        try:
            found = read(row)
        except UsageError as error:
            amount, currency = charge.of(row) if charge.names else (None, USD)
            found = UsageRecord(model=_model_of(row), charged=amount, currency=currency, outcome=unpriced(str(error)))
        if found is not None:
            yield found


def by_row(
    read: Callable[[Row], UsageRecord | None], charge: ChargeFields = NO_CHARGE
) -> Callable[[Any], RecordReader]:
    """The reader of a shape each of whose rows is at most one record."""
    return lambda _found: lambda row: each([row], read, charge)


def _model_of(row: Row) -> str:
    found = next((row.raw[name] for name in ("model", "Model", "model_version") if row.raw.get(name)), "")
    return found if isinstance(found, str) else ""
