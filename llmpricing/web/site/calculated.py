"""What a month costs at the model that the calculator is asked for, as a quote."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.money import parse_decimal
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.services.catalogue import listing
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.document import QuoteDocument, quote_document
from llmpricing.services.quotes.quotes_of_a_week import month_of_a_week, quotes_of_a_week
from llmpricing.services.quotes.quoting import Asked, Quoted, of_stale_book, quote_many
from llmpricing.services.quotes.workloads import why_no_cost
from llmpricing.web.conditional import stale_since
from llmpricing.web.known_then import is_undated, items_then, leaves_out, left_out
from llmpricing.web.list_query import standing
from llmpricing.web.quote_refusals import Place, refusal
from llmpricing.web.site import display
from llmpricing.web.site.calculator_question import CalculatorQuestion

_PLACE = Place(usage="", context="")


@dataclass(frozen=True, slots=True)
class Calculated:
    """What was asked, and its quote as the API has it; ``month`` is the total of all requests and ``request`` that of
    one, on the average where the month was told; None where unknown. Where prices go by the hour the month is spread
    evenly over a week, ``by_hours`` is what it would cost in each of its hours, and ``usual`` how many minutes of a
    week the quote's hours are, None where the hour was stated.
    ``is_undated``: a price of it was first listed after the day asked for, so that the quote is not shown. ``why_none``
    is why its total is no cost of the tokens, such as that a subscription pays: month and request are unknown then.
    """

    question: CalculatorQuestion
    quote: QuoteDocument
    month: Decimal | None
    request: Decimal | None
    is_undated: bool
    by_hours: tuple[HourTotal, ...] = ()
    usual: int | None = None
    why_none: str = ""
    row: Any = None  # of the list, where tokens are counted


def calculated(request: Request, asked: CalculatorQuestion) -> Calculated | None:
    """What is asked and its quote; None where the address names no model."""
    if asked.model is None:
        return None
    rates = None if request.caller.sees_rates else ()
    clocks = asked.clocks
    one = Asked(asked.model, asked.usage, clocks.as_of, clocks.known_at, asked.context, None, "USD", rate_ids=rates)
    (answer,) = quote_many(request.reads, [one])
    if not isinstance(answer, Quoted):
        raise refusal(answer, _PLACE)
    week = quotes_of_a_week(request.reads, one, answer)
    usual = max((minutes for _, minutes in week), default=None) if week and not asked.is_hour_stated else None
    if usual is not None:
        answer = next(quoted for quoted, minutes in week if minutes == usual)
    if since := stale_since(request):
        answer = of_stale_book(answer, since)
    times = asked.requests if asked.by_request else 1
    month, by_hours = month_of_a_week(answer, week, times)
    of_one = answer.total if asked.by_request or month is None else month / asked.requests
    document = quote_document(answer)
    reads_cache = bool(asked.usage.stated.get("cache_read_tokens"))
    undated = is_undated_at(request, clocks, document.model.id, reads_cache=reads_cache)
    stands_on, row, why_none = standing(request, clocks), None, ""
    if asked.workload is not None:
        (row,) = listing.rows_of(request.reads, clocks, [document.model.id], stands_on)
        is_none = document.total is not None and why_no_cost(row.price_state, parse_decimal(document.total))
        why_none = display.no_month(row) if is_none else ""
    if why_none:
        month, of_one, by_hours = None, None, ()
    return Calculated(asked, document, month, of_one, undated, by_hours, usual, why_none, row)


def is_undated_at(request: Request, clocks: Clocks, slug: str, *, reads_cache: bool = False) -> bool:
    """Whether a price that is reckoned with is left out."""
    stands_on = standing(request, clocks)
    stated = listing.get_offerings(request.reads, clocks, [slug], stands_on) if leaves_out(request) else []
    then = items_then(request, clocks, stated, stands_on)
    return any(
        is_undated(known) or (reads_cache and "cache_read_per_mtok" in left_out(one, known))
        for one, known in zip(stated, then, strict=True)
    )
