"""What prices rest on, as quotes, lists and pages show it: how a price is known, since when, until when, who agrees."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, cast
from sqlalchemy.orm import Session

from llmpricing.domain.evidence import SourceLists
from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.line_evidence import PriceStanding, codes_of
from llmpricing.models import OtherPriceRow, PriceRow
from llmpricing.services.catalogue.listing_query import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.published_prices import read_other_prices, read_prices
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


def codes_of_base_prices(session: Session, clocks: Clocks, offerings: Collection[int]) -> dict[int, list[str]]:
    """By offering what a quote by its base prices of tokens would warn of; two statements for all offerings."""
    if not offerings:
        return {}
    prices = read_prices(session, *_base_prices(PriceRow, clocks, offerings), PriceRow.state.in_(("priced", "free")))
    others = read_other_prices(session, *_base_prices(OtherPriceRow, clocks, offerings))
    return {
        offering: [code.value for code in codes_of(found, others.get(offering, ()), clocks.as_of)]
        for offering, found in prices.items()
    }


def _base_prices(table: Any, clocks: Clocks, offerings: Collection[int]) -> list[ColumnElement[bool]]:
    """The rows of a table of prices that stand behind the list's columns."""
    return [
        table.offering_id == any_(cast(list(offerings), ARRAY(BigInteger))),
        table.condition_key == "",
        table.meter.in_(BASE_METERS.values()),
        table.at(clocks.as_of, clocks.known_at),
    ]
