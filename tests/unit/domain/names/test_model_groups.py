"""Offerings are joined to models by what their ids say, and never across a date with another price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.names.model_groups import SoldOffering, changes_model, grouped
from llmpricing.domain.names.model_names import from_id, model_name


def sold(slug: str, input_: str | None = "2.5", output: str = "10", kind: str = "chat") -> SoldOffering:
    provider, _, api_id = slug.partition("/")
    prices = None if input_ is None else (Decimal(input_), Decimal(output))
    return SoldOffering(slug, provider, api_id, kind, prices)


def joined(*offerings: SoldOffering) -> list[list[str]]:
    return [[one.slug for one in group] for group in grouped(offerings)]


def test_sellers_suffixes_and_places_of_one_model_are_joined() -> None:
    slugs = [
        "anthropic/claude-sonnet-4-5",
        "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "openrouter/anthropic/claude-4.5-sonnet:beta",
        "databricks/databricks-claude-sonnet-4-5",
    ]
    (model,) = joined(*(sold(slug) for slug in slugs))
    assert sorted(model) == sorted(slugs)


@pytest.mark.parametrize(
    "other",
    ["openai/gpt-4o-mini", "openai/gpt-4.1", "openai/ft:gpt-4o-2024-08-06", "openai/gpt-4o-audio-preview"],
)
def test_versions_sizes_and_fine_tunes_stay_apart(other: str) -> None:
    assert joined(sold("openai/gpt-4o"), sold(other)) == [["openai/gpt-4o"], [other]]


def test_a_date_joins_only_where_no_price_tells_it_apart() -> None:
    dated = [sold("openai/gpt-4o-2024-08-06"), sold("openai/gpt-4o-2024-05-13", "5", "15")]
    assert joined(sold("openai/gpt-4o"), *dated) == [
        ["openai/gpt-4o", "openai/gpt-4o-2024-08-06"],
        ["openai/gpt-4o-2024-05-13"],
    ]
    assert joined(sold("azure/gpt-4o-2024-05-13", "5", "15"), sold("openai/gpt-4o")) == [
        ["openai/gpt-4o"],
        ["azure/gpt-4o-2024-05-13"],
    ]
    assert joined(sold("azure/gpt-4o-2024-05-13", None), sold("openai/gpt-4o"))[0][0] == "openai/gpt-4o"


def test_what_sellers_call_their_own_products_is_no_model_of_several() -> None:
    image = [sold("fal-ai/flux/text-to-image", kind="image"), sold("stability/text-to-image", kind="image")]
    assert len(joined(*image)) == 2
    assert len(joined(sold("a/nova-2"), sold("b/nova-2", kind="audio"))) == 2


@given(st.lists(st.text("ab12-:/@.", min_size=3, max_size=12), max_size=12, unique=True))
def test_every_offering_is_in_one_group_whatever_its_id(ids: list[str]) -> None:
    groups = joined(*(sold(f"seller/{api_id}") for api_id in ids))
    assert sorted(slug for group in groups for slug in group) == sorted(f"seller/{api_id}" for api_id in ids)


@pytest.mark.parametrize(
    ("api_id", "name"),
    [
        ("gpt-4o", "GPT-4o"),
        ("gpt-5.1-codex", "GPT-5.1 Codex"),
        ("deepseek/deepseek-v3.2-exp", "DeepSeek V3.2 Exp"),
        ("claude-opus-4-5-20251101", "Claude Opus 4.5"),
        ("Qwen/Qwen3-235B-A22B", "Qwen3 235B A22B"),
        ("o3-mini", "o3 Mini"),
        ("glm-4.6:free", "GLM 4.6"),
        ("us.anthropic.claude-3-7-sonnet-20240620-v1:0", "Claude 3.7 Sonnet"),
        ("openai.gpt-oss-safeguard-120b", "GPT-OSS Safeguard 120B"),
        ("accounts/fireworks/models/deepseek-v4p1-flash", "DeepSeek V4.1 Flash"),
        ("ft:gpt-4o-mini-2024-07-18", "GPT-4o Mini (fine-tuned)"),
        ("gpt-4o-mini-2024-07-18.ft-", "GPT-4o Mini (fine-tuned)"),
    ],
)
def test_a_name_by_rule_is_written_as_labs_write(api_id: str, name: str) -> None:
    assert from_id(api_id) == name


def test_the_labs_own_name_counts_before_the_name_that_most_sellers_write() -> None:
    others = [("x/gpt-4o", "OpenAI GPT 4o"), ("y/gpt-4o", "OpenAI GPT 4o"), ("gpt-4o", "gpt-4o")]
    assert model_name([("gpt-4o", "OpenAI: GPT-4o (latest)")], others, "") == "GPT-4o"
    assert model_name([("gpt-4o", "gpt-4o")], others, "20240513") == "OpenAI GPT 4o (2024-05-13)"
    assert model_name([], [("a/b", "<script>")], "") == "B"


@pytest.mark.parametrize(
    ("api_id", "listed", "name"),
    [
        ("o4-mini", "o4 Mini High", "o4 Mini"),
        ("gpt-5.3", "GPT-5.3 Chat", "GPT-5.3"),
        ("gemini-1.5-flash-8b", "Gemini 1.5 Flash", "Gemini 1.5 Flash 8B"),
        ("text-embedding-3-large", "text embedding 3", "Text Embedding 3 Large"),
        ("gemini-3.1-flash-image", "Nano Banana 2 (Gemini 3.1 Flash Image)", "Nano Banana 2 (Gemini 3.1 Flash Image)"),
        ("mistral-medium-2508", "Mistral Medium 3.1", "Mistral Medium 3.1"),
        ("mistral-large-2402", "Mistral Large", "Mistral Large 2402"),
        ("command-r-plus", "Command R+", "Command R+"),
        ("gemma-3-12b-it", "Gemma 3 12B", "Gemma 3 12B"),
        ("gpt-4-32k", "GPT-4", "GPT-4 32k"),
    ],
)
def test_a_name_that_says_less_or_else_than_the_id_is_passed_over(api_id: str, listed: str, name: str) -> None:
    assert model_name([(api_id, listed)], [(api_id, listed)], "") == name


@pytest.mark.parametrize(
    ("api_id", "changes"),
    [
        ("~anthropic/claude-haiku-latest", True),
        ("gemini-flash-latest", True),
        ("ministral-8b-latest", True),  # a size is no version
        ("open-mixtral-8x7b-latest", True),
        ("claude-3-5-haiku-latest", False),
        ("~deepseek/deepseek-v4-flash-latest", False),
        ("chatgpt-4o-latest", False),
        ("claude-haiku", False),
    ],
)
def test_an_alias_without_a_version_changes_its_model(api_id: str, changes: bool) -> None:
    assert changes_model(api_id) is changes
