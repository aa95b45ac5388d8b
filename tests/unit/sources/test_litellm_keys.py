"""LiteLLM's flat keys and names: the product of suffixes, and ids behind prefixes."""

from __future__ import annotations

import itertools

import pytest

from llmpricing.domain.meters import METERS
from llmpricing.sources.litellm.keys import read_key
from llmpricing.sources.litellm.names import provider_of, read_name

_TIERS = {
    "": "standard",
    "_flex": "flex",
    "_priority": "priority",
    "_batches": "batch",
    "_ultrafast": "ultrafast",
    "_balanced": "balanced",
}
_STEPS = {"": None, "_above_32k_tokens": 32_000, "_above_200k_tokens": 200_000, "_above_272k_tokens": 272_000}


@pytest.mark.parametrize(
    ("base", "meter"),
    [
        ("input_cost_per_token", "input_tokens"),
        ("output_cost_per_token", "output_tokens"),
        ("cache_read_input_token_cost", "cache_read_tokens"),
        ("cache_creation_input_token_cost", "cache_write_tokens"),
        ("cache_creation_input_token_cost_above_1hr", "cache_write_1h_tokens"),
        ("cache_creation_input_token_cost_above_12hr", "cache_write_12h_tokens"),
        ("input_cost_per_audio_token", "input_audio_tokens"),
        ("input_cost_per_character", "input_characters"),
    ],
)
def test_every_product_of_base_step_and_tier_is_taken_apart(base, meter):
    for (step, bound), (suffix, tier) in itertools.product(_STEPS.items(), _TIERS.items()):
        found = read_key(f"{base}{step}{suffix}")
        assert found.meter("chat", makes_images=False) == meter
        assert found.conditions.service_tier == tier
        assert (found.conditions.step and found.conditions.step.above) == bound


@pytest.mark.parametrize(
    ("key", "mode", "meter", "condition"),
    [
        ("input_cost_per_second", "audio_transcription", "input_audio_seconds", ""),
        ("input_cost_per_second", "chat", "input_compute_seconds", ""),
        ("output_cost_per_second_1080p", "video_generation", "output_video_seconds", "resolution:1080p"),
        ("output_cost_per_image_0.5K", "image_generation", "output_images", "resolution:0.5k"),
        ("output_cost_per_image_1536", "image_generation", "output_images", "resolution:1536"),
        ("output_cost_per_image_premium_image", "image_generation", "output_images", "quality:premium"),
        (
            "output_cost_per_image_above_512_and_512_pixels_and_premium_image",
            "image_generation",
            "output_images",
            "quality:premium;size:above_512x512",
        ),
        ("input_cost_per_video_per_second_above_8s_interval", "embedding", "input_video_seconds", "clip:above_8s"),
        ("input_cost_per_image_above_128k_tokens", "chat", "input_images", "above=128000"),
        ("input_cost_per_query", "rerank", "rerank_searches", ""),
        ("input_cost_per_query", "search", "web_searches", ""),
        ("input_cost_per_query", "embedding", "input_queries", ""),
        ("input_cost_per_token_batch_requests", "chat", "input_tokens", "tier=batch"),
        ("computer_use_input_cost_per_1k_tokens", "chat", "input_tokens", "tool:computer_use"),
        ("explicit_cache_read_input_token_cost", "chat", "cache_read_tokens", "cache:explicit"),
        ("annotation_cost_per_page_batches", "ocr", "input_annotated_document_pages", "tier=batch"),
        ("google_maps_grounding_cost_per_query", "chat", "maps_groundings", ""),
        ("citation_cost_per_token", "chat", "output_citation_tokens", ""),
        ("file_search_cost_per_gb_per_day", "chat", "storage_gib_days", ""),
    ],
)
def test_a_key_names_its_meter_and_conditions(key, mode, meter, condition):
    found = read_key(key)
    assert found.meter(mode, makes_images=False) == meter
    assert found.conditions.key == condition
    assert meter in METERS


@pytest.mark.parametrize(
    "key",
    ["max_tokens", "supports_vision", "ocr_cost_per_credit", "input_cost_per_dream", "input_cost_per_token_above_1hr"],
)
def test_what_is_no_known_price_key_is_not_guessed(key):
    assert read_key(key) is None


@pytest.mark.parametrize(
    ("key", "provider", "slug"),
    [
        ("gpt-9", "openai", "openai/gpt-9"),
        ("openrouter/openai/gpt-9", "openrouter", "openrouter/openai/gpt-9"),
        ("fireworks_ai/WhereIsAI/UAE", "fireworks_ai-embedding-models", "fireworks/WhereIsAI/UAE"),
        ("together-ai-up-to-4b", "together_ai", "together/together-ai-up-to-4b"),
        ("amazon-nova/nova-lite-v1", "amazon_nova", "nova/nova-lite-v1"),
        ("azure_ai/phi-9", "azure_ai", "azure-ai/phi-9"),
        ("vertex_ai/meta/llama-9-maas", "vertex_ai-llama_models", "google-vertex/meta/llama-9-maas"),
        ("bedrock_mantle/us-gov-west-1/openai.gpt-9", "bedrock_mantle", "bedrock-mantle/openai.gpt-9"),
        ("bedrock/invoke/anthropic.claude-v9", "bedrock", "aws/anthropic.claude-v9"),
        ("bedrock/*/6-month-commitment/cohere.command", "bedrock", "aws/cohere.command"),
        ("azure/hd/1024-x-1792/dall-e-3", "azure", "azure/dall-e-3"),
        ("aws_polly/standard", "aws_polly", "aws-polly/standard"),
    ],
)
def test_a_name_is_the_seller_and_the_id_that_its_api_takes(key, provider, slug):
    assert read_name(key, provider).slug == slug


@pytest.mark.parametrize(
    ("key", "provider"),
    [
        ("azure/gpt-4", "azure"),
        ("1024-x-1024/dall-e-2", "openai"),
        ("ft:gpt-3.5-turbo", "openai"),
        ("claude-2", "anthropic"),
        ("anthropic.claude-v2", "bedrock"),
        ("chat-bison", "vertex_ai"),
        ("something-else", None),
    ],
)
def test_an_entry_without_provider_belongs_to_its_prefix_or_the_only_seller_of_then(key, provider):
    assert provider_of(key) == provider
