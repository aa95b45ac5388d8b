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
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import AS_MODEL, DASH, DEPENDS, ComparedLine, need_line

ComparedOfferings = Sequence[tuple[SoldModel, Any]]


def groups_of_needs(
    values: Mapping[str, Any],
    sold: ComparedOfferings,
    items: Sequence[OfferingItem],
    days: Mapping[str, datetime],
    months: Sequence[tuple[Decimal, Decimal] | None],
) -> list[tuple[str, list[ComparedLine]]]:
    """The lines of what the address asks for, under a heading of their own, with the ``days`` of the lists that say
    so, and those of all other needs. ``months`` tell between what each month lies.
    """
    asked = dict.fromkeys(values.get("capability", ()))
    told = [need_line(need, sold, days=days) for need in asked] + _bounds(values, sold, items, months)
    rest = [need_line(need, sold) for need in NEEDS if need not in asked]
    return [("You asked for", told), ("What it can", rest)] if told else [("What it can", rest)]


def _bounds(
    values: Mapping[str, Any],
    sold: ComparedOfferings,
    items: Sequence[OfferingItem],
    months: Sequence[tuple[Decimal, Decimal] | None],
) -> list[ComparedLine]:
    lines = []
    if (least := values.get("min_context")) is not None:
        line = _line(f"context of {display.tokens(least)}", [model.takes(row, least) for model, row in sold])
        lent = [model.lends_context(row, least) for model, row in sold]
        cells = [AS_MODEL if one else cell for one, cell in zip(lent, line.cells, strict=True)]
        lines.append(ComparedLine(line.title, cells))
    for name, title in (("input", "input"), ("output", "output")):
        if (most := values.get(f"max_{name}_price")) is not None:
            asked = [getattr(item, f"{name}_per_mtok") if item.currency == "USD" else None for item in items]
            lines.append(
                _line(
                    f"{title} up to {display.price(most)} per M",
                    [None if one is None else one <= most for one in asked],
                )
            )
    if (most := values.get("max_month")) is not None:
        line = _line(f"my month up to {display.price(most)}", [is_within(month, most) for month in months])
        open_ = [month is not None and cell == DASH for month, cell in zip(months, line.cells, strict=True)]
        cells = [DEPENDS if one else cell for one, cell in zip(open_, line.cells, strict=True)]
        lines.append(ComparedLine(line.title, cells))
    return lines


def _line(title: str, met: Sequence[bool | None]) -> ComparedLine:
    return ComparedLine(title, [DASH if one is None else "yes" if one else "no" for one in met])
