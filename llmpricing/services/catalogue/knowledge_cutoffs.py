"""Up to when a model knows, by what lists state of it at its lab, else at most of its sellers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from llmpricing.domain.names.model_groups import moves
from llmpricing.services.catalogue.listed_models import SoldModel, api_id, makers_word

_MONTH = len("2025-01")


@dataclass(frozen=True, slots=True)
class KnowledgeCutoff:
    """``until``, a month or a day of ISO 8601. ``sellers`` are those of whom lists state any, the lab alone where they
    state it there, and ``agreeing`` as many of them as are said to know up to that month. ``is_doubtful``: it lies
    after the model's release, so that one of the two is wrong.
    """

    until: str
    is_labs: bool
    agreeing: int
    sellers: int
    is_doubtful: bool


def knowledge_cutoff(model: SoldModel, day: date) -> KnowledgeCutoff | None:
    """Up to when the model knows; None where no list says. What lies after ``day`` is not told of a model of that day:
    ids such as ``-latest`` mean newer models now.
    """
    rows = [row for row in model.rows if row.knowledge_cutoff is not None]
    rows = [row for row in rows if not moves(api_id(row))] or rows
    own = makers_word(rows, model.lab)
    by_month = _sellers_by_month(own or rows)
    if not by_month:
        return None
    # Where as many say the one as the other, the earlier: who relies on it expects too little of the model.
    month = min(by_month, key=lambda one: (-len(by_month[one]), one))
    until = _as_most_write(row.knowledge_cutoff for row in own or rows if row.knowledge_cutoff.startswith(month))
    begins = date.fromisoformat(until if len(until) > _MONTH else f"{until}-01")
    if begins > day:
        return None
    is_doubtful = model.released_on is not None and begins > model.released_on
    agreeing, sellers = len(by_month[month]), len(set().union(*by_month.values()))
    return KnowledgeCutoff(until, bool(own), agreeing, sellers, is_doubtful)


def _sellers_by_month(rows: Iterable[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row.knowledge_cutoff[:_MONTH]].add(row.provider)
    return found


def _as_most_write(stated: Iterable[str]) -> str:
    """The month or day that is written most often; of equals the month, which claims less."""
    counts = Counter(stated)
    return min(counts, key=lambda one: (-counts[one], one))
