"""Lines of a comparison: one fact of all offerings, the best of them marked; silence of the lists is never a no."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from llmpricing.domain.choice.needs import NEEDS
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.offering_needs import stated_needs
from llmpricing.web.site import display

DASH, NOT_LISTED, AS_MODEL, DEPENDS = "–", "not listed", "said of the model", "it depends"
GONE = "no longer sold"
MEANINGS = {
    DASH: "no list says",
    NOT_LISTED: "no list names it of the model, which is not a no",
    AS_MODEL: "lists say it of the same model elsewhere, none of this seller",
    GONE: "it is compared, and counts for no cheapest",
    DEPENDS: "on what my month does not state, as it says behind the month",
}


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """What is written of each offering, which of them are the best, and what is said behind each cell, if anything;
    ``anchor`` is where on its model's page more of it stands.
    """

    title: str
    cells: list[str]
    best: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    anchor: str = ""

    def note(self, place: int) -> str:
        """What is said behind the cell of this place."""
        return self.notes[place] if self.notes else ""

    def also(self, told: Sequence[str]) -> ComparedLine:
        """The line, which says this too behind its cells."""
        notes = (", ".join(filter(None, (self.note(place), one))) for place, one in enumerate(told))
        return replace(self, notes=tuple(notes))


def line_of(
    title: str,
    values: Sequence[Any],
    write: Callable[[Any], str],
    best_of: Callable[[Any], Any],
    may_win: Sequence[bool] | None = None,
) -> ComparedLine:
    """The line of these values, None where nobody knows: all that are written as the best one is are the best, and none
    is where all are written alike; of those that ``may_win`` (None: all).
    """
    cells = [DASH if value is None else write(value) for value in values]
    in_it = {place for place, value in enumerate(values) if value is not None and (may_win is None or may_win[place])}
    alike = len({cells[place] for place in in_it}) < 2
    best = None if alike else write(best_of([values[place] for place in in_it]))
    return ComparedLine(title, cells, frozenset(place for place in in_it if cells[place] == best))


def are_sold(items: Sequence[Any]) -> list[bool]:
    """Which of these are still sold: what is not can be compared, and is the cheapest or best of none."""
    return [item.status != "removed" for item in items]


def need_line(
    need: str, offerings: Sequence[tuple[SoldModel, Any]], *, days: Mapping[str, datetime] | None = None
) -> ComparedLine:
    """Who meets a need, of offerings with their models: ``no`` only where a list says so, and which; which lists say
    ``yes`` only where their ``days`` are given, and then each stands with its own.
    """
    return ComparedLine(NEEDS[need].words, [_meets(need, model, row, days) for model, row in offerings])


def _meets(need: str, model: SoldModel, row: Any, days: Mapping[str, datetime] | None) -> str:
    if model.lends(row, need):
        return AS_MODEL + by_lists(model.able[need], days)
    if (met := model.meets(row, need)) is not None:
        stated = stated_needs(row).get(need)
        lists = by_lists(stated.lists, days) if stated is not None and stated.is_met is met else ""
        return f"yes{'' if days is None else lists}" if met else f"no{lists}"
    return DASH if row.capabilities is None else NOT_LISTED


def by_lists(names: Sequence[str], days: Mapping[str, datetime] | None = None) -> str:
    """Who says so, behind what they say, and of which day each list is where that is given; nothing where who says it
    was not kept.
    """
    days = days or {}
    known = [f"{name} of {display.long_day(days[name])}" if name in days else name for name in names if name]
    return f", by {' and '.join(known)}" if known else ""
