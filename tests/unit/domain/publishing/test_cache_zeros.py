"""What was free of a cache, where its list says later no more than a zero beside a price."""

from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import DatedPrice, State

FREE, ZERO = (DatedPrice(state, Decimal(0), 1_000_000) for state in (State.FREE, State.ZERO))
WRITES = "cache_write_tokens"


def states(found, meter=WRITES):
    return [entry.segment.state for entry in found.prices.get((meter, BASE), ())]


def ends(found):
    return [entry.segment.valid_until for entry in found.prices.get((WRITES, BASE), ())]


@pytest.mark.parametrize("inputs", [("2",), (FREE, "2")])
def test_writes_are_free_no_longer_than_the_list_said_so(book, inputs, day):
    """Of a model that was free, or of a zero that once was read as a price."""
    days = ("2026-11-01", "2026-11-11")
    inputs = [("input_tokens", "litellm", on, said) for on, said in zip(days, inputs, strict=False)]
    found = book(*inputs, (WRITES, "litellm", days[0], FREE), (WRITES, "litellm", days[1], ZERO))
    assert states(found) == [State.FREE]
    assert ends(found) == [day("2026-11-06")]
    assert not found.flags


def test_a_zero_beside_no_price_of_input_ends_nothing(book):
    found = book(
        ("input_tokens", "litellm", "2026-11-01", FREE),
        (WRITES, "litellm", "2026-11-01", FREE),
        ("input_tokens", "litellm", "2026-11-11", ZERO),
        (WRITES, "litellm", "2026-11-11", ZERO),
    )
    assert (states(found), ends(found)) == ([State.FREE], [None])


def test_a_zero_where_there_was_a_price_waits(book):
    found = book(
        ("input_tokens", "litellm", "2026-11-01", "2"),
        (WRITES, "litellm", "2026-11-01", "2.5"),
        (WRITES, "litellm", "2026-11-11", ZERO),
    )
    assert [flag.finding.rule for flag in found.flags] == ["zero_where_priced"]
    assert (states(found), ends(found)) == ([State.PRICED], [None])


def test_a_first_zero_states_nothing(book):
    found = book(("input_tokens", "litellm", "2026-11-01", "2"), (WRITES, "litellm", "2026-11-01", ZERO))
    assert (states(found), found.flags) == ([], ())
