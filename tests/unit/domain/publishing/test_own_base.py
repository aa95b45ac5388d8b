"""A tier's missing meters come from the base of the source that speaks for the tier."""

from __future__ import annotations

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Step, conditions

INPUT, OUTPUT, CACHED = "input_tokens", "output_tokens", "cache_read_tokens"
DAY = "2026-11-10"
PRIORITY = conditions("priority")
BASES = [(INPUT, "genai-prices", DAY, "3"), (OUTPUT, "genai-prices", DAY, "15")]


def told(found, meter, under=PRIORITY):
    return [(entry.source, str(entry.segment.amount)) for entry in found.prices.get(Component(meter, under), ())]


def test_a_tier_of_another_tariff_brings_the_rest_of_its_own(book):
    """Input of litellm's priority tier beside genai's output was a tariff that nobody asks: 8 + 15, not 8 + 20."""
    found = book(
        *BASES,
        (INPUT, "litellm", DAY, "4"),
        (OUTPUT, "litellm", DAY, "20"),
        ((OUTPUT, conditions(step=Step(200_000))), "litellm", DAY, "30"),
        (CACHED, "litellm", DAY, "0.4"),
        ((INPUT, PRIORITY), "litellm", DAY, "8"),
        ((CACHED, PRIORITY), "litellm", DAY, "0.8"),
    )
    assert told(found, OUTPUT) == [("litellm", "20")]
    assert told(found, OUTPUT, conditions("priority", step=Step(200_000))) == [("litellm", "30")]
    assert told(found, CACHED) == [("litellm", "0.8")]
    assert told(found, OUTPUT, BASE) == [("genai-prices", "15")]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param([(INPUT, "litellm", DAY, "3"), (OUTPUT, "litellm", DAY, "20")], id="the same tariff"),
        pytest.param([], id="no base of its own"),
    ],
)
def test_a_tier_takes_the_rest_from_the_published_base_otherwise(book, own):
    found = book(*BASES, *own, ((INPUT, PRIORITY), "litellm", DAY, "8"))
    assert told(found, OUTPUT) == []


def test_only_while_the_two_tariffs_differ(book, day):
    found = book(
        (INPUT, "genai-prices", "2026-11-01", "3"),
        (OUTPUT, "genai-prices", "2026-11-01", "15"),
        (INPUT, "litellm", "2026-10-31", "3"),
        (OUTPUT, "litellm", "2026-10-31", "20"),
        ((INPUT, PRIORITY), "litellm", "2026-10-31", "8"),
        (INPUT, "litellm", "2026-11-10", "4"),
    )
    (rest,) = found.prices[Component(OUTPUT, PRIORITY)]
    assert day("2026-10-31") < rest.start < day("2026-11-10")
