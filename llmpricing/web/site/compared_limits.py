"""Lines of limits in a comparison: what a list states that others of the same model contradict is the best of none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import ComparedLine, line_of

_ROUNDED = Fraction(5, 4)  # lists write 1M for 1,048,576; what goes beyond is another figure
_LIMITS = (("Context", "context_window"), ("Max output", "max_output_tokens"))


def limit_lines(items: Sequence[OfferingItem], models: Mapping[str, SoldModel]) -> list[ComparedLine]:
    """Context and most output of each; a figure that is doubtful says why, and is never the best."""
    return [_line(title, name, items, models) for title, name in _LIMITS]


def _line(title: str, name: str, items: Sequence[OfferingItem], models: Mapping[str, SoldModel]) -> ComparedLine:
    values = [getattr(item, name) for item in items]
    doubts = [_doubt(name, item, models.get(item.id)) for item in items]
    sure = [None if doubt else value for value, doubt in zip(values, doubts, strict=True)]
    line = line_of(title, values, display.tokens, max)
    return replace(line, best=line_of(title, sure, display.tokens, max).best, notes=tuple(doubts))


def _doubt(name: str, item: OfferingItem, model: SoldModel | None) -> str:
    """Why this figure of an offering is doubtful; empty where nothing speaks against it."""
    value: int | None = getattr(item, name)
    if value is None:
        return ""
    if name == "max_output_tokens" and item.context_window is not None and value >= item.context_window:
        return "doubtful: as much as its context"
    most = _elsewhere(name, item, model)
    return f"doubtful: {display.tokens(most)} elsewhere" if most is not None and value > most * _ROUNDED else ""


def _elsewhere(name: str, item: OfferingItem, model: SoldModel | None) -> int | None:
    """The most that lists state of the model at its lab, else at any other seller; None where they state nothing, and
    of the lab's own offering.
    """
    if model is None or item.provider == model.lab:
        return None
    rows = [row for row in model.rows if row.id != item.id and getattr(row, name) is not None]
    own = [getattr(row, name) for row in rows if row.provider == model.lab]
    return max(own or [getattr(row, name) for row in rows], default=None)
