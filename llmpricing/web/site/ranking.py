"""All models ranked by what a month costs, with what each saves and from which share of hits a cache pays."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

from pyramid.request import Request

from llmpricing.domain.choice.caching import pays_from
from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.services.catalogue.behind_rows import BehindRow, behind_rows
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.model_list import UNDATED, ModelFilter, ModelRow, find_models
from llmpricing.services.catalogue.row_steps import DearerStep, step_in_row
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import costs_then, models_then
from llmpricing.web.list_query import standing
from llmpricing.web.selecting import cell
from llmpricing.web.site.announced import AnnouncedStep, announced_steps
from llmpricing.web.site.month_costs import bounded_month, month_costs
from llmpricing.web.site.workload import month_total, per_mtok, weighing

MOST_SHOWN = 50
_SHARES = ("saving", "saving_against", "caching_pays_from")
_STEP = ("dearer_from_input_tokens", "then_input_per_mtok", "then_output_per_mtok")  # of one request; in USD
_HOURS = ("month_off_peak_usd", "month_at_peak_usd")  # where prices go by the hour
_ANNOUNCED = ("announced_at", "announced_month_usd")  # where lists know that other prices begin
HEAD = ("rank", "model", "offering", "month_usd", "usd_per_mtok", *_SHARES, *_STEP, *_HOURS, *_ANNOUNCED)


@dataclass(frozen=True, slots=True)
class RankedModel:
    """A model with its month in USD; savings are shares of another's total, below 0 where this one costs more."""

    row: ModelRow
    total: Decimal
    by_hours: tuple[HourTotal, ...]  # of the total, where that goes by the hour
    per_mtok: Decimal
    saving: Fraction | None
    saving_against: Fraction | None
    pays_from: Fraction | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The models with a total, the cheapest first; ``unknown`` are those without, ``undated`` those left out because
    their price was not known then, ``unsaid`` those of which no list says whether they are what is asked for.
    ``against`` is the one chosen, ``own`` its month, None where nobody knows it. ``steps`` are those of context of the
    first ones, by the offering's number, ``announced`` those in time, by its id.
    """

    workload: Workload
    models: list[RankedModel]
    unknown: int
    undated: int
    unsaid: int
    against: str | None
    own: Decimal | None
    steps: Mapping[int, DearerStep]
    announced: Mapping[str, AnnouncedStep]


def rank(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    wanted: ModelFilter,
    chosen: tuple[Any, Decimal | None] | None = None,
    *,
    with_steps: int | None = MOST_SHOWN,
) -> Ranking:
    """All priced chat models that are what is wanted, each by the offering that the list shows; ``chosen`` is an
    offering by its row with its month, to count savings against. Steps are told of that and of the first
    ``with_steps``, None: of all.
    """
    against, own = (chosen[0].id, chosen[1]) if chosen else (None, None)
    stands_on = standing(request, clocks)
    models = listed_models(request.reads, request.book, clocks, stands_on)
    models = models_then(request, clocks, models, stands_on)
    cost = month_costs(request, clocks, workload, models, wanted.kind, stands_on)
    month = bounded_month(request, clocks, workload, models, wanted, stands_on)
    found = find_models(models, wanted, clocks, weighing(workload), cost, month=month)
    rows = found.rows
    costs = costs_then(request, clocks, workload, [row.shown for row in rows], stands_on)
    totals = {
        row.shown.id: total
        for row in rows
        if (total := month_total(row.shown.price_state, costs.get(row.shown.id))) is not None
    }
    dearest = max(totals.values(), default=None)
    ordered = sorted(
        (row for row in rows if row.shown.id in totals), key=lambda row: (totals[row.shown.id], row.shown.id)
    )
    ranked = [_ranked(row, costs[row.shown.id], totals[row.shown.id], workload, dearest, own) for row in ordered]
    told = [row.shown for row in ordered[:with_steps]] + ([chosen[0]] if chosen else [])
    behind = behind_rows(request.reads, clocks, [row.number for row in told], stands_on)
    prices = {row.id: behind[row.number].prices for row in told}
    now = totals | ({chosen[0].id: own} if chosen else {})
    return Ranking(
        workload,
        ranked,
        len(rows) - len(ranked),
        found.hidden[UNDATED],
        found.unsaid,
        against,
        own,
        _steps(behind, clocks, told),
        announced_steps(request, clocks, workload, prices, now, stands_on),
    )


def _steps(behind: Mapping[int, BehindRow], clocks: Clocks, shown: Sequence[Any]) -> dict[int, DearerStep]:
    """From which context on these offerings are dearer than their row says."""
    found = {row.number: step_in_row(behind[row.number], clocks.as_of, row.context_window) for row in shown}
    return {number: step for number, step in found.items() if step}


def _ranked(
    row: ModelRow,
    cost: WorkloadCost,
    total: Decimal,
    workload: Workload,
    dearest: Decimal | None,
    own: Decimal | None,
) -> RankedModel:
    each = per_mtok(total, workload)
    prices = (row.shown.input_per_mtok, row.shown.cache_read_per_mtok, row.shown.cache_write_per_mtok)
    return RankedModel(
        row, total, cost.by_hours, each or Decimal(0), _saving(total, dearest), _saving(total, own), pays_from(*prices)
    )


def _saving(total: Decimal, reference: Decimal | None) -> Fraction | None:
    return 1 - Fraction(total) / Fraction(reference) if reference else None


def _step_cells(step: DearerStep | None) -> list[Any]:
    if step is None:
        return [None] * len(_STEP)
    then = [step.per_mtok.get(meter) for meter in ("input_tokens", "output_tokens")]
    return [step.tokens, *(None if price is None else to_text(price) for price in then)]


def _hour_cells(one: RankedModel) -> list[Any]:
    return [to_text(found.total) for found in (one.by_hours[0], one.by_hours[-1])] if one.by_hours else [None, None]


def _announced_cells(step: AnnouncedStep | None) -> list[Any]:
    if step is None:
        return [None] * len(_ANNOUNCED)
    return [step.at.isoformat(), None if step.month is None else to_text(step.month)]


def ranking_csv(ranking: Ranking) -> str:
    """The whole ranking as CSV; shares as fractions of 1, steps of context and in time where the ranking tells them."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for place, one in enumerate(ranking.models, 1):
        shares = [
            None if share is None else ratio_text(share) for share in (one.saving, one.saving_against, one.pays_from)
        ]
        names = [one.row.model.name, one.row.shown.id]
        step = _step_cells(ranking.steps.get(one.row.shown.number))
        then = _announced_cells(ranking.announced.get(one.row.shown.id))
        told = [to_text(one.total), to_text(one.per_mtok), *shares, *step, *_hour_cells(one), *then]
        writer.writerow([place, *map(cell, [*names, *told])])
    return text.getvalue()
