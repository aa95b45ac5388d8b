"""What quality costs: the QAPS ranking and the Pareto frontier of models by their scores and prices.

quality = sum(weight x normalised score) / sum(weights of the scores there are); QAPS, quality-adjusted price score, is
quality / ((input + output) / 2), prices per million tokens, or quality / what a million tokens of a month cost. QAPS is
linear in the price, so that a model 60 times cheaper leads whatever it can do: hence the frontier, the models that none
beats in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from llmpricing.domain.scores.benchmarks import BENCHMARKS

LEAST_SCORES = 3  # fewer say too little of a model
_PLAINLY = ("", "free")  # among free ones ``:free`` is what stands for the model; among paid ones there is none


class WhyExcluded(StrEnum):
    """Why a model is in no ranking."""

    FEW_SCORES = "few_scores"
    BELOW_FLOOR = "below_floor"
    NOT_AS_ASKED = "not_as_asked"
    UNSAID = "unsaid"
    UNKNOWN_PRICE = "unknown_price"
    OTHER_CURRENCY = "other_currency"


@dataclass(frozen=True, slots=True)
class ScoredOffering:
    """A model at one seller: its scores by benchmark, and what a million tokens cost in ``currency``, None where that
    is unknown: on the plain ``average_of`` input and output, or in a month of one's own. ``passes`` tells whether it
    is what is asked for, None where no list says. One that is ``given_up`` can still be bought.
    """

    id: str
    model: str
    scores: Mapping[str, Decimal]
    average: Fraction | None
    currency: str | None = "USD"
    passes: bool | None = True
    given_up: bool = False
    is_own: bool = False  # its maker sells it
    is_lent: bool = False  # it is what is asked for by what lists say of the model alone, not of this seller
    sold_as: str = ""  # another way to sell it than the plain one, on terms of its own


def average_of(input_per_mtok: Decimal | None, output_per_mtok: Decimal | None) -> Fraction | None:
    """(input + output) / 2; None where one of them is unknown."""
    if input_per_mtok is None or output_per_mtok is None:
        return None
    return (Fraction(input_per_mtok) + Fraction(output_per_mtok)) / 2


@dataclass(frozen=True, slots=True)
class ValuedOffering:
    """An offering with its quality, 0 to 1; ``coverage`` is the share of the weights for which it has a score, and
    ``scores`` counts those. ``average`` is 0 and ``qaps`` None of a free one.
    """

    offering: ScoredOffering
    quality: Fraction
    coverage: Fraction
    scores: int
    average: Fraction
    qaps: Fraction | None
    is_on_frontier: bool = False


@dataclass(frozen=True, slots=True)
class ExcludedModel:
    """A model that is in no ranking, and why; ``scores`` counts those that have a weight."""

    model: str
    why: WhyExcluded
    scores: int
    quality: Fraction | None


@dataclass(frozen=True, slots=True)
class BestValue:
    """Paid offerings by QAPS, free ones by quality, and what is in neither. One offering a model in each."""

    ranked: Sequence[ValuedOffering]
    free: Sequence[ValuedOffering]
    excluded: Sequence[ExcludedModel]


def quality_of(scores: Mapping[str, Decimal], weights: Mapping[str, Decimal]) -> tuple[Fraction, Fraction, int] | None:
    """Quality, coverage and the number of scores that count; None where no score has a weight."""
    present = {id_: Fraction(weight) for id_, weight in weights.items() if weight > 0 and id_ in scores}
    weight = sum(present.values(), Fraction(0))
    if not weight:
        return None
    total = sum((part * BENCHMARKS[id_].normalised(scores[id_]) for id_, part in present.items()), Fraction(0))
    return total / weight, weight / sum(map(Fraction, weights.values()), Fraction(0)), len(present)


def best_value(
    offerings: Iterable[ScoredOffering], weights: Mapping[str, Decimal], floor: Decimal = Decimal(0)
) -> BestValue:
    """The rankings of models, each at the seller that asks the least of those given: as in the list, one that sells it
    as ever before one that has given it up, and plainly before in another way. ``floor`` is the least quality.
    """
    ranked: list[ValuedOffering] = []
    free: list[ValuedOffering] = []
    excluded: list[ExcludedModel] = []
    for model, every in _by_model(offerings).items():
        scores, sellers = every[0].scores, [one for one in every if one.passes]
        found = quality_of(scores, weights)
        quality, coverage, count = found or (None, Fraction(0), 0)
        why = _why_not(quality, count, floor, every)
        if quality is None or why is not None:
            excluded.append(ExcludedModel(model, why or WhyExcluded.FEW_SCORES, count, quality))
            continue
        priced = sorted(_priced(sellers), key=_place)
        if paid := [one for one in priced if one[0] > 0]:
            average, offering = paid[0]
            ranked.append(ValuedOffering(offering, quality, coverage, count, average, quality / average))
        if unpaid := [one for one in priced if one[0] == 0]:
            free.append(ValuedOffering(unpaid[0][1], quality, coverage, count, Fraction(0), None))
    best = frontier((one.average, one.quality) for one in ranked)
    return BestValue(
        [_marked(one, best) for one in sorted(ranked, key=lambda one: (-(one.qaps or 0), one.offering.id))],
        sorted(free, key=lambda one: (-one.quality, one.offering.id)),
        sorted(excluded, key=lambda one: one.model),
    )


def _place(priced: tuple[Fraction, ScoredOffering]) -> tuple[bool, bool, Fraction, bool, bool, int, str]:
    """The order of a model's sellers; of those that ask the same one of which lists say what is asked for before one of
    whose model alone they say it, then the maker, then the shortest id, as in the list.
    """
    price, one = priced
    return one.given_up, one.sold_as not in _PLAINLY, price, one.is_lent, not one.is_own, len(one.id), one.id


def frontier(points: Iterable[tuple[Fraction, Fraction]]) -> set[tuple[Fraction, Fraction]]:
    """Those (price, quality) that no other beats: none is as cheap and better, or as good and cheaper."""
    found: set[tuple[Fraction, Fraction]] = set()
    best: Fraction | None = None
    for price, quality in sorted(set(points), key=lambda point: (point[0], -point[1])):
        if best is None or quality > best:
            found.add((price, quality))
            best = quality
    return found


def _by_model(offerings: Iterable[ScoredOffering]) -> dict[str, list[ScoredOffering]]:
    found: dict[str, list[ScoredOffering]] = {}
    for one in offerings:
        found.setdefault(one.model, []).append(one)
    return found


def _priced(sellers: Sequence[ScoredOffering]) -> list[tuple[Fraction, ScoredOffering]]:
    return [(one.average, one) for one in sellers if one.average is not None and one.currency in (None, "USD")]


def _why_not(
    quality: Fraction | None, count: int, floor: Decimal, every: Sequence[ScoredOffering]
) -> WhyExcluded | None:
    if quality is None or count < LEAST_SCORES:
        return WhyExcluded.FEW_SCORES
    if quality < Fraction(floor):
        return WhyExcluded.BELOW_FLOOR
    if not (sellers := [one for one in every if one.passes]):
        return WhyExcluded.UNSAID if any(one.passes is None for one in every) else WhyExcluded.NOT_AS_ASKED
    if _priced(sellers):
        return None
    known = any(one.average is not None for one in sellers)
    return WhyExcluded.OTHER_CURRENCY if known else WhyExcluded.UNKNOWN_PRICE


def _marked(one: ValuedOffering, best: set[tuple[Fraction, Fraction]]) -> ValuedOffering:
    return replace(one, is_on_frontier=(one.average, one.quality) in best)
