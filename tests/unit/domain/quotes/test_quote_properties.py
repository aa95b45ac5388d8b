"""What holds for every price book and every usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE, Schedule, Step, conditions
from llmpricing.domain.meters import ancestors
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote, requote
from llmpricing.domain.usage.formats import read_usage

START = datetime(2025, 1, 1, tzinfo=UTC)
METERS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cache_audio_read_tokens",
    "output_reasoning_tokens",
    "web_searches",
    "audio_seconds",
)
SHARES = st.one_of(st.just(0), st.integers(1, 400_000), st.sampled_from([199_999, 200_000, 200_001, 10**9]))
AMOUNTS = st.decimals(0, 1000, places=7, allow_nan=False, allow_infinity=False)
DAYS = st.one_of(st.none(), st.integers(0, 400))
WINDOW = Schedule("Europe/Berlin", ((22 * 60, 6 * 60),))
CONDITIONS = st.sampled_from(
    [
        BASE,
        conditions("batch"),
        conditions(step=Step(200_000)),
        conditions(step=Step(100, inclusive=True)),
        conditions(schedule=WINDOW),
        conditions(region="eu"),
        conditions("batch", step=Step(200_000)),
    ]
)


@st.composite
def books(draw, when=CONDITIONS, dated=True, withheld=False, meters=METERS):
    """Prices of one offering without two that apply alike: one per meter, conditions and 100 days. ``withheld`` has
    some of them not offered, wherever it runs.
    """
    said = draw(st.dictionaries(st.tuples(st.sampled_from(meters), when, st.integers(0, 3)), AMOUNTS, max_size=16))
    prices = []
    for number, ((meter, asked, period), amount) in enumerate(said.items(), 1):
        first = START + timedelta(days=100 * period) if dated else None
        last = first + timedelta(days=100) if dated else None
        if not dated and any(p.meter == meter and p.conditions == asked for p in prices):
            continue
        state = State.PRICED if amount else State.FREE
        if withheld and not asked.region and draw(st.booleans()):
            state, amount = State.NOT_OFFERED, None
        prices.append(
            Price(number, meter, asked, state, amount, "USD", 7, first, last, Basis.DOCUMENTED, "list", START)
        )
    return OfferingPrices(prices)


@st.composite
def usages(draw, meters=METERS):
    """Usage stated as shares of meters, summed up into all that count them."""
    shares = draw(st.dictionaries(st.sampled_from(meters), SHARES, min_size=1))
    stated = {}
    for meter, share in shares.items():
        for slug in (meter, *ancestors(meter)):
            stated[slug] = stated.get(slug, 0) + share
    return stated


INSTANTS = st.datetimes(datetime(2024, 12, 1), datetime(2026, 4, 1), timezones=st.just(UTC))  # noqa: DTZ001
CONTEXTS = st.sampled_from([context(), context("batch"), context("flex"), context(time_known=False)])
ASKED = st.sampled_from([context(), context("batch"), context(region="standard"), context("batch", "eu")])
OWN = st.sampled_from(
    [
        (),
        (ContractRate(1, discount=Decimal("0.125")),),
        (
            ContractRate(2, meter="input_tokens", amount=Decimal(3)),
            ContractRate(3, meter="output_tokens", discount=Decimal("0.5")),
        ),
    ]
)


@given(books(), usages(), INSTANTS, CONTEXTS)
def test_lines_sum_to_the_total_and_a_total_is_null_only_with_a_reason(prices, usage, at, ctx):
    answer = quote(prices, read_usage(usage), at, ctx)
    if answer.total is not None:
        assert sum(line.amount for line in answer.lines) == answer.total
        assert sum(line.list_amount for line in answer.lines) == answer.list_total == answer.total
        assert answer.state in ("priced", "free", "included")
        assert -answer.total.as_tuple().exponent <= 12
    else:
        assert answer.state in ("unknown", "not_offered")
        assert answer.unpriced or answer.missing or answer.warnings or not any(usage.values())
    if answer.missing:
        assert answer.low < answer.high


@given(books(), usages(), INSTANTS)
def test_a_line_s_amount_is_its_rate_times_quantity_to_the_last_place(prices, usage, at):
    for line in quote(prices, read_usage(usage), at).lines:
        assert abs(line.rate * line.quantity / line.per - line.amount) <= Decimal("1e-12")


@given(books(), usages(), INSTANTS)
def test_every_token_is_billed_once_or_named_as_unpriced(prices, usage, at):
    answer = quote(prices, read_usage(usage), at, context(region="standard" if prices.regions else None))
    for direction, total in (("input", "input_tokens"), ("output", "output_tokens")):
        counted = [part for part in (*answer.lines, *answer.unpriced) if total in (part.meter, *ancestors(part.meter))]
        assert sum(part.quantity for part in counted) == usage.get(total, 0), direction


@given(
    books(when=st.sampled_from([BASE, conditions("batch"), conditions(schedule=WINDOW)])),
    usages(),
    st.sampled_from(METERS),
    st.integers(1, 1000),
    INSTANTS,
)
def test_more_usage_never_costs_less_without_a_step(prices, usage, meter, more, at):
    larger = dict(usage)
    for slug in (meter, *ancestors(meter)):
        larger[slug] = larger.get(slug, 0) + more
    before, after = quote(prices, read_usage(usage), at), quote(prices, read_usage(larger), at)
    if before.total is not None and after.total is not None:
        assert after.total >= before.total


@given(books(when=st.sampled_from([BASE, conditions("batch")])), usages(), INSTANTS, INSTANTS)
def test_the_cost_changes_with_the_date_only_where_a_price_begins_or_ends(prices, usage, one, two):
    early, late = sorted((one, two))
    if not any(early < bound <= late for bound in prices.bounds):
        assert quote(prices, read_usage(usage), early) == quote(prices, read_usage(usage), late)


@given(books(dated=False, withheld=True, meters=METERS[:3]), usages(METERS[:3]), INSTANTS, ASKED, OWN)
def test_posted_ids_reproduce_every_total(prices, usage, at, ctx, rates):
    ctx = ctx if prices.regions else ctx._replace(region=None)
    first = quote(prices, read_usage(usage), at, ctx, Terms(tuple(rates)))
    ids = [line.price_id for line in first.lines if line.price_id]
    if first.total is not None and ids:
        again = requote(prices, ids, read_usage(usage), at, ctx, Terms(tuple(rates)))
        assert (again.total, [line.amount for line in again.lines]) == (
            first.total,
            [line.amount for line in first.lines],
        )


TOKENS = st.integers(0, 10**7)


@given(books(dated=False), TOKENS, TOKENS, TOKENS, TOKENS, INSTANTS)
def test_the_same_usage_costs_the_same_in_all_formats(prices, fresh, cached, said, thought, at):
    openai = {
        "prompt_tokens": fresh + cached,
        "completion_tokens": said + thought,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
    anthropic = {
        "input_tokens": fresh,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": said + thought,
        "output_tokens_details": {"thinking_tokens": thought},
    }
    google = {
        "promptTokenCount": fresh + cached,
        "cachedContentTokenCount": cached,
        "candidatesTokenCount": said,
        "thoughtsTokenCount": thought,
    }
    own = {
        "input_tokens": fresh + cached,
        "cache_read_tokens": cached,
        "output_tokens": said + thought,
        "output_reasoning_tokens": thought,
    }
    expected = quote(prices, read_usage(own), at)
    for usage_format, raw in (("openai", openai), ("anthropic", anthropic), ("google", google)):
        assert quote(prices, read_usage(raw, usage_format), at) == expected


@pytest.mark.parametrize("total", [context("flex"), context("fast")])
@given(prices=books(), usage=usages(), at=INSTANTS)
def test_a_tier_without_prices_never_has_a_total(total, prices, usage, at):
    answer = quote(prices, read_usage(usage), at, total)
    assert (answer.total, answer.state) == (None, "unknown")
