"""Cases that model_prices.cost and ours can both express, and the known reasons why the two may differ."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import model_prices

from llmpricing.domain.observations import State
from llmpricing.domain.quotes.allocation import UNKNOWN
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.sources import model_prices as parser
from llmpricing.sources.bundled import bundled
from llmpricing.sources.reading.providers import canonical

CASES_PER_MODEL = 30
SEED = 20261122
TOLERANCE = 1e-12  # its numbers are floats
SIZES = (0, 1, 999, 31_999, 32_000, 32_001, 127_999, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001)
THINKING = "thinking"

# Where the two differ, and why. Besides: its own lookup leads from a few ids to another model, or to none.
NOT_OFFERED = "a model or mode that is not offered then costs None there; ours is not_offered, without a total"
NOT_LISTED_YET = "a mode that the list did not have yet costs None there; ours is unknown, without a total"
FLAT_TIER = "theirs takes a mode's price without a step beyond the standard mode's step too; ours has bounds only"
NO_STAND_IN = "theirs bills cache writes that the seller charges for at the input price; ours has bounds only"
DEFAULTS = (
    "its one-hour multiple without a price of cache writes, and its 0 beside a priced input, are no prices for us"
)
AT_THE_BOUND = "xAI's long context begins at 200,000 tokens, as it says itself; theirs begins beyond"

_XAI_BOUND = 200_000


@dataclass(frozen=True)
class Case:
    """One question of both: ``asked`` in their words, ``stated`` in ours."""

    provider: str
    api_id: str
    mode: str | None
    at: datetime
    asked: Mapping[str, int]
    stated: Mapping[str, int]
    context: Context

    @property
    def theirs(self) -> Any:
        """What model_prices says: a float, or None."""
        return model_prices.cost(self.api_id, provider=self.provider, at=self.at, mode=self.mode, **self.asked)


def offerings() -> Iterator[tuple[str, str, str, list[str | None]]]:
    """(our id, their provider, their model, its modes) of everything they list and find by its own id."""
    for provider, models in _listed().items():
        for api_id, modes in models.items():
            if model_prices.resolve(api_id, provider) == (provider, api_id):
                yield f"{canonical(provider)}/{api_id}", provider, api_id, [None, *sorted(set(modes) - {"standard"})]


def cases(provider: str, api_id: str, modes: list[str | None], prices: OfferingPrices) -> Iterator[Case]:
    """Cases of one model, the same in every run; ``prices`` are ours of it."""
    numbers = random.Random(f"{SEED} {provider}/{api_id}")  # noqa: S311 - reproducible on purpose
    for _ in range(CASES_PER_MODEL):
        mode, at, (asked, stated) = numbers.choice(modes), _instant(numbers, prices.bounds), _usage(numbers)
        yield Case(provider, api_id, mode, at, asked, stated, _context_of(mode, prices))


def deviation(case: Case, answer: Quote, theirs: Any) -> str | None:
    """The known reason why the two differ, None where they must be equal."""
    if answer.state == State.NOT_OFFERED:
        assert answer.total is None
        assert theirs is None
        return NOT_OFFERED
    if theirs is None and answer.state == UNKNOWN:
        assert all("is unknown before" in share.reason for share in answer.unpriced)
        return NOT_LISTED_YET
    if _rests_on_defaults(case) and not is_equal(answer, theirs):
        return DEFAULTS
    reasons = {share.reason for share in answer.unpriced}
    for words, reason in (("beyond the context step", FLAT_TIER), ("charges for cache writes", NO_STAND_IN)):
        if any(words in said for said in reasons):
            assert answer.low is not None
            assert float(answer.low) <= theirs + TOLERANCE
            assert answer.high is None or theirs <= float(answer.high) + TOLERANCE
            return reason
    if case.provider == "xai" and case.stated["input_tokens"] == _XAI_BOUND and not is_equal(answer, theirs):
        assert answer.total is not None
        assert answer.total > theirs
        return AT_THE_BOUND
    return None


@cache
def _listed() -> Any:
    return json.loads(bundled(parser.SOURCE).data)["prices"]


def _rests_on_defaults(case: Case) -> bool:
    """Whether their answer prices usage by what the list writes on models that do not sell it."""
    modes = _listed()[case.provider][case.api_id]
    timeline = modes.get(case.mode or "standard", modes["standard"])
    begun = [item for item in timeline if item["start"] is None or datetime.fromisoformat(item["start"]) <= case.at]
    rates = begun[-1]["rates"] or {}
    states_writes = timeline is not modes["standard"] and any(
        (item["rates"] or {}).get("cache_write") for item in modes["standard"]
    )
    written_by_default = "cache_write_1h_multiple" in rates and not rates.get("cache_write") and not states_writes
    asked, is_priced = case.asked, rates.get("input", 0) > 0
    return (
        (written_by_default and asked["cache_write_1h_tokens"] > 0)
        or (is_priced and rates.get("cache_read") == 0 and asked["cache_read_tokens"] > 0)
        or (
            is_priced
            and rates.get("cache_write") == 0
            and asked["cache_write_tokens"] + asked["cache_write_1h_tokens"] > 0
        )
    )


def is_equal(answer: Quote, theirs: float | None) -> bool:
    """Whether our total is theirs, but for what a float cannot hold."""
    # model-prices' amount is a float, so the comparison is one; ours stays a Decimal.
    return (
        answer.total is not None
        and theirs is not None
        and abs(float(answer.total) - theirs) <= TOLERANCE * max(theirs, 1)
    )


def _usage(numbers: random.Random) -> tuple[dict[str, int], dict[str, int]]:
    """(their arguments, ours): they leave cached input out of input_tokens."""
    shares = [numbers.choice((numbers.choice(SIZES), numbers.randrange(400_000))) for _ in range(5)]
    fresh, read, written, written_1h, output = (share if numbers.random() < 0.7 else 0 for share in shares)
    asked = {
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": written_1h,
    }
    stated = asked | {
        "input_tokens": fresh + read + written + written_1h,
        "cache_write_tokens": written + written_1h,
    }
    return asked, stated


def _instant(numbers: random.Random, bounds: list[datetime]) -> datetime:
    if bounds and numbers.random() < 0.5:
        return numbers.choice(bounds) - timedelta(microseconds=numbers.choice((0, 1)))
    return datetime(2024, 12, 1, tzinfo=UTC) + timedelta(minutes=numbers.randrange(60 * 24 * 365 * 2))


def _context_of(mode: str | None, prices: OfferingPrices) -> Context:
    """Thinking is a fact of its own for us, where it has a price of its own; other modes are service tiers."""
    if THINKING not in prices.extra:
        return context(None if mode == THINKING else mode)
    thinking = context(extra={THINKING: "enabled" if mode == THINKING else "standard"})
    return thinking._replace(service_tier=None if mode == THINKING else mode)
