"""What goes by the hour, in words: a month that is spread over a week, and the prices of a row of the list."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.services.catalogue.row_hours import PricedHours
from llmpricing.web.site import display

_WEEK = "of the 168 hours of a week"


def hours_range(found: Sequence[HourTotal]) -> str:
    """Between what a month lies: ``$4.26 off-peak to $8.52 at peak``; nothing where it is the same at any hour."""
    if not found:
        return ""
    low, high = (display.total(one.total, "USD") for one in (found[0], found[-1]))
    return f"{low} off-peak to {high} at peak"


def hours_spread(found: Sequence[HourTotal]) -> str:
    """How a month comes from what it costs by the hour: ``spread evenly over a week: $4.26 in 148 of the 168 ...``."""
    first, *rest = (f"{display.total(one.total, 'USD')} in {hours_count(one.minutes)}" for one in found)
    return f"spread evenly over a week: {', '.join([f'{first} {_WEEK}', *rest])}"


def row_hours_tag(found: Sequence[PricedHours]) -> str:
    """Of which hours the prices of a row are, in two words; nothing where they are those of all."""
    if not found:
        return ""
    return "off-peak price" if found[0].is_shown else "peak price" if found[-1].is_shown else "by the hour"


def row_hours_told(found: Sequence[PricedHours]) -> str:
    """What is asked in which hours: ``input $0.14 in 148 of the 168 hours of a week; input $0.28 in 20``."""
    first, *rest = (f"{_asked(one)} in {hours_count(one.minutes)}" for one in found)
    return f"per million: {'; '.join([f'{first} {_WEEK}', *rest])}"


def _asked(one: PricedHours) -> str:
    asked = (
        f"{display.words(meter.removesuffix('_tokens'))} {display.price(price)}"
        for meter, price in one.per_mtok.items()
    )
    return ", ".join(asked)


def hours_count(minutes: int) -> str:
    """Hours as people count them: ``148``, ``20.5``."""
    return to_text(round(Decimal(minutes) / 60, 1))
