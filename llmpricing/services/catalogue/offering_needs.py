"""Which needs lists say that an offering meets, and which of those its model brings along to every seller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llmpricing.domain.choice.abilities import StatedNeed, columns_text, needs_stated
from llmpricing.domain.choice.needs import NEEDS

LentNeeds = Mapping[str, tuple[str, ...]]  # by need the lists that say it of a model
_CACHING = "prompt_caching"


def stated_needs(row: Any) -> Mapping[str, StatedNeed]:
    """What lists say of an offering by need; needs of which none says anything are left out."""
    # What was believed before lists were kept apart stands in the columns alone.
    text = row.stated_abilities or columns_text(row.capabilities, row.inputs, row.outputs)
    return needs_stated(text)


def meets(row: Any, need: str) -> bool | None:
    """Whether an offering meets a need by what lists say of it; who asks a price for reading from a cache keeps one."""
    if need == _CACHING and row.cache_read_per_mtok is not None:
        return True
    stated = stated_needs(row).get(need)
    return None if stated is None else stated.is_met


def able(rows: Iterable[Any]) -> LentNeeds:
    """The needs that a model with these offerings meets whoever sells it: those that lists say of one of them."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, stated in stated_needs(row).items():
            if stated.is_met and not NEEDS[name].of_sellers:
                found.setdefault(name, set()).update(stated.lists)
    return {name: tuple(sorted(lists)) for name, lists in found.items()}
