"""From "what holds from each change on" to statements: equal neighbours are one segment, a missing value ends one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.money import to_text
from llmpricing.domain.observations import Basis, DatedPrice, State, Statement


@dataclass(frozen=True, slots=True)
class ListRate:
    """What one meter costs under one set of conditions; no amount means: not offered."""

    amount: Decimal | None
    per: int
    raw: str | None = None
    basis: Basis = Basis.UNDATED
    source_url: str | None = None
    minimum_quantity: Decimal | None = None
    currency: str = "USD"
    first_seen: datetime | None = None

    def segment(self, valid_from: datetime | None) -> DatedPrice:
        """The same as a segment that is open at its end; 0 means free."""
        state = State.NOT_OFFERED if self.amount is None else State.PRICED if self.amount else State.FREE
        return DatedPrice(
            state=state,
            amount=None if self.amount is None else Decimal(to_text(self.amount)),
            per=self.per,
            currency=self.currency,
            valid_from=valid_from,
            basis=Basis.UNDATED if valid_from is None else self.basis,
            source_url=self.source_url,
            raw=self.raw,
            minimum_quantity=self.minimum_quantity,
            first_seen=self.first_seen,
        )

    def same_price(self, other: ListRate) -> bool:
        """Whether a change from one to the other is none that anybody pays for."""
        return (self.amount, self.per, self.currency, self.minimum_quantity) == (
            other.amount,
            other.per,
            other.currency,
            other.minimum_quantity,
        )


ListRates = dict[tuple[str, Conditions], ListRate]  # by meter's slug and conditions


Rates = Mapping[tuple[str, Conditions], ListRate]  # (meter, conditions) -> rate, at one time


def statements(changes: Iterable[tuple[datetime | None, Rates]]) -> tuple[Statement, ...]:
    """Statements of rates that hold from each change to the next; their times ascend, None (always) comes first."""
    segments: dict[tuple[str, Conditions], list[DatedPrice]] = {}
    running: dict[tuple[str, Conditions], ListRate] = {}
    for changed_at, rates in changes:
        for key in [key for key in running if key not in rates]:
            _close(segments[key], changed_at)
            del running[key]
        for key, rate in rates.items():
            before = running.get(key)
            if before and before.same_price(rate):
                continue
            if before:
                _close(segments[key], changed_at)
            running[key] = rate
            segments.setdefault(key, []).append(rate.segment(changed_at))
    return tuple(Statement(meter, when, tuple(found)) for (meter, when), found in segments.items())


def _close(segments: list[DatedPrice], until: datetime | None) -> None:
    segments[-1] = replace(segments[-1], valid_until=until)
