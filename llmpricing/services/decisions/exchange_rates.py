"""Exchange rates of currencies and sellers' own units to USD, from a day on, each with its source; on both clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.models import ExchangeRate
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.sources.reference_rates import DailyRate

HOME = "USD"


def set_exchange_rate(
    session: Session, by: Decider, currency: str, usd: Decimal, source: str, valid_from: datetime
) -> None:
    """Say that one unit of ``currency`` is worth ``usd`` from ``valid_from`` on; an earlier rate ends there.

    A later rate that stands already bounds this one. Raises DecisionRefused for USD itself and for a day that has one.
    """
    if currency == HOME:
        raise DecisionRefused("Everything is measured in USD: it needs no rate.")
    recorded = begin_change(session, by.at)
    until: datetime | None = None
    for row in exchange_rates(session, currency):
        start = row.valid.lower
        if start == valid_from:
            raise DecisionRefused(f"{currency} has a rate from that day already: USD {to_text(row.usd)}.")
        if start is not None and start > valid_from:
            until = min(until or start, start)
        elif row.reaches(valid_from):
            row.end(session, valid_from, recorded)
    valid: Range[datetime] = Range(valid_from, until, bounds="[)")
    session.add(ExchangeRate(currency=currency, usd=usd, source=source, valid=valid, recorded=since(recorded)))
    details = {"usd": to_text(usd), "source": source, "valid_from": valid_from.isoformat()}
    note_event(session, recorded, by.name, "exchange_rate_set", currency, note=by.note, **details)
    end_change(session, recorded)


class ImportedRates(NamedTuple):
    """How many daily rates came in, how many of them stood already, and how many days keep another rate of before."""

    new: int
    standing: int
    differing: int


def import_exchange_rates(
    session: Session, by: Decider, rates: Iterable[DailyRate], source: str, since_day: date
) -> ImportedRates:
    """Say what currencies were worth from each of these days on, until the next rate of the currency.

    A day that has a rate keeps it, whoever stated it. Nothing changes where all stand already: no price goes cold.
    """
    wanted: dict[str, dict[datetime, Decimal]] = {}
    for rate in rates:
        if rate.on >= since_day:
            wanted.setdefault(rate.currency, {})[datetime.combine(rate.on, time(), UTC)] = rate.usd
    standing: dict[str, dict[datetime | None, ExchangeRate]] = {}
    for row in exchange_rates(session):
        standing.setdefault(row.currency, {})[row.valid.lower] = row
    counts = [_compare(days, standing.get(currency, {})) for currency, days in wanted.items()]
    found = ImportedRates(*(sum(of) for of in zip(*counts, strict=True))) if counts else ImportedRates(0, 0, 0)
    if found.new:
        recorded = begin_change(session, by.at)
        for currency, days in wanted.items():
            _add(session, currency, days, standing.get(currency, {}), source, recorded)
        details = {"currencies": sorted(wanted), "new": found.new, "from": since_day.isoformat()}
        note_event(session, recorded, by.name, "exchange_rates_imported", source, note=by.note, **details)
        end_change(session, recorded)
    return found


def _compare(days: Mapping[datetime, Decimal], standing: Mapping[datetime | None, ExchangeRate]) -> ImportedRates:
    there = [standing[day].usd == usd for day, usd in days.items() if day in standing]
    return ImportedRates(len(days) - len(there), sum(there), len(there) - sum(there))


def _add(
    session: Session,
    currency: str,
    days: Mapping[datetime, Decimal],
    standing: Mapping[datetime | None, ExchangeRate],
    source: str,
    recorded: datetime,
) -> None:
    """The new days of a currency; what held until now over one of them ends there."""
    new = sorted(days.keys() - standing.keys())
    for row in standing.values():
        after = bisect_right(new, row.valid.lower) if row.valid.lower else 0
        if after < len(new) and row.reaches(new[after]):
            row.end(session, new[after], recorded)
    starts = sorted({*new, *(start for start in standing if start)})
    ends = dict(pairwise([*starts, None]))
    session.add_all(
        ExchangeRate(
            currency=currency,
            usd=days[start],
            source=source,
            valid=Range(start, ends[start], bounds="[)"),
            recorded=since(recorded),
        )
        for start in new
    )


def exchange_rates(session: Session, currency: str | None = None) -> Sequence[ExchangeRate]:
    """The rates as they are believed now, by currency and day."""
    query = select(ExchangeRate).where(ExchangeRate.current())
    if currency is not None:
        query = query.where(ExchangeRate.currency == currency)
    return session.scalars(query.order_by(ExchangeRate.currency, func.lower(ExchangeRate.valid))).all()
