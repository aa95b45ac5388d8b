"""The question of best value as an address asks it: weights, floor, month and clocks, alike for API, page, chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.scores.benchmarks import BENCHMARKS, DEFAULT_WEIGHTS
from llmpricing.domain.scores.best_value import BestValue
from llmpricing.domain.scores.score_file import StatedScore
from llmpricing.services.quotes.workloads import Workload
from llmpricing.services.scores.valuing import ValuedMonth, ValueQuestion, value_models
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.known_then import SHOW, costs_then, leaves_out
from llmpricing.web.list_query import CLOCKS, read_clocks, standing
from llmpricing.web.need_query import ASKED, ASKED_REPEATABLE, read_asked
from llmpricing.web.workloads import WORKLOAD_READERS, workload_of

WEIGHT = "weight_"
VALUE: Mapping[str, p.Reader] = {
    **{
        f"{WEIGHT}{one.id}": p.share.of(f"the weight of {one.name}; where one is stated, those left out have none")
        for one in BENCHMARKS.values()
    },
    "floor": p.share.of("the least quality, 0 to 1, with which a model is ranked"),
    **ASKED,
    **CLOCKS,
    **SHOW,
}
VALUE_REPEATABLE = ASKED_REPEATABLE


def read_value_question(values: Mapping[str, Any]) -> ValueQuestion:
    """The weights that are stated, or else ours; raises the 400 where all of them are nothing."""
    stated = {name.removeprefix(WEIGHT): values[name] for name in values if name.startswith(WEIGHT)}
    if stated and not any(stated.values()):
        raise invalid(WEIGHT + next(iter(stated)), "Give one benchmark a weight above 0.")
    return ValueQuestion(stated or dict(DEFAULT_WEIGHTS), values.get("floor", Decimal(0)))


def stated_month(values: Mapping[str, Any]) -> Workload | None:
    """The month that the address states or bounds: its price counts then, in the place of the plain average."""
    return workload_of(values) if any(name in values for name in (*WORKLOAD_READERS, "max_month")) else None


def ask_for_value(
    request: Request, values: Mapping[str, Any], own: Sequence[StatedScore] = ()
) -> tuple[BestValue, list[str]]:
    """The rankings that answer the question of an address, on a day by the prices that were known then, and the names
    of own scores that mean no model.
    """
    clocks, workload = read_clocks(values, request.period.start, request.book), stated_month(values)
    stands_on = standing(request, clocks)
    month = (
        ValuedMonth(workload, lambda rows: costs_then(request, clocks, workload, rows, stands_on)) if workload else None
    )
    question = replace(
        read_value_question(values),
        only_known_then=leaves_out(request),
        wanted=read_asked(request, values),
        month=month,
    )
    return value_models(request.reads, clocks, stands_on, question, own)
