"""Our quotes beside genai_prices.calc_price, for every priced offering of its list."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import genai_prices
import pytest
from genai_prices.data import providers

from llmpricing.domain.contexts import context
from llmpricing.domain.meters import METERS, ancestors
from llmpricing.domain.money import quantise
from llmpricing.domain.observations import State
from llmpricing.domain.quotes import compile_offering, quote
from llmpricing.domain.usage import read_usage
from llmpricing.sources import genai_prices as parser
from llmpricing.sources.bundled import bundled

CASES_PER_OFFERING = 12
SEED = 20261122
TIER_KEYS = ("processing", "service_tier", "speed")
STRANGERS = ("input_tokens", "output_tokens", "cache_read_tokens", "input_audio_tokens", "output_reasoning_tokens")
SIZES = (1, 7, 999, 12_345, 127_999, 128_000, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001, 1_000_003)

# Where the two differ, and why ours is right.
UNPRICED = "calc_price bills usage without a price at 0; ours has no total and says what has no price"
OPEN_FACT = "a variant's context other than a tier was not stated: calc_price takes its base, ours gives low and high"


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
    """Shares of some meters, stated with every meter that counts them too."""
    stated = Counter()
    for meter in numbers.sample(meters, numbers.randint(1, min(4, len(meters)))):
        share = numbers.choice((numbers.choice(SIZES), numbers.randrange(1, 2_000_000)))
        for slug in (meter, *ancestors(meter)):
            stated[slug] += share
    return dict(stated)


def _context_of(when):
    """genai-prices' context as ours: its three names for a tier are one."""
    tier = next((value for key, value in when.items() if key in TIER_KEYS), None)
    return context(tier, None, {key: value for key, value in when.items() if key not in TIER_KEYS})


def _cases(model, offering, prices):
    numbers = random.Random(SEED + zlib.crc32(offering.slug.encode()))
    priced = sorted({statement.meter for statement in offering.statements})
    meters = [meter for meter in dict.fromkeys((*priced, *STRANGERS)) if meter != "requests"]
    contexts = [{}] + [variant.when for variant in model.price_variants or ()]
    for _ in range(CASES_PER_OFFERING):
        pool = meters if numbers.random() < 0.3 else [meter for meter in priced if meter != "requests"] or meters
        yield _usage(numbers, pool), _instant(numbers, prices.bounds), numbers.choice(contexts)


def _unpriced_for_us(answer, stated):
    """Whether each thing we could not price has indeed no price, neither its own nor an ancestor's."""
    return answer.state == "unknown" and all(
        unpriced.quantity and unpriced.meter in stated for unpriced in answer.unpriced
    )


def test_every_priced_offering_costs_what_calc_price_says_to_the_last_digit(offerings, prices_of):
    seen = Counter()
    for provider in providers:
        for model in provider.models:
            offering = offerings[f"{provider.id}/{model.id}"]
            if not offering.statements:
                continue
            prices = compile_offering(prices_of(offering.statements))
            for stated, at, when in _cases(model, offering, prices):
                theirs = model.calc_price(
                    genai_prices.Usage(**stated), provider, genai_request_timestamp=at, price_context=when
                ).total_price
                answer = quote(prices, read_usage(stated), at, _context_of(when))
                case = (offering.slug, stated, at, when, theirs, answer)
                seen["cases"] += 1
                if answer.missing:
                    assert OPEN_FACT and any(k not in TIER_KEYS for v in model.price_variants for k in v.when), case
                    assert answer.low <= quantise(Fraction(theirs)) <= answer.high, case
                    seen[OPEN_FACT] += 1
                elif answer.state == "unknown":
                    assert UNPRICED and _unpriced_for_us(answer, stated), case
                    priced_part = sum((line.amount for line in answer.lines), Decimal(0))
                    assert priced_part == quantise(Fraction(theirs)), case
                    seen[UNPRICED] += 1
                elif answer.state == State.NOT_OFFERED:
                    assert theirs == 0 and answer.total is None and answer.warnings, case
                    seen[UNPRICED] += 1
                else:
                    assert answer.total == quantise(Fraction(theirs)), case
                    seen["equal"] += 1
    assert seen["cases"] > 20_000
    assert seen["equal"] > 0.75 * seen["cases"], seen
    print(seen)
