"""The rows of the list as the page writes them: what the month costs there, what a model can, what waits for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.behind_rows import behind_rows
from llmpricing.services.catalogue.listing import OfferingItem, item_of
from llmpricing.services.catalogue.model_list import ModelRow
from llmpricing.services.catalogue.offering_needs import meets
from llmpricing.services.catalogue.row_codes import waiting_in_row
from llmpricing.services.catalogue.row_steps import DearerStep, step_in_row
from llmpricing.services.quotes.workload_plans import WorkloadTotal
from llmpricing.web.site.known_then import costs_then
from llmpricing.web.site.model_question import ModelQuestion
from llmpricing.web.site.workload import month_total, per_mtok

MOST_SELLERS = 12  # are named in a row; the model's page has them all


@dataclass(frozen=True, slots=True)
class ShownModel:
    """A row of the list as the page writes it."""

    row: ModelRow
    item: OfferingItem
    total: Decimal | None
    per_mtok: Decimal | None
    needs: list[str]
    needs_of_model: list[str]  # that lists say of the model, and none of this seller
    others: list[Any]
    as_model: frozenset[str]  # of the others, by id, those that match by what lists say of the model
    waiting: Mapping[str, Sequence[tuple[str, Decimal | None]]]  # by meter what newer values under review ask
    step: DearerStep | None  # of its context, from which on a request is dearer

    @property
    def unnamed(self) -> int:
        """How many more offerings there are than the row names."""
        return len(self.row.offerings) - 1 - len(self.others)


def costs_of(
    request: Request, question: ModelQuestion, stands_on: StandsOn, rows: Sequence[ModelRow]
) -> dict[str, WorkloadTotal]:
    """What the workload costs at the offerings that these rows show."""
    return costs_then(request, question.clocks, question.workload, [row.shown for row in rows], stands_on)


def shown_models(
    request: Request, question: ModelQuestion, stands_on: StandsOn, rows: Sequence[ModelRow]
) -> list[ShownModel]:
    """The rows as the page writes them."""
    at, numbers = question.clocks.as_of, [row.shown.number for row in rows]
    behind = behind_rows(request.reads, question.clocks, numbers, stands_on)
    items = [item_of(row.shown, behind[row.shown.number], at) for row in rows]
    costs = costs_of(request, question, stands_on, rows)
    found = []
    for row, item in zip(rows, items, strict=True):
        total = month_total(item.price_state, costs.get(item.id))
        others = [one for one in row.offerings if one is not row.shown][:MOST_SELLERS]
        found.append(
            ShownModel(
                row,
                item,
                total,
                per_mtok(total, question.workload),
                [need.words for need in NEEDS.values() if meets(row.shown, need.id)],
                [need.words for need in NEEDS.values() if row.model.lends(row.shown, need.id)],
                others,
                frozenset(one.id for one in others if _lends_any(row, one, question.wanted.needs)),
                waiting_in_row(behind[row.shown.number], at) if Code.UNDER_REVIEW in item.codes else {},
                step_in_row(behind[row.shown.number], at, item.context_window),
            )
        )
    return found


def _lends_any(row: ModelRow, other: Any, needs: Sequence[str]) -> bool:
    return any(row.model.lends(other, need) for need in needs)
