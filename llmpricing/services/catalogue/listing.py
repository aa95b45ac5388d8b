"""List and show offerings with their base prices as of one time, known at another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.model_groups import way_of
from llmpricing.domain.quotes.standing_on import NO_STANDING, StandsOn
from llmpricing.models import Offering
from llmpricing.services.catalogue import listing_in_book as in_book
from llmpricing.services.catalogue import listing_query as listed
from llmpricing.services.catalogue.behind_rows import BehindRow, behind_rows
from llmpricing.services.catalogue.listed_row import ListedRow
from llmpricing.services.catalogue.listing_query import OfferingFilter
from llmpricing.services.catalogue.offerings_then import offerings_then
from llmpricing.services.catalogue.positions import Position
from llmpricing.services.catalogue.row_codes import codes_of_row
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads

__all__ = ["SORTABLE", "OfferingFilter", "OfferingItem", "Page", "get_offering", "list_offerings", "list_rows"]


@dataclass(frozen=True, slots=True)
class OfferingItem:
    """One row of the list. Prices are in ``currency`` per million tokens under base conditions; None is unknown.
    ``codes`` are what a quote by these prices would say of them, as far as that depends on the prices alone; of an
    offering with none of them, by all its prices. ``sold_as`` is another way to sell it than the plain one, on terms of
    its own, such as ``batch``, ``free`` or ``plan``; None for the plain one.
    """

    id: str
    name: str
    provider: str
    lab: str | None
    status: str | None
    price_state: str
    currency: str | None
    input_per_mtok: Decimal | None
    output_per_mtok: Decimal | None
    cache_read_per_mtok: Decimal | None
    cache_write_per_mtok: Decimal | None
    context_window: int | None
    max_output_tokens: int | None
    capabilities: list[str] | None
    modalities: dict[str, list[str]] | None
    price_since: datetime | None
    source: str | None
    verified_at: datetime | None
    codes: list[str]
    sold_as: str | None


_BESIDE = {
    "number": "id",
    "mode": "mode",
    "released_on": "released_on",
    "knowledge_cutoff": "knowledge_cutoff",
    "stated_abilities": "stated_abilities",
}  # of a row, from the offering's column
_NO_COLUMNS = ("capabilities", "modalities", "codes", "sold_as")
# The scalar columns, by which a list may be sorted.
SORTABLE = tuple(name for name in OfferingItem.__slots__ if name not in _NO_COLUMNS)


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, how many match in all, and whether more follow."""

    items: list[OfferingItem]
    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class RowPage:
    """The same of rows of ``all_rows``, of which ``items_of`` makes items."""

    rows: Sequence[Any]
    count: int
    more: bool


def list_offerings(
    reads: Reads, clocks: Clocks, wanted: OfferingFilter, *, standing: StandsOn = NO_STANDING, **order: Any
) -> Page:
    """The items of the page of ``list_rows``, in the order that it is asked for."""
    page = list_rows(reads, clocks, wanted, standing=standing, **order)
    return Page(items_of(reads, clocks, page.rows, standing), page.count, page.more)


def list_rows(
    reads: Reads,
    clocks: Clocks,
    wanted: OfferingFilter,
    *,
    sort: str = "id",
    descending: bool = False,
    limit: int = 50,
    after: Position | None = None,
    standing: StandsOn = NO_STANDING,
) -> RowPage:
    """A page of at most ``limit`` offerings, sorted by a SORTABLE column (ties by id), unknown values last; those that
    stand on another one show its prices where they have none.
    """
    if isinstance(reads, PriceBook):
        index = in_book.index_at(reads, clocks, standing)
        matching = index.matching(wanted, clocks)
        page = index.page(matching, sort, descending=descending, limit=limit + 1, after=after)
        return RowPage(page[:limit], matching.bit_count(), len(page) > limit)
    columns = listed.columns(offerings_then(reads, clocks), clocks, standing)
    conditions = listed.conditions(columns, wanted, clocks)
    query = _select(columns).where(*conditions).order_by(*listed.order_by(columns, sort, descending))
    if after is not None:
        query = query.where(listed.beyond(columns, sort, descending, after))
    rows = reads.execute(query.limit(limit + 1)).all()
    if after is None and len(rows) <= limit:
        return RowPage(rows, len(rows), more=False)  # all of them, which nobody has to count once more
    count = reads.scalar(listed.counted_from(select(func.count()), columns, wanted).where(*conditions)) or 0
    return RowPage(rows[:limit], count, len(rows) > limit)


def get_offering(reads: Reads, clocks: Clocks, slug: str, standing: StandsOn = NO_STANDING) -> OfferingItem | None:
    """One offering as the list shows it, or None."""
    return next(iter(get_offerings(reads, clocks, [slug], standing)), None)


def id_like(reads: Reads, text: str) -> str | None:
    """The one id that is written so but for its case and slashes at the end; None where there is none, or more."""
    wanted = text.rstrip("/").lower()
    if isinstance(reads, PriceBook):
        slugs = [slug for slug in reads.numbers if slug.lower() == wanted]
    else:
        slugs = list(reads.scalars(select(Offering.slug).where(func.lower(Offering.slug) == wanted).limit(2)))
    return slugs[0] if len(slugs) == 1 else None


def get_offerings(
    reads: Reads, clocks: Clocks, slugs: Sequence[str], standing: StandsOn = NO_STANDING
) -> list[OfferingItem]:
    """Those of these offerings that exist, as the list shows them: the cheapest input first, unknown last."""
    if isinstance(reads, PriceBook):
        rows = in_book.rows_of(reads, clocks, slugs, standing)
        return items_of(reads, clocks, in_book.in_order(rows, "input_per_mtok", descending=False), standing)
    columns = listed.columns(offerings_then(reads, clocks), clocks, standing)
    query = _select(columns).where(columns.by_name["id"].in_(slugs))
    query = query.order_by(*listed.order_by(columns, "input_per_mtok", descending=False))
    return items_of(reads, clocks, reads.execute(query).all(), standing)


def all_rows(reads: Reads, clocks: Clocks, standing: StandsOn = NO_STANDING) -> list[Any]:
    """All offerings of a time as rows: the list's columns but for codes, and those of _BESIDE."""
    if isinstance(reads, PriceBook):
        return in_book.rows_at(reads, clocks, standing)
    return _rows(reads, clocks, standing)


def rows_of(reads: Reads, clocks: Clocks, slugs: Sequence[str], standing: StandsOn = NO_STANDING) -> list[Any]:
    """The same rows of these offerings alone, of those that there were."""
    if isinstance(reads, PriceBook):
        return in_book.rows_of(reads, clocks, slugs, standing)
    return _rows(reads, clocks, standing, slugs)


def items_of(reads: Reads, clocks: Clocks, rows: Sequence[Any], standing: StandsOn = NO_STANDING) -> list[OfferingItem]:
    """What the list shows of these rows of ``all_rows``."""
    behind = behind_rows(reads, clocks, [row.number for row in rows], standing)
    return [item_of(row, behind[row.number], clocks.as_of) for row in rows]


def item_of(row: Any, behind: BehindRow, at: datetime) -> OfferingItem:
    """What the list shows of a row of ``all_rows``, by the prices behind it."""
    return _item(row, codes_of_row(behind, at))


def _rows(session: Session, clocks: Clocks, standing: StandsOn, slugs: Sequence[str] | None = None) -> list[Any]:
    columns = listed.columns(offerings_then(session, clocks), clocks, standing)
    query = _select(columns)
    if slugs is not None:
        query = query.where(columns.by_name["id"].in_(slugs))
    return [ListedRow(**row._asdict()) for row in session.execute(query)]


def _select(columns: listed.PriceColumns) -> Select[Any]:
    named = (column.label(name) for name, column in columns.by_name.items())
    beside = (columns.offerings.c[column].label(name) for name, column in _BESIDE.items())
    return select(*named, *beside).select_from(columns.source)


def _item(row: Any, codes: list[str]) -> OfferingItem:
    values = row._asdict()
    for name in _BESIDE:
        del values[name]
    known = {k: v for k, v in (("input", values.pop("inputs")), ("output", values.pop("outputs"))) if v is not None}
    if values["capabilities"] is not None:
        values["capabilities"] = sorted(values["capabilities"])
    sold_as = way_of(values["id"]) or None
    return OfferingItem(**values, modalities=known or None, codes=codes, sold_as=sold_as)
