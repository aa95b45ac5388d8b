"""Contract rates and exchange rates, as they were recorded at one time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, RateIdError
from llmpricing.domain.times import TimeSpan
from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.price_book import BookRead, Reads

_WILD = "*?["


@dataclass(frozen=True, slots=True)
class _GlobRate:
    provider: str
    glob: str
    rate: ContractRate

    @property
    def precedence(self) -> tuple[bool, int, int]:
        """A named model comes before a glob, a longer glob before a shorter one, a newer rate before an older one."""
        return any(sign in self.glob for sign in _WILD), -len(self.glob), -self.rate.id


class Currencies:
    """Exchange rates with the times that they hold: a quote costs one look, be they years of a central bank's."""

    def __init__(self, rates: Iterable[tuple[TimeSpan, Exchange]] = ()) -> None:
        self._rates = tuple(rates)
        self._changes = sorted({time for valid, _ in self._rates for time in (valid.lower, valid.upper) if time})
        self._between: dict[int, tuple[Exchange, ...]] = {}

    def __len__(self) -> int:
        return len(self._rates)

    def at(self, at: datetime) -> tuple[Exchange, ...]:
        """What each currency is worth then; the same tuple between two changes."""
        place = bisect_right(self._changes, at)
        if place not in self._between:
            self._between[place] = tuple(exchange for valid, exchange in self._rates if at in valid)
        return self._between[place]


@dataclass(frozen=True)
class RecordedTerms:
    """What this installation agreed with all providers, and what currencies are worth."""

    contracts: tuple[_GlobRate, ...]
    currencies: Currencies

    def rates(self, provider: str, api_id: str) -> tuple[ContractRate, ...]:
        """The rates for an offering, valid at any time, in order of precedence."""
        if not self.contracts:
            return ()
        return tuple(a.rate for a in self.contracts if a.provider == provider and fnmatchcase(api_id, a.glob))

    def rates_at(self, slug: str, at: datetime) -> tuple[ContractRate, ...]:
        """The rates for the offering of this id (``provider/api-id``) that hold then, in order of precedence."""
        provider, _, api_id = slug.partition("/")
        return tuple(rate for rate in self.rates(provider, api_id) if rate.valid_at(at))

    def named(self, ids: Collection[int], provider: str, api_id: str) -> tuple[ContractRate, ...]:
        """Those of these ids, whenever they are valid; raises RateIdError for an id that is none of the offering's."""
        rates = [rate for rate in self.rates(provider, api_id) if rate.id in ids]
        if missing := set(ids) - {rate.id for rate in rates}:
            raise RateIdError(missing)
        return tuple(replace(rate, valid_from=None, valid_until=None) for rate in rates)

    def exchanges(self, at: datetime) -> tuple[Exchange, ...]:
        """What each currency is worth in USD at a time."""
        return self.currencies.at(at)


_read_before: Memory[tuple[str, datetime], RecordedTerms] = Memory(
    64, lambda terms: SMALL + 300 * (len(terms.contracts) + len(terms.currencies))
)


def terms_at(reads: Reads, book: str, recorded: datetime) -> RecordedTerms:
    """What was recorded at ``recorded``, which must not lie after the price book's last change."""
    return _read_before.remember((book, recorded), lambda: _read(reads, recorded))


def rates_by_id(reads: Reads, ids: Collection[int]) -> RecordedTerms:
    """What was agreed by the rates of these ids, whether it still is or not."""
    if not ids:
        return RecordedTerms((), Currencies())
    return RecordedTerms(_in_precedence(rates_named(reads, ids)), Currencies())


def _in_precedence(rows: Iterable[Any]) -> tuple[_GlobRate, ...]:
    return tuple(sorted((_agreed(row) for row in rows), key=lambda found: found.precedence))


def _read(reads: Reads, recorded: datetime) -> RecordedTerms:
    worth = Currencies((row.valid, _exchange(row)) for row in believed_exchanges(reads, recorded))
    return RecordedTerms(_in_precedence(believed_rates(reads, recorded)), worth)


@BookRead
def rates_named(book: PriceBook, ids: Collection[int]) -> Iterable[Any]:
    """The rows of the contract rates of these ids."""
    return book.records("own_rate", ids)


@BookRead
def believed_rates(book: PriceBook, recorded: datetime) -> Iterable[Any]:
    """The rows of the contract rates that were believed at a time."""
    return (row for row in book.records("own_rate") if recorded in row.recorded)


@BookRead
def believed_exchanges(book: PriceBook, recorded: datetime) -> Iterable[Any]:
    """The rows of what currencies were believed to be worth at a time."""
    return (row for row in book.records("exchange_rate") if recorded in row.recorded)


def _agreed(row: Any) -> _GlobRate:
    rate = ContractRate(
        row.id,
        row.discount,
        row.meter,
        row.amount,
        row.per_quantity or 1_000_000,
        row.currency,
        row.valid.lower,
        row.valid.upper,
    )
    return _GlobRate(row.provider, row.api_id_glob, rate)


def _exchange(row: Any) -> Exchange:
    since = row.valid.lower or row.recorded.lower
    assert since is not None, "a rate is recorded at some time"  # noqa: S101 - the database refuses others
    return Exchange(row.currency, "USD", row.usd, since.date(), row.source)
