"""models.dev: capabilities, limits and costs on a sample, the bundled dump whole, mutated input."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.observations import State
from llmpricing.sources import models_dev
from llmpricing.sources.bundled import bundled
from llmpricing.sources.errors import SourceError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def prices(sample):
    return models_dev.parse(sample("models-dev"))


@pytest.fixture(scope="module")
def amount(prices, offering, price_at):
    def find(slug, meter, *args, **context):
        segment = price_at(offering(prices, slug), meter, NOON, *args, **context)
        return segment and segment.amount

    return find


def test_capabilities_modalities_limits_and_lab_are_read(prices, offering):
    grok = offering(prices, "x-ai/grok-9")
    assert grok.capabilities == {"attachment", "reasoning", "tool_call", "structured_output", "interleaved"}
    assert grok.denied_capabilities == {"open_weights", "temperature"}
    assert (grok.input_modalities, grok.output_modalities) == (("text", "image"), ("text",))
    assert (grok.context_window, grok.max_output_tokens) == (2_000_000, 30_000)
    assert (grok.lab, grok.mode, grok.status) == ("x-ai", "chat", None)
    assert grok.released_on == date(2026, 5, 1)


def test_a_release_of_a_month_begins_with_it_and_one_that_is_no_day_is_reported(sample):
    providers = json.loads(sample("models-dev"))
    models = providers["xai"]["models"]
    models["grok-9"]["release_date"], models["old-step"]["release_date"] = "2026-05", "soon"
    found = models_dev.parse(json.dumps(providers).encode())
    released = {one.api_id: one.released_on for one in found.offerings}
    assert (released["grok-9"], released["old-step"]) == (date(2026, 5, 1), None)
    assert "release_date" in next(one.reason for one in found.problems if one.key == "xai/old-step")


@pytest.mark.parametrize(
    ("stated", "kept"),
    [("2025-01", "2025-01"), ("2024-10-15", "2024-10-15"), ("2025-02-31", None), ("2025-13", None), ("", None)],
)
def test_a_cutoff_of_a_month_stays_a_month_and_one_that_is_no_day_is_reported(sample, stated, kept):
    providers = json.loads(sample("models-dev"))
    providers["xai"]["models"]["grok-9"]["knowledge"] = stated
    found = models_dev.parse(json.dumps(providers).encode())
    (grok,) = (one for one in found.offerings if one.slug == "x-ai/grok-9")
    assert (grok.knowledge_cutoff, grok.released_on) == (kept, date(2026, 5, 1))
    reasons = [one.reason for one in found.problems if one.key == "xai/grok-9"]
    assert [reason.split()[0] for reason in reasons] == (["knowledge"] if stated and kept is None else [])


def test_a_limit_of_zero_is_unknown_and_states_have_our_words(prices, offering):
    old = offering(prices, "x-ai/old-step")
    assert (old.context_window, old.max_output_tokens, old.status) == (None, None, "preview")
    assert offering(prices, "x-ai/no-cost").status == "deprecated"
    assert offering(prices, "x-ai/no-cost").mode == "image_generation"


def test_costs_are_undated_prices_per_million_tokens(prices, offering, amount):
    assert amount("x-ai/grok-9", "cache_write_tokens") == Decimal("1.5")
    assert amount("x-ai/grok-9", "input_audio_tokens") == 3
    segments = [s for said in offering(prices, "x-ai/grok-9").statements for s in said.segments]
    assert {(s.per, s.valid_from, s.valid_until) for s in segments} == {(1_000_000, None, None)}
    assert not models_dev.SOURCE.states_dates


def test_a_tier_states_its_own_bound_and_the_older_form_is_not_read_beside_it(amount):
    assert amount("x-ai/grok-9", "input_tokens", 271_999) == Decimal("1.25")
    assert amount("x-ai/grok-9", "input_tokens", 272_000) == Decimal("2.5")
    assert amount("x-ai/old-step", "output_tokens", 200_001) == 4


def test_a_mode_is_a_service_tier(amount):
    assert amount("x-ai/grok-9", "output_tokens", tier="fast") == 5


def test_a_missing_cost_says_nothing_and_zero_is_surely_free_only_where_the_id_says_so(prices, offering):
    assert offering(prices, "x-ai/no-cost").statements == ()
    assert {s.segments[0].state for s in offering(prices, "x-ai/whisper-zero").statements} == {State.ZERO}
    assert {s.segments[0].state for s in offering(prices, "x-ai/gift:free").statements} == {State.FREE}


def test_zero_in_a_subscription_is_paid_for_by_it(prices, offering):
    said = offering(prices, "zai-coding-plan/glm-9").statements
    assert {(s.meter, s.segments[0].state) for s in said} == {
        ("input_tokens", State.SUBSCRIPTION),
        ("output_tokens", State.SUBSCRIPTION),
    }


def test_an_embedding_model_offers_no_output(prices, offering, price_at):
    embed = offering(prices, "x-ai/some-embed")
    assert price_at(embed, "output_tokens", NOON).state is State.NOT_OFFERED
    assert embed.mode == "embedding"


@pytest.mark.parametrize(
    ("api_id", "told", "mode", "state"),
    [
        ("baai/bge-m3", {}, "embedding", State.NOT_OFFERED),
        ("bge-reranker-v2-m3", {}, "rerank", State.NOT_OFFERED),
        ("Qwen3-Reranker", {"cost": {"input": 1, "output": 1}}, "rerank", State.PRICED),
        ("voyage-9", {}, None, State.NOT_OFFERED),
        ("model-router", {"tool_call": True}, "chat", State.FREE),
        ("whisper", {"modalities": {"input": ["audio"], "output": ["text"]}}, None, State.FREE),
    ],
)
def test_output_for_nothing_is_not_offered_where_a_model_only_reads(api_id, told, mode, state, price_at):
    text = {"modalities": {"input": ["text"], "output": ["text"]}, "cost": {"input": 1, "output": 0}}
    (found,) = models_dev.parse(json.dumps({"acme": {"models": {api_id: text | told}}}).encode()).offerings
    assert (found.mode, price_at(found, "output_tokens", NOON).state) == (mode, state)


def test_alibabas_reasoning_price_is_the_output_price_while_thinking(prices, offering, amount):
    assert amount("alibaba/qwen-9", "output_tokens") == Decimal("1.2")
    assert amount("alibaba/qwen-9", "output_tokens", thinking="enabled") == 4
    assert {said.meter for said in offering(prices, "alibaba/qwen-9").statements} == {"input_tokens", "output_tokens"}
    assert len(offering(prices, "alibaba/qwen-same").statements) == 2


def test_elsewhere_a_reasoning_price_is_a_meter_of_its_own(amount):
    assert amount("perplexity/deep", "output_reasoning_tokens") == 3


def test_two_providers_that_are_one_seller_are_joined_and_a_contradiction_is_reported(prices, offering, amount):
    assert amount("google-vertex/claude@1", "input_tokens") == 3
    assert amount("google-vertex/claude@2", "input_tokens") == 3
    assert "google-vertex-anthropic/claude@2" in {problem.key for problem in prices.problems}
    assert [provider.slug for provider in prices.providers].count("google-vertex") == 1


def test_broken_entries_are_reported_and_unknown_keys_counted(prices):
    assert {problem.key for problem in prices.problems} == {
        "xai/negative",
        "xai/words",
        "google-vertex-anthropic/claude@2",
    }
    assert prices.unknown_keys == {"cost.dreams": 1, "cost.tiers of another type": 1}
    assert prices.entries == 17


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"limit": {"context": "much"}}, "context"),
        ({"limit": []}, None),
        ({"limit": "x"}, "limit"),
        ({"modalities": {"input": "text"}}, "input"),
        ({"family": 5}, "family"),
        ({"name": []}, "name"),
    ],
)
def test_a_fact_that_cannot_be_read_is_reported_and_leaves_the_prices(told, word):
    models = {"m": {"id": "m", "cost": {"input": 1, "output": 2}} | told}
    found = models_dev.parse(json.dumps({"acme": {"models": models}}).encode())
    assert len(found.offerings[0].statements) == 2
    assert [(p.key, p.reason.split()[0]) for p in found.problems] == ([("acme/m", word)] if word else [])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"a": {"models": {}}}', b'{"a": 1}'])
def test_a_list_without_anything_readable_is_refused(data):
    with pytest.raises(SourceError):
        models_dev.parse(data)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_input_is_reported_and_never_crashes(data, sample, mutated, invariants):
    try:
        found = models_dev.parse(data.draw(mutated(sample("models-dev"))))
    except SourceError:
        return
    invariants(found)


def test_the_bundled_dump_is_read_whole():
    found = models_dev.parse(bundled(models_dev.SOURCE).data)
    assert found.entries == 4803
    assert len(found.offerings) == 4791  # twelve stand under Vertex twice, saying the same
    assert {one.key: one.reason.split()[0] for one in found.problems} == {
        "azure/claude-haiku-4-5": "knowledge",  # up to 31 Feb
        "azure-cognitive-services/claude-haiku-4-5": "knowledge",
        "scaleway/qwen3-embedding-8b": "release_date",  # its month is 25
    }
    assert sum(one.knowledge_cutoff is not None for one in found.offerings) == 2387
    assert not found.unknown_keys
