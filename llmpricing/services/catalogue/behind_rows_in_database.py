"""The SQL of the prices that stand behind the rows of the list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, cast, or_, select
from sqlalchemy.orm import Session, aliased

from llmpricing.models import OtherPriceRow, PriceRow
from llmpricing.services.catalogue import behind_rows
from llmpricing.services.catalogue.behind_rows import PricesRead
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.publishing.published_prices_in_database import read_other_prices, read_prices


@behind_rows.read_prices_behind.in_database
def read_prices_behind(session: Session, clocks: Clocks, offerings: Collection[int]) -> PricesRead:
    """The prices that stand behind the list's columns, and what is kept beside them; two statements."""
    prices = read_prices(session, *_behind_rows(PriceRow, clocks, offerings))
    return prices, read_other_prices(session, *_behind_rows(OtherPriceRow, clocks, offerings))


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
