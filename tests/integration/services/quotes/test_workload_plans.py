"""A workload that is multiplied out costs what quotes of it say, at every offering of the bundled lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.choice.kinds import kind_of
from llmpricing.domain.usage.quantities import count
from llmpricing.services.catalogue.offered_facts import offered_facts
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.workload_hours import CostBounds, WorkloadCost, over_hours
from llmpricing.services.quotes.workload_plans import WorkloadPart, plans_of
from llmpricing.services.quotes.workloads import Workload, costs_of_book, workload_costs
from llmpricing.web.site.display import month_range
from tests.books import book_of

TIMES = (datetime(2025, 8, 5, 17, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
SMALL = Workload(1_000_000, 1_000, Decimal("0.6"), Decimal(0), Decimal(0))
SHARES = st.decimals(0, 1, places=3)
BEHIND = st.one_of(st.just(Decimal(0)), SHARES)  # of which most workloads say nothing
IMAGES = st.sampled_from([0, 0, 0, 7])
WORKLOADS = st.builds(
    Workload, st.integers(1, 10**10), st.integers(1, 10**6), SHARES, SHARES, BEHIND, BEHIND, images=IMAGES
)


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[PriceBook]:
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield book_of(session)


def both(
    book: PriceBook, workload: Workload, at: datetime, slugs: Sequence[str]
) -> tuple[list[WorkloadCost], dict[str, WorkloadCost]]:
    """What quotes say, and what is multiplied out."""
    state = book_state(book)
    clocks = state.clocks(at, None)
    quoted = workload_costs(book, clocks, workload, slugs, "USD", with_rates=True)
    return quoted, costs_of_book(book, state, clocks, workload, slugs, with_rates=True)


def assert_alike(quoted: list[WorkloadCost], found: dict[str, WorkloadCost]) -> None:
    assert found.keys() == {one.offering for one in quoted}
    assert [(one, other) for one in quoted if one != (other := found[one.offering])] == []


def test_every_offering_costs_what_its_quote_says_and_hardly_one_is_quoted(book: PriceBook) -> None:
    slugs, state = sorted(book.numbers), book_state(book)
    quoted, found = both(book, SMALL, TIMES[1], slugs)
    assert_alike(quoted, found)
    plans = plans_of(book, state, state.clocks(TIMES[1], None), slugs, with_rates=True)
    whole = [WorkloadPart(count(SMALL.quantities | {"requests": SMALL.requests}), None)]
    told = {slug for slug in slugs if (plan := plans[slug]) and plan.cost(whole, has_batch=None)}
    assert len(told) > 0.95 * len(quoted)
    assert sum(one.total is not None and one.offering in told for one in quoted) > 0.95 * len(told)
    assert {code for one in quoted if one.offering in told for code in one.codes} > {"DISAGREEMENT", "AGGREGATE"}


def test_a_month_that_depends_on_what_is_not_stated_has_the_bounds_of_its_quote(book: PriceBook) -> None:
    """alibaba/qwen-plus asks 0.4 of input and 1.2 of output, 4 where the model thinks, in USD per million tokens."""
    quoted, found = both(book, SMALL, TIMES[1], ["alibaba/qwen-plus", "openai/gpt-4o"])
    assert_alike(quoted, found)
    assert found["openai/gpt-4o"].bounds is None
    month = found["alibaba/qwen-plus"]
    assert month.total is None
    assert month.bounds == (Decimal("0.72"), Decimal("1.84"), ("thinking",))
    assert month_range(month.bounds) == "$0.72 to $1.84, by whether it thinks"


def test_over_hours_that_are_told_by_bounds_a_cost_lies_between_the_least_and_the_most() -> None:
    def cost(total: str | None, *bounds: str) -> WorkloadCost:
        amount = None if total is None else Decimal(total)
        between = CostBounds(*map(Decimal, bounds), ("region",)) if bounds else None
        return WorkloadCost("a/b", amount, amount, "USD", "priced", None, (), bounds=between)

    known = over_hours([cost(None, "2", "4"), cost("5")], [60, 60])
    assert (known.total, known.bounds) == (None, (Decimal(2), Decimal(5), ("region",)))
    assert over_hours([cost(None, "2", "4"), cost(None)], [60, 60]).bounds is None


def test_a_month_with_output_is_told_only_where_output_is_sold_or_never_asked_for(book: PriceBook) -> None:
    """Where a quote says that output is not offered; models that give no text, such as embeddings, need none."""
    slugs = sorted(book.numbers)
    quoted, found = both(book, SMALL, TIMES[1], slugs)
    cut = [one for one in quoted if "NOT_OFFERED" in one.codes]
    cut_ids = [one.offering for one in cut]
    untold = {one.offering for one in cut if one.total is None}
    assert untold
    assert {one.state for one in cut if one.offering in untold} == {"not_offered"}
    assert all(found[slug].total is None for slug in untold)
    told = [one.offering for one in cut if one.offering not in untold]
    assert told
    facts = offered_facts(book)
    kinds = {slug: kind_of(facts[slug].mode, facts[slug].output_modalities, slug.partition("/")[2]) for slug in cut_ids}
    assert {kinds[slug] for slug in told} <= {"embedding", "rerank", "moderation"}
    assert "chat" in {kinds[slug] for slug in untold}
    inputs = Workload(1_000_000, 1_000, Decimal(1), Decimal(0), Decimal(0))
    _, of_input = both(book, inputs, TIMES[1], sorted(untold))
    assert all(one.total is not None for one in of_input.values())


@pytest.mark.parametrize("batch_share", [Decimal(0), Decimal("0.5")])
def test_a_month_costs_the_same_at_whatever_hour_of_a_day_one_asks(book: PriceBook, batch_share: Decimal) -> None:
    """And that is between what it costs in the hours of a week, where prices go by the hour."""
    workload, day = replace(SMALL, batch_share=batch_share), TIMES[1].replace(hour=0)
    slugs = [slug for slug in book.numbers if "deepseek" in slug]
    found = [both(book, workload, day + timedelta(hours=hour), slugs)[1] for hour in (1, 7, 13)]
    assert found[0] == found[1] == found[2]
    by_the_hour = {slug: one for slug, one in found[0].items() if one.by_hours}
    assert len(by_the_hour) > 1
    for one in by_the_hour.values():
        assert one.by_hours[0].total < one.total < one.by_hours[-1].total
        assert sum(hours.minutes for hours in one.by_hours) == 7 * 24 * 60


@settings(max_examples=25, deadline=None)
@given(workload=WORKLOADS, start=st.integers(0, 40), at=st.sampled_from(TIMES))
@example(Workload(7, 3, Decimal("0.7"), Decimal("0.5"), Decimal(0)), 0, TIMES[1])  # less than a token a request
@example(Workload(10**9, 1, Decimal("0.9"), Decimal(1), Decimal(0)), 3, TIMES[1])  # beyond each step
@example(Workload(1, 1, Decimal(0), Decimal(0), Decimal(0)), 0, TIMES[0])  # output alone, which not all sell
@example(Workload(10**6, 5, Decimal(1), Decimal(0), Decimal(0)), 5, TIMES[0])  # no output
@example(Workload(4_000_000, 20, Decimal(1), Decimal("0.25"), Decimal(0)), 9, TIMES[1])  # at a step of 200,000
@example(Workload(4_000_000, 20, Decimal("0.7"), Decimal("0.25"), Decimal("0.5")), 11, TIMES[1])  # half as batch
@example(Workload(10**9, 10, Decimal("0.7"), Decimal(0), Decimal(1), Decimal("0.3")), 2, TIMES[1])  # all as batch
def test_any_workload_costs_what_its_quotes_say(book: PriceBook, workload: Workload, start: int, at: datetime) -> None:
    assert_alike(*both(book, workload, at, sorted(book.numbers)[start::41]))
