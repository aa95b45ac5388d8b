"""Which of many names the price book knows and has prices for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.names.matching import Resolution
from llmpricing.models import PriceRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import Meaning, names_of
from llmpricing.services.price_book import book_state

_COSTS = ("priced", "free", "included", "subscription")


class Covered(NamedTuple):
    """What a name means, and whether that has a price."""

    name: str
    meaning: Meaning
    priced: bool


def cover(session: Session, clocks: Clocks, names: Sequence[str]) -> list[Covered]:
    """Each name once, in order, with what it means and whether a price of it was valid then."""
    known = names_of(session, book_state(session))
    lookup = known.at(clocks)
    meanings = {name: lookup(name, None) for name in names}
    ids = {m.slug: known.offerings[m.slug].id for m in meanings.values() if isinstance(m, Resolution)}
    priced = _priced(session, clocks, ids.values())
    return [
        Covered(name, meaning, isinstance(meaning, Resolution) and ids[meaning.slug] in priced)
        for name, meaning in meanings.items()
    ]


def _priced(session: Session, clocks: Clocks, offerings: Collection[int]) -> set[int]:
    query = select(PriceRow.offering_id).where(
        PriceRow.offering_id.in_(offerings),
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.state.in_(_COSTS),
    )
    return set(session.scalars(query.distinct()))
