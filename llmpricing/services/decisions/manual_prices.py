"""Prices that a person enters, with where they are stated, for a time; none replaces another that a person entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.models import Offering, Pin
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.contract_rates import valid_range
from llmpricing.services.decisions.reviews_and_pins import (
    Decider,
    DecisionRefused,
    Held,
    HeldPrice,
    hold_price,
    meant,
)
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import publish
from llmpricing.services.publishing.pins import pins_on


def enter_price(session: Session, price: HeldPrice, source: str, by: Decider) -> Held:
    """Enter what a price was or is, and that ``source`` states it; it counts before all lists, as pins do.

    Raises DecisionRefused as ``hold_price`` does, and where a person's price stands in a part of that time.
    """
    at = begin_change(session, by.at)
    wanted: Range[datetime] = valid_range(price.since or at, price.until)
    offering, slug = meant(session, price.offering, by.at)
    for other in pins_on(session, offering, price.component):
        if other.valid.overlaps(wanted):
            raise DecisionRefused(
                f"A person's price of {slug} {price.component.label} stands in a part of that time: nothing is "
                "overwritten. Take that back first, or choose a time beside it.",
                "valid_from",
            )
    note = f"{source}: {by.note}" if by.note else source
    return hold_price(session, price, replace(by, note=note), replaces=False)


def take_back(session: Session, number: int, by: Decider) -> str:
    """Undo a price that a person entered or pinned, as if it had never been; returns the offering's id.

    Raises DecisionRefused where no such price stands.
    """
    at = begin_change(session, by.at)
    entered = session.get(Pin, number)
    if entered is None or entered.recorded.upper is not None:
        raise DecisionRefused(f"No price {number} stands. Open the page again: it was taken back.", "number")
    slug: str = session.get_one(Offering, entered.offering_id).slug
    entered.close(session, at)
    note_event(session, at, by.name, "pin_voided", f"{slug} {entered.component}", pin=number, note=by.note)
    publish.publish(session, {entered.offering_id}, at)
    end_change(session, at)
    return slug
