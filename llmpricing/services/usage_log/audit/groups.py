"""An audit by day, model, team or whatever else records are told apart by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.times import micros
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordChange, RecordColumns

USED_AT = "used_at"  # the label of when a record was used that is priced at another time
_MOST_GROUPS = 100_000
_OTHERS = "(others)"
NOT_STATED = "(not stated)"


def _day(one: Audited) -> str:
    record = one.priced.record
    return record.labels.get(USED_AT, record.at.isoformat() if record.at else "")[:10]


def _month(one: Audited) -> str:
    return _day(one)[:7]


def _model(one: Audited) -> str:
    return one.priced.answer.offering or one.priced.record.model


def _provider(one: Audited) -> str:
    return one.priced.answer.offering.partition("/")[0] or one.priced.record.provider or ""


LABELS: Mapping[str, tuple[str, ...]] = {
    "team": ("team", "team_id", "organization", "workspace"),
    "key": ("key", "api_key", "key_id"),
    "project": ("project", "project_id", "cwd", "workspace"),
    "session": ("session", "session_id", "trace"),
}


def label_of(record: UsageRecord, way: str) -> str:
    """Whose a record is: the first of the labels that name its team, key, project or session; empty without one."""
    return next((record.labels[name] for name in LABELS[way] if name in record.labels), "")


WAYS: Mapping[str, Callable[[Audited], str]] = {
    "day": _day,
    "month": _month,
    "model": _model,
    "provider": _provider,
    "team": lambda one: label_of(one.priced.record, "team"),
    "key": lambda one: label_of(one.priced.record, "key"),
    "project": lambda one: label_of(one.priced.record, "project"),
    "session": lambda one: label_of(one.priced.record, "session"),
}


class RecordSums(NamedTuple):
    """So many records, how many of them have a price, and both sums in USD."""

    records: int
    priced: int
    logged: Decimal
    recomputed: Decimal


@dataclass
class Group:
    """The records that are alike in what they are told apart by, how many of them are priced, both sums in USD."""

    records: int = 0
    priced: int = 0
    logged: Decimal = Decimal(0)
    recomputed: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """By how much more was logged than it costs."""
        return WIDE.subtract(self.logged, self.recomputed)

    def add(self, some: RecordSums) -> None:
        """Add records."""
        self.records += some.records
        self.priced += some.priced
        self.logged = WIDE.add(self.logged, some.logged)
        self.recomputed = WIDE.add(self.recomputed, some.recomputed)


@dataclass
class Grouping:
    """Groups by the values of some WAYS; beyond a number of groups the rest are one."""

    ways: Sequence[str]
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)

    def count(self, one: Audited) -> None:
        """Add a record to its group, if it costs anything by the price book or by the file."""
        if one.logged is None and one.cost is None:
            return
        key = tuple(WAYS[way](one) or NOT_STATED for way in self.ways)
        self.add(key, RecordSums(1, int(one.cost is not None), one.logged or Decimal(0), one.cost or Decimal(0)))

    def add(self, key: tuple[str, ...], some: RecordSums) -> None:
        """Add records to the group of this key."""
        if key not in self.groups and len(self.groups) >= _MOST_GROUPS:
            key = (_OTHERS,) * len(self.ways)
        self.groups.setdefault(key, Group()).add(some)

    def rows(self) -> list[tuple[tuple[str, ...], Group]]:
        """The groups, in calendar order where they are told apart by time, else that of most money first."""
        times = [place for place, way in enumerate(self.ways) if way in ("day", "month")]

        def order(item: tuple[tuple[str, ...], Group]) -> tuple[list[str], Decimal, tuple[str, ...]]:
            values, group = item
            return [values[place] for place in times], -max(group.recomputed, group.logged), values

        return sorted(self.groups.items(), key=order)


def summed(groups: Iterable[Group]) -> Group:
    """All of these groups as one."""
    found = Group()
    for group in groups:
        found.add(RecordSums(group.records, group.priced, group.logged, group.recomputed))
    return found


def at_prices_of(day: datetime) -> RecordChange:
    """What moves records to a day, of which their price is wanted; a label tells when each was used."""

    def of_record(record: UsageRecord) -> UsageRecord:
        used = {USED_AT: record.at.isoformat()} if record.at else {}
        return replace(record, at=day, labels={**record.labels, **used})

    def of_columns(columns: RecordColumns) -> RecordColumns:
        labels = {name: texts for name, texts in columns.labels.items() if name != USED_AT}
        used = [moment.isoformat() for moment in columns.moments()]
        moved = np.full(len(columns), micros(day), np.int64)
        return replace(columns, at=moved, labels={**labels, USED_AT: used})

    return RecordChange(of_record, of_columns)
