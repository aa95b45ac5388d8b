"""The prices behind a row of the list, as SQL: the offering's own, and those of the base that it stands on.

As domain.quotes.standing_on has it for quotes: where its own lists have no base price of a meter, the other's holds,
while both ask the same for input or one of them says nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, FromClause, and_, case, cast, func, literal, select, union_all
from sqlalchemy.orm import aliased

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import PriceRow
from llmpricing.services.clocks import Clocks

_COLUMNS = ("meter", "condition_key", "state", "amount", "currency", "per_quantity", "valid", "source_id")
_ROUNDING = Decimal("0.005")


def stood_on_table(standing: StandsOn) -> FromClause:
    """Which offering stands on which, as a table of ``offering_id`` and ``base_id``."""
    pairs = (list(standing), [base.number for base in standing.values()])
    arrays = (cast(numbers, ARRAY(BigInteger)) for numbers in pairs)
    return func.unnest(*arrays).table_valued("offering_id", "base_id").render_derived("stood_on")


def prices_shown(offerings: FromClause, stood_on: FromClause | None, clocks: Clocks) -> Any:
    """The known prices of an offering of the outer query, borrowed ones too."""
    own = aliased(PriceRow)
    known = _columns(own).where(
        own.offering_id == offerings.c.id, own.at(clocks.as_of, clocks.known_at), own.state != "unknown"
    )
    if stood_on is None:
        return known.correlate(offerings).subquery("shown")
    base = aliased(PriceRow)
    borrowed = _columns(base).where(
        base.offering_id == stood_on.c.base_id,
        base.condition_key == "",
        base.state != "unknown",
        base.at(clocks.as_of, clocks.known_at),
        ~_has_meter(base, offerings, clocks),
        ~_asks_otherwise(offerings, stood_on, clocks),
    )
    return union_all(known.correlate(offerings, stood_on), borrowed.correlate(offerings, stood_on)).subquery("shown")


def _columns(price: Any) -> Any:
    return select(*(getattr(price, name) for name in _COLUMNS))


def _has_meter(base: Any, offerings: FromClause, clocks: Clocks) -> Any:
    """Whether the offering's own lists price a meter without tier, region and the like, be it by the hour only."""
    own = aliased(PriceRow)
    is_base = and_(own.service_tier == "standard", own.region == "", own.extra == {})
    return (
        select(own.id)
        .where(
            own.offering_id == offerings.c.id, own.meter == base.meter, is_base, own.at(clocks.as_of, clocks.known_at)
        )
        .correlate(offerings, base)
        .exists()
    )


def _asks_otherwise(offerings: FromClause, stood_on: FromClause, clocks: Clocks) -> Any:
    """Whether both state a base price of input, and not the same."""
    own, base = aliased(PriceRow), aliased(PriceRow)
    ours, theirs = own.amount * base.per_quantity, base.amount * own.per_quantity
    same = and_(own.currency == base.currency, func.abs(ours - theirs) <= literal(_ROUNDING) * theirs)
    are_amounts = and_(func.coalesce(own.amount, 0) > 0, func.coalesce(base.amount, 0) > 0)
    return (
        select(own.id)
        .join(base, and_(base.meter == own.meter, base.condition_key == own.condition_key))
        .where(
            own.offering_id == offerings.c.id,
            base.offering_id == stood_on.c.base_id,
            own.meter == "input_tokens",
            own.condition_key == "",
            base.state != "unknown",
            own.at(clocks.as_of, clocks.known_at),
            base.at(clocks.as_of, clocks.known_at),
            case((are_amounts, ~same), else_=own.state != base.state),
        )
        .correlate(offerings, stood_on)
        .exists()
    )
