"""What one side says of the usage at one place: how much of each kind, what that costs, and by which tiers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.audit.bridge_kinds import kind_of
from llmpricing.services.usage_log.formats.record import UsageRecord

_FINEST = Decimal("1e-12")
_OF_REQUESTS = "requests"
Amounts = dict[str, Decimal]  # by kind


def amounts() -> Amounts:
    """Nothing of any kind."""
    return defaultdict(Decimal)


@dataclass
class Used:
    """Usage by kind: its ``money`` in USD, its ``counts`` (tokens, calls), and the ``tiers`` that its records tell,
    "" for those that tell none; the first of them is the ``example``. Kinds are ``over_changes`` that a record sums up
    over days of several prices: its own money is by that of the first.
    """

    money: Amounts = field(default_factory=amounts)
    counts: Amounts = field(default_factory=amounts)
    tiers: set[str] = field(default_factory=set)
    over_changes: set[str] = field(default_factory=set)
    example: UsageRecord | None = None

    def count(self, record: UsageRecord, parts: Mapping[str, Decimal], *, is_over_change: bool = False) -> None:
        """Add a record, of which each kind costs so much; ``is_over_change`` if its price changes within its days."""
        self.over_changes |= parts.keys() if is_over_change else set()
        self.example = self.example or record
        told = record.usage and record.usage.service_tier
        self.tiers.add(record.context.service_tier or told or "")
        for kind, money in parts.items():
            self.money[kind] = WIDE.add(self.money[kind], money)
        for kind, number in _counts(record).items():
            self.counts[kind] += number

    def merge(self, other: Used, names: Mapping[str, str] | None = None) -> None:
        """Add another's, with other names of kinds."""
        for own, its in ((self.money, other.money), (self.counts, other.counts)):
            for kind, amount in its.items():
                name = (names or {}).get(kind, kind)
                own[name] = WIDE.add(own[name], amount)
        self.over_changes |= {(names or {}).get(kind, kind) for kind in other.over_changes}
        self.tiers |= other.tiers
        self.example = self.example or other.example

    def split(self, kind: str) -> tuple[Used, Used]:
        """What is of a kind, and the rest."""
        own, rest = (
            Used(tiers=set(self.tiers), over_changes=set(self.over_changes), example=self.example) for _ in range(2)
        )
        for name in self.money.keys() | self.counts.keys():
            to = own if name == kind else rest
            for theirs, mine in ((self.money, to.money), (self.counts, to.counts)):
                if name in theirs:
                    mine[name] = theirs[name]
        return own, rest

    def drop(self, kind: str) -> None:
        """Take a kind out of it."""
        self.money.pop(kind, None)
        self.counts.pop(kind, None)

    def agrees(self, other: Used, kind: str) -> bool:
        """Whether both count as much of a kind; by what it costs where one does not count it."""
        if kind in self.counts and kind in other.counts:
            return self.counts[kind] == other.counts[kind]
        return self.money.get(kind) == other.money.get(kind)

    def cost_at(self, log: Used, kind: str) -> Decimal:
        """What this count costs at the rates that the log's own pays, by its days and tiers: where both count as much,
        a price changes within a record's days, or both tell different tiers and one tells none for some, so that the
        tier is no other quantity. Else what it costs by itself.
        """
        own, count, theirs = self.money[kind], self.counts.get(kind), log.counts.get(kind)
        if not count or not theirs or kind not in log.money:
            return own
        if count == theirs:
            return log.money[kind]
        is_of_log_s_tiers = self._named != log._named and "" in self.tiers | log.tiers
        if not (is_of_log_s_tiers or kind in self.over_changes):
            return own
        return WIDE.quantize(WIDE.divide(WIDE.multiply(log.money[kind], count), theirs), _FINEST)

    @property
    def _named(self) -> set[str]:
        return {tier or STANDARD for tier in self.tiers}


def _counts(record: UsageRecord) -> Mapping[str, Decimal]:
    """How much of each kind a record counts; of the one that a line of an invoice is about, all of it."""
    found = amounts()
    if record.usage is None:
        return found
    for meter, share in zip(record.usage.keys, record.usage.leaves, strict=True):
        if meter != _OF_REQUESTS:
            found[kind_of(record.charged_for or meter)] += Decimal(share)
    return found
