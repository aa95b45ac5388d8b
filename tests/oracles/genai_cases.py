"""Cases that genai_prices.calc_price and ours can both express, and the known reasons why the two may differ."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import genai_prices
from genai_prices.data import providers
from genai_prices.units import _get_registry

from llmpricing.domain.meters import ancestors
from llmpricing.domain.money import quantise
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.usage.formats import read_usage

CASES_PER_OFFERING = 8
SEED = 20261122
TIER_KEYS = ("processing", "service_tier", "speed")
STRANGERS = ("input_tokens", "output_tokens", "cache_read_tokens", "input_audio_tokens", "output_reasoning_tokens")
SIZES = (1, 7, 999, 12_345, 127_999, 128_000, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001, 1_000_003)

# Where the two differ, and why. Besides: a context other than a tier that no variant prices is an error for us.
UNPRICED = "usage without any price costs 0 in calc_price; ours has no total and says what has no price"
NOT_OFFERED = "usage of only what is not offered costs 0 in calc_price; ours has no total"
TIER_UNPRICED = "calc_price takes the standard price for a tier without any price; ours is unknown, no list names it"
NO_STAND_IN = "calc_price bills sound, made pictures and charged cache writes at another price; ours has bounds only"
FLAT_TIER = "calc_price takes a tier's price without a step beyond the base's step too; ours has bounds only"
TIER_LATER = "before a tier's first date calc_price takes the standard price; ours is unknown before that date"
OPEN_FACT = "calc_price takes the base where a variant's context other than a tier is not stated; ours is low and high"
SURCHARGE = "calc_price bills for an OpenRouter cache write what is asked on top of input; ours adds the input"
ALL_PICTURES = "calc_price takes output of a model that makes nothing but pictures for text, unless told otherwise"
ALL = frozenset(
    {SURCHARGE, UNPRICED, NOT_OFFERED, TIER_UNPRICED, TIER_LATER, OPEN_FACT, NO_STAND_IN, FLAT_TIER, ALL_PICTURES}
)


@dataclass(frozen=True)
class Case:
    """One question of both: ``stated`` in our words, ``when`` in theirs."""

    provider: Any
    model: Any
    stated: Mapping[str, int]
    at: datetime
    when: Mapping[str, str]

    @property
    def slug(self) -> str:
        return f"{self.provider.id}/{self.model.id}"

    @property
    def context(self) -> Context:
        """Their context as ours: its three names for a tier are one."""
        tier = next((value for key, value in self.when.items() if key in TIER_KEYS), None)
        return context(tier, None, {key: value for key, value in self.when.items() if key not in TIER_KEYS})

    @property
    def theirs(self) -> Decimal:
        """What calc_price says, to 12 places."""
        usage = genai_prices.Usage(**{k: v for k, v in self.stated.items() if k in _get_registry().units})
        found = self.model.calc_price(usage, self.provider, genai_request_timestamp=self.at, price_context=self.when)
        return quantise(Fraction(found.total_price))


def offerings() -> Iterator[tuple[str, Any, Any]]:
    """(our id, their provider, their model) of everything they list."""
    for provider in providers:
        for model in provider.models:
            yield f"{provider.id}/{model.id}", provider, model


def cases(provider: Any, model: Any, prices: OfferingPrices) -> Iterator[Case]:
    """Cases of one offering, the same in every run; ``prices`` are ours of it."""
    numbers = random.Random(f"{SEED} {provider.id}/{model.id}")  # noqa: S311 - reproducible on purpose
    priced = sorted({price.meter for price in prices.prices})
    meters = [meter for meter in dict.fromkeys((*priced, *STRANGERS)) if meter != "requests"]
    contexts = [{}] + [v.when for v in model.price_variants or () if v.prices.__dict__ or set(v.when) <= set(TIER_KEYS)]
    for _ in range(CASES_PER_OFFERING):
        pool = meters if numbers.random() < 0.3 else [meter for meter in priced if meter != "requests"] or meters
        yield Case(provider, model, _usage(numbers, pool), _instant(numbers, prices.bounds), numbers.choice(contexts))


def deviation(case: Case, answer: Quote, theirs: Decimal) -> str | None:
    """The known reason why the two differ, None where they must be equal; fails where the reason does not hold."""
    on_top = _left_out_of_writes(case)
    theirs += quantise(on_top)
    if on_top and answer.total is not None and not answer.missing:
        assert abs(answer.total - theirs) <= Decimal("2e-12")  # both are rounded
        return SURCHARGE
    if answer.missing:
        assert any(key not in TIER_KEYS for variant in case.model.price_variants for key in variant.when)
        assert answer.low <= theirs <= answer.high
        return OPEN_FACT
    reasons = {share.reason for share in answer.unpriced}
    if any("names tier" in reason for reason in reasons):
        assert not any(variant.prices.__dict__ for variant in case.model.price_variants if variant.when == case.when)
        return TIER_UNPRICED
    if answer.state == State.NOT_OFFERED:
        assert theirs == 0
        return NOT_OFFERED
    if any(note.code is Code.PARTS_UNTOLD for note in answer.notes):
        told = {**case.stated, "output_image_tokens": case.stated["output_tokens"]}
        theirs = replace(case, stated=told).theirs
        if answer.total is not None:
            assert answer.total == theirs
            return ALL_PICTURES
    if answer.state != "unknown":
        return None
    assert answer.total is None
    if all(reason.startswith("service tier") and "unknown before" in reason for reason in reasons):
        return TIER_LATER
    bounded = FLAT_TIER if any("beyond the context step" in reason for reason in reasons) else NO_STAND_IN
    if any(words in reason for reason in reasons for words in ("is not that of", "charges for", "beyond the")):
        assert answer.low is None or answer.low <= theirs
        assert answer.high is None or theirs <= answer.high
        return bounded
    assert sum(line.amount for line in answer.lines) == theirs
    return UNPRICED


def _left_out_of_writes(case: Case) -> Fraction:
    """What the input costs that OpenRouter asks for besides a cache write's surcharge; 0 at other sellers."""
    prices = case.model.get_prices(case.at, case.when)
    write, plain = (getattr(prices, name, None) for name in ("cache_write_mtok", "input_mtok"))
    written = case.stated.get("cache_write_tokens", 0)
    if case.provider.id != "openrouter" or not (write and plain and written):
        return Fraction(0)
    base = getattr(plain, "base", plain)
    steps = [tier.price for tier in getattr(plain, "tiers", ()) if case.stated.get("input_tokens", 0) > tier.start]
    is_on_top = getattr(write, "base", write) < base
    return Fraction(steps[-1] if steps else base) * written / 1_000_000 if is_on_top else Fraction(0)


def _instant(numbers: random.Random, bounds: list[datetime]) -> datetime:
    """An instant, often exactly at or just before a change."""
    if bounds and numbers.random() < 0.5:
        return numbers.choice(bounds) - timedelta(microseconds=numbers.choice((0, 1)))
    start = datetime(2024, 6, 1, tzinfo=UTC)
    return start + timedelta(minutes=numbers.randrange(60 * 24 * 365 * 3))


def _usage(numbers: random.Random, meters: list[str]) -> dict[str, int]:
    """Shares of some meters, stated with every meter that counts them too and with what they do not share."""
    stated: Counter[str] = Counter()
    for meter in numbers.sample(meters, numbers.randint(1, min(4, len(meters)))):
        share = numbers.choice((numbers.choice(SIZES), numbers.randrange(1, 2_000_000)))
        for slug in (meter, *ancestors(meter)):
            stated[slug] += share
    return dict(stated) | dict.fromkeys(read_usage(stated).overlaps, 0)
