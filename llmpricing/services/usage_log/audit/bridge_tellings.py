"""What each file of an invoice tells, so that the same charges in two files of one seller are counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes.explaining import places_of
from llmpricing.services.usage_log.audit.bridge_kinds import kind_of, tool_place
from llmpricing.services.usage_log.audit.bridge_names import BridgeNames
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.charged_for import is_fee
from llmpricing.services.usage_log.formats.record import NO_FILE, FileTold, OutcomeKind, UsageRecord

_NOTHING = Decimal(0)
_REQUEST = timedelta(microseconds=1)
Labels = tuple[tuple[str, str], ...]


class Teller(NamedTuple):
    """A file as it tells of one seller: what is charged, or, of ``is_usage``, how much was used."""

    seller: str
    is_usage: bool
    file: FileTold


class Subject(NamedTuple):
    """What lines of a file are about, as far as they say it: all of one subject are summed up. ``is_beside`` where they
    are of no usage, such as a tax.
    """

    days: str
    model: str
    what: str
    tier: str
    labels: Labels
    is_beside: bool = False


@dataclass(slots=True)
class ToldAmount:
    """How much is told: its ``money`` in USD, and the ``amount`` by which it is compared, which of usage is a count; in
    so many lines, of which so many bear an id, from when to when, their figures written with at most so many
    ``places``.
    """

    money: Decimal = _NOTHING
    amount: Decimal = _NOTHING
    lines: int = 0
    ids: int = 0
    places: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, other: ToldAmount) -> None:
        """Add what others tell."""
        self.money, self.amount = WIDE.add(self.money, other.money), WIDE.add(self.amount, other.amount)
        self.lines, self.ids = self.lines + other.lines, self.ids + other.ids
        self.places = max(self.places, other.places)
        if other.first and other.last:
            self.first = min(self.first or other.first, other.first)
            self.last = max(self.last or other.last, other.last)


class Repeats(NamedTuple):
    """Lines of a file that stand in one before it too, by their ids or as a copy, and their money in USD."""

    seller: str
    file: FileTold
    lines: int
    money: Decimal


@dataclass
class Tellings:
    """Collects what each file tells. Memory grows with the days, models, kinds and labels of the files, not with their
    lines.
    """

    names: BridgeNames
    told: dict[Teller, dict[Subject, ToldAmount]] = field(default_factory=lambda: defaultdict(dict))
    _repeated: dict[tuple[str, FileTold], ToldAmount] = field(default_factory=lambda: defaultdict(ToldAmount))
    _labels: dict[Labels, Labels] = field(default_factory=dict)

    def count(self, one: Audited) -> None:
        """Add a line of a file, whose verdict does not matter."""
        record = one.priced.record
        if record.source == NO_FILE or (record.span is None and record.record_id is not None):
            return  # requests are told apart by their ids
        added = _told(one)
        if not added.amount:
            return
        teller, subject = self.subject_of(one)
        if one.priced.outcome.kind is OutcomeKind.REPEATED:
            self._repeated[teller.seller, teller.file].add(added)
        else:
            self.told[teller].setdefault(subject, ToldAmount()).add(added)

    def subject_of(self, one: Audited) -> tuple[Teller, Subject]:
        """Of what, and in which file, a line tells."""
        record, spot = one.priced.record, self.names.place(one)
        charged_for = kind_of(record.charged_for) if record.charged_for else ""
        tool = tool_place(charged_for) if is_fee(charged_for) else ""
        by = {} if tool in ("", spot.model) else {"called by": spot.model}  # which not all files tell of a tool's fees
        labels = tuple(sorted({**record.labels, **by}.items()))
        subject = Subject(
            spot.day,
            tool or spot.model,
            charged_for or record.charged_as,
            _tier(record),
            self._labels.setdefault(labels, labels),
            bool(record.outcome.beside),
        )
        return Teller(spot.seller, record.charged is None, record.source), subject

    @property
    def repeated(self) -> Sequence[Repeats]:
        """What of each file was told before by ids, or as a copy."""
        found = sorted(self._repeated.items(), key=lambda item: item[0])
        return [Repeats(seller, file, one.lines, one.money) for (seller, file), one in found]

    @property
    def by_seller(self) -> Iterable[Mapping[Teller, Mapping[Subject, ToldAmount]]]:
        """What files tell of one seller, charges and usage by themselves, if several files do."""
        found: dict[tuple[str, bool], dict[Teller, Mapping[Subject, ToldAmount]]] = defaultdict(dict)
        for teller, told in sorted(self.told.items(), key=lambda item: item[0]):
            found[teller.seller, teller.is_usage][teller] = told
        return [some for some in found.values() if len(some) > 1]


def _told(one: Audited) -> ToldAmount:
    record = one.priced.record
    last = record.at and record.at + (record.span or _REQUEST)
    ids = int(record.record_id is not None)
    if record.charged is not None:
        money = one.logged or _NOTHING
        return ToldAmount(money, money, 1, ids, places_of(record.charged), record.at, last)
    count = sum((Decimal(share) for share in record.usage.leaves), _NOTHING) if record.usage else _NOTHING
    return ToldAmount(one.cost or _NOTHING, count, 1, ids, 0, record.at, last)


def _tier(record: UsageRecord) -> str:
    told = record.context.service_tier or (record.usage and record.usage.service_tier) or STANDARD
    return "" if told == STANDARD else told
