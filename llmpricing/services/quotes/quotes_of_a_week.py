"""One usage quoted in the hours of a week, and what a month of it costs that is spread evenly over them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from llmpricing.domain.quotes.hours import HourTotal, by_cost, hours_of_week, spread
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many

WeekOfQuotes = Sequence[tuple[Quoted, int]]  # each with the minutes of a week in which it holds


def quotes_of_a_week(reads: Reads, one: Asked, answer: Quoted) -> WeekOfQuotes:
    """The quotes of the hours that the prices of an ``answer`` tell apart; none where they are the same at any."""
    hours = hours_of_week(answer.resting.prices, one.at) if answer.resting else ()
    if not hours:
        return []
    context = one.context._replace(time_known=True)
    asked = [one._replace(context=context._replace(hour=hour)) for hour, _ in hours]
    found = zip(quote_many(reads, asked), hours, strict=True)
    return [(quoted, minutes) for quoted, (_, minutes) in found if isinstance(quoted, Quoted)]


def month_of_a_week(answer: Quoted, week: WeekOfQuotes, times: int) -> tuple[Decimal | None, tuple[HourTotal, ...]]:
    """What so many times the usage cost, and what in each of the hours where these differ; None where unknown."""
    if not week:
        return None if answer.total is None else answer.total * times, ()
    known = [HourTotal(quoted.total * times, minutes) for quoted, minutes in week if quoted.total is not None]
    return (spread(known), by_cost(known)) if len(known) == len(week) else (None, ())
