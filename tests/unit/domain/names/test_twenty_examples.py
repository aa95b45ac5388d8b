"""Twenty names as logs write them, over the bundled lists and over a seller that another list adds."""

import pytest

from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.names.matching import Resolution, Unknown, resolve, with_suggestions
from tests.unit.domain.names.test_matching_catalogue import ALIASES, ENTRIES, PROVIDERS

ADDED = [  # what the bundled lists do not hold and a wider list does
    *("snowflake/claude-3-5-sonnet", "sambanova/DeepSeek-V3.1", "google-vertex/claude-fable-5"),
    "fireworks/accounts/fireworks/models/llama-v3p1-70b-instruct",
]
WIDER = [IndexedOffering(slug, *slug.split("/", 1)) for slug in ADDED]
EXAMPLES = [
    ("gpt-4o", "azure-openai.chat", "azure/gpt-4o"),
    ("gpt-4o-2024-11-20", "azure.ai.openai", "azure/gpt-4o"),
    ("us.anthropic.claude-sonnet-4-20250514-v1:0[1m]", None, "aws/regional.anthropic.claude-sonnet-4-20250514-v1:0"),
    (
        "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
        "anthropic",
        "aws/regional.anthropic.claude-3-7-sonnet-20250219-v1:0",
    ),
    (
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0",
        "bedrock",
        "aws/eu.amazon.nova-pro-v1:0",
    ),
    ("ollama/yi-coder:latest", None, None),
    ("gpt-35-turbo-1106", "azure", "azure/gpt-3.5-turbo-1106"),
    ("databricks-claude-sonnet-4-6", "databricks", "databricks/databricks-claude-sonnet-4-6"),
    ("claude-opus-4-6-thinking", None, None),
    ("opus", "anthropic", None),
    ("snowflake/claude-3-5-sonnet", None, "snowflake/claude-3-5-sonnet"),
    ("claude-4-opus", None, "anthropic/claude-opus-4-0"),
    ("composer-2", "cursor", None),
    ("gpt-5.1-codex-max", None, "openai/gpt-5.1-codex-max"),
    ("publishers/anthropic/models/claude-fable-5", None, "google-vertex/claude-fable-5"),
    ("openai/gpt-oss-120b:exacto", "openrouter", "openrouter/openai/gpt-oss-120b"),
    ("llama3.1-8b", "cerebras", "cerebras/llama3.1-8b"),
    ("sambanova/DeepSeek-V3.1", None, "sambanova/DeepSeek-V3.1"),
    ("grok-4-0709", "x_ai", "x-ai/grok-4-0709"),
    ("accounts/fireworks/models/llama-v3p1-70b-instruct", "fireworks", ADDED[3]),
]


@pytest.fixture(scope="module")
def index():
    return build_index([*ENTRIES, *WIDER], PROVIDERS, ALIASES)


@pytest.mark.parametrize(("name", "hint", "slug"), EXAMPLES)
def test_a_name_of_a_real_log_means_its_sellers_offering(index, name, hint, slug):
    found = resolve(index, name, hint)
    assert (found.slug if isinstance(found, Resolution) else None) == slug
    assert isinstance(found, Resolution if slug else Unknown)


def test_where_the_price_stands_in_the_answer_says_so(index):
    assert resolve(index, "gpt-4o-2024-11-20", "azure.ai.openai").stands_in_for == "gpt-4o-2024-11-20"
    narrow = build_index(ENTRIES, PROVIDERS, ALIASES)
    found = resolve(narrow, "publishers/anthropic/models/claude-fable-5")
    assert (found.slug, found.rule) == ("google/claude-fable-5", "fallback")
    assert found.stands_in_for == "google-vertex/claude-fable-5"
    assert isinstance(resolve(narrow, "snowflake/claude-3-5-sonnet"), Unknown)


def test_a_form_that_contradicts_the_hint_wins_and_says_so(index):
    found = resolve(index, "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic")
    assert "its form is that of aws, not of anthropic" in found.detail


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("claude-opus-4-6-thinking", "anthropic/claude-opus-4-6"),
        ("gpt-5.5-xhigh", "openai/gpt-5.5"),
        ("claude-opus-4-20250514-thinking", "anthropic/claude-opus-4-20250514"),
        ("gpt-5.1-codex-max-xhigh", "openai/gpt-5.1-codex-max"),
        ("gpt-4o-turbo-ultra", "openai/gpt-4o"),
    ],
)
def test_the_base_model_stands_first_among_the_suggestions(index, name, base):
    suggested = resolve(index, name).suggestions
    assert suggested[0] == base
    assert not [one for one in suggested if "xhigh" in one]  # words of tools are like no model


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("openai/gpt-4oo", "openai/gpt-4o"),
        ("anthropic/claude-sonet-4-5", "anthropic/claude-sonnet-4-5"),
        ("mistral/mistral-lrage", "mistral/mistral-large"),
        ("gpt-4oo", "openai/gpt-4o"),
        ("opnai/gpt-4o", "openai/gpt-4o"),
    ],
)
def test_a_slip_of_the_pen_is_offered_what_was_meant(index, slip, meant):
    found = resolve(index, slip)
    assert isinstance(found, Unknown)
    assert with_suggestions(index, slip, found).suggestions[0] == meant


def test_a_name_of_ones_own_is_like_no_model_for_being_an_llm(index):
    found = resolve(index, "our-own-llm")
    assert isinstance(found, Unknown)
    assert with_suggestions(index, "our-own-llm", found).suggestions == ()
