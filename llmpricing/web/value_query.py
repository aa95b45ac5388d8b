"""The question of best value as an address asks it: weights, floor and clocks, alike for API, page and chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.scores.benchmarks import BENCHMARKS, DEFAULT_WEIGHTS
from llmpricing.domain.scores.best_value import BestValue
from llmpricing.domain.scores.score_file import StatedScore
from llmpricing.services.scores.valuing import ValuedMonth, ValueQuestion, value_models
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.list_query import CLOCKS, read_clocks, standing
from llmpricing.web.need_query import ASKED, ASKED_REPEATABLE, read_asked

WEIGHT = "weight_"
VALUE: Mapping[str, p.Reader] = {
    **{
        f"{WEIGHT}{one.id}": p.share.of(f"the weight of {one.name}; where one is stated, those left out have none")
        for one in BENCHMARKS.values()
    },
    "floor": p.share.of("the least quality, 0 to 1, with which a model is ranked"),
    **ASKED,
    **CLOCKS,
}
VALUE_REPEATABLE = ASKED_REPEATABLE


def read_value_question(values: Mapping[str, Any]) -> ValueQuestion:
    """The weights that are stated, or else ours; raises the 400 where all of them are nothing."""
    stated = {name.removeprefix(WEIGHT): values[name] for name in values if name.startswith(WEIGHT)}
    if stated and not any(stated.values()):
        raise invalid(WEIGHT + next(iter(stated)), "Give one benchmark a weight above 0.")
    return ValueQuestion(stated or dict(DEFAULT_WEIGHTS), values.get("floor", Decimal(0)))


def ask_for_value(
    request: Request,
    values: Mapping[str, Any],
    own: Sequence[StatedScore] = (),
    *,
    month: ValuedMonth | None = None,
    only_known_then: bool = False,
) -> tuple[BestValue, list[str]]:
    """The rankings that answer the question of an address, by the price of the ``month`` where it states one, and the
    names of own scores that mean no model.
    """
    clocks = read_clocks(values, request.period.start, request.book)
    wanted = read_asked(request, values)
    question = replace(read_value_question(values), only_known_then=only_known_then, wanted=wanted, month=month)
    return value_models(request.reads, clocks, standing(request, clocks), question, own)
