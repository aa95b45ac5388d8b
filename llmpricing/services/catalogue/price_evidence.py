"""What prices rest on, as quotes, lists and pages show it: how a price is known, since when, until when, who agrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from llmpricing.domain.evidence import SourceLists
from llmpricing.domain.money import to_text
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.line_evidence import PriceStanding
from llmpricing.domain.quotes.standing_on import StoodOn, standing_on
from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.readings import lists_of

_lists: Memory[tuple[str, datetime], ReadLists] = Memory(16, lambda lists: SMALL + 500 * len(lists.shown))


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


def differences(asked: Iterable[tuple[str, Decimal | None]]) -> tuple[DifferenceDocument, ...]:
    """What these sources ask, as it is shown."""
    return tuple(DifferenceDocument(source, None if asks is None else to_text(asks)) for source, asks in asked)


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
            differences(standing.differs),
            price.via,
        )


def read_lists(reads: Reads, known: BookState, known_at: datetime) -> ReadLists:
    """When each source was read, by what was recorded at ``known_at``, not after the price book's last change."""
    return _lists.remember((known.book, known_at), lambda: ReadLists(SourceLists(lists_of(reads, known_at))))


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
