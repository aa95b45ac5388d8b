"""What can take the place of a model: nearly as good by scores, else as able, as new and as large by what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from llmpricing.domain.choice.comparable import ModelFacts, compares

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
