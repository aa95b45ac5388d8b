"""What the first questions to a book would wait for, made before they come: names, rows of lists, compiled prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import islice

from llmpricing.book.price_book import PriceBook
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.catalogue.filter_values import filter_values
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.listing_in_book import index_at
from llmpricing.services.catalogue.steps import stable_period
from llmpricing.services.memory import settle
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.compiled_prices import REMEMBERED_OFFERINGS, prices_of
from llmpricing.services.quotes.workloads import costs_of_book
from llmpricing.web.workloads import workload_of


def prepare_lists(book: PriceBook, at: datetime) -> datetime:
    """Make what lists and pages at this time are made of, the lists first, for whose rows pages wait too; returns until
    when that is what they are made of.
    """
    state = book_state(book)
    period, names = stable_period(book, state, at), names_of(book, state)
    clocks = state.clocks(period.start, None)
    standing = names.standing(clocks.known_at)
    index_at(book, clocks, standing)
    filter_values(book)
    listed_models(book, state, clocks, standing)
    names.at(clocks).read("openai/gpt-4o")
    return period.until


def prepare_rest(book: PriceBook, at: datetime) -> None:
    """Make what takes a while and is asked for less: where lists disagree, the prices of quotes, and what a workload
    is multiplied with.

    Full collections do not walk what lies here from now on: it stays as long as the book does.
    """
    state = book_state(book)
    start, offerings = stable_period(book, state, at).start, dict(islice(book.slugs.items(), REMEMBERED_OFFERINGS))
    disagreements(book, start)
    prices_of(book, state, state.last_change, offerings)
    clocks, slugs = state.clocks(start, None), list(offerings.values())
    for cached_share in (Decimal(0), Decimal("0.5")):  # what is counted is multiplied out apart
        workload = workload_of({"cached_share": cached_share})
        costs_of_book(book, state, clocks, workload, slugs, with_rates=False)
    settle()
