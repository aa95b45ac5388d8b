"""Models by quality against price, at any time: kept scores and, for one answer, those that somebody brings along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from llmpricing.domain.names.answers import Resolution
from llmpricing.domain.names.model_groups import moves
from llmpricing.domain.names.sold_as import answers_later
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.scores.best_value import BestValue, ScoredOffering, average_of, best_value
from llmpricing.domain.scores.score_file import StatedScore
from llmpricing.services.catalogue.first_seen import as_known_then, items_as_known_then
from llmpricing.services.catalogue.listed_models import SoldModel, listed_models
from llmpricing.services.catalogue.listing import OfferingItem, get_offerings, rows_of
from llmpricing.services.catalogue.model_list import ModelFilter, verdicts
from llmpricing.services.catalogue.shown_offering import Between, nobody_knows
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import resolve_name
from llmpricing.services.price_book import BookState, Reads, book_state
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload, why_no_cost
from llmpricing.services.scores.kept_scores import is_model, model_of, models_sold, scores_by_model

_GONE = "removed"  # from its seller's list: nobody can buy it now
_GIVEN_UP = "deprecated"
_MILLION = 10**6
_Scores = dict[str, dict[str, Decimal]]
ValuedCosts = Callable[[Sequence[Any]], Mapping[str, WorkloadCost]]


@dataclass(frozen=True, slots=True)
class ValuedMonth:
    """A month by whose price models are valued, with what tells its ``costs`` at the offerings of rows, by id."""

    workload: Workload
    costs: ValuedCosts


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """By which weights models are valued, and the least quality that counts."""

    weights: Mapping[str, Decimal]
    floor: Decimal = Decimal(0)
    only_known_then: bool = False  # without prices that were first listed after the time asked for
    wanted: ModelFilter | None = None  # what each must be, at the seller that counts
    month: ValuedMonth | None = None  # None: the plain average of input and output is the price


def value_models(
    reads: Reads, clocks: Clocks, standing: StandsOn, question: ValueQuestion, own: Sequence[StatedScore] = ()
) -> tuple[BestValue, list[str]]:
    """The rankings by the prices of ``as_of`` and the scores of ``known_at``; own scores take the place of kept ones.
    Beside them the names of ``own`` that mean no model.
    """
    book = book_state(reads)
    kept = scores_by_model(reads, clocks)
    brought, unknown = _brought(reads, clocks, own)
    listed = listed_models(reads, book, clocks, standing)
    models, scores = _scored(listed, models_sold(reads, clocks, {**kept, **brought}), kept, brought)
    passing = _passing(reads, book, clocks, standing, question)
    sold = [
        one
        for one in _items(reads, book, clocks, list(models), standing, question)
        if one.status != _GONE and not answers_later(one.sold_as or "")
    ]
    averages = _averages(reads, clocks, standing, sold, question.month)
    joined = {row.id: (model, row) for model in listed for row in model.rows}
    wanted = question.wanted or ModelFilter()
    offered = [
        ScoredOffering(
            one.id,
            models[one.id],
            scores[models[one.id]],
            averages.get(one.id),
            one.currency,
            passing.get(one.id, question.wanted is None),
            one.status == _GIVEN_UP,
            joined[one.id][0].is_makers(one),
            wanted.lends(*joined[one.id]),
            one.sold_as or "",
        )
        for one in sold
    ]
    return best_value(offered, question.weights, question.floor), unknown


def _averages(
    reads: Reads, clocks: Clocks, standing: StandsOn, sold: Sequence[OfferingItem], month: ValuedMonth | None
) -> Mapping[str, Fraction | None]:
    """What a million tokens cost at each offering, by id: of the month, where one is stated; in another currency than
    USD, by which none is ranked, the plain average.
    """
    plain = {one.id: average_of(one.input_per_mtok, one.output_per_mtok) for one in sold}
    if month is None:
        return plain
    foreign = {one.id: plain[one.id] for one in sold if one.currency not in (None, "USD")}
    states = {one.id: one.price_state for one in sold if plain[one.id] is not None and one.id not in foreign}
    costs = month.costs(rows_of(reads, clocks, sorted(states), standing))
    return foreign | {
        slug: Fraction(cost.total) * _MILLION / month.workload.tokens
        for slug, cost in costs.items()
        if cost.total is not None and cost.currency == "USD" and not why_no_cost(states[slug], cost.total)
    }


def _passing(
    reads: Reads, book: BookState, clocks: Clocks, standing: StandsOn, question: ValueQuestion
) -> Mapping[str, bool | None]:
    """Whether each offering is what is wanted, as the list of models finds it."""
    if question.wanted is None:
        return {}
    models = listed_models(reads, book, clocks, standing)
    if question.only_known_then:
        models = as_known_then(reads, book, clocks, models, standing)
    return verdicts(models, question.wanted, clocks, _month_of(models, question))


def _month_of(models: Sequence[SoldModel], question: ValueQuestion) -> Between:
    """Between what the month lies at each offering, where it is bounded."""
    if question.month is None or question.wanted is None or question.wanted.max_month is None:
        return nobody_knows
    costs = question.month.costs([row for model in models for row in model.rows])

    def month(row: Any) -> tuple[Decimal, Decimal] | None:
        cost = costs.get(row.id)
        if cost is None or cost.currency != "USD":
            return None
        if cost.total is None:
            return cost.bounds and (cost.bounds.low, cost.bounds.high)
        return None if why_no_cost(row.price_state, cost.total) else (cost.total, cost.total)

    return month


def _items(
    reads: Reads, book: BookState, clocks: Clocks, slugs: Sequence[str], standing: StandsOn, question: ValueQuestion
) -> list[OfferingItem]:
    items = get_offerings(reads, clocks, slugs, standing)
    return items_as_known_then(reads, book, clocks, items, standing) if question.only_known_then else items


def _scored(
    listed: Sequence[SoldModel], sold: Mapping[str, str], kept: _Scores, brought: _Scores
) -> tuple[dict[str, str], _Scores]:
    """Of each offering of a model with a score the stored model that it counts as, by id, and what those scored.

    Sellers call one model by several names, each stored as a model of its own: what the list joins is one, called by
    the first of them that has a score. An id that means another model tomorrow counts only where it was scored itself.
    """
    models: dict[str, str] = {}
    scores: _Scores = {}
    for model in listed:
        names = list(dict.fromkeys(sold[row.id] for row in model.rows if row.id in sold))
        if not names:
            continue
        models |= {row.id: names[0] for row in model.rows if row.id in sold or not moves(row.id.partition("/")[2])}
        of_it = scores.setdefault(names[0], {})
        for said in (kept, brought):
            of_it |= {id_: score for name in reversed(names) for id_, score in said.get(name, {}).items()}
    return models, scores


def _brought(reads: Reads, clocks: Clocks, own: Sequence[StatedScore]) -> tuple[_Scores, list[str]]:
    """Own scores by model and benchmark, and the names that mean no model."""
    meanings = {name: _model(reads, clocks, name) for name in dict.fromkeys(one.model for one in own)}
    scores: _Scores = {}
    for one in own:
        if (model := meanings[one.model]) is not None:
            scores.setdefault(model, {})[one.benchmark] = one.score
    return scores, [name for name, model in meanings.items() if model is None]


def _model(reads: Reads, clocks: Clocks, name: str) -> str | None:
    if is_model(reads, name.lower()):
        return name.lower()
    found = resolve_name(reads, clocks, name)
    if not isinstance(found, Resolution) or found.stands_in_for:
        return None
    return model_of(reads, found.slug)
