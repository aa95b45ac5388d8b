"""Short ways to write what sources state: days, values and observations."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.timelines import Observation


@pytest.fixture
def day():
    """``day("2026-01-31")`` is 00:00 UTC of that day; a time of day may follow."""
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def usd(day):
    """A segment in USD per million units; 0 is free, "none" is not offered."""

    def build(amount: str, since: str | None = None, until: str | None = None) -> DatedPrice:
        value = None if amount == "none" else Decimal(amount)
        state = State.NOT_OFFERED if value is None else State.PRICED if value else State.FREE
        return DatedPrice(
            state=state,
            amount=value,
            per=1_000_000,
            valid_from=day(since) if since else None,
            valid_until=day(until) if until else None,
            basis=Basis.DOCUMENTED if since else Basis.UNDATED,
        )

    return build


@pytest.fixture
def seen(day, usd):
    """What a source said on a day; amounts become undated segments, no segment means withdrawn."""

    def build(source: str, on: str, *segments: DatedPrice | str) -> Observation:
        segments = tuple(usd(segment) if isinstance(segment, str) else segment for segment in segments)
        return Observation(source, day(on), source in ("genai-prices", "model-prices"), segments)

    return build


@pytest.fixture
def periods():
    """Rows as (amount, first day, day after the last, basis), short enough to compare by eye."""

    def read(rows):
        return [
            (
                _amount(row.segment),
                row.segment.valid_from and row.segment.valid_from.date().isoformat(),
                row.segment.valid_until and row.segment.valid_until.date().isoformat(),
                row.segment.basis.value,
            )
            for row in rows
        ]

    return read


def _amount(segment: DatedPrice) -> str:
    if segment.state is State.UNKNOWN:
        return "?"
    return "none" if segment.amount is None else format(segment.amount, "f")
