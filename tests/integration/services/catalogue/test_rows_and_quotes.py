"""A row of the list shows the prices that a quote takes, of every offering that stands on another one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.services.catalogue.listing import OfferingFilter, OfferingItem, list_offerings
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.compiled_prices import prices_of
from tests.conftest import NOW

ALL = 100_000


def columns(item: OfferingItem) -> dict[str, Decimal | None]:
    return {meter: getattr(item, name) for name, meter in BASE_METERS.items()}


@pytest.mark.parametrize(
    "as_of",
    [NOW, datetime(2025, 8, 15, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)],
)
def test_rows_show_the_prices_of_quotes(full_book_of_module: str, as_of: datetime) -> None:
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        known = book_state(session)
        names, clocks = names_of(session, known), known.clocks(as_of, None)
        standing = names.standing(clocks.known_at)
        page = list_offerings(session, clocks, OfferingFilter(), limit=ALL, standing=standing)
        numbers = {names.offerings[item.id].id: item for item in page.items}
        offered = {number: numbers[number].id for number in standing}
        compiled = prices_of(session, known, clocks.known_at, offered)
    engine.dispose()
    assert len(standing) > 20
    borrowing = 0
    for number, offering in compiled.items():
        prices = [
            price
            for price in offering.prices
            if price.valid_at(as_of)
            and price.conditions == BASE
            and price.state in (State.PRICED, State.FREE)
            and price.meter in BASE_METERS.values()
        ]
        quoted = {p.meter: (p.amount or Decimal(0)) * 1_000_000 / p.per for p in prices}
        assert columns(numbers[number]) == {meter: quoted.get(meter) for meter in BASE_METERS.values()}
        is_borrowing = any(price.via for price in prices)
        assert ("VIA_OFFERING" in numbers[number].codes) is is_borrowing or not prices
        borrowing += is_borrowing
    assert borrowing > 0
