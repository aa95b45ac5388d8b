"""model-prices: dates, modes and schedules on a sample, the bundled snapshot against the library, mutated input."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.meters import ancestors
from llmpricing.domain.observations import Basis, State
from llmpricing.sources import model_prices
from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError
from llmpricing.sources.reading.providers import canonical

NOON = datetime(2026, 9, 16, 12, tzinfo=UTC)  # a Wednesday


@pytest.fixture(scope="module")
def prices(sample):
    return model_prices.parse(sample("model-prices"))


@pytest.fixture(scope="module")
def segment(prices, offering, price_at):
    return lambda slug, meter, at=NOON, *args, **context: price_at(offering(prices, slug), meter, at, *args, **context)


def test_intervals_become_segments_with_their_evidence(prices, offering):
    (said,) = [
        s for s in offering(prices, "x-ai/grok-9").statements if s.meter == "input_tokens" and not s.conditions.key
    ]
    starts = [datetime(2026, 2, 1, 10, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    assert [(s.state, s.amount, s.valid_from, s.valid_until, s.basis, s.source_url) for s in said.segments] == [
        (State.PRICED, 3, None, starts[0], Basis.UNDATED, "https://x.test/1"),
        (State.PRICED, 2, starts[0], starts[1], Basis.DOCUMENTED, "https://x.test/2"),
        (State.NOT_OFFERED, None, starts[1], None, Basis.FIRST_OBSERVED, None),
    ]


def test_a_cache_price_that_ends_leaves_the_input_price(segment):
    assert segment("x-ai/grok-9", "cache_read_tokens", datetime(2026, 1, 1, tzinfo=UTC)).amount == Decimal("0.75")
    assert segment("x-ai/grok-9", "cache_read_tokens", datetime(2026, 3, 1, tzinfo=UTC)) is None


def test_of_a_mode_nothing_is_said_before_it_is_listed(prices, offering, segment):
    first = datetime(2025, 8, 1, tzinfo=UTC)
    assert not _segments_of_tier(offering(prices, "x-ai/grok-9"), "batch", first)
    after = segment("x-ai/grok-9", "input_tokens", datetime(2025, 10, 1, tzinfo=UTC), tier="batch")
    assert after.amount == Decimal("1.5")


def test_a_mode_without_a_cache_price_bills_cached_input_as_its_own_input(segment):
    assert segment("openai/gpt-9", "cache_read_tokens", tier="flex").amount == Decimal("1.25")
    assert segment("openai/gpt-9", "cache_read_tokens").amount == Decimal("0.25")


def listed(**rates):
    """The only offering of a list with these rates."""
    standard = [{"start": None, "rates": {"input": 2, "output": 8, "cache_write_1h_multiple": 2.5, **rates}}]
    models = {"m": {"standard": standard}}
    (found,) = model_prices.parse(json.dumps({"schema": 1, "prices": {"openai": models}}).encode()).offerings
    return found


def test_a_one_hour_cache_write_is_a_multiple_of_input_in_every_step_where_writes_have_a_price(price_at):
    found = listed(cache_write=2.5, tiers=[{"above": 272_000, "input": 4}])
    assert price_at(found, "cache_write_1h_tokens", NOON).amount == 5
    assert price_at(found, "cache_write_1h_tokens", NOON, 272_001).amount == 10


def test_what_the_list_writes_by_default_on_a_model_without_caching_is_no_meter():
    assert {said.meter for said in listed(cache_read=0).statements} == {"input_tokens", "output_tokens"}
    assert "cache_read_tokens" in {said.meter for said in listed(cache_read=0.2).statements}


def test_a_price_knows_since_when_the_list_saw_it_though_it_holds_from_the_beginning(price_at):
    found = listed(valid_from="2025-06-05T20:31:32Z", valid_from_basis="models.dev commit")
    price = price_at(found, "input_tokens", NOON)
    assert (price.valid_from, price.first_seen) == (None, datetime(2025, 6, 5, 20, 31, 32, tzinfo=UTC))


def test_a_tier_keeps_the_base_price_of_what_it_leaves_out(segment):
    assert segment("openai/gpt-9", "input_tokens", NOON, 272_000).amount == Decimal("2.5")
    assert segment("openai/gpt-9", "input_tokens", NOON, 272_001).amount == 5
    assert segment("openai/gpt-9", "cache_read_tokens", NOON, 272_001).amount == Decimal("0.25")


@pytest.mark.parametrize(("provider", "at_bound"), [("xai", 4), ("openai", 2)])
def test_long_context_begins_at_its_bound_only_where_the_seller_says_at_or_above(provider, at_bound, price_at):
    rates = {"input": 2, "output": 8, "tiers": [{"above": 200_000, "input": 4}]}
    models = {"m": {"standard": [{"start": None, "rates": rates}], "batch": [{"start": None, "rates": rates}]}}
    (found,) = model_prices.parse(json.dumps({"schema": 1, "prices": {provider: models}}).encode()).offerings
    for tier in ("standard", "batch"):
        amounts = [price_at(found, "input_tokens", NOON, tokens, tier=tier).amount for tokens in (199_999, 200_000)]
        assert amounts == [2, at_bound]


def test_thinking_is_a_condition_of_the_output_price_only(prices, offering, segment):
    assert segment("alibaba/qwen-9", "output_tokens").amount == Decimal("1.2")
    assert segment("alibaba/qwen-9", "output_tokens", thinking="enabled").amount == 4
    meters = {s.meter for s in offering(prices, "alibaba/qwen-9").statements if s.conditions.extra}
    assert meters == {"output_tokens"}


def test_an_embedding_model_with_output_for_nothing_offers_no_output(prices, segment):
    assert segment("openai/text-embedding-9", "output_tokens").state is State.NOT_OFFERED


def test_zero_is_free_and_status_is_kept(prices, offering, segment):
    assert segment("broken/free", "input_tokens").state is State.FREE
    assert offering(prices, "broken/free").status == "deprecated"
    assert offering(prices, "x-ai/grok-9").status == "removed"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 9, 16, 0, 59, tzinfo=UTC), "0.15"),
        (datetime(2026, 9, 16, 1, tzinfo=UTC), "0.3"),
        (datetime(2026, 9, 16, 4, tzinfo=UTC), "0.15"),
        (datetime(2026, 9, 16, 9, 59, tzinfo=UTC), "0.3"),
        (datetime(2026, 9, 19, 2, tzinfo=UTC), "0.15"),  # a Saturday
        (datetime(2026, 10, 1, 2, tzinfo=UTC), "0.15"),  # a holiday in China
        (datetime(2026, 10, 5, 2, tzinfo=UTC), "0.3"),
        (datetime(2026, 8, 14, 2, tzinfo=UTC), "0.15"),  # before the schedule
    ],
)
def test_peak_hours_double_the_price_on_working_days_that_are_no_holidays(segment, at, expected):
    assert segment("deepseek/deepseek-v9", "input_tokens", at).amount == Decimal(expected)


def test_peak_hours_and_context_steps_multiply(segment):
    at = datetime(2026, 9, 16, 2, tzinfo=UTC)
    assert segment("deepseek/deepseek-v9", "input_tokens", at, 128_001).amount == Decimal("0.6")
    assert segment("deepseek/deepseek-v9", "output_tokens", at, 128_001).amount == Decimal("1.2")


def test_an_off_peak_discount_ends_with_its_schedule_and_names_its_models(segment):
    night = datetime(2025, 5, 1, 23, tzinfo=UTC)
    assert segment("deepseek/deepseek-old", "input_tokens", night).amount == Decimal("0.1375")
    assert segment("deepseek/deepseek-old", "input_tokens", datetime(2025, 9, 5, 17, tzinfo=UTC)).amount == Decimal(
        "0.55"
    )


def test_aliases_point_to_offerings_and_dangling_ones_are_reported(prices):
    assert prices.aliases == [
        ("model-prices", "grok-9-0", "x-ai/grok-9"),
        ("model-prices", "openai/gpt-9-sol", "openai/gpt-9"),
    ]
    assert "alias openai/gpt-0" in {problem.key for problem in prices.problems}


def test_broken_entries_and_schedules_are_reported_and_the_others_count(prices):
    keys = {problem.key for problem in prices.problems}
    assert keys == {
        "schedule 3",  # its window lies on two days of the calendar
        "alias openai/gpt-0",
        "broken/no-output",
        "broken/no-standard",
        "broken/backwards",
        "broken/negative",
    }
    assert prices.unknown_keys == {"dream": 1}
    assert prices.entries == len(prices.offerings) + 4


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"schema": 2, "prices": {}}', b'{"schema": 1, "prices": {"a": {}}}']
)
def test_a_snapshot_without_anything_readable_is_refused(data):
    with pytest.raises(SourceError):
        model_prices.parse(data)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_input_is_reported_and_never_crashes(data, sample, mutated, invariants):
    try:
        found = model_prices.parse(data.draw(mutated(sample("model-prices"))))
    except SourceError:
        return
    invariants(found)


def test_the_bundled_snapshot_is_read_whole_and_dated_by_itself():
    whole = bundled(model_prices.SOURCE)
    found = model_prices.parse(whole.data)
    assert (len(found.providers), len(found.offerings), found.entries) == (32, 575, 575)
    assert {problem.key.split()[0] for problem in found.problems} == {"alias"}
    assert not found.unknown_keys
    assert datetime.fromisoformat(json.loads(whole.data)["updated_at"]) == whole.published_at


def test_every_bundled_price_costs_what_the_library_says_at_every_bound(price_at):
    import model_prices as library

    whole = bundled(model_prices.SOURCE)
    found = {offering.slug: offering for offering in model_prices.parse(whole.data).offerings}
    for provider, models in json.loads(whole.data)["prices"].items():
        for model, timelines in models.items():
            offering = found[f"{canonical(provider)}/{model}"]
            for mode in timelines:
                for at in _instants(timelines):
                    rates = library._lookup(provider, model, at, mode, True)
                    period = rates and library._period(provider, at, model)
                    _compare(offering, library._scaled(rates, *period) if period else rates, at, mode, price_at)


def _instants(timelines):
    yield from (datetime(2026, 9, 16, hour, tzinfo=UTC) for hour in (2, 5, 15))
    yield from (datetime(2026, 10, 3, 2, tzinfo=UTC), datetime(2026, 10, 6, 2, tzinfo=UTC))
    yield datetime(2025, 5, 1, 23, tzinfo=UTC)
    for intervals in timelines.values():
        for interval in intervals[1:]:
            start = datetime.fromisoformat(interval["start"])
            yield from (start, start - timedelta(seconds=1))


def _segments_of_tier(offering, tier, at):
    return [
        segment
        for said in offering.statements
        for segment in said.segments
        if said.conditions.service_tier == tier
        and (segment.valid_from is None or segment.valid_from <= at)
        and (segment.valid_until is None or at < segment.valid_until)
    ]


def _compare(offering, rates, at, mode, price_at):
    context = {"thinking": "enabled"} if mode == "thinking" else {"tier": mode}
    bounds = [tier.above for tier in (rates.tiers if rates else ())]
    for tokens in [1000, *bounds, *(bound + 1 for bound in bounds)]:
        # The library has the base price at every bound; xAI's long context begins there.
        asked = tokens + 1 if offering.provider == "x-ai" and tokens in bounds else tokens
        for meter, (field, usage) in _USAGE.items():
            if rates is None:
                assert not {s.state for s in _segments_of_tier(offering, mode, at)} - {State.NOT_OFFERED}
                continue
            ours = next(
                filter(None, (price_at(offering, m, at, tokens, **context) for m in (meter, *ancestors(meter))))
            )
            counted = (
                {"input_tokens": 0, usage: asked} if usage != "output_tokens" else {"input_tokens": asked, usage: asked}
            )
            if _is_default(meter, rates):
                continue  # the list writes it on models without caching too: no price for us
            theirs = getattr(rates.breakdown(**counted), field) * 1_000_000 / asked
            exact = pytest.approx(Decimal(str(theirs)), rel=Decimal("1e-9"))
            assert (ours.amount or Decimal(0)) == exact, (offering.slug, mode, meter, at, tokens)


def _is_default(meter, rates):
    if meter == "cache_write_1h_tokens":
        return rates.cache_write is None
    return meter == "cache_read_tokens" and rates.cache_read == 0 and rates.input > 0


_USAGE = {
    "input_tokens": ("input", "input_tokens"),
    "output_tokens": ("output", "output_tokens"),
    "cache_read_tokens": ("cache_read", "cache_read_tokens"),
    "cache_write_tokens": ("cache_write", "cache_write_tokens"),
    "cache_write_1h_tokens": ("cache_write_1h", "cache_write_1h_tokens"),
}
