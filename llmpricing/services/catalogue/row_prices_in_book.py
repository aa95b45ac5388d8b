"""The prices of a row of the list out of a book in memory, own and borrowed ones, as row_prices has them in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import NamedTuple, TypeVar

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.standing_on import StoodOn
from llmpricing.domain.times import EPOCH, micros
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks

_STATES = ("priced", "free", "included", "subscription", "not_offered")  # the first that a price has is the row's
_INPUT = "input_tokens"
_ROUNDING = Decimal("0.005")
_EXACT = Context(prec=1_000)
_TOLD = (
    "offering_id",
    "state",
    "condition_key",
    "meter",
    "currency",
    "source_id",
    "per_quantity",
    "service_tier",
    "region",
)
_First = TypeVar("_First")


class ValidPrice(NamedTuple):
    """What counts of a price that is valid and believed."""

    amount: Decimal | None
    since: datetime | None
    is_plain: bool  # without conditions that name anything beside tier, place, step and hours
    offering: int
    state: str
    key: str
    meter: str
    currency: str
    source: int
    per: int
    tier: str
    region: str

    @property
    def is_base(self) -> bool:
        return self.key == "" and self.state != "unknown"

    @property
    def per_mtok(self) -> Decimal | None:
        """In its currency per million units, with the digits that PostgreSQL gives."""
        if self.amount is None or self.state not in ("priced", "free"):
            return None
        return _EXACT.multiply(self.amount, _factor(self.per))


ValidPrices = Mapping[int, Sequence[ValidPrice]]  # by offering


class RowPrices(NamedTuple):
    """What a row shows of prices; ``per_mtok`` by meter, ``source`` by its number."""

    state: str
    currency: str | None
    per_mtok: Mapping[str, Decimal]
    since: datetime | None
    source: int | None


def all_valid(book: PriceBook, clocks: Clocks) -> ValidPrices:
    """The prices of all offerings that are valid at one time and believed at another."""
    as_of, known_at = micros(clocks.as_of), micros(clocks.known_at)
    spans = ("valid_from", "valid_until", "recorded_from", "recorded_until", "amount", "amount_scale", "extra")
    found: dict[int, list[ValidPrice]] = defaultdict(list)
    for since, until, recorded, closed, unscaled, scale, extra, *told in book.stored("price", *spans, *_TOLD):
        if _holds(since, until, as_of) and _holds(recorded, closed, known_at):
            amount = None if unscaled is None else _EXACT.scaleb(unscaled, -scale)
            begun = None if since is None else EPOCH + timedelta(microseconds=since)
            price = ValidPrice(amount, begun, extra == "{}", *told)
            found[price.offering].append(price)
    return found


def _holds(since: int | None, until: int | None, at: int) -> bool:
    return (since is None or since <= at) and (until is None or at < until)


def valid_of(book: PriceBook, clocks: Clocks, numbers: Collection[int]) -> ValidPrices:
    """The same of these offerings alone."""
    found: dict[int, list[ValidPrice]] = defaultdict(list)
    for valid, recorded, amount, extra, *told in book.rows(
        "price", ("valid", "recorded", "amount", "extra", *_TOLD), numbers
    ):
        if clocks.as_of in valid and clocks.known_at in recorded:
            price = ValidPrice(amount, valid.lower, not extra, *told)
            found[price.offering].append(price)
    return found


def row_prices(valid: ValidPrices, offering: int, stood_on: StoodOn | None) -> RowPrices:
    """The columns of an offering's row: the own price where there is one, else what it borrows."""
    own = _Columns(price for price in valid.get(offering, ()) if price.state != "unknown")
    borrowed = _Columns(() if stood_on is None else _borrowed(valid.get(offering, ()), valid.get(stood_on.number, ())))
    states = own.states | borrowed.states
    return RowPrices(
        next((state for state in _STATES if state in states), "unknown"),
        _first(own.input_currency, borrowed.input_currency, own.currency, borrowed.currency),
        {**borrowed.per_mtok, **own.per_mtok},
        _first(own.since, borrowed.since),
        _first(own.input_source, borrowed.input_source, own.source, borrowed.source),
    )


def _first(*values: _First | None) -> _First | None:
    return next((value for value in values if value is not None), None)


class _Columns:
    """The columns that prices give a row."""

    def __init__(self, prices: Iterable[ValidPrice]) -> None:
        found = list(prices)
        of_input = [price for price in found if price.is_base and price.meter == _INPUT]
        self.states = {price.state for price in found}
        self.currency = max((price.currency for price in found), default=None)
        self.source = max((price.source for price in found), default=None)
        self.input_currency = max((price.currency for price in of_input), default=None)
        self.input_source = max((price.source for price in of_input), default=None)
        self.since = max((price.since for price in of_input if price.since is not None), default=None)
        self.per_mtok: dict[str, Decimal] = {}
        for price in found:
            if price.is_base and price.meter in BASE_METERS.values() and (asked := price.per_mtok) is not None:
                self.per_mtok[price.meter] = max(asked, self.per_mtok.get(price.meter, asked))


def _borrowed(ours: Sequence[ValidPrice], theirs: Sequence[ValidPrice]) -> Iterable[ValidPrice]:
    """The base prices of meters that ours have none of, where both ask the same for input or one says nothing."""
    own = [price for price in ours if price.is_plain and price.tier == STANDARD and price.region == ""]
    mine = next((price for price in own if price.meter == _INPUT and price.key == ""), None)
    other = next((price for price in theirs if price.is_base and price.meter == _INPUT), None)
    if mine is not None and other is not None and not _asks_the_same(mine, other):
        return ()
    meters = {price.meter for price in own}
    return (price for price in theirs if price.is_base and price.meter not in meters)


def _asks_the_same(mine: ValidPrice, other: ValidPrice) -> bool:
    if not (mine.amount and other.amount):
        return mine.state == other.state
    ours, theirs = _EXACT.multiply(mine.amount, Decimal(other.per)), _EXACT.multiply(other.amount, Decimal(mine.per))
    apart = abs(_EXACT.subtract(ours, theirs))
    return mine.currency == other.currency and apart <= _EXACT.multiply(_ROUNDING, theirs)


@cache
def _factor(per: int) -> Decimal:
    """1,000,000 / per with as many digits as PostgreSQL gives: 16 that count, in groups of four."""
    digits = len(str(per))
    weight, first = (digits - 1) // 4, int(str(per)[: (digits - 1) % 4 + 1])
    places = max(0, 16 - 4 * (1 - weight - (first >= 100)))
    quotient = _EXACT.divide(Decimal(1_000_000), Decimal(per))
    return quotient.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)
