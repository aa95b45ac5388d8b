"""The audit of a log: both sums, and the causes of what lies between them, whose money sums to it exactly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.services.usage_log.audit.effects import EffectSums
from llmpricing.services.usage_log.audit.groups import Grouping, RecordSums
from llmpricing.services.usage_log.audit.verdicts import Audited, AuditVerdict, FigureKind, FinestPlaces, figure_kind
from llmpricing.services.usage_log.bill import Bill
from llmpricing.services.usage_log.formats.record import UsageRecord

_STEP = 10_000
_ORDER = {name: place for place, name in enumerate((*causes.BY_CAUSE, *causes.OTHER_TITLES))}


class TallyKey(NamedTuple):
    """What records are summed up by: the causes that explain them, and what these hang on; the ``figures`` that are
    written alike are those of sums or of requests in one currency.
    """

    causes: tuple[str, ...]
    reason: str = ""
    decimals: int | None = None
    otherwise: tuple[str, ...] = ()
    figures: FigureKind = (False, HOME)


@dataclass
class Tally:
    """Records of one key: how many, by how much more was logged than they cost, and the one that differs most."""

    records: int = 0
    money: Decimal = Decimal(0)
    example: Audited | None = None

    def count(self, one: Audited, *, is_noise: bool = False) -> None:
        """Add a record; one that is right but for noise adds its money alone."""
        self.money = WIDE.add(self.money, one.difference)
        if not is_noise:
            self.records += 1
            self.example = _larger(self.example, one)

    def add(self, other: Tally) -> None:
        """Add the records of another tally."""
        self.records += other.records
        self.money = WIDE.add(self.money, other.money)
        if other.example is not None:
            self.example = _larger(self.example, other.example)


def _larger(one: Audited | None, other: Audited) -> Audited:
    """The better example: that of the larger difference, whatever the order of the log."""
    if one is None:
        return other
    own, its = abs(one.difference), abs(other.difference)
    if own == its:
        return max(one, other, key=lambda it: told(it.priced.record))
    return one if own > its else other


def told(record: UsageRecord) -> tuple[str, str]:
    """By what the last of several records that differ as much is their example."""
    return record.record_id or "", f"{record.at} {record.model} {record.usage}"


@dataclass(frozen=True)
class CauseRow:
    """What one cause accounts for: ``money`` is what was logged too much by it, ``share`` its part of all that differs.
    ``also`` are the causes that give the same figures.
    """

    name: str
    title: str
    records: int
    money: Decimal
    share: Decimal
    also: tuple[str, ...] = ()
    example: Audited | None = None


@dataclass
class AuditReport:
    """What was found of a number of records, whatever their order. ``logged`` and ``recomputed`` are in USD.

    ``compared`` are the records that state a cost and have a price, ``right`` those of them that are so but for noise.
    """

    groupings: Sequence[Grouping] = ()
    days: Grouping = field(default_factory=lambda: Grouping(("day",)))
    bill: Bill = field(default_factory=Bill)
    logged: Decimal = Decimal(0)
    recomputed: Decimal = Decimal(0)
    logged_records: int = 0
    compared: int = 0
    right: int = 0
    effects: EffectSums = field(default_factory=EffectSums)
    _tallies: dict[TallyKey, Tally] = field(default_factory=lambda: defaultdict(Tally))
    finest: FinestPlaces = field(default_factory=FinestPlaces)

    def count(self, one: Audited) -> None:
        """Add a record."""
        self.bill.count(one.priced)
        self.add(one)

    def add(self, one: Audited) -> None:
        """Add a record that the bill counts already."""
        self.logged = WIDE.add(self.logged, one.logged or Decimal(0))
        self.recomputed = WIDE.add(self.recomputed, one.cost or Decimal(0))
        record = one.priced.record
        figures = figure_kind(record)
        if record.charged is not None:
            self.logged_records += 1
            self.finest.count(record)
        self.compared += one.cost is not None and one.logged is not None
        found = one.verdict
        if found.causes:
            reason = found.detail if found.causes == (causes.NOT_BILLED,) else ""
            self._tallies[TallyKey(found.causes, reason, found.decimals, found.otherwise, figures)].count(one)
        else:
            self.right += one.priced.cost is not None and one.logged is not None
            if one.difference:
                self._tallies[TallyKey((causes.ROUNDING,))].count(one, is_noise=True)
        if one.cost is not None:
            self.effects.count(one.effects, one.cost)
        for grouping in self.all_groupings:
            grouping.count(one)

    def add_right(self, right: RecordSums, amounts: Iterable[Decimal]) -> None:
        """Add records of single requests that are right but for noise, of these amounts, to all but the groupings; the
        bill counts them already.
        """
        self.logged = WIDE.add(self.logged, right.logged)
        self.recomputed = WIDE.add(self.recomputed, right.recomputed)
        self.logged_records += right.records
        self.compared += right.records
        self.right += right.records
        self.finest.add((False, HOME), amounts)
        if noise := WIDE.subtract(right.logged, right.recomputed):
            tally = self._tallies[TallyKey((causes.ROUNDING,))]
            tally.money = WIDE.add(tally.money, noise)
        self.effects.add_plain(right.recomputed)

    def add_unlogged(self, records: int, cost: Decimal, example: Audited | None) -> None:
        """Add records of single requests of which nothing was logged, to all but the groupings: so many that cost
        something, and the ``example`` of them.
        """
        self.recomputed = WIDE.add(self.recomputed, cost)
        self.effects.add_plain(cost)
        if example is not None:
            self._tallies[TallyKey((causes.NOT_LOGGED,))].add(Tally(records, WIDE.minus(cost), example))

    @property
    def all_groupings(self) -> Sequence[Grouping]:
        """Those that were asked for, and the days."""
        return (*self.groupings, self.days)

    @property
    def is_logged(self) -> bool:
        """Whether the files say of any record what it cost."""
        return self.logged_records > 0

    @property
    def difference(self) -> Decimal:
        """By how much more was logged than it costs, exactly."""
        return WIDE.subtract(self.logged, self.recomputed)

    @property
    def deviation(self) -> Decimal | None:
        """The difference as a part of what it costs; None where it costs nothing."""
        return self.difference / self.recomputed if self.recomputed else None

    def is_beyond(self, tolerance: Decimal) -> bool:
        """Whether the difference is more than this part of what it costs; never where no record states a cost and has a
        price, for nothing is compared then.
        """
        return self.compared > 0 and abs(self.difference) > tolerance * abs(self.recomputed)

    def causes(self) -> list[CauseRow]:
        """The causes, that of most money first; their money sums to the difference exactly."""
        decided = {key: self._decided(key) for key in self._tallies}
        sure, likely = self._commonest(decided)
        found: dict[tuple[str, str], Tally] = defaultdict(Tally)
        also: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key, names in decided.items():
            name = max(names, key=lambda one: (sure[one], likely[one], -_place(one)))
            found[name, key.reason].add(self._tallies[key])
            also[name, key.reason].update(set(names) - {name})
        gross = sum((abs(tally.money) for tally in found.values()), Decimal(0))
        rows = [
            CauseRow(
                name,
                f"{causes.title_of(name)}{f': {reason}' if reason else ''}",
                tally.records,
                tally.money,
                abs(tally.money) / gross if gross else Decimal(0),
                tuple(sorted(also[name, reason], key=_place)),
                tally.example,
            )
            for (name, reason), tally in found.items()
        ]
        return sorted(
            (row for row in rows if row.money or row.records), key=lambda row: (-abs(row.money), row.name, row.title)
        )

    def _decided(self, key: TallyKey) -> tuple[str, ...]:
        """The causes of a key, now that it is known how finely the files' figures are written."""
        verdict = AuditVerdict(key.causes, "", key.decimals, key.otherwise)
        return verdict.decided(self.finest.of(key.figures)).causes

    def _commonest(self, decided: Mapping[TallyKey, Sequence[str]]) -> tuple[Counter[str], Counter[str]]:
        """How many records each cause alone explains, and how many it may explain."""
        sure: Counter[str] = Counter()
        likely: Counter[str] = Counter()
        for key, names in decided.items():
            for name in names:
                likely[name] += self._tallies[key].records
                sure[name] += self._tallies[key].records if len(names) == 1 else 0
        return sure, likely


def _place(name: str) -> int:
    return _ORDER.get(name.partition(causes.TOGETHER)[0], len(_ORDER))


Take = Callable[[Audited], None]


def audit_of(
    audited: Iterable[Audited],
    groupings: Sequence[Grouping] = (),
    progress: Callable[[int], None] = lambda rows: None,
    each: Take = lambda one: None,
) -> AuditReport:
    """The audit of all records, in constant memory but for its groups; ``each`` is handed every one, in order."""
    report = AuditReport(groupings)
    for one in audited:
        report.count(one)
        each(one)
        if not report.bill.rows % _STEP:
            progress(_STEP)
    progress(report.bill.rows % _STEP)
    return report
