"""Published prices, and those kept beside them, as values of the domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import ComponentKey
from llmpricing.domain.evidence import GRACE
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.times import TimeSpan
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead
from llmpricing.services.publishing.kept_components import KeptComponents

_Holds = Callable[[dict[str, Any]], bool]


@BookRead
def believed_prices(
    book: PriceBook, offerings: Collection[int], known_at: datetime, also: Collection[int] = ()
) -> dict[int, list[Price]]:
    """All prices of these offerings that were believed at a time, and those of the ids in ``also``, believed or not;
    by the number of their offering, in order of id.
    """
    return _prices_in(book, offerings, lambda row: row["id"] in also or known_at in row["recorded"])


@BookRead
def believed_other_prices(
    book: PriceBook, offerings: Collection[int], known_at: datetime
) -> dict[int, list[OtherPrice]]:
    """What was kept beside the prices of these offerings at a time, by the number of the offering, in order of id."""
    return _other_prices_in(book, offerings, lambda row: known_at in row["recorded"])


@BookRead
def believed_before(book: PriceBook, offering: int, known_at: datetime) -> list[datetime]:
    """When prices of an offering were recorded that were believed no more at ``known_at``, newest first."""
    recorded = (span for (span,) in book.rows("price", ("recorded",), [offering]))
    found = {span.lower for span in recorded if span.upper is not None and span.upper <= known_at}
    return sorted(found, reverse=True)


@BookRead
def belief_changes(book: PriceBook, offering: int, known_at: datetime) -> list[datetime]:
    """When what is believed of an offering's prices changed, up to ``known_at``, oldest first."""
    spans = [span for (span,) in book.rows("price", ("recorded",), [offering])]
    return changes_of(spans, known_at)


def changes_of(recorded: Collection[TimeSpan], known_at: datetime) -> list[datetime]:
    """When these recorded spans began and ended, up to ``known_at``, oldest first."""
    found = {bound for span in recorded for bound in (span.lower, span.upper) if bound is not None}
    return sorted(bound for bound in found if bound <= known_at)


@BookRead
def prices_at(
    book: PriceBook, offerings: Collection[int], clocks: Clocks
) -> tuple[dict[int, list[Price]], dict[int, list[OtherPrice]]]:
    """The prices of these offerings at two times and what is kept beside them, by the number of the offering, in order
    of id.
    """
    holds = _at(clocks)
    return _prices_in(book, offerings, holds), _other_prices_in(book, offerings, holds)


def _at(clocks: Clocks) -> _Holds:
    return lambda row: clocks.as_of in row["valid"] and clocks.known_at in row["recorded"]


def _prices_in(book: PriceBook, offerings: Collection[int], holds: _Holds) -> dict[int, list[Price]]:
    return prices_of_rows(_rows_in(book, "price", offerings, holds), KeptComponents(book))


def _other_prices_in(book: PriceBook, offerings: Collection[int], holds: _Holds) -> dict[int, list[OtherPrice]]:
    return other_prices_of_rows(_rows_in(book, "other_price", offerings, holds), KeptComponents(book))


_IN_BOOK = (
    "id",
    "offering_id",
    "meter",
    "condition_key",
    "state",
    "amount",
    "currency",
    "per_quantity",
    "valid",
    "basis",
    "source_id",
    "known_from",
    "minimum_quantity",
    "source_url",
    "bracket_from",
    "observed_at",
    "first_seen",
    "superseded_at",
)
_ALSO = {"price": ("fresh_from", "fresh_until"), "other_price": ("reason",)}


def _rows_in(book: PriceBook, table: str, offerings: Collection[int], holds: _Holds) -> Iterator[dict[str, Any]]:
    """Rows of a book in memory as the database gives them."""
    names = (*_IN_BOOK, *_ALSO[table], "recorded")
    for values in book.rows(table, names, offerings):
        row = dict(zip(names, values, strict=True))
        if not holds(row):
            continue
        del row["recorded"]
        valid = row.pop("valid")
        row["valid_from"], row["valid_until"] = valid.lower, valid.upper
        row["per"], row["source"] = row.pop("per_quantity"), book.sources[row.pop("source_id")].slug
        row["state"], row["basis"] = State(row["state"]), Basis(row["basis"])
        yield row


def prices_of_rows(rows: Iterator[dict[str, Any]], components: KeptComponents) -> dict[int, list[Price]]:
    """Prices by the number of their offering, of rows whose values are named as the fields of Price."""
    found: dict[int, list[Price]] = defaultdict(list)
    for row in rows:
        offering, price = _price(row, components)
        found[offering].append(price)
    return found


def other_prices_of_rows(rows: Iterator[dict[str, Any]], components: KeptComponents) -> dict[int, list[OtherPrice]]:
    """What is kept beside prices by the number of the offering, of rows that have a reason besides."""
    found: dict[int, list[OtherPrice]] = defaultdict(list)
    for row in rows:
        reason = OtherReason(row.pop("reason"))
        offering, price = _price(row, components)
        found[offering].append(OtherPrice(reason, price))
    return found


def _price(values: dict[str, Any], components: KeptComponents) -> tuple[int, Price]:
    """The offering and the price of a row."""
    offering = values.pop("offering_id")
    component = ComponentKey(values["meter"], values.pop("condition_key"))
    values["conditions"] = components.read(component.text).conditions
    if values["first_seen"] is None and values["basis"] is Basis.UNDATED:  # of rules 1, which kept only this
        values["fresh_from"] = values["known_from"] - GRACE
    return offering, Price(**values)
