"""The prepared rows of a list answer as a search through all of them does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.services.catalogue.listing_in_book import ListedRow
from llmpricing.services.catalogue.listing_index import ListIndex
from llmpricing.services.catalogue.listing_query import OfferingFilter
from llmpricing.services.catalogue.positions import Position, parse_position
from llmpricing.services.clocks import Clocks

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PRICES = st.none() | st.sampled_from([Decimal(text) for text in ("0", "0.50", "0.5", "2.5", "10")])
SOME = st.sampled_from(["a", "b", "c"])


@st.composite
def rows(draw):
    count = draw(st.integers(0, 300))
    pool = [
        ListedRow(
            number=0,
            id="",
            name=draw(st.sampled_from(["Alpha", "beta", "Gamma"])),
            provider=draw(SOME),
            lab=draw(st.none() | SOME),
            mode=None,
            released_on=None,
            knowledge_cutoff=None,
            stated_abilities=None,
            status=draw(st.none() | SOME),
            price_state="priced",
            currency=draw(st.sampled_from([None, "USD", "EUR"])),
            input_per_mtok=draw(PRICES),
            output_per_mtok=draw(PRICES),
            cache_read_per_mtok=None,
            cache_write_per_mtok=None,
            context_window=draw(st.none() | st.integers(0, 5)),
            max_output_tokens=None,
            capabilities=draw(st.none() | st.lists(SOME, unique=True)),
            inputs=draw(st.none() | st.lists(SOME, unique=True)),
            outputs=draw(st.none() | st.lists(SOME, unique=True)),
            price_since=draw(st.none() | st.integers(0, 5).map(lambda days: NOW - timedelta(days))),
            source=None,
            verified_at=None,
        )
        for _ in range(min(count, 12))
    ]
    # Their ids are in no order, as in a book.
    return [pool[n % len(pool)]._replace(number=n, id=f"{n * 7919 % 1009:04}") for n in range(count)]


FILTERS = st.builds(
    OfferingFilter,
    providers=st.lists(st.sampled_from(["a", "b", "no"]), max_size=2).map(tuple),
    words=st.sampled_from(["", "ALPHA", "a 1", "0 a", "no such"]),
    capabilities=st.lists(SOME, max_size=2).map(tuple),
    modality=st.sampled_from(["", "a", "no"]),
    status=st.sampled_from(["", "a", "no"]),
    max_input_price=PRICES,
    max_output_price=PRICES,
    min_context=st.none() | st.integers(0, 5),
    updated_within_days=st.none() | st.integers(0, 5),
)


def passes(row, wanted):
    texts = [text.lower() for text in (row.id, row.name, row.lab) if text]
    modalities = (*(row.inputs or ()), *(row.outputs or ()))
    bounds = ((row.input_per_mtok, wanted.max_input_price), (row.output_per_mtok, wanted.max_output_price))
    days = wanted.updated_within_days
    return (
        (not wanted.providers or row.provider in wanted.providers)
        and all(any(word in text for text in texts) for word in wanted.words.lower().split())
        and set(wanted.capabilities) <= set(row.capabilities or ())
        and (not wanted.modality or wanted.modality in modalities)
        and (not wanted.status or row.status == wanted.status)
        and all(most is None or (row.currency == "USD" and one is not None and one <= most) for one, most in bounds)
        and (
            wanted.min_context is None or (row.context_window is not None and row.context_window >= wanted.min_context)
        )
        and (days is None or (row.price_since is not None and row.price_since >= NOW - timedelta(days)))
    )


def in_order(found, sort, descending):
    if sort == "id":
        return sorted(found, key=lambda row: row.id, reverse=descending)
    by_id = sorted(found, key=lambda row: row.id)
    known = [row for row in by_id if getattr(row, sort) is not None]
    return [
        *sorted(known, key=lambda row: getattr(row, sort), reverse=descending),
        *(row for row in by_id if getattr(row, sort) is None),
    ]


@given(
    rows(),
    st.lists(FILTERS, min_size=1, max_size=3),
    st.sampled_from(["id", "name", "input_per_mtok", "lab"]),
    st.booleans(),
    st.integers(1, 40),
)
def test_pages_of_prepared_rows_are_those_of_a_search_through_all(listed, questions, sort, descending, limit):
    index, clocks = ListIndex(listed), Clocks(NOW, NOW)
    for wanted in questions:
        matching = index.matching(wanted, clocks)
        expected = in_order([row for row in listed if passes(row, wanted)], sort, descending)
        assert matching.bit_count() == len(expected)
        found, after = [], None
        while page := index.page(matching, sort, descending=descending, limit=limit, after=after):
            found += page
            after = Position(getattr(page[-1], sort), page[-1].id)
        assert found == expected


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01", "soon"])
def test_a_forged_place_that_no_moment_can_be_compared_with_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_position("price_since", text, "acme/acme-large")
