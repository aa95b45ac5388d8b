"""QAPS and the frontier: the classic ten models, and what holds for any scores and prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.scores.benchmarks import BENCHMARKS, DEFAULT_WEIGHTS, Benchmark
from llmpricing.domain.scores.best_value import (
    ScoredOffering,
    WhyExcluded,
    average_of,
    best_value,
    frontier,
    quality_of,
)

CLASSIC = {
    "mmlu": Decimal("0.30"),
    "humaneval": Decimal("0.25"),
    "gsm8k": Decimal("0.20"),
    "helm": Decimal("0.15"),
    "mt_bench": Decimal("0.30"),
}
# model: (scores of MMLU, HumanEval, GSM8K, and of another), input, output, then quality, average price and QAPS
VECTORS = {
    "gemini-1.5-flash": (("78.9", "74.3", "86.5", {}), "0.35", "1.05", "0.7939", "0.70", "1.1342"),
    "claude-3-haiku": (("75.2", "75.9", "88.9", {}), "0.25", "1.25", "0.7909", "0.75", "1.0545"),
    "gpt-3.5-turbo": (("70.0", "48.1", "57.1", {}), "0.50", "1.50", "0.5926", "1.00", "0.5926"),
    "gemini-1.5-pro": (("83.7", "71.9", "91.7", {"helm": "78.5"}), "3.50", "10.50", "0.8133", "7.00", "0.1162"),
    "mistral-large": (("81.2", "45.1", "81.2", {"mt_bench": "8.6"}), "4", "12", "0.7398", "8.00", "0.0925"),
    "claude-3-sonnet": (("79.0", "73.0", "92.3", {}), "3", "15", "0.8055", "9.00", "0.0895"),
    "claude-3-opus": (("86.8", "84.9", "95.0", {"mt_bench": "8.8"}), "15", "75", "0.8825", "45.00", "0.0196"),
    "gpt-4": (("86.4", "67.0", "92.0", {"mt_bench": "9.0"}), "30", "60", "0.8388", "45.00", "0.0186"),
}


def classic(model: str) -> ScoredOffering:
    (mmlu, humaneval, gsm8k, more), inputs, outputs = VECTORS[model][:3]
    scores = {"mmlu": mmlu, "humaneval": humaneval, "gsm8k": gsm8k, **more}
    average = average_of(Decimal(inputs), Decimal(outputs))
    return ScoredOffering(f"lab/{model}", model, {k: Decimal(v) for k, v in scores.items()}, average)


def four_places(value: Fraction) -> str:
    return f"{round(value * 10**4) / Decimal(10**4):.4f}"


def test_the_classic_models_are_valued_as_the_vectors_say() -> None:
    found = best_value([classic(model) for model in VECTORS], CLASSIC)
    assert [one.offering.model for one in found.ranked] == list(VECTORS)
    for one in found.ranked:
        _, _, _, quality, average, qaps = VECTORS[one.offering.model]
        assert one.qaps is not None
        assert (four_places(one.quality), four_places(one.qaps)) == (quality, qaps)
        assert one.average == Fraction(Decimal(average))
    assert [one.offering.model for one in found.ranked if one.is_on_frontier] == [
        "gemini-1.5-flash",
        "gemini-1.5-pro",
        "claude-3-opus",
    ]


def test_our_own_weights_total_one_and_name_benchmarks() -> None:
    assert sum(DEFAULT_WEIGHTS.values()) == Decimal("1.00")
    assert DEFAULT_WEIGHTS.keys() <= BENCHMARKS.keys()


def test_a_score_is_a_share_of_the_range_and_ends_at_its_ends() -> None:
    elo, rate = BENCHMARKS["arena_elo"], BENCHMARKS["hallucination_rate"]
    assert elo.normalised(Decimal(1200)) == Fraction(1, 2)
    assert (elo.normalised(Decimal(1700)), elo.normalised(Decimal(10))) == (1, 0)
    assert rate.normalised(Decimal("1.5")) == Fraction(985, 1000)
    assert not elo.holds(Decimal(1700))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.booleans())
def test_a_normalised_score_lies_between_0_and_1_and_lower_is_the_inverse(score: Decimal, is_lower: bool) -> None:
    one = Benchmark("x", "X", "", Decimal(-5), Decimal("7.5"), is_lower)
    assert 0 <= one.normalised(score) <= 1
    assert one.normalised(score) == 1 - Benchmark("x", "X", "", Decimal(-5), Decimal("7.5"), not is_lower).normalised(
        score
    )


def offered(id_: str, inputs: str | None, outputs: str | None, **more: object) -> ScoredOffering:
    scores = {"mmlu": Decimal(80), "gsm8k": Decimal(80), "humaneval": Decimal(80)}
    prices = [None if price is None else Decimal(price) for price in (inputs, outputs)]
    values: dict[str, object] = {"model": id_.split("/")[1], "scores": scores, **more}
    return ScoredOffering(id_, values.pop("model"), values.pop("scores"), average_of(*prices), **values)  # type: ignore[arg-type]


def test_a_model_stands_at_its_cheapest_paid_seller_and_free_ones_apart() -> None:
    found = best_value(
        [offered("b/m", "1", "3"), offered("a/m", "2", "4"), offered("c/m", "0", "0"), offered("d/m", None, "1")],
        CLASSIC,
    )
    assert [one.offering.id for one in found.ranked] == ["b/m"]
    assert [one.offering.id for one in found.free] == ["c/m"]
    assert not found.excluded


def test_another_way_to_sell_stands_for_a_model_only_where_nobody_sells_it_plainly() -> None:
    plan, plain = replace(offered("a/m", "1", "1"), sold_as="plan"), offered("b/m", "2", "2")
    given_up, free = replace(plain, given_up=True), replace(offered("c/m", "0", "0"), sold_as="free")
    for offerings, stands in (
        ([plan, plain], "b/m"),
        ([plan], "a/m"),
        ([plan, given_up], "a/m"),
        ([plan, plain, free], "b/m"),
    ):
        found = best_value(offerings, CLASSIC)
        assert [one.offering.id for one in found.ranked] == [stands]
        assert [one.offering.id for one in found.free] == ["c/m"] * (free in offerings)


@pytest.mark.parametrize(
    ("offering", "floor", "why"),
    [
        (offered("a/m", "1", "1", scores={"mmlu": Decimal(80), "gsm8k": Decimal(1)}), "0", WhyExcluded.FEW_SCORES),
        (offered("a/m", "1", "1", scores={"own": Decimal(80)}), "0", WhyExcluded.FEW_SCORES),
        (offered("a/m", "1", "1"), "0.81", WhyExcluded.BELOW_FLOOR),
        (offered("a/m", None, "1"), "0", WhyExcluded.UNKNOWN_PRICE),
        (offered("a/m", "1", "1", currency="CNY"), "0", WhyExcluded.OTHER_CURRENCY),
    ],
)
def test_what_is_in_no_ranking_says_why(offering: ScoredOffering, floor: str, why: WhyExcluded) -> None:
    found = best_value([offering], CLASSIC, Decimal(floor))
    assert [one.why for one in found.excluded] == [why]
    assert (found.ranked, found.free) == ([], [])


def test_weights_count_for_the_scores_there_are_and_coverage_says_for_how_many() -> None:
    scores = {"mmlu": Decimal(50), "gsm8k": Decimal(100)}
    weights = {"mmlu": Decimal(3), "gsm8k": Decimal(1), "helm": Decimal(4), "own": Decimal(0)}
    assert quality_of(scores, weights) == (Fraction(5, 8), Fraction(1, 2), 2)
    assert quality_of(scores, {"helm": Decimal(1)}) is None


points = st.tuples(st.fractions(0, 100), st.fractions(0, 1))


@given(st.lists(points, max_size=30))
def test_the_frontier_is_what_nothing_beats(all_points: list[tuple[Fraction, Fraction]]) -> None:
    def is_beaten(point: tuple[Fraction, Fraction]) -> bool:
        return any(other != point and other[0] <= point[0] and other[1] >= point[1] for other in all_points)

    assert frontier(all_points) == {point for point in all_points if not is_beaten(point)}
