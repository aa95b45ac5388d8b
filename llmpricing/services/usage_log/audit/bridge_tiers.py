"""A charge that is right but for its tier: what the same counts cost in another one, with the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.audit.bridge_cells import Cell
from llmpricing.services.usage_log.audit.bridge_kinds import title_of_kind
from llmpricing.services.usage_log.audit.bridge_matching import ComparedKinds
from llmpricing.services.usage_log.audit.bridge_used import Used
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.formats.counts import usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord

_NOTHING = Decimal(0)
_MILLION = Decimal(1_000_000)
_EXACT = Decimal("1e-9")  # what sums of requests, each rounded by itself, may differ by


class OtherTier(NamedTuple):
    """Which tier is charged, several where they cost the same, and how both prices come about."""

    tier: str
    arithmetic: str


class TierPrices:
    """Prices counts in other tiers than those of the records that counted them."""

    def __init__(self, uses: AuditedUses) -> None:
        self._uses = uses

    def charged(self, one: ComparedKinds, cell: Cell, noise: Decimal) -> OtherTier | None:
        """The tier in which the same counts cost what is charged for them, if the log's records are of another; None
        where there is none, or nobody counts them. ``noise`` is what rounding may make of the charge.
        """
        record, counts = cell.logged.example, _counts(one, cell)
        if record is None or not counts or one.charge is None:
            return None
        own = sorted({tier or STANDARD for tier in cell.logged.tiers})
        asked, least = one.charge.money, max(noise, _EXACT)
        found = [
            tier
            for tier in self._offered(record)
            if own != [tier]
            and (cost := self._cost(record, tier, counts)) is not None
            and abs(WIDE.subtract(asked, cost)) <= least
        ]
        if not found:
            return None
        lines = [f"{tier}: {self._arithmetic(record, tier, counts)}" for tier in (found[0], *own)]
        return OtherTier(" or ".join(found), "; ".join(lines))

    def _offered(self, record: UsageRecord) -> Iterator[str]:
        use = self._uses.use(record)
        yield from (STANDARD, *use.prices.offered_tiers) if use else ()

    def _cost(self, record: UsageRecord, tier: str, counts: Mapping[str, Decimal]) -> Decimal | None:
        costs = [self._of_kind(record, tier, kind, number) for kind, number in counts.items()]
        known = [cost for cost in costs if cost is not None]
        return sum(known, _NOTHING) if len(known) == len(costs) else None

    def _of_kind(self, record: UsageRecord, tier: str, kind: str, number: Decimal) -> Decimal | None:
        whole = "output_tokens" if kind.startswith("output") else "input_tokens"
        try:
            usage = usage_of({whole: number, kind: number}, is_sum=True)
        except UsageError:
            return None
        context = record.context._replace(service_tier=tier, ruled_out=())
        use = self._uses.use(replace(record, usage=usage, context=context))
        units = use.units() if use else None
        return None if units is None else money(units)

    def _arithmetic(self, record: UsageRecord, tier: str, counts: Mapping[str, Decimal]) -> str:
        """Such as "2,000,000 input at 1 a million = USD 2"."""
        parts = []
        for kind, number in counts.items():
            rate, cost = (self._of_kind(record, tier, kind, some) or _NOTHING for some in (_MILLION, number))
            parts.append(f"{number:,f} {title_of_kind(kind)} at {to_text(rate)} a million = USD {to_text(cost)}")
        return " + ".join(parts)


def _counts(one: ComparedKinds, cell: Cell) -> Mapping[str, Decimal]:
    """How many tokens of each kind the seller states, else the log; nothing where both do of some kind alone."""
    sides = [cell.told_by(kind) if one.counted else cell.logged for kind in one.kinds]
    found = {kind: _count(side, kind) for kind, side in zip(one.kinds, sides, strict=True)}
    is_whole = all(number and kind.endswith("_tokens") for kind, number in found.items())
    return {kind: Decimal(number) for kind, number in found.items()} if is_whole else {}


def _count(side: Used, kind: str) -> Decimal:
    number = side.counts.get(kind, _NOTHING)
    return Decimal(int(number)) if number == int(number) else number
