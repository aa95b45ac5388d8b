"""What can take the place of a model: nearly as good by scores, else as able, as new and as large by what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from llmpricing.domain.choice.comparable import ModelFacts, compares
from llmpricing.domain.names.lines import line_and_version

TESTS = ("mmlu", "humaneval", "gsm8k")
OWN = ModelFacts("house-4", frozenset({"tools", "vision"}), date(2025, 4, 14), {})


def scored(share: str, *tests: str, of: ModelFacts = OWN) -> ModelFacts:
    return replace(of, scores=dict.fromkeys(tests or TESTS, Decimal(share)))


def test_by_scores_nine_tenths_of_the_quality_compare_and_less_does_not() -> None:
    own = scored("80")
    assert compares(scored("72"), own)
    assert not compares(scored("71.9"), own)
    older = replace(OWN, needs=frozenset(), released_on=date(2020, 1, 1), api_id="other-3b")
    assert compares(scored("72", of=older), own)  # scores tell more than what lists state


def test_only_scores_of_the_same_tests_are_compared() -> None:
    own = replace(
        OWN, scores={"mmlu": Decimal(90), "humaneval": Decimal(90), "gsm8k": Decimal(90), "helm": Decimal(10)}
    )
    assert not compares(scored("70"), own)
    assert compares(scored("70", "mmlu", "humaneval"), own)  # two are too few: what lists state counts


@pytest.mark.parametrize(
    "other",
    [
        {"needs": frozenset({"tools"})},
        {"released_on": date(2025, 4, 13)},
        {"released_on": None},
        {"api_id": "house-4-mini"},
        {"api_id": "llama-3.2-3b-instruct"},
    ],
)
def test_without_scores_what_is_weaker_older_smaller_or_unknown_does_not_compare(other: dict[str, object]) -> None:
    assert compares(replace(OWN, api_id="other-70b"), OWN)
    assert not compares(replace(OWN, **other), OWN)  # type: ignore[arg-type]


def test_a_size_that_the_own_name_says_is_the_measure_and_experts_count_together() -> None:
    small = replace(OWN, api_id="other-8b")
    assert compares(replace(OWN, api_id="llama-3.1-8b"), small)
    assert not compares(replace(OWN, api_id="llama-3.1-7b"), small)
    assert replace(OWN, api_id="mixtral-8x22b-instruct").size == 176
    assert compares(replace(OWN, api_id="other-mini"), replace(OWN, api_id="house-mini"))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("qwen3-30b-a3b", "30"),
        ("qwen3-30ba3b", "30"),
        ("qwen2p5-coder-1p5b-instruct", "1.5"),  # a point as some sellers write it
        ("qwen3-0p6b", "0.6"),
        ("bonsai-27b-awq-4bit", "27"),
        ("house-4bit", None),
        ("ai4bharat/indictrans2-1b", "1"),
    ],
)
def test_a_size_is_read_as_sellers_write_it(name: str, size: str | None) -> None:
    assert replace(OWN, api_id=name).size == (None if size is None else Decimal(size))


def named(name: str, of: ModelFacts = OWN) -> ModelFacts:
    line, version = line_and_version(name)
    return replace(of, api_id=name, line=line, version=version)


UNTOLD = named("claude-opus-4-8", ModelFacts("", frozenset(), None, {}))


@pytest.mark.parametrize("unknown", [{"released_on": None}, {"needs": frozenset()}])
def test_what_no_list_says_of_the_own_one_makes_nobody_as_able_or_no_older(unknown: dict[str, object]) -> None:
    other = replace(OWN, api_id="other-70b", released_on=date(2026, 1, 1))
    assert compares(other, OWN)
    assert not compares(other, replace(OWN, **unknown))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "later"),
    [
        ("anthropic/claude-opus-5.5", True),
        ("regional.anthropic.claude-opus-5", True),
        ("claude-opus-4-8", False),
        ("claude-3-opus-20240229", False),
        ("claude-sonnet-5", False),
        ("claude-opus-5-fast", False),
        ("claude-opus-0613", False),  # a day, and no version
    ],
)
def test_a_later_version_of_its_line_compares_without_any_list(name: str, later: bool) -> None:
    assert compares(named(name, UNTOLD), UNTOLD) is later


def test_a_later_version_that_lists_call_older_or_less_able_does_not_compare() -> None:
    own = named("house-large-4")
    later = replace(named("house-large-5"), needs=frozenset(), released_on=None)
    assert compares(later, own)
    assert not compares(replace(later, needs=frozenset({"tools"})), own)
    assert not compares(replace(later, released_on=date(2025, 4, 13)), own)


@pytest.mark.parametrize("says", [{"needs": OWN.needs | {"image_out"}}, {"api_id": "other-70b-image-preview"}])
def test_a_model_that_makes_images_stands_for_none_that_does_not(says: dict[str, object]) -> None:
    other = replace(OWN, api_id="other-70b")
    images = replace(other, **says)  # type: ignore[arg-type]
    assert compares(other, OWN)
    assert not compares(images, OWN)
    assert compares(images, replace(OWN, needs=OWN.needs & images.needs, api_id="house-image"))
