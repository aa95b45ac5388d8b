"""The rows of the list as the page writes them: what the month costs there, what a model can, what waits for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.behind_rows import behind_rows
from llmpricing.services.catalogue.listing import OfferingItem, item_of
from llmpricing.services.catalogue.model_list import ModelRow
from llmpricing.services.catalogue.offering_needs import meets
from llmpricing.services.catalogue.row_codes import is_stated_once, waiting_in_row
from llmpricing.services.catalogue.row_hours import PricedHours, hours_in_row
from llmpricing.services.catalogue.row_steps import DearerStep, step_in_row
from llmpricing.services.quotes.workload_hours import CostBounds, WorkloadCost
from llmpricing.web.known_then import costs_then, uncached
from llmpricing.web.site.announced import AnnouncedStep, announced_steps
from llmpricing.web.site.lone_prices import far_above, is_by_cost
from llmpricing.web.site.long_months import LongMonth, long_months
from llmpricing.web.site.model_question import ModelQuestion
from llmpricing.web.site.month_costs import as_written
from llmpricing.web.site.own_months import makers_own, own_month
from llmpricing.web.site.request_limits import beyond_limits
from llmpricing.web.site.workload import month_bounds, month_hours, month_total, per_mtok

MOST_SELLERS = 12  # are named in a row; the model's page has them all


@dataclass(frozen=True, slots=True)
class ShownModel:
    """A row of the list as the page writes it."""

    row: ModelRow
    item: OfferingItem
    total: Decimal | None
    by_hours: tuple[HourTotal, ...]  # of the total, where that goes by the hour
    bounds: CostBounds | None  # between what it lies, where it depends on what the month does not state
    per_mtok: Decimal | None
    needs: list[str]
    needs_of_model: list[str]  # that lists say of the model, and none of this seller
    others: list[Any]
    own: tuple[Any, Decimal] | None  # its lab's own offering with its month, where another seller is shown
    at_length: LongMonth | None  # in requests as long as the context that is asked for, where that is another month
    beyond_limits: str  # what stands against requests of the month that are stated; empty where nothing is known to
    as_model: frozenset[str]  # of its offerings, by id, those that match by what lists say of the model
    waiting: Mapping[str, Sequence[tuple[str, Decimal | None]]]  # by meter what newer values under review ask
    hours: tuple[PricedHours, ...]  # of the prices that it shows, where they are not those of all hours
    step: DearerStep | None  # of its context, from which on a request is dearer
    is_dear_within: bool  # it lies within the context that is asked for
    is_cache_full: bool  # the month counts what is read from a cache at the full price of input
    cheapest: tuple[Any, Decimal] | None  # of those of the row that a buyer may take, for the month
    lone_below: (
        Decimal | None
    )  # what all other sellers ask at least, in an order by cost, where one list alone says less
    announced: AnnouncedStep | None  # of its prices, where lists know that others hold from a day on
    marked: Any  # the offering that is marked for a comparison: another of the model where that was shown then

    @property
    def unnamed(self) -> int:
        """How many more offerings there are than the row names."""
        return len(self.row.offerings) - 1 - len(self.others)


def costs_of(
    request: Request, question: ModelQuestion, stands_on: StandsOn, rows: Sequence[ModelRow]
) -> dict[str, WorkloadCost]:
    """What the workload costs at the offerings that these rows show."""
    return costs_then(request, question.clocks, question.workload, [row.shown for row in rows], stands_on)


def shown_models(
    request: Request, question: ModelQuestion, stands_on: StandsOn, rows: Sequence[ModelRow]
) -> list[ShownModel]:
    """The rows as the page writes them."""
    at, numbers = question.clocks.as_of, [row.shown.number for row in rows]
    behind = behind_rows(request.reads, question.clocks, numbers, stands_on)
    items = [item_of(row.shown, behind[row.shown.number], at) for row in rows]
    every = [one for row in rows for one in (row.shown, *row.rivals)]
    costs = costs_then(request, question.clocks, question.workload, every, stands_on)
    asked = question.wanted.min_context
    long = long_months(request, question.clocks, question.workload, asked, [row.shown for row in rows], stands_on)
    full = _cached_at_full_price(request, question, stands_on, rows, costs)
    totals = {item.id: month_total(item.price_state, costs.get(item.id)) for item in items}
    prices = {row.shown.id: behind[row.shown.number].prices for row in rows}
    announced = announced_steps(request, question.clocks, question.workload, prices, totals, stands_on)
    by_cost, found = is_by_cost(question.order), []
    for row, item in zip(rows, items, strict=True):
        total = totals[item.id]
        step = step_in_row(behind[row.shown.number], at, item.context_window)
        at_length = long.at(item) if long else None
        others = [one for one in row.offerings if one is not row.shown][:MOST_SELLERS]
        found.append(
            ShownModel(
                row,
                item,
                total,
                month_hours(total, costs.get(item.id)),
                month_bounds(item.price_state, costs.get(item.id)),
                per_mtok(total, question.workload),
                [need.words for need in NEEDS.values() if meets(row.shown, need.id)],
                [need.words for need in NEEDS.values() if row.model.lends(row.shown, need.id)],
                others,
                own_month(makers_own(row.model, row.shown, row.offerings), costs),
                at_length if at_length and at_length.is_other(total) else None,
                beyond_limits(item, question.workload) if "requests" in request.GET else "",
                row.lent,
                waiting_in_row(behind[row.shown.number], at) if Code.UNDER_REVIEW in item.codes else {},
                hours_in_row(behind[row.shown.number], at),
                step,
                bool(step and asked and step.tokens <= asked),
                item.id in full and bool(total),
                _cheapest(row, costs),
                far_above(row, costs) if by_cost and is_stated_once(behind[row.shown.number], at) else None,
                announced.get(item.id),
                _marked(row, question.marked),
            )
        )
    return found


def _cached_at_full_price(
    request: Request,
    question: ModelQuestion,
    stands_on: StandsOn,
    rows: Sequence[ModelRow],
    costs: Mapping[str, WorkloadCost],
) -> frozenset[str]:
    """Those of the shown offerings, by id, without a price of a cache read at which the month costs as much as if
    nothing of it were read from a cache: a quote that finds no such price bills these tokens as input.
    """
    if not question.workload.cached_share:
        return frozenset()
    silent = [one for row in rows if (one := row.shown).cache_read_per_mtok is None and one.input_per_mtok]
    plain = costs_then(request, question.clocks, uncached(question.workload), silent, stands_on)
    return frozenset(slug for slug, cost in plain.items() if slug in costs and cost.total == costs[slug].total)


def _marked(row: ModelRow, marked: Sequence[str]) -> Any:
    """The first of the model's offerings that is marked: who is shown may have changed with the order or a filter since
    then. None where none is.
    """
    of_model = {one.id: one for one in row.model.rows}
    return next((of_model[slug] for slug in marked if slug in of_model), None)


def _cheapest(row: ModelRow, costs: Mapping[str, WorkloadCost]) -> tuple[Any, Decimal] | None:
    """Who asks the least for the month, the shown one where nobody asks less; None where its month is unknown."""
    totals = [(one, month_total(one.price_state, costs.get(one.id))) for one in (row.shown, *row.rivals)]
    known = [(one, total) for one, total in totals if total is not None]
    if not known or known[0][0] is not row.shown:
        return None
    return min(known, key=lambda pair: as_written(pair[1]) or Decimal(0))
