"""Which differences between two names make them two models."""

import pytest

from llmpricing.domain.names.marks import is_date, marks, swallowed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("claude-3.5-sonnet", "claude-3-5-sonnet"),
        ("gpt-5.2-20251211", "gpt-5.2-2025-12-11"),
        ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet-20240620"),
        ("us.anthropic.claude-opus-5", "regional.anthropic.claude-opus-5"),
        ("llama3.1-8b", "Llama-3.1-8B"),
        ("qwen2p5-vl-72b", "qwen2.5-vl-72b"),
        ("claude-3-opus-latest", "claude-3-opus"),
    ],
)
def test_spellings_of_one_model_agree(one, other):
    assert marks(one) == marks(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("claude-opus-4-1", "claude-opus-4-10"),
        ("claude-opus-4-1", "claude-opus-4"),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("llama-3.1-8b", "llama-3.1-70b"),
        ("gpt-4o", "gpt-4"),
        ("gpt-5-mini", "gpt-5-nano"),
        ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
        ("gemini-1.5-pro-001", "gemini-1.5-pro-002"),
        ("o3", "o3-pro"),
        ("ft:gpt-4o", "gpt-4o"),
        ("ft:gpt-4o-mini", "gpt-4o-mini.ft-"),
        ("kimi-k2", "kimi-k3"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:1"),
        ("grok-4-fast-reasoning", "grok-4-fast-non-reasoning"),
        ("qwen3-235b-a22b", "qwen3-235b-a3b"),
    ],
)
def test_versions_dates_sizes_and_tiers_make_other_models(one, other):
    assert marks(one) != marks(other)


def test_what_a_loose_match_would_pass_over_is_named():
    assert swallowed("gpt-4o-audio-preview-2024-12-17", "gpt-4o-audio-preview") == ("=20241217",)
    assert is_date("=20241217")
    assert swallowed("gemma-3-27b-it", "gemma-3", "gemma-3-") == ("27b", "it")
    assert swallowed("us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-pro") == ()
    assert swallowed("claude-opus-4-4", "claude-opus-4") == ("4",)
