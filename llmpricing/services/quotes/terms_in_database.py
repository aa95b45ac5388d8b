"""The SQL of contract rates and exchange rates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import ContractRateRow, ExchangeRate
from llmpricing.services.quotes import terms


@terms.rates_named.in_database
def rates_named(session: Session, ids: Collection[int]) -> Iterable[Any]:
    """The contract rates of these ids."""
    return session.scalars(select(ContractRateRow).where(ContractRateRow.id.in_(ids)))


@terms.believed_rates.in_database
def believed_rates(session: Session, recorded: datetime) -> Iterable[Any]:
    """The contract rates that were believed at a time."""
    return session.scalars(select(ContractRateRow).where(ContractRateRow.believed_at(recorded)))


@terms.believed_exchanges.in_database
def believed_exchanges(session: Session, recorded: datetime) -> Iterable[Any]:
    """What currencies were believed to be worth at a time."""
    return session.scalars(select(ExchangeRate).where(ExchangeRate.believed_at(recorded)))
