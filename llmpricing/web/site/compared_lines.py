"""Lines of a comparison: one fact of all offerings, the best of them marked; silence of the lists is never a no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.services.catalogue.listing import OfferingItem

DASH, NOT_LISTED = "–", "not listed"
MEANINGS = {DASH: "no list says", NOT_LISTED: "no list names it of the model, which is not a no"}


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """What is written of each offering, which of them are the best, and what is said behind each cell, if anything."""

    title: str
    cells: list[str]
    best: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    def note(self, place: int) -> str:
        """What is said behind the cell of this place."""
        return self.notes[place] if self.notes else ""


def line_of(
    title: str, values: Sequence[Any], write: Callable[[Any], str], best_of: Callable[[Any], Any]
) -> ComparedLine:
    """The line of these values, None where nobody knows: all that are written as the best one is are the best, and none
    is where all are written alike.
    """
    known = [value for value in values if value is not None]
    cells = [DASH if value is None else write(value) for value in values]
    alike = len({cell for cell in cells if cell != DASH}) < 2
    best = None if alike else write(best_of(known))
    return ComparedLine(title, cells, frozenset(place for place, cell in enumerate(cells) if cell == best))


def need_line(name: str, items: Sequence[OfferingItem]) -> ComparedLine:
    """Who meets a need: ``no`` only where lists say so."""
    return ComparedLine(NEEDS[name].words, [_meets(name, item) for item in items])


def _meets(name: str, item: OfferingItem) -> str:
    need, modalities = NEEDS[name], item.modalities or {}
    takes, gives = modalities.get("input"), modalities.get("output")
    met = need.met(item.capabilities, takes, gives)
    if met or (name == "prompt_caching" and item.cache_read_per_mtok is not None):  # who prices it offers it
        return "yes"
    if need.is_denied(takes, gives):
        return "no"
    return DASH if met is None else NOT_LISTED
