"""List and show offerings with their base prices as of one time, known at another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from llmpricing.domain.money import parse_decimal
from llmpricing.domain.quotes.standing_on import NO_STANDING, StandsOn
from llmpricing.models import Offering, Provider
from llmpricing.services.catalogue import listing_query as listed
from llmpricing.services.catalogue.listing_query import OfferingFilter, Position
from llmpricing.services.catalogue.offerings_then import offerings_then
from llmpricing.services.catalogue.price_evidence import codes_of_rows
from llmpricing.services.catalogue.row_prices import BASE_METERS
from llmpricing.services.clocks import Clocks

__all__ = ["SORTABLE", "OfferingFilter", "OfferingItem", "Page", "Position", "get_offering", "list_offerings"]


@dataclass(frozen=True, slots=True)
class OfferingItem:
    """One row of the list. Prices are in ``currency`` per million tokens under base conditions; None is unknown.
    ``codes`` are what a quote by these prices would say of them, as far as that depends on the prices alone; of an
    offering with none of them, by all its prices.
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


# The scalar columns, by which a list may be sorted.
SORTABLE = tuple(name for name in OfferingItem.__slots__ if name not in ("capabilities", "modalities", "codes"))


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, how many match in all, and whether more follow."""

    items: list[OfferingItem]
    count: int
    more: bool


def list_offerings(
    session: Session,
    clocks: Clocks,
    wanted: OfferingFilter,
    *,
    sort: str = "id",
    descending: bool = False,
    limit: int = 50,
    after: Position | None = None,
    standing: StandsOn = NO_STANDING,
) -> Page:
    """A page of at most ``limit`` offerings, sorted by a SORTABLE column (ties by id), unknown values last; those that
    stand on another one show its prices where they have none.
    """
    columns = listed.columns(offerings_then(session, clocks), clocks, standing)
    conditions = listed.conditions(columns, wanted, clocks)
    count = session.scalar(listed.counted_from(select(func.count()), columns, wanted).where(*conditions)) or 0
    query = _select(columns).where(*conditions).order_by(*listed.order_by(columns, sort, descending))
    if after is not None:
        query = query.where(listed.beyond(columns, sort, descending, after))
    rows = session.execute(query.limit(limit + 1)).all()
    return Page(_items(session, clocks, rows[:limit], standing), count, len(rows) > limit)


def get_offering(session: Session, clocks: Clocks, slug: str, standing: StandsOn = NO_STANDING) -> OfferingItem | None:
    """One offering as the list shows it, or None."""
    return next(iter(get_offerings(session, clocks, [slug], standing)), None)


def id_like(session: Session, text: str) -> str | None:
    """The one id that is written so but for its case and slashes at the end; None where there is none, or more."""
    found = session.scalars(select(Offering.slug).where(func.lower(Offering.slug) == text.rstrip("/").lower()).limit(2))
    slugs = list(found)
    return slugs[0] if len(slugs) == 1 else None


def get_offerings(
    session: Session, clocks: Clocks, slugs: Sequence[str], standing: StandsOn = NO_STANDING
) -> list[OfferingItem]:
    """Those of these offerings that exist, as the list shows them: the cheapest input first, unknown last."""
    columns = listed.columns(offerings_then(session, clocks), clocks, standing)
    query = _select(columns).where(columns.by_name["id"].in_(slugs))
    query = query.order_by(*listed.order_by(columns, "input_per_mtok", descending=False))
    return _items(session, clocks, session.execute(query).all(), standing)


def providers(session: Session) -> Sequence[tuple[str, str, int]]:
    """(id, name, number of offerings) of every seller, in order of id."""
    query = (
        select(Provider.slug, Provider.name, func.count(Offering.id))
        .outerjoin(Offering)
        .group_by(Provider.slug, Provider.name)
        .order_by(Provider.slug.collate("C"))
    )
    return [(slug, name, offerings) for slug, name, offerings in session.execute(query)]


def _select(columns: listed.PriceColumns) -> Select[Any]:
    named = (column.label(name) for name, column in columns.by_name.items())
    return select(*named, columns.offerings.c.id.label("number")).select_from(columns.source)


def _items(session: Session, clocks: Clocks, rows: Sequence[Row[Any]], standing: StandsOn) -> list[OfferingItem]:
    codes = codes_of_rows(session, clocks, [row.number for row in rows], standing)
    return [_item(row, codes.get(row.number, [])) for row in rows]


def _item(row: Row[Any], codes: list[str]) -> OfferingItem:
    values = row._asdict()
    del values["number"]
    known = {k: v for k, v in (("input", values.pop("inputs")), ("output", values.pop("outputs"))) if v is not None}
    if values["capabilities"] is not None:
        values["capabilities"] = sorted(values["capabilities"])
    return OfferingItem(**values, modalities=known or None, codes=codes)


def parse_position(sort: str, text: str | None, slug: str) -> Position:
    """A position from a cursor's text; raises ValueError where the text does not fit the column."""
    if not (slug.isprintable() and (text or "").isprintable()):
        raise ValueError("a sign that no id or name has")
    if text is None:
        return Position(None, slug)
    if sort in ("price_since", "verified_at"):
        return Position(datetime.fromisoformat(text), slug)
    if sort in ("context_window", "max_output_tokens"):
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise ValueError("no number of tokens")
        return Position(int(text), slug)
    if sort in BASE_METERS:
        return Position(parse_decimal(text), slug)
    return Position(text, slug)


def position_text(item: OfferingItem, sort: str) -> str | None:
    """The cursor's text for the last item of a page."""
    value = getattr(item, sort)
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
