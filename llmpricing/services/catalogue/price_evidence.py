"""What prices rest on, as quotes, lists and pages show it: how a price is known, since when, until when, who agrees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, cast, or_, select
from sqlalchemy.orm import aliased

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import BASE
from llmpricing.domain.evidence import SourceLists
from llmpricing.domain.money import to_text
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.line_evidence import PriceStanding, codes_of
from llmpricing.domain.quotes.standing_on import StandsOn, StoodOn, standing_on
from llmpricing.models import OtherPriceRow, PriceRow
from llmpricing.services.catalogue.row_prices import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.published_prices import prices_at, read_other_prices, read_prices
from llmpricing.services.publishing.readings import lists_of

_lists: Memory[tuple[str, datetime], ReadLists] = Memory(16)


class DifferenceDocument(msgspec.Struct, frozen=True, gc=False):
    """What another list asks per as many units as the line's price is for; null where it has none by the unit."""

    source: str
    amount: str | None


class EvidenceDocument(msgspec.Struct, frozen=True, gc=False):
    """``basis`` is stated, seen or carried; the days are those of the source's first and last list that said so.
    ``via`` is the offering whose price it is where that is another one.
    """

    basis: str
    first_seen: date | None
    last_seen: date | None
    agrees: tuple[str, ...]
    differs: tuple[DifferenceDocument, ...]
    via: str | None


class ReadLists:
    """The lists that were read by one recorded time, and what is shown by them."""

    def __init__(self, lists: SourceLists) -> None:
        self._lists = lists
        # By offering, as others may stand on the same price, the time since when, and the price.
        self.shown: dict[tuple[str, datetime | None, int], EvidenceDocument] = {}

    def show(self, standing: PriceStanding) -> EvidenceDocument:
        """What is known of a price, as it is shown."""
        price = standing.price
        last = None
        if price.observed_at is not None:
            last = self._lists.last_seen(price.source, price.observed_at, price.superseded_at).date()
        return EvidenceDocument(
            standing.standing.value,
            price.first_seen.date() if price.first_seen else None,
            last,
            standing.agrees,
            tuple(DifferenceDocument(s, None if a is None else to_text(a)) for s, a in standing.differs),
            price.via,
        )


def read_lists(reads: Reads, known: BookState, known_at: datetime) -> ReadLists:
    """When each source was read, by what was recorded at ``known_at``, not after the price book's last change."""
    return _lists.remember((known.book, known_at), lambda: ReadLists(SourceLists(lists_of(reads, known_at))))


def codes_of_rows(reads: Reads, clocks: Clocks, offerings: Collection[int], standing: StandsOn) -> dict[int, list[str]]:
    """By offering what a quote by the prices that its row shows would say of them; where it shows none, by all prices
    of the offering. Two statements for all offerings.
    """
    if not offerings:
        return {}
    numbers = {*offerings, *(standing[one].number for one in offerings if one in standing)}
    if isinstance(reads, PriceBook):
        prices, others = _behind_rows_in(reads, clocks, numbers)
    else:
        prices = read_prices(reads, *_behind_rows(PriceRow, clocks, numbers))
        others = read_other_prices(reads, *_behind_rows(OtherPriceRow, clocks, numbers))
    found = {}
    for offering in offerings:
        own, beside = prices_with_stood_on(prices, others, offering, standing.get(offering))
        codes = codes_of(_shown(own, clocks.as_of), beside, clocks.as_of)
        found[offering] = [code.value for code in codes]
    return found


def prices_with_stood_on(
    prices: Mapping[int, Sequence[Price]],
    others: Mapping[int, Sequence[OtherPrice]],
    offering: int,
    stood_on: StoodOn | None,
) -> tuple[Sequence[Price], Sequence[OtherPrice]]:
    """An offering's prices and those beside them, with what the one that it stands on has besides."""
    own, beside = prices.get(offering, ()), others.get(offering, ())
    if stood_on is None or not prices.get(stood_on.number):
        return own, beside
    return standing_on(own, beside, prices[stood_on.number], others.get(stood_on.number, ()), stood_on.slug)


def _shown(prices: Sequence[Price], at: datetime) -> list[Price]:
    """The prices of the row's columns; all where it has none."""
    charged = [p for p in prices if p.state in (State.PRICED, State.FREE) and p.valid_at(at)]
    columns = BASE_METERS.values()
    return [p for p in charged if p.conditions == BASE and p.meter in columns] or charged


_OF_BASE = ("above=", "from=", "schedule=")
_BehindRows = tuple[Mapping[int, list[Price]], Mapping[int, list[OtherPrice]]]


def _behind_rows_in(book: PriceBook, clocks: Clocks, offerings: Collection[int]) -> _BehindRows:
    """The same of a book in memory."""
    prices, others = prices_at(book, offerings, clocks)
    with_columns = {
        offering
        for offering, found in prices.items()
        if any(p.conditions == BASE and _is_in_columns(p) and p.state in (State.PRICED, State.FREE) for p in found)
    }

    def is_behind(offering: int, price: Price) -> bool:
        return offering not in with_columns or _is_in_columns(price)

    return (
        {offering: [p for p in found if is_behind(offering, p)] for offering, found in prices.items()},
        {offering: [o for o in found if is_behind(offering, o.price)] for offering, found in others.items()},
    )


def _is_in_columns(price: Price) -> bool:
    key = price.conditions.key
    return price.meter in BASE_METERS.values() and (key == "" or key.startswith(_OF_BASE))


def _behind_rows(table: Any, clocks: Clocks, offerings: Collection[int]) -> list[ColumnElement[bool]]:
    """The rows of a table of prices that stand behind the list's columns, of offerings that have such prices; of the
    others all.
    """
    numbers = any_(cast(list(offerings), ARRAY(BigInteger)))
    key = table.condition_key
    is_of_base = or_(key == "", *(key.startswith(f"{name}=") for name in ("above", "from", "schedule")))
    in_columns = and_(is_of_base, table.meter.in_(BASE_METERS.values()))
    shown = aliased(PriceRow)
    with_columns = select(shown.offering_id).where(
        shown.offering_id == numbers,
        shown.condition_key == "",
        shown.meter.in_(BASE_METERS.values()),
        shown.state.in_(("priced", "free")),
        shown.at(clocks.as_of, clocks.known_at),
    )
    return [
        table.offering_id == numbers,
        table.at(clocks.as_of, clocks.known_at),
        or_(in_columns, table.offering_id.not_in(with_columns)),
    ]
