"""Which ids name one model, whoever sells it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.names.identities import Identity, identity, organisation
from llmpricing.domain.names.index import IndexedOffering, build_index


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("claude-4-opus", "claude-opus-4"),
        ("claude-4.6-opus", "anthropic/claude-opus-4-6"),
        ("anthropic/claude-4.5-haiku-20251001", "claude-haiku-4-5@2025-10-01"),
        ("anthropic.claude-opus-4-6-v1", "databricks-claude-opus-4-6"),
        ("anthropic--claude-4-sonnet", "claude-sonnet-4"),
        ("accounts/fireworks/models/llama-v3p1-70b-instruct", "meta-llama/Llama-3.1-70B-Instruct"),
        ("meta.llama3-1-70b-instruct-v1:0", "meta-llama/Meta-Llama-3.1-70B-Instruct"),
        ("openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "ft:gpt-4o-mini-2024-07-18"),
        ("moonshotai/kimi-k2-thinking-maas", "kimi-k2-thinking"),
        ("amazon.nova-pro-v1:0", "nova-pro"),
    ],
)
def test_other_word_order_dots_dates_and_paths_are_one_identity(one, other):
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gpt-4-5", "gpt-5-4"),
        ("claude-4-opus", "claude-4.5-opus"),
        ("claude-v1", "claude-v2"),
        ("amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"),
        ("amazon.nova-2-lite-v1:0", "amazon.nova-lite-v2:0"),
        ("openrouter/amazon/nova-2-lite-v1", "openrouter/amazon/nova-lite-v2"),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
        ("gpt-4o", "gpt-4o-2024-05-13"),
        ("llama-3-8b", "llama-8-3b"),
        ("deepseek-r1", "deepseek-r1:free"),
        ("ft:gpt-4o", "gpt-4o"),
        ("gemini-1.5-pro-001", "gemini-1.5-pro-002"),
        ("deepseek-coder", "qwen-coder"),
        ("grok-4-fast-reasoning", "grok-4-fast-non-reasoning"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ("amazon.nova-pro-v1:0:300k", "amazon.nova-pro-v1:0"),
        ("us.amazon.nova-pro-v1:0", "eu.amazon.nova-pro-v1:0"),
    ],
)
def test_versions_dates_sizes_variants_and_places_stay_apart(one, other):
    assert identity(one) != identity(other)


def test_an_identity_tells_its_parts():
    assert identity("us.anthropic.claude-3-5-sonnet-20241022-v2:0") == Identity(
        words=("claude", "sonnet"), numbers=("3", "5"), date="20241022", build="v2:0", place="us"
    )
    assert identity("ft:gpt-4o-mini-2024-07-18:acme::abc").variant == "ft"
    assert identity("google/gemini-2.5-flash-preview:thinking").variant == "thinking"


def test_who_made_a_model_is_one_word_whatever_a_list_calls_it():
    assert {organisation(f"{maker}/glm-5") for maker in ("zai-org", "z-ai", "zhipuai", "thudm")} == {"zai"}
    assert organisation("accounts/fireworks/models/glm-5") == organisation("glm-5") == ""


WORDS = st.lists(st.sampled_from(["claude", "opus", "mini", "turbo", "vision", "instruct"]), min_size=1, unique=True)
NUMBERS = st.lists(st.integers(0, 99).map(str), max_size=3)


@given(WORDS, NUMBERS, st.randoms())
def test_words_count_in_any_order_and_numbers_in_their_own(words, numbers, random):
    shuffled = random.sample(words, len(words))
    one, other = identity("-".join(words + numbers)), identity("-".join(shuffled + numbers))
    assert one == other
    if numbers != numbers[::-1]:
        assert identity("-".join(words + numbers[::-1])) != one


@given(st.text(max_size=400))
def test_any_text_has_an_identity_that_case_and_blanks_around_it_do_not_change(text):
    assert identity(f" {text.lower()} ") == identity(text.lower())
    assert all(re.fullmatch(r"[a-z0-9]+", part) for part in (*identity(text).words, *identity(text).numbers))


def test_offerings_of_one_model_are_joined_across_sellers():
    ids = {
        "anthropic": ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-opus-4-5"],
        "aws": ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250930-v1:0"],
        "openrouter": ["anthropic/claude-4.5-sonnet", "anthropic/claude-sonnet-4.5:free"],
    }
    entries = [IndexedOffering(f"{seller}/{id_}", seller, id_) for seller, sells in ids.items() for id_ in sells]
    index = build_index(entries, [])
    assert index.same_model("anthropic/claude-sonnet-4-5-20250929") == (
        "anthropic/claude-sonnet-4-5",
        "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "openrouter/anthropic/claude-4.5-sonnet",
    )
