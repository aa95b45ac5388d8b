"""The usage types of Amazon's bill, of every generation."""

from __future__ import annotations

import pytest

from llmpricing.services.usage_log.formats.aws_usage_types import TokenKind, kind_of

EDITION = "Claude Opus 4.7 (Amazon Bedrock Edition)"
OPUS, NOVA = "claude-opus-4.7", "nova-lite"


@pytest.mark.parametrize(
    ("usage_type", "kind"),
    [
        ("USE1-MP:USE1_InputTokenCount-Units", TokenKind("input_tokens", OPUS)),
        ("USE1-MP:USE1_InputTokenCount_Global_Batch-Units", TokenKind("input_tokens", OPUS, True, "batch")),
        ("USE1-MP:USE1_CacheWrite1hInputTokenCount-Units", TokenKind("cache_write_1h_tokens", OPUS)),
        ("USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units", TokenKind("cache_write_1h_tokens", OPUS, True)),
        ("USE1-MP:USE1_InputTokenCount_Foo-Units", TokenKind("input_tokens", OPUS, unknown="Foo")),
        ("USE1-MP:USE1_input_tokens_standard-Units", TokenKind("input_tokens", OPUS)),
        ("USE1_output_tokens_standard-Units", TokenKind("output_tokens", OPUS)),
        ("APN1-MP:APN1_cache_read_tokens_global_standard-Units", TokenKind("cache_read_tokens", OPUS, True)),
        ("USE1-MP:USE1_cache_write_tokens_standard-Units", TokenKind("cache_write_tokens", OPUS)),
        ("USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units", TokenKind("cache_write_1h_tokens", OPUS, True)),
        ("USE1-MP:USE1_output_tokens_global_batch-Units", TokenKind("output_tokens", OPUS, True, "batch")),
        ("USE1-NovaLite-input-tokens-flex", TokenKind("input_tokens", NOVA, False, "flex")),
        ("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", TokenKind("input_tokens", "openai.gpt-oss-120b")),
        ("USE1-xai.grok-4.3-mantle-output-tokens-flex", TokenKind("output_tokens", "xai.grok-4.3", False, "flex")),
        ("USE1-anthropic.claude-haiku-4-5-mantle-input-tokens-standard", TokenKind("input_tokens", "claude-haiku-4-5")),
    ],
)
def test_tokens_of_a_model_are_told_by_kind_tier_and_place(usage_type: str, kind: TokenKind) -> None:
    assert kind_of(usage_type, EDITION) == kind


@pytest.mark.parametrize(
    "usage_type",
    [
        "USE1-NovaLite-Customization-Training",
        "USE1-NovaLite-input-tokens-custom-model",
        "USE1-NovaPro-output-tokens-latency-optimized",
        "USE1-MP:USE1_reserved_1month_tpm_input_tokens_standard-Units",
        "USE1-MP:USE1_cache_write_tokens_30m_standard-Units",
        "USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits",
    ],
)
def test_what_is_no_usage_of_plain_tokens_is_of_no_kind(usage_type: str) -> None:
    assert kind_of(usage_type, EDITION) is None
