"""What a comparison answers to the needs with which one came, first of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.money import is_within
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.model_list import ModelFilter
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import AS_MODEL, DASH, DEPENDS, ComparedLine, need_line

ComparedOfferings = Sequence[tuple[SoldModel, Any]]


def groups_of_needs(
    wanted: ModelFilter,
    sold: ComparedOfferings,
    items: Sequence[OfferingItem],
    days: Mapping[str, datetime],
    months: Sequence[tuple[Decimal, Decimal] | None],
) -> list[tuple[str, list[ComparedLine]]]:
    """The lines of what is ``wanted``, under a heading of their own, with the ``days`` of the lists that say
    so, and those of all other needs. ``months`` tell between what each month lies.
    """
    told = [need_line(need, sold, days=days) for need in wanted.needs] + _bounds(wanted, sold, items, months)
    rest = [need_line(need, sold) for need in NEEDS if need not in wanted.needs]
    return [("You asked for", told), ("What it can", rest)] if told else [("What it can", rest)]


def _bounds(
    wanted: ModelFilter,
    sold: ComparedOfferings,
    items: Sequence[OfferingItem],
    months: Sequence[tuple[Decimal, Decimal] | None],
) -> list[ComparedLine]:
    lines = []
    if (least := wanted.min_context) is not None:
        line = _line(f"context of {display.tokens(least)}", [model.takes(row, least) for model, row in sold])
        lent = [model.lends_context(row, least) for model, row in sold]
        cells = [AS_MODEL if one else cell for one, cell in zip(lent, line.cells, strict=True)]
        lines.append(ComparedLine(line.title, cells))
    for name, most in (("input", wanted.max_input_price), ("output", wanted.max_output_price)):
        if most is not None:
            asked = [getattr(item, f"{name}_per_mtok") if item.currency == "USD" else None for item in items]
            lines.append(
                _line(
                    f"{name} up to {display.price(most)} per M",
                    [None if one is None else one <= most for one in asked],
                )
            )
    if (most := wanted.max_month) is not None:
        line = _line(f"my month up to {display.price(most)}", [is_within(month, most) for month in months])
        open_ = [month is not None and cell == DASH for month, cell in zip(months, line.cells, strict=True)]
        cells = [DEPENDS if one else cell for one, cell in zip(open_, line.cells, strict=True)]
        lines.append(ComparedLine(line.title, cells))
    return lines


def _line(title: str, met: Sequence[bool | None]) -> ComparedLine:
    return ComparedLine(title, [DASH if one is None else "yes" if one else "no" for one in met])
