"""Our quotes beside genai_prices.calc_price, for every priced offering of its list."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.units import _get_registry

from llmpricing.domain.contexts import context
from llmpricing.domain.meters import ancestors
from llmpricing.domain.money import quantise
from llmpricing.domain.observations import State
from llmpricing.domain.quotes import compile_offering, quote
from llmpricing.domain.usage import read_usage
from llmpricing.sources import genai_prices as parser
from llmpricing.sources.bundled import bundled

CASES_PER_OFFERING = 8
SEED = 20261122
TIER_KEYS = ("processing", "service_tier", "speed")
STRANGERS = ("input_tokens", "output_tokens", "cache_read_tokens", "input_audio_tokens", "output_reasoning_tokens")
SIZES = (1, 7, 999, 12_345, 127_999, 128_000, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001, 1_000_003)

# Where the two differ, and why. Besides: a context other than a tier that no variant prices is an error for us.
UNPRICED = "usage without any price costs 0 in calc_price; ours has no total and says what has no price"
NOT_OFFERED = "usage of only what is not offered costs 0 in calc_price; ours has no total"
TIER_UNPRICED = "calc_price takes the standard price for a tier without any price; ours says it is not offered"
TIER_LATER = "before a tier's first date calc_price takes the standard price; ours is unknown before that date"
OPEN_FACT = "calc_price takes the base where a variant's context other than a tier is not stated; ours is low and high"


@pytest.fixture(scope="module")
def offerings():
    return {found.slug: found for found in parser.parse(bundled("genai-prices").data).offerings}


def _instant(numbers, bounds):
    """An instant, often exactly at or just before a change."""
    if bounds and numbers.random() < 0.5:
        return numbers.choice(bounds) - timedelta(microseconds=numbers.choice((0, 1)))
    start = datetime(2024, 6, 1, tzinfo=UTC)
    return start + timedelta(minutes=numbers.randrange(60 * 24 * 365 * 3))


def _usage(numbers, meters):
    """Shares of some meters, stated with every meter that counts them too and with what they do not share."""
    stated = Counter()
    for meter in numbers.sample(meters, numbers.randint(1, min(4, len(meters)))):
        share = numbers.choice((numbers.choice(SIZES), numbers.randrange(1, 2_000_000)))
        for slug in (meter, *ancestors(meter)):
            stated[slug] += share
    return dict(stated) | dict.fromkeys(read_usage(stated).overlaps, 0)


def _context_of(when):
    """genai-prices' context as ours: its three names for a tier are one."""
    tier = next((value for key, value in when.items() if key in TIER_KEYS), None)
    return context(tier, None, {key: value for key, value in when.items() if key not in TIER_KEYS})


def _cases(model, offering, prices):
    numbers = random.Random(f"{SEED} {offering.slug}")  # noqa: S311 - reproducible on purpose
    priced = sorted({statement.meter for statement in offering.statements})
    meters = [meter for meter in dict.fromkeys((*priced, *STRANGERS)) if meter != "requests"]
    contexts = [{}] + [v.when for v in model.price_variants or () if v.prices.__dict__ or set(v.when) <= set(TIER_KEYS)]
    for _ in range(CASES_PER_OFFERING):
        pool = meters if numbers.random() < 0.3 else [meter for meter in priced if meter != "requests"] or meters
        yield _usage(numbers, pool), _instant(numbers, prices.bounds), numbers.choice(contexts)


def _deviation(answer, theirs, model, when):
    """The known reason why the two differ, None where they must be equal; fails where the reason does not hold."""
    if answer.missing:
        assert any(key not in TIER_KEYS for variant in model.price_variants for key in variant.when)
        assert answer.low <= theirs <= answer.high
        return OPEN_FACT
    reasons = {share.reason for share in answer.unpriced}
    if answer.state == State.NOT_OFFERED and any(reason.startswith("service tier") for reason in reasons):
        assert not any(variant.prices.__dict__ for variant in model.price_variants if variant.when == when)
        return TIER_UNPRICED
    if answer.state == State.NOT_OFFERED:
        assert theirs == 0
        return NOT_OFFERED
    if answer.state != "unknown":
        return None
    assert answer.total is None
    if all(reason.startswith("service tier") and "unknown before" in reason for reason in reasons):
        return TIER_LATER
    assert sum(line.amount for line in answer.lines) == theirs
    return UNPRICED


def test_every_priced_offering_costs_what_calc_price_says_to_the_last_digit(offerings, prices_of):
    seen = Counter()
    for provider, model in [(seller, model) for seller in providers for model in seller.models]:
        offering = offerings[f"{provider.id}/{model.id}"]
        if not offering.statements:
            continue
        prices = compile_offering(prices_of(offering.statements))
        for stated, at, when in _cases(model, offering, prices):
            usage = genai_prices.Usage(**{k: v for k, v in stated.items() if k in _get_registry().units})
            found = model.calc_price(usage, provider, genai_request_timestamp=at, price_context=when)
            theirs = quantise(Fraction(found.total_price))
            answer = quote(prices, read_usage(stated), at, _context_of(when))
            deviation = _deviation(answer, theirs, model, when)
            assert deviation or answer.total == theirs, (offering.slug, stated, at, when, theirs, answer)
            seen[deviation] += 1
    assert seen.total() > 2_000 * CASES_PER_OFFERING
    assert seen[None] > 0.75 * seen.total(), seen
    assert set(seen) == {None, UNPRICED, NOT_OFFERED, TIER_UNPRICED, TIER_LATER, OPEN_FACT}
