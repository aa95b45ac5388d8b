"""Priced records as uses that an audit can look at: whose prices they pay, and whose they might have paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.contract_rates import Exchange
from llmpricing.domain.quotes.mistakes.audited_use import (
    HOME,
    AuditedUse,
    ChangedPrices,
    Surroundings,
    in_home,
    plain_prices,
)
from llmpricing.domain.quotes.mistakes.explaining import Figures, FiguresOfOne
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.services.names.name_history import Offered
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.publishing.published_prices import believed_before
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.audit.alike import AlikeFigures, AlikeUses, Around
from llmpricing.services.usage_log.bill import PricedRecord
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.kinds import PricedKind
from llmpricing.services.usage_log.pricer import LogPricer

_MOST_PLACES, _MOST_SELLERS, _MOST_MODELS, _MOST_BELIEVED = 8, 24, 12, 8
_MOST_KINDS = 10_000
_TICK = timedelta(microseconds=1)
_LEAST_SHARED = 4  # signs at the beginning of two ids, such as gpt-


class NoExchangeRate(LogError):
    """Something is charged in a currency that nobody said the worth of."""

    def __init__(self, currency: str, at: datetime | None, *, in_file: bool) -> None:
        day = f"{at:%Y-%m-%d}" if at else "DAY"
        add = f"llmpricing exchange add {currency} USD_PER_{currency} --from {day} --source WHO_SAYS_SO"
        step = f"State one, then audit again: {add}"
        if in_file:
            rate = f"{currency}=USD_PER_{currency}@{day}"
            step = (
                "This price book is a file, to which none can be added: make one with it, llmpricing book build "
                f"prices.book --exchange {rate}, then audit again with --book prices.book. Where your own price book "
                f"wrote the file, tell that one, {add}, and write the file anew: llmpricing book export FILE --force"
            )
        super().__init__(f"An amount is in {currency}, and no exchange rate of {day} is known. {step}")


@dataclass(frozen=True)
class _Alike:
    """What is known of the uses of one kind, by what their times and exchange rates decide around them."""

    kind: PricedKind
    around: Around
    uses: dict[tuple[object, ...], AlikeUses] = field(default_factory=dict)


def is_alike(record: UsageRecord) -> bool:
    """Whether others of the same kind differ from the record in nothing but counts and time."""
    return record.span is None and not record.context.extra and record.context.time_known


class AuditedUses:
    """Makes uses of the records that a pricer prices, each offering looked up once."""

    def __init__(self, reads: Reads, pricer: LogPricer) -> None:
        self._reads, self._pricer = reads, pricer
        self._names = names_of(reads, pricer.known)
        self._terms = terms_at(reads, pricer.known.book, pricer.recorded)
        self._prices: dict[int, ChangedPrices] = {}
        self._surroundings: dict[str, Surroundings] = {}
        self._alike: dict[int, _Alike] = {}  # by the identity of the kind, which is held in it

    @property
    def is_of_file(self) -> bool:
        """Whether the prices are those of a book in memory, to which nothing can be added."""
        return isinstance(self._reads, PriceBook)

    def exchanges(self, at: datetime) -> tuple[Exchange, ...]:
        """What currencies are worth in USD at a time."""
        return self._terms.exchanges(at)

    def in_home(self, amount: Decimal, currency: str, at: datetime | None, per_usd: Decimal | None = None) -> Decimal:
        """The amount in USD, by the file's own rate (``per_usd``) if there is no other; raises NoExchangeRate."""
        if currency == HOME or not amount:
            return amount
        worth = in_home(amount, currency, self.exchanges(at) if at else ())
        if worth is None and per_usd:
            worth = Fraction(amount) / Fraction(per_usd)
        if worth is None:
            raise NoExchangeRate(currency, at, in_file=self.is_of_file)
        return money(round(worth * 10**12))

    def book_per_usd(self, currency: str, at: datetime | None) -> Decimal | None:
        """How much of a currency a USD is by the price book's rate of that day; None without one."""
        worth = in_home(Decimal(1), currency, self.exchanges(at) if at else ())
        return None if not worth else WIDE.divide(Decimal(worth.denominator), Decimal(worth.numerator))

    def use(self, record: UsageRecord) -> AuditedUse | None:
        """The use that a record tells of; None where it has no prices."""
        if record.at is None or record.usage is None:
            return None
        found = self._pricer.found(record.model, record.provider, record.context, record.at)
        if not found.prices.prices:
            return None
        rates = tuple(rate for rate in found.rates if rate.valid_at(record.at))
        prices, around = self._plain(found.prices), self._around(found.prices.offering)
        return AuditedUse(record.usage, record.at, found.context, prices, rates, self.exchanges(record.at), around)

    def changes_within(self, record: UsageRecord) -> bool:
        """Whether what a sum of requests counts costs something else at the end of its days than at their beginning."""
        first = self.use(record)
        if first is None or record.at is None or not record.span:
            return False
        last = self.use(replace(record, at=record.at + record.span - _TICK))
        return last is not None and first.units() != last.units()

    def figures(self, priced: PricedRecord) -> Figures | None:
        """What mistakes make of a record's cost; None where it has no prices."""
        record, kind = priced.record, priced.kind
        if kind is None or record.at is None or record.usage is None or not is_alike(record):
            use = self.use(record)
            return FiguresOfOne(use) if use else None
        known = self._alike.get(id(kind))
        if known is None:
            use = self.use(record)
            if use is None:
                return None
            if len(self._alike) >= _MOST_KINDS:
                self._alike.clear()
            known = self._alike[id(kind)] = _Alike(kind, Around(use))
        key = (known.around.key(record.at), self.exchanges(record.at))
        if key not in known.uses:
            used = tuple(meter for meter, quantity in record.usage.stated.items() if quantity)
            known.uses[key] = AlikeUses(used)
        return AlikeFigures(known.uses[key], lambda: self._certain(record), record.usage.stated)

    def _certain(self, record: UsageRecord) -> AuditedUse:
        use = self.use(record)
        assert use is not None  # noqa: S101 - one like it has prices
        return use

    def _plain(self, prices: OfferingPrices) -> ChangedPrices:
        known = self._prices.get(id(prices))
        if known is None or known.original is not prices:
            known = self._prices[id(prices)] = plain_prices(prices)
        return known

    def _around(self, slug: str) -> Surroundings:
        if slug not in self._surroundings:
            self._surroundings[slug] = self._made(slug)
        return self._surroundings[slug]

    def _made(self, slug: str) -> Surroundings:
        own, recorded = self._names.offerings[slug], self._pricer.recorded
        alike = self._names.same_model(slug, recorded)
        places = [one for one in alike if one.provider == own.provider][:_MOST_PLACES]
        sellers = [one for one in alike if one.provider != own.provider][:_MOST_SELLERS]
        models = [one for one in self._near(own) if one not in alike][:_MOST_MODELS]
        return Surroundings(self._priced(places), self._priced(sellers), self._priced(models), self._believed(own))

    def _near(self, own: Offered) -> list[Offered]:
        """The seller's models whose ids begin as this one's does, those that share most first."""
        shared = {
            one: _shared(one.api_id, own.api_id)
            for one in self._names.offerings.values()
            if one.provider == own.provider and one != own and one.created_at <= self._pricer.recorded
        }
        near = [one for one, length in shared.items() if length >= _LEAST_SHARED]
        return sorted(near, key=lambda one: (-shared[one], len(one.api_id), one.slug))

    def _priced(self, offered: Iterable[Offered], known_at: datetime | None = None) -> dict[str, ChangedPrices]:
        ids = {one.id: one.slug for one in offered}
        found = prices_of(self._reads, self._pricer.known, known_at or self._pricer.recorded, ids) if ids else {}
        return {ids[number]: self._plain(prices) for number, prices in found.items() if prices.prices}

    def _believed(self, own: Offered) -> dict[str, ChangedPrices]:
        """What was believed of the offering's prices before, since a price of it was last recorded that is no more."""
        return {
            f"as believed {time:%Y-%m-%d}": prices
            for time in believed_before(self._reads, own.id, self._pricer.recorded)[:_MOST_BELIEVED]
            for prices in self._priced([own], time).values()
        }


def _shared(one: str, other: str) -> int:
    """With how many signs both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
