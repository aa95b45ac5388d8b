"""Real ids of public lists, joined to models as people know them, in whatever order lists bring them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmpricing.domain.names.model_groups import SoldOffering, alike, grouped, likeness, tier_of_id
from tests.unit.domain.names.true_models import TRUE_MODELS

Models = frozenset[frozenset[str]]


def offering(line: str) -> SoldOffering:
    slug, _, rest = line.partition(" ")
    price, _, name = rest.partition(" ")
    provider, _, api_id = slug.partition("/")
    into, _, out = price.partition("/")
    prices = (Decimal(into), Decimal(out) if out else None) if into else None
    return SoldOffering(slug, provider, api_id, "chat", prices, name or api_id)


BLOCKS = [[offering(line) for line in block.splitlines()] for block in TRUE_MODELS.strip().split("\n\n")]
OFFERINGS = [one for block in BLOCKS for one in block]
TRUE: Models = frozenset(frozenset(one.slug for one in block) for block in BLOCKS)


def models_of(offerings: list[SoldOffering]) -> Models:
    return frozenset(frozenset(one.slug for one in group) for group in grouped(offerings))


def test_ids_of_real_lists_are_joined_to_the_models_that_they_are() -> None:
    found = models_of(OFFERINGS)
    assert (sorted(map(sorted, TRUE - found)), sorted(map(sorted, found - TRUE))) == ([], [])


def test_the_table_holds_enough_pairs_that_are_one_model_and_that_only_look_so() -> None:
    joined = sum(len(list(combinations(block, 2))) for block in BLOCKS)
    firsts = [block[0] for block in BLOCKS]
    words = [set(likeness(one.provider, one.api_id).words) for one in firsts]
    look_alike = sum(bool(some & others) for some, others in combinations(words, 2))
    assert joined >= 150
    assert look_alike >= 150


@settings(max_examples=30, deadline=None)
@given(st.permutations(OFFERINGS))
def test_lists_may_come_in_any_order(offerings: list[SoldOffering]) -> None:
    assert models_of(offerings) == TRUE


def test_the_ids_that_decide_of_one_are_enough_to_find_its_model() -> None:
    by_words = defaultdict(dict)
    for one in OFFERINGS:
        found = likeness(one.provider, one.api_id)
        by_words[found.words][one.slug] = found
    by_slug = {one.slug: one for one in OFFERINGS}
    for model in TRUE:
        for slug in model:
            one = likeness(by_slug[slug].provider, by_slug[slug].api_id)
            near = models_of([by_slug[other] for other in alike(one, by_words[one.words])])
            assert [found for found in near if slug in found] == [model]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(OFFERINGS), unique=True), st.randoms(use_true_random=False))
def test_joining_is_the_same_for_a_part_of_the_lists_in_any_order(part: list[SoldOffering], chance) -> None:
    shuffled = chance.sample(part, len(part))
    assert models_of(part) == models_of(shuffled)
    assert sum(map(len, models_of(part))) == len(part)


def test_an_alias_that_asks_another_price_than_the_newest_stays_apart() -> None:
    newest = offering("openrouter/anthropic/claude-haiku-5.5 0.1/0.5")
    alias = offering("openrouter/~anthropic/claude-haiku-latest 1/5 Claude Haiku Latest")
    older = offering("openrouter/anthropic/claude-haiku-4.5 1/5")
    assert len(models_of([newest, alias, older])) == 3


def test_names_that_lists_contradict_join_nothing() -> None:
    told = [offering("a/claude-opus 5/25 Claude Opus 4.5"), offering("b/claude-opus 5/25 Claude Opus 4.6")]
    known = [offering("a/claude-opus-4.5 5/25"), offering("a/claude-opus-4.6 5/25")]
    assert frozenset(one.slug for one in told) in models_of([*told, *known])


@pytest.mark.parametrize(
    ("provider", "api_id", "way"),
    [
        ("fireworks", "accounts/fireworks/routers/kimi-k3-spot", "spot"),
        ("fireworks", "accounts/fireworks/routers/spot-deepseek-v4-flash", "spot"),
        ("aihubmix", "cc-glm-5.1", "coding"),
        ("aihubmix", "coding-kimi-k3", "coding"),
        ("openrouter", "openai/gpt-5.5:batch", "batch"),
        ("openrouter", "spotlight", ""),
        ("opencode-go", "glm-5.3", "plan"),
        ("github-copilot", "gpt-6-sol", "plan"),
        ("zai-coding-plan", "glm-5.3", "plan"),
        ("zai", "glm-5.3", ""),
        ("fireworks", "glm-5p3-us", ""),
    ],
)
def test_another_way_to_sell_is_told_from_the_plain_one(provider: str, api_id: str, way: str) -> None:
    assert tier_of_id(provider, api_id) == way
