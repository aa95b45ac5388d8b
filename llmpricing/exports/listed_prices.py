"""What a list asks where the price book says nothing: the same prices as if they were published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from llmpricing.domain.observations import ObservedOffering, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices

_NOT_OF_THE_BOOK = 0  # the id of a price that the list alone has
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def with_own_prices(listed: ObservedOffering, published: CountingPrices | None) -> CountingPrices:
    """The published prices of the offering, and those of an undated list for what nobody prices in the price book: for
    all, where the offering is not in it. Unchanged where its first prices wait for a person.
    """
    if published is None:
        return CountingPrices(_prices_in(listed), listed.slug)
    if not published.is_listed:
        return published
    own = [one for one in _prices_in(listed) if published.of(one.meter, one.conditions) is None]
    return CountingPrices([*published.prices, *own], listed.slug) if own else published


def _prices_in(listed: ObservedOffering) -> Iterator[Price]:
    """The prices that an undated list states; zeros that may mean nothing are none."""
    for statement in listed.statements:
        for asked in statement.segments:
            if asked.state is not State.ZERO:
                yield Price(
                    id=_NOT_OF_THE_BOOK,
                    meter=statement.meter,
                    conditions=statement.conditions,
                    state=asked.state,
                    amount=asked.amount,
                    currency=asked.currency,
                    per=asked.per,
                    valid_from=asked.valid_from,
                    valid_until=asked.valid_until,
                    basis=asked.basis,
                    source="",
                    known_from=_ALWAYS,
                )
