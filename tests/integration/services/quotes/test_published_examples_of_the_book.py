"""The published examples, asked of a new installation's own prices at the time of each: its totals and what it says.

``code`` is what the quote must say of its evidence: DATE_UNKNOWN where some price has no list of that time, none where
all are stated or seen. Where the book cannot answer as the page does, ``book_total`` or ``book_refuses`` says what it
answers, and ``why``.
"""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.quotes.notices import Code
from llmpricing.services.quotes.quoting import Quoted, QuoteError, quote_many
from tests.published_examples import EXAMPLES, Example, asked, is_stated_total, moment_of

OF_EVIDENCE = {Code.DATE_UNKNOWN, Code.BETWEEN_SIGHTINGS, Code.DISAGREEMENT, Code.UNDER_REVIEW}
# A wrong answer without a warning: model-prices alone speaks for that time, and says that there was no step.
UNWARNED = {"a request beyond 200,000 tokens"}


@pytest.fixture(scope="module")
def answers(full_book_of_module: str) -> dict[str, Quoted | QuoteError]:
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        found = quote_many(session, [asked(example) for example in EXAMPLES])
    return {example["name"]: answer for example, answer in zip(EXAMPLES, found, strict=True)}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_the_book_answers_as_the_page_states_or_says_why_it_may_not(
    answers: dict[str, Quoted | QuoteError], example: Example
) -> None:
    answer = answers[example["name"]]
    if not isinstance(answer, Quoted):
        assert type(answer).__name__ == example["book_refuses"]
        return
    assert "book_refuses" not in example
    quote = answer.quote
    said = {notice.code for notice in (*quote.warnings, *quote.notes)}
    assert said & OF_EVIDENCE == ({Code(example["code"])} if example["code"] else set())
    if "book_total" not in example:
        assert quote.total is not None
        assert is_stated_total(quote.total, example)
    else:
        assert (quote.total and f"{quote.total.normalize():f}") == example["book_total"]
        assert quote.total is None or quote.warnings or example["name"] in UNWARNED


def test_a_warning_of_time_stands_exactly_where_a_price_is_carried_from_another_time(
    answers: dict[str, Quoted | QuoteError],
) -> None:
    seen = set()
    for example in EXAMPLES:
        answer = answers[example["name"]]
        if not isinstance(answer, Quoted) or answer.quote.total is None:
            continue
        prices = [line.unit_rate.price for line in answer.quote.lines if line.unit_rate.price and line.quantity]
        is_carried = not all(price.is_fresh(moment_of(example)) for price in prices)
        said = {notice.code for notice in answer.quote.warnings}
        assert is_carried == (Code.DATE_UNKNOWN in said), example["name"]
        seen.add(is_carried)
    assert seen == {True, False}


def test_most_examples_are_answered_and_every_deviation_says_why() -> None:
    deviating = [example for example in EXAMPLES if "book_total" in example or "book_refuses" in example]
    assert len(EXAMPLES) - len(deviating) >= 40
    assert all(example["why"] for example in deviating)
    assert sum(example["code"] == Code.DATE_UNKNOWN for example in EXAMPLES) >= 15
