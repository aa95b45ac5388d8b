"""Lines of limits in a comparison: what a list states that others of the same model contradict is the best of none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from llmpricing.services.catalogue.doubtful_limits import AS_CONTEXT, LimitDoubt, doubt_of
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import ComparedLine, line_of

_LIMITS = (("Context", "context_window"), ("Max output", "max_output_tokens"))


def limit_lines(items: Sequence[OfferingItem], models: Mapping[str, SoldModel]) -> list[ComparedLine]:
    """Context and most output of each; a figure that is doubtful says why, and is never the best."""
    return [_line(title, name, items, models) for title, name in _LIMITS]


def _line(title: str, name: str, items: Sequence[OfferingItem], models: Mapping[str, SoldModel]) -> ComparedLine:
    values = [getattr(item, name) for item in items]
    doubts = [doubt_of(name, item, models.get(item.id)) for item in items]
    sure = [None if doubt else value for value, doubt in zip(values, doubts, strict=True)]
    line = line_of(title, values, display.tokens, max)
    best = line_of(title, sure, display.tokens, max).best
    return replace(line, best=best, notes=tuple(words_of(doubt) if doubt else "" for doubt in doubts))


def words_of(doubt: LimitDoubt) -> str:
    """Why a limit is doubtful, in a few words."""
    if doubt.elsewhere is not None:
        return f"doubtful: {display.tokens(doubt.elsewhere)} elsewhere"
    return f"doubtful: {'as much as' if doubt.why == AS_CONTEXT else 'more than'} its context"
