"""Our quotes beside model_prices.cost, for every model of its snapshot, by date."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import model_prices
import pytest

from llmpricing.domain.contexts import context
from llmpricing.domain.observations import State
from llmpricing.domain.quotes import compile_offering, quote
from llmpricing.domain.usage import read_usage
from llmpricing.sources import model_prices as parser
from llmpricing.sources.bundled import bundled
from llmpricing.sources.providers import canonical

CASES_PER_MODEL = 30
SEED = 20261122
TOLERANCE = 1e-12  # its numbers are floats
SIZES = (0, 1, 999, 31_999, 32_000, 32_001, 127_999, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001)
THINKING = "thinking"

# Where the two differ, and why.
NOT_OFFERED = "a model or mode that is not offered then costs None there; ours is not_offered, without a total"
OTHER_NAME = "its own lookup leads from this id to another model or to none"


@pytest.fixture(scope="module")
def snapshot():
    data = bundled("model-prices").data
    return json.loads(data), {found.slug: found for found in parser.parse(data).offerings}


def _usage(numbers):
    """(their arguments, ours): they leave cached input out of input_tokens."""
    shares = [numbers.choice((numbers.choice(SIZES), numbers.randrange(400_000))) for _ in range(5)]
    fresh, read, written, written_1h, output = (share if numbers.random() < 0.7 else 0 for share in shares)
    theirs = {
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": written_1h,
    }
    ours = {
        "input_tokens": fresh + read + written + written_1h,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": written + written_1h,
        "cache_write_1h_tokens": written_1h,
    }
    return theirs, ours


def _instant(numbers, bounds):
    if bounds and numbers.random() < 0.5:
        return numbers.choice(bounds) - timedelta(microseconds=numbers.choice((0, 1)))
    return datetime(2024, 12, 1, tzinfo=UTC) + timedelta(minutes=numbers.randrange(60 * 24 * 365 * 2))


def _context_of(mode, prices):
    """Thinking is a fact of its own for us, where it has a price of its own; other modes are service tiers."""
    if THINKING not in prices.extra:
        return context(None if mode == THINKING else mode)
    thinking = context(extra={THINKING: "enabled" if mode == THINKING else "standard"})
    return replace(thinking, service_tier=None if mode == THINKING else mode)


def _deviation(answer, expected):
    """The known reason why the two differ, None where they must be equal."""
    if answer.state != State.NOT_OFFERED:
        return None
    assert answer.total is None
    assert expected is None
    return NOT_OFFERED


def test_every_model_costs_what_model_prices_says_by_date_and_mode(snapshot, prices_of):
    document, offerings = snapshot
    seen = Counter()
    for provider, api_id in [(name, api_id) for name, models in document["prices"].items() for api_id in models]:
        if model_prices.resolve(api_id, provider) != (provider, api_id):
            seen[OTHER_NAME] += 1
            continue
        prices = compile_offering(prices_of(offerings[f"{canonical(provider)}/{api_id}"].statements))
        modes = [None, *(set(document["prices"][provider][api_id]) - {"standard"})]
        numbers = random.Random(f"{SEED} {provider}/{api_id}")  # noqa: S311 - reproducible on purpose
        for _ in range(CASES_PER_MODEL):
            mode, at, (theirs, ours) = numbers.choice(modes), _instant(numbers, prices.bounds), _usage(numbers)
            expected = model_prices.cost(api_id, provider=provider, at=at, mode=mode, **theirs)
            answer = quote(prices, read_usage(ours), at, _context_of(mode, prices))
            deviation = _deviation(answer, expected)
            seen[deviation] += 1
            case = (provider, api_id, mode, at, ours, expected, answer)
            assert deviation or abs(float(answer.total) - expected) <= TOLERANCE * max(expected, 1), case
    assert seen[None] > 400 * CASES_PER_MODEL, seen
    assert seen[OTHER_NAME] < 0.05 * len(offerings), seen
