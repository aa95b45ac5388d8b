"""The list of offerings as SQL: its columns, what filters ask, its order, and where a page begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select, true

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import Provider, Source, SourceFetch
from llmpricing.services.catalogue.positions import Position
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.catalogue.row_prices import borrowed_prices, own_prices, shown
from llmpricing.services.clocks import Clocks


@dataclass(frozen=True, slots=True)
class OfferingFilter:
    """What must hold for an offering to be listed; empty fields ask nothing. Unknown prices pass no price filter."""

    providers: tuple[str, ...] = ()
    words: str = ""
    capabilities: tuple[str, ...] = ()
    modality: str = ""
    status: str = ""
    max_input_price: Decimal | None = None  # USD per million tokens
    max_output_price: Decimal | None = None
    min_context: int | None = None
    updated_within_days: int | None = None


@dataclass(frozen=True)
class PriceColumns:
    """The list's columns as SQL, by name, and what they are read from: the ``offerings`` of a time and their prices."""

    offerings: FromClause
    source: Any
    by_name: dict[str, ColumnElement[Any]] = field(default_factory=dict)


def columns(offerings: FromClause, clocks: Clocks, standing: StandsOn) -> PriceColumns:
    """The columns of these offerings at these times; ``standing`` says which of them stand on another."""
    own, verified, offering = own_prices(offerings, clocks), _verified(clocks), offerings.c
    source: Any = offerings.join(Provider, Provider.id == offering.provider_id).join(own, true())
    borrowed = borrowed_prices(standing, clocks) if standing else None
    if borrowed is not None:
        source = source.outerjoin(borrowed, borrowed.c.offering_id == offering.id)
    prices = shown(own, borrowed)
    source = source.outerjoin(Source, Source.id == prices["source_id"])
    source = source.outerjoin(verified, verified.c.source_id == prices["source_id"])
    by_name: dict[str, Any] = {
        "id": offering.slug,
        "name": offering.name,
        "provider": Provider.slug,
        "lab": offering.lab,
        "status": offering.status,
        "price_state": prices["price_state"],
        "currency": prices["currency"],
        **{name: prices[name] for name in BASE_METERS},
        "context_window": offering.context_window,
        "max_output_tokens": offering.max_output_tokens,
        "capabilities": offering.capabilities,
        "inputs": offering.input_modalities,
        "outputs": offering.output_modalities,
        "price_since": prices["price_since"],
        "source": Source.slug,
        "verified_at": verified.c.verified_at,
    }
    return PriceColumns(offerings, source, by_name)


def _verified(clocks: Clocks) -> Any:
    """When each source was last read and still said what it says."""
    return (
        select(SourceFetch.source_id, func.max(SourceFetch.published_at).label("verified_at"))
        .where(SourceFetch.is_reading(clocks.known_at))
        .group_by(SourceFetch.source_id)
        .subquery("verified")
    )


def counted_from(query: Select[Any], columns: PriceColumns, wanted: OfferingFilter) -> Select[Any]:
    """Count over offerings alone where no condition needs a price: that spares a look-up per offering."""
    if wanted.max_input_price is None and wanted.max_output_price is None and wanted.updated_within_days is None:
        offerings = columns.offerings
        return query.select_from(offerings.join(Provider, Provider.id == offerings.c.provider_id))
    return query.select_from(columns.source)


def conditions(columns: PriceColumns, wanted: OfferingFilter, clocks: Clocks) -> list[ColumnElement[bool]]:
    """What must hold for an offering to be listed, one condition a filter that is asked; prices in USD per million
    tokens, ages in days before ``as_of``.
    """
    found: list[ColumnElement[bool]] = []
    offering = columns.offerings.c
    if wanted.providers:
        found.append(Provider.slug.in_(wanted.providers))
    for word in wanted.words.split():
        found.append(or_(*(c.icontains(word, autoescape=True) for c in (offering.slug, offering.name, offering.lab))))
    if wanted.capabilities:
        found.append(offering.capabilities.contains(list(wanted.capabilities)))
    if wanted.modality:
        modalities = (offering.input_modalities, offering.output_modalities)
        found.append(or_(*(column.contains([wanted.modality]) for column in modalities)))
    if wanted.status:
        found.append(offering.status == wanted.status)
    if wanted.min_context is not None:
        found.append(offering.context_window >= wanted.min_context)
    return found + _price_conditions(columns.by_name, wanted, clocks)


def _price_conditions(
    columns: dict[str, ColumnElement[Any]], wanted: OfferingFilter, clocks: Clocks
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, most in (("input_per_mtok", wanted.max_input_price), ("output_per_mtok", wanted.max_output_price)):
        if most is not None:
            found += [columns[name] <= most, columns["currency"] == "USD"]
    if wanted.updated_within_days is not None:
        found.append(columns["price_since"] >= days_before(clocks.as_of, wanted.updated_within_days))
    return found


def days_before(at: datetime, days: int) -> datetime:
    """So many days before a time, or as far back as the calendar goes."""
    try:
        return at - timedelta(days=days)
    except OverflowError:  # before the calendar begins
        return datetime.min.replace(tzinfo=UTC)


def _sort_column(columns: PriceColumns, sort: str) -> ColumnElement[Any]:
    column = columns.by_name[sort]
    return column.collate("C") if sort in _TEXT_COLUMNS else column


_TEXT_COLUMNS = ("name", "provider", "lab", "status", "price_state", "currency", "source")


def order_by(columns: PriceColumns, sort: str, descending: bool) -> list[ColumnElement[Any]]:
    """The columns that put offerings in order: unknown values last both ways, ties by id."""
    column = _sort_column(columns, sort)
    if sort == "id":
        return [column.desc() if descending else column.asc()]
    return [(column.desc() if descending else column.asc()).nulls_last(), columns.by_name["id"].asc()]


def beyond(columns: PriceColumns, sort: str, descending: bool, after: Position) -> ColumnElement[bool]:
    """What comes after the position: keyset paging, so that a page costs the same however far it is."""
    column = _sort_column(columns, sort)
    if sort == "id":
        return column < after.id if descending else column > after.id
    same = columns.by_name["id"] > after.id
    if after.value is None:
        return and_(column.is_(None), same)
    further = column < after.value if descending else column > after.value
    return or_(further, and_(column == after.value, same), column.is_(None))
