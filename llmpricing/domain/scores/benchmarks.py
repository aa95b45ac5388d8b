"""The benchmarks whose scores count, each with the range by which a score becomes a share from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A test of models: ``lowest`` to ``highest`` is the range of its scores, in its own unit.

    Where the scale has no ends of its own, as with Elo, the range is a choice of ours that ``about`` names.
    """

    id: str
    name: str
    about: str
    lowest: Decimal = Decimal(0)
    highest: Decimal = Decimal(100)
    is_lower_better: bool = False

    def normalised(self, score: Decimal) -> Fraction:
        """The score as a share of the range, 1 for the best; what lies beyond an end counts as that end."""
        width = Fraction(self.highest) - Fraction(self.lowest)
        share = min(max((Fraction(score) - Fraction(self.lowest)) / width, Fraction(0)), Fraction(1))
        return 1 - share if self.is_lower_better else share

    def holds(self, score: Decimal) -> bool:
        """Whether the score lies within the range."""
        return self.lowest <= score <= self.highest


_PERCENT = "per cent of the tasks solved"
_OF_LIVEBENCH = "the mean of LiveBench's tasks of this kind, in per cent; one harness for all models"
_LIVEBENCH = tuple(
    Benchmark(f"livebench_{word}", f"LiveBench {name}", f"{about}: {_OF_LIVEBENCH}")
    for word, name, about in (
        ("reasoning", "Reasoning", "puzzles of logic, space and other minds"),
        ("coding", "Coding", "writing and completing code"),
        ("agentic_coding", "Agentic Coding", "mending real repositories in three languages"),
        ("mathematics", "Mathematics", "contests, integrals, algebra"),
        ("instructions", "Instruction Following", "rewriting articles as told"),
    )
)
_ALL = (
    *_LIVEBENCH,
    Benchmark("mmlu", "MMLU", f"exam questions of 57 subjects; {_PERCENT}"),
    Benchmark("mmlu_pro", "MMLU-Pro", f"harder exam questions with ten choices; {_PERCENT}"),
    Benchmark("gpqa_diamond", "GPQA Diamond", f"questions of graduate science; {_PERCENT}"),
    Benchmark("gsm8k", "GSM8K", f"word problems of primary school; {_PERCENT}"),
    Benchmark("math_500", "MATH-500", f"problems of mathematics contests; {_PERCENT}"),
    Benchmark("humaneval", "HumanEval", f"short Python functions, at the first try; {_PERCENT}"),
    Benchmark("swe_bench_verified", "SWE-bench Verified", f"issues of real repositories; {_PERCENT}"),
    Benchmark("helm", "HELM", "Stanford's holistic evaluation; its mean score in per cent"),
    Benchmark(
        "mt_bench", "MT-Bench", "conversations of two turns, graded by a model from 0 to 10", highest=Decimal(10)
    ),
    Benchmark(
        "arena_elo",
        "Chatbot Arena Elo",
        "people's votes between two answers; the range 800 to 1600 is our choice",
        Decimal(800),
        Decimal(1600),
    ),
    Benchmark(
        "hallucination_rate",
        "Hallucination rate",
        "summaries that state what the text does not, in per cent: less is better",
        is_lower_better=True,
    ),
    Benchmark("own", "Your own evaluation", "whatever you measure yourself, from 0 to 100"),
)
BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType({one.id: one for one in _ALL})
# One's own and the one of mistakes have none, nor has agentic coding, which releases of LiveBench measured differently.
# The other kinds of LiveBench weigh most: somebody else than the lab measured all models there, in one way.
_UNWEIGHTED = ("own", "hallucination_rate", "livebench_agentic_coding")
DEFAULT_WEIGHTS: Mapping[str, Decimal] = MappingProxyType(
    {one.id: Decimal("0.15" if one in _LIVEBENCH else "0.04") for one in _ALL if one.id not in _UNWEIGHTED}
)
