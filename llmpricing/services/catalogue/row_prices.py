"""The prices of a row of the list, as SQL: the offering's own, and those that it borrows from the one it stands on.

As domain.quotes.standing_on has it for quotes: where its own lists have no base price of a meter, the other's holds,
while both ask the same for input or one of them says nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnClause,
    ColumnElement,
    DateTime,
    FromClause,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    text,
)

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import PriceRow
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks

_STATES = ("priced", "free", "included", "subscription", "not_offered")  # the first that a price has is the row's
_UNKNOWN = "unknown"
_STATE = "case " + " ".join(f"when bool_or(base.state = '{name}') then '{name}'" for name in _STATES) + " end"
_PER_MTOK = ", ".join(
    "max(base.amount * (1000000::numeric / base.per_quantity)) filter "
    f"(where base.state in ('priced', 'free') and base.meter = '{meter}') as {name}"
    for name, meter in BASE_METERS.items()
)
_OF_INPUT = "filter (where meter = 'input_tokens' and condition_key = '')"
# As text: built anew for each question, so many tables under other names would cost more than asking for them.
_BORROWED = text(f"""
    select stood_on.offering_id, {_STATE} as price_state, {_PER_MTOK},
           max(lower(base.valid)) filter (where base.meter = 'input_tokens') as price_since,
           max(base.currency) filter (where base.meter = 'input_tokens') as input_currency,
           max(base.source_id) filter (where base.meter = 'input_tokens') as input_source_id,
           max(base.currency) as currency, max(base.source_id) as source_id
      from unnest(:offerings, :bases) as stood_on (offering_id, base_id)
     cross join lateral (
           select coalesce(array_agg(meter), '{{}}') as meters, max(state) {_OF_INPUT} as state,
                  max(amount) {_OF_INPUT} as amount, max(currency) {_OF_INPUT} as currency,
                  max(per_quantity) {_OF_INPUT} as per_quantity
             from price where offering_id = stood_on.offering_id and valid @> :as_of and recorded @> :known_at
              and service_tier = 'standard' and region = '' and extra = '{{}}') as own
      left join price as other on other.offering_id = stood_on.base_id and other.meter = 'input_tokens'
           and other.condition_key = '' and other.state <> 'unknown'
           and other.valid @> :as_of and other.recorded @> :known_at
      join price as base on base.offering_id = stood_on.base_id and base.condition_key = '' and base.state <> 'unknown'
           and base.valid @> :as_of and base.recorded @> :known_at
     where base.meter <> all(own.meters)
       and (own.state is null or other.state is null or case
            when own.amount > 0 and other.amount > 0 then own.currency = other.currency
                 and abs(own.amount * other.per_quantity - other.amount * own.per_quantity)
                     <= 0.005 * other.amount * own.per_quantity
            else own.state = other.state end)
     group by stood_on.offering_id
""").bindparams(  # noqa: S608 - our own names
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("offerings", "bases")),
    *(bindparam(name, type_=DateTime(timezone=True)) for name in ("as_of", "known_at")),
)
_BORROWED_COLUMNS: tuple[ColumnClause[Any], ...] = (
    column("offering_id", BigInteger),
    column("price_state", Text),
    *(column(name, Numeric) for name in BASE_METERS),
    column("price_since", DateTime(timezone=True)),
    column("input_currency", Text),
    column("input_source_id", BigInteger),
    column("currency", Text),
    column("source_id", BigInteger),
)


def own_prices(offerings: FromClause, clocks: Clocks) -> Any:
    """The offering's own prices in one row. One lateral look-up per offering keeps a page as fast as it is short."""
    is_base = PriceRow.condition_key == ""
    of_input = and_(is_base, PriceRow.meter == "input_tokens")
    charged = PriceRow.state.in_(("priced", "free"))
    per_mtok = PriceRow.amount * (literal(1_000_000) / PriceRow.per_quantity)
    query: Select[Any] = select(
        case(*((func.bool_or(PriceRow.state == name), name) for name in _STATES), else_=_UNKNOWN).label("price_state"),
        *(
            func.max(per_mtok).filter(is_base, charged, PriceRow.meter == meter).label(name)
            for name, meter in BASE_METERS.items()
        ),
        func.max(func.lower(PriceRow.valid)).filter(of_input).label("price_since"),
        func.max(PriceRow.currency).filter(of_input).label("input_currency"),
        func.max(PriceRow.source_id).filter(of_input).label("input_source_id"),
        func.max(PriceRow.currency).label("currency"),
        func.max(PriceRow.source_id).label("source_id"),
    ).where(
        PriceRow.offering_id == offerings.c.id,
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.state != _UNKNOWN,
    )
    return query.correlate(offerings).lateral("prices")


def borrowed_prices(standing: StandsOn, clocks: Clocks) -> Any:
    """What offerings borrow, a row for each that does, by ``offering_id``."""
    query = _BORROWED.bindparams(
        offerings=list(standing),
        bases=[base.number for base in standing.values()],
        as_of=clocks.as_of,
        known_at=clocks.known_at,
    )
    return query.columns(*_BORROWED_COLUMNS).cte("borrowed").prefix_with("MATERIALIZED")


def shown(own: Any, borrowed: Any | None) -> dict[str, ColumnElement[Any]]:
    """The columns of the row by name: the own price where there is one."""

    def first_of(*names: str) -> ColumnElement[Any]:
        found = [table.c[name] for name in names for table in (own, borrowed) if table is not None]
        return func.coalesce(*found) if len(found) > 1 else found[0]

    state = own.c.price_state
    if borrowed is not None:
        states = (own.c.price_state, borrowed.c.price_state)
        state = case(*((or_(*(one == name for one in states)), name) for name in _STATES), else_=_UNKNOWN)
    return {
        "price_state": state,
        "currency": first_of("input_currency", "currency"),
        **{name: first_of(name) for name in BASE_METERS},
        "price_since": first_of("price_since"),
        "source_id": first_of("input_source_id", "source_id"),
    }
