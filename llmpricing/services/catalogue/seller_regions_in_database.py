"""The SQL of a seller's prices in any region and none."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, PriceRow, Provider
from llmpricing.services.catalogue import seller_regions
from llmpricing.services.catalogue.seller_regions import PlacedPrice
from llmpricing.services.clocks import Clocks


@seller_regions.placed_prices.in_database
def placed_prices(session: Session, clocks: Clocks, provider: str) -> Sequence[PlacedPrice]:
    """The amounts that this seller asks, at the standard tier and without further conditions, in any region and none;
    one statement.
    """
    price, key = PriceRow, case((PriceRow.region == "", ""), else_="region=" + PriceRow.region)
    query = (
        select(price.id, Offering.api_id, price.region, price.meter, price.amount, price.currency, price.per_quantity)
        .join(Offering, Offering.id == price.offering_id)
        .join(Provider, Provider.id == Offering.provider_id)
        .where(
            Provider.slug == provider,
            price.condition_key == key,
            price.state == "priced",
            price.at(clocks.as_of, clocks.known_at),
        )
    )
    return [PlacedPrice(*row) for row in session.execute(query)]
