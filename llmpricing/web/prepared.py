"""What the first questions to a book would wait for, made before they come: names, rows of lists, compiled prices. It
is what most are told, who see no contract rates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice

from llmpricing.book.price_book import PriceBook
from llmpricing.services.catalogue.counting_from import begun_at
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
    period, names = stable_period(book, state, at, with_rates=False), names_of(book, state)
    clocks = state.clocks(period.start, None)
    standing = names.standing(clocks.known_at)
    index_at(book, clocks, standing)
    filter_values(book)
    listed_models(book, state, clocks, standing)
    begun_at(book, state, clocks.known_at, standing)
    names.at(clocks).read("openai/gpt-4o")
    return period.until


def _where_lists_disagree(book: PriceBook, at: datetime) -> None:
    disagreements(book, stable_period(book, book_state(book), at, with_rates=False).start)


def _prices_of_quotes(book: PriceBook, _at: datetime) -> None:
    state = book_state(book)
    prices_of(book, state, state.last_change, _remembered(book))


def _cost_of_workload(cached_share: Decimal, book: PriceBook, at: datetime) -> None:
    state = book_state(book)
    clocks = state.clocks(stable_period(book, state, at, with_rates=False).start, None)
    workload, slugs = workload_of({"cached_share": cached_share}), list(_remembered(book).values())
    costs_of_book(book, state, clocks, workload, slugs, with_rates=False)


def _remembered(book: PriceBook) -> dict[int, str]:
    return dict(islice(book.slugs.items(), REMEMBERED_OFFERINGS))


def _settle(_book: PriceBook, _at: datetime) -> None:
    """Full collections do not walk what lies here from now on: it stays as long as the book does."""
    settle()


# What takes a while and is asked for less. What is counted in a workload is multiplied out apart from what is not.
REST: Sequence[Callable[[PriceBook, datetime], None]] = (
    _where_lists_disagree,
    _prices_of_quotes,
    *(partial(_cost_of_workload, cached_share) for cached_share in (Decimal(0), Decimal("0.5"))),
    _settle,
)
