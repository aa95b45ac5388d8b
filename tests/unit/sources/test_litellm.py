"""LiteLLM's map: every kind of price, name and zero on a sample, and mutated input."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.observations import State
from llmpricing.sources import litellm
from llmpricing.sources.errors import SourceError

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday


@pytest.fixture(scope="module")
def prices(sample):
    return litellm.parse(sample("litellm"))


@pytest.fixture(scope="module")
def segment(prices, offering, price_at):
    return lambda slug, meter, at=NOON, *args, **context: price_at(offering(prices, slug), meter, at, *args, **context)


@pytest.fixture(scope="module")
def amount(segment):
    def find(*args, **context):
        found = segment(*args, **context)
        return found and found.amount

    return find


def test_a_price_per_token_is_told_per_million_with_its_own_text(segment):
    found = segment("openai/gpt-9", "input_tokens")
    assert (str(found.amount), found.per, found.raw) == ("2.5", 1_000_000, "2.5e-06")
    assert found.source_url == "https://o.test/pricing"


def test_a_floats_residue_is_taken_off_and_a_true_fraction_kept(segment):
    assert str(segment("openai/residue", "input_tokens").amount) == "0.8"
    assert segment("openai/residue", "input_tokens").raw == "7.999999999999999e-07"
    assert str(segment("openai/residue", "output_tokens").amount) == "0.33333333333333335"


def test_steps_and_service_tiers_multiply_out(amount):
    assert amount("openai/gpt-9", "input_tokens", NOON, 272_000) == Decimal("2.5")
    assert amount("openai/gpt-9", "input_tokens", NOON, 272_001) == 5
    assert amount("openai/gpt-9", "input_tokens", NOON, 272_001, tier="flex") == Decimal("2.5")
    assert amount("openai/gpt-9", "input_tokens", tier="batch") == Decimal("1.25")
    assert amount("openai/gpt-9", "input_tokens", tier="ultrafast") == Decimal("12.5")


def test_long_context_begins_at_its_bound_only_where_the_seller_says_at_or_above(amount):
    assert amount("x-ai/grok-9", "input_tokens", NOON, 199_999) == 2
    assert amount("x-ai/grok-9", "input_tokens", NOON, 200_000) == 4
    assert amount("google/thinker-9", "output_tokens", NOON, 200_000) == 3


def test_reasoning_at_the_price_of_output_follows_it_into_tiers_and_steps(prices, offering, amount):
    meters = {statement.meter for statement in offering(prices, "google/thinker-9").statements}
    assert meters == {"input_tokens", "output_tokens"}
    assert amount("google/thinker-9", "output_tokens", tier="flex") == Decimal("1.5")
    assert amount("perplexity/searcher-9", "output_reasoning_tokens") == 3


def test_the_time_to_live_of_a_cache_write_names_its_meter(amount):
    assert amount("openai/gpt-9", "cache_write_12h_tokens", NOON, 300_000, tier="batch") == Decimal("6.25")
    assert amount("anthropic/claude-9", "cache_write_1h_tokens") == 8


def test_search_by_context_size_is_one_price_where_all_sizes_cost_the_same(amount):
    assert amount("openai/gpt-9", "web_searches") == 10
    assert amount("anthropic/claude-9", "web_searches") is None
    assert amount("anthropic/claude-9", "web_searches", search_context_size="high") == 14


def test_a_search_that_every_request_makes_is_the_fee_of_a_request(prices, offering, amount):
    assert amount("perplexity/searcher-9", "requests", search_context_size="low") == 5
    assert amount("perplexity/searcher-9", "requests", search_context_size="high") == 12
    assert "web_searches" not in {s.meter for s in offering(prices, "perplexity/searcher-9").statements}


def test_data_residency_and_fast_mode_multiply_token_prices_and_each_other(amount):
    assert amount("openai/gpt-9", "output_tokens", region="us") == Decimal("16.5")
    assert amount("openai/gpt-9", "web_searches", region="us") == 10
    assert amount("anthropic/claude-9", "input_tokens", tier="fast") == 8
    assert amount("anthropic/claude-9", "input_tokens", tier="fast", region="us") == Decimal("8.8")
    assert amount("google-vertex/gemini-9", "input_tokens", region="regional") == Decimal("2.2")


def test_a_region_in_the_key_is_a_condition_of_the_same_offering(prices, offering, amount):
    assert amount("aws/anthropic.claude-v1", "input_tokens") == 8
    assert amount("aws/anthropic.claude-v1", "input_tokens", region="us-east-1") == 9
    assert amount("azure/gpt-9", "input_tokens", region="us") == Decimal("2.75")
    assert offering(prices, "aws/anthropic.claude-v1").context_window == 100_000
    commitment = {"region": "us-east-1", "commitment": "1-month"}
    assert amount("aws/anthropic.claude-v1", "input_compute_seconds", NOON, **commitment) == Decimal("0.0175")


def test_a_cross_region_id_of_bedrock_is_an_id_of_its_own(prices, offering):
    assert offering(prices, "aws/us.anthropic.claude-9").region == "us"


def test_gemini_and_vertex_are_two_sellers(amount):
    assert amount("google/gemini-9", "input_tokens") == 1
    assert amount("google-vertex/gemini-9", "input_tokens") == 2
    assert amount("google-vertex/claude-9@20260101", "input_tokens") == 4


def test_only_keys_without_conditions_are_aliases(prices):
    aliases = {alias: slug for _, alias, slug in prices.aliases}
    assert aliases["gpt-9"] == "openai/gpt-9"
    assert aliases["gemini/gemini-9"] == "google/gemini-9"
    assert not {"azure/us/gpt-9", "high/1024-x-1536/gpt-image-9"} & aliases.keys()


def test_nothing_but_zeros_may_mean_nothing_unless_the_id_says_free_or_it_is_a_subscription(prices, offering):
    assert {s.segments[0].state for s in offering(prices, "ollama/llama").statements} == {State.ZERO}
    assert {s.segments[0].state for s in offering(prices, "openrouter/x/y:free").statements} == {State.FREE}
    assert {s.segments[0].state for s in offering(prices, "chatgpt/gpt-9").statements} == {State.SUBSCRIPTION}


def test_zeros_beside_other_prices_may_mean_nothing_outside_text(prices, offering, segment):
    def states(slug):
        return {s.meter: s.segments[0].state for s in offering(prices, slug).statements}

    assert states("aws/amazon.rerank-v9:0") == {
        "rerank_searches": State.PRICED,
        "input_tokens": State.ZERO,
        "output_tokens": State.ZERO,
    }
    assert states("assemblyai/best-9") == {"input_audio_seconds": State.PRICED, "output_audio_seconds": State.ZERO}
    assert segment("openai/text-embedding-9", "output_tokens").state is State.NOT_OFFERED


@pytest.mark.parametrize("mode", ["embedding", "rerank", "audio_transcription", "image_generation", "search"])
def test_a_zeroed_price_is_stated_as_a_zero_whatever_the_mode(mode):
    keys = {
        "audio_transcription": "input_cost_per_second",
        "image_generation": "output_cost_per_image",
        "search": "input_cost_per_query",
    }
    key = keys.get(mode, "input_cost_per_token")
    for beside in ({}, {"input_cost_per_character": 1e-6}):

        def stated(amount, beside=beside):
            entry = {"litellm_provider": "acme", "mode": mode, key: amount, **beside}
            (found,) = litellm.parse(json.dumps({"1024-x-1024/acme/m-9": entry, "acme/m-9": entry}).encode()).offerings
            return {s.component: s.segments[0].state for s in found.statements}

        priced, zeroed = stated(0.002), stated(0)
        for component, state in priced.items():
            if state is State.PRICED and component.meter != "input_characters":
                assert zeroed[component] is State.ZERO


def test_a_cache_write_cheaper_than_input_is_no_price_of_writes():
    entry = {
        "litellm_provider": "azure",
        "mode": "chat",
        "input_cost_per_token": 2.75e-6,
        "cache_creation_input_token_cost": 1.38e-6,
        "input_cost_per_audio_token": 1e-5,
        "cache_creation_input_audio_token_cost": 1.25e-5,
    }
    found = litellm.parse(json.dumps({"azure/gpt-9": entry}).encode())
    states = {s.meter: s.segments[0].state for s in found.offerings[0].statements}
    assert (states["cache_write_tokens"], states["cache_audio_write_tokens"]) == (State.ZERO, State.PRICED)
    assert [(p.key, "less than input" in p.reason) for p in found.problems] == [("azure/gpt-9", True)]


def test_makers_of_images_are_no_chat_models():
    key = "fireworks_ai/accounts/fireworks/models/flux-9-controlnet"
    entry = {"litellm_provider": "fireworks_ai", "mode": "chat", "input_cost_per_token": 1e-9}
    (found,) = litellm.parse(json.dumps({key: entry}).encode()).offerings
    assert found.mode == "image_generation"


def test_tiers_by_range_are_steps_of_the_whole_request(amount):
    found = [amount("alibaba/qwen-9", "input_tokens", NOON, tokens) for tokens in (32_000, 32_001, 500_000)]
    assert found == [Decimal("1.2"), Decimal("2.4"), Decimal("2.4")]


def test_searches_are_tiered_by_their_number_of_results(amount):
    assert amount("exa-ai/search", "web_searches", max_results="0-25") == 5
    assert amount("exa-ai/search", "web_searches", max_results="26-100") == 25


@pytest.mark.parametrize(
    ("at", "here", "in_shanghai"),
    [
        (datetime(2026, 11, 18, 0, 30, tzinfo=UTC), "0.15", "0.15"),
        (datetime(2026, 11, 18, 2, tzinfo=UTC), "0.3", "0.3"),
        (datetime(2026, 11, 18, 23, 59, tzinfo=UTC), "0.15", "0.15"),
        (datetime(2026, 11, 20, 20, tzinfo=UTC), "0.15", "0.15"),  # Friday in UTC, Saturday in Shanghai
        (datetime(2026, 11, 21, 2, tzinfo=UTC), "0.15", "0.15"),  # Saturday
        (datetime(2026, 11, 22, 17, tzinfo=UTC), "0.15", "0.15"),  # Sunday in UTC, Monday in Shanghai
    ],
)
def test_off_peak_windows_end_at_midnight_and_know_their_weekdays(amount, at, here, in_shanghai):
    assert amount("deepseek/deepseek-9", "input_tokens", at) == Decimal(here)
    assert amount("tencent/deepseek-9", "input_tokens", at) == Decimal(in_shanghai)


def test_weekdays_of_another_zone_are_those_of_its_own_midnight(prices, offering):
    zones = {s.conditions.schedule for s in offering(prices, "tencent/deepseek-9").statements} - {None}
    assert {(z.time_zone, z.windows, z.weekdays) for z in zones} == {
        ("Asia/Shanghai", ((0, 540), (720, 840), (1080, 0)), (1, 2, 3, 4, 5)),
        ("Asia/Shanghai", ((0, 0),), (6, 7)),
    }


def test_a_second_name_of_a_key_never_wins(amount):
    assert amount("deepseek/deepseek-9", "cache_read_tokens") == Decimal("0.006")


def test_databricks_units_keep_their_own_currency(segment):
    assert segment("databricks/databricks-x", "input_tokens").currency == "USD"
    native = segment("databricks/databricks-x", "input_tokens", NOON, currency="DBU")
    assert (native.amount, native.currency) == (Decimal("14.29"), "DBU")
    assert segment("databricks/dbu-only", "input_tokens").currency == "DBU"


def test_images_and_videos_are_priced_by_size_quality_and_resolution(amount):
    assert amount("openai/gpt-image-9", "output_images", NOON, quality="high", size="1024x1536") == Decimal("0.25")
    assert amount("openai/gpt-image-9", "output_pixels", NOON, quality="high", size="1024x1536") == Decimal(
        "158.945719"
    )
    assert amount("openai/gpt-image-9", "output_image_tokens") == 40
    assert amount("aws/amazon.canvas-v1:0", "output_images", NOON, size="1024x1024", steps="50") == Decimal("0.06")
    assert amount("aws/amazon.canvas-v1:0", "output_images", quality="premium", size="above_1024x1024") == Decimal(
        "0.08"
    )
    assert amount("runwayml/gen-9", "output_video_seconds", resolution="4k") == Decimal("0.4")
    assert amount("google-vertex/multimodal-9", "input_video_seconds", clip="above_15s") == Decimal("0.002")


def test_sessions_guardrails_and_pages_have_meters_of_their_own(amount):
    assert amount("openai/container", "code_sessions") == Decimal("0.03")
    assert amount("aws/guardrails", "guardrail_units", policy="contentPolicyUnits") == Decimal("0.15")
    assert amount("reducto/parse", "input_document_pages") == 3


def test_capabilities_limits_and_the_end_of_life_are_read(prices, offering):
    gpt = offering(prices, "openai/gpt-9")
    assert gpt.capabilities == {"tool_call", "vision", "structured_output"}
    assert (gpt.context_window, gpt.max_output_tokens, gpt.mode) == (1_050_000, 128_000, "chat")
    assert (gpt.input_modalities, gpt.output_modalities) == (("text", "image"), ("text",))
    assert gpt.deprecated_on == date(2027, 3, 30)
    assert offering(prices, "aws/anthropic.claude-v1").capabilities is None


def test_an_early_maps_bare_id_is_its_only_sellers(amount):
    assert amount("openai/gpt-4-32k-0314", "input_tokens") == 60


def test_broken_and_contradicting_entries_are_reported_and_unknown_keys_counted(prices):
    assert {problem.key for problem in prices.problems} == {"negative", "words", "whose", "deepseek-9"}
    assert prices.unknown_keys == {
        "dream_cost_per_night": 1,
        "ocr_cost_per_credit": 1,
        "provider_specific_entry.free_dreams": 1,
        "tiered_pricing.dream_cost": 1,
    }
    assert prices.entries == 42
    assert not litellm.SOURCE.states_dates


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_input_tokens", "n/a"),
        ("max_output_tokens", -1),
        ("deprecation_date", "soon"),
        ("supported_modalities", "text"),
        ("supported_output_modalities", [5]),
        ("source", 7),
    ],
)
def test_a_limit_or_date_that_cannot_be_read_is_reported_and_leaves_the_prices(name, value):
    entry = {"litellm_provider": "acme", "mode": "chat", "max_tokens": 8, "input_cost_per_token": 2e-06, name: value}
    found = litellm.parse(json.dumps({"acme/a": entry}).encode())
    assert [s.meter for s in found.offerings[0].statements] == ["input_tokens"]
    ((key, reason),) = [(problem.key, problem.reason) for problem in found.problems]
    assert key == "acme/a"
    assert name in reason


def test_a_name_that_cannot_be_shown_is_reported_and_the_others_count():
    entry = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2e-06}
    names = ["acme/a", "acme/\x1b[31mred", "acme/\u202eback"]
    found = litellm.parse(json.dumps(dict.fromkeys(names, entry)).encode())
    assert [offering.slug for offering in found.offerings] == ["acme/a"]
    assert [problem.key for problem in found.problems] == names[1:]


def test_a_map_with_a_byte_order_mark_is_read(sample, prices):
    assert litellm.parse(b"\xef\xbb\xbf" + sample("litellm")).offerings == prices.offerings


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"sample_spec": {}}', b'{"a": 1}', b"404: Not Found"])
def test_a_map_without_anything_readable_is_refused(data):
    with pytest.raises(SourceError):
        litellm.parse(data)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_mutated_input_is_reported_and_never_crashes(data, sample, mutated, invariants):
    try:
        found = litellm.parse(data.draw(mutated(sample("litellm"))))
    except SourceError:
        return
    invariants(found)


@pytest.mark.parametrize("zero_first", [True, False])
def test_a_zero_yields_to_another_entry_of_the_same_offering(zero_first, offering):
    """The map has gemini-exp-1206 twice, once as Vertex's at zero."""
    zero = {"litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0}
    priced = zero | {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    entries = {"gemini/gemini-x": zero if zero_first else priced, "gemini-x": priced if zero_first else zero}
    found = litellm.parse(json.dumps(entries).encode())
    assert not found.problems
    assert {(s.meter, s.segments[0].amount) for s in offering(found, "google/gemini-x").statements} == {
        ("input_tokens", 1),
        ("output_tokens", 2),
    }
