"""Limits that lists state of an offering and that speak against each other, or against those of its model elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from llmpricing.services.catalogue.listed_models import SoldModel

LIMITS = ("context_window", "max_output_tokens")
AS_CONTEXT, ABOVE_CONTEXT, ELSEWHERE = "as_much_as_its_context", "more_than_its_context", "more_than_elsewhere"
_ROUNDED = Fraction(5, 4)  # lists write 1M for 1,048,576; what goes beyond is another figure


@dataclass(frozen=True, slots=True)
class LimitDoubt:
    """Why a ``limit`` of an offering is doubtful, and the most that lists state ``elsewhere`` where that is why."""

    limit: str
    why: str
    elsewhere: int | None = None


def doubt_of(limit: str, item: Any, model: SoldModel | None) -> LimitDoubt | None:
    """Why this limit is doubtful, by the offering's item and its model; None where nothing speaks against it."""
    value: int | None = getattr(item, limit)
    if value is None:
        return None
    if limit == "max_output_tokens" and item.context_window is not None and value >= item.context_window:
        return LimitDoubt(limit, AS_CONTEXT if value == item.context_window else ABOVE_CONTEXT)
    most = _elsewhere(limit, item, model)
    return LimitDoubt(limit, ELSEWHERE, most) if most is not None and value > most * _ROUNDED else None


def _elsewhere(limit: str, item: Any, model: SoldModel | None) -> int | None:
    """The most that lists state of the model at its lab, else at any other seller; None where they state nothing, and
    of the lab's own offering.
    """
    told = {row.id for row in model.makers_word} if model else set()
    if model is None or item.id in told:
        return None
    rows = [row for row in model.rows if row.id != item.id and getattr(row, limit) is not None]
    by_maker = [getattr(row, limit) for row in rows if row.id in told]
    return max(by_maker or [getattr(row, limit) for row in rows], default=None)
