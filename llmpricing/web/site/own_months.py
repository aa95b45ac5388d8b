"""What the month costs at a model's own maker, told beside that of another seller."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.model_list import rivals_of
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.web.site import display
from llmpricing.web.site.workload import month_total


def makers_own(model: SoldModel, shown: Any, offerings: Sequence[Any]) -> list[Any]:
    """Those of the offerings that its lab sells as the shown one is sold; none where that is the lab's too."""
    if model.is_makers(shown):
        return []
    return [one for one in rivals_of(shown, offerings) if model.is_makers(one)]


def own_month(own: Sequence[Any], costs: Mapping[str, WorkloadCost]) -> tuple[Any, Decimal] | None:
    """The least month of a lab's ``own`` offerings with that offering; None where none is known."""
    known = [(one, total) for one in own if (total := month_total(one.price_state, costs.get(one.id))) is not None]
    return min(known, key=lambda pair: pair[1], default=None)


def own_beside(model: SoldModel, slug: str, compared: Container[str]) -> list[Any]:
    """The maker's own offerings that are told beside the model's offering ``slug``: none where one is ``compared``."""
    own = makers_own(model, next(row for row in model.rows if row.id == slug), model.rows)
    return [] if any(one.id in compared for one in own) else own


def told_beside(own: Sequence[Any], costs: Mapping[str, WorkloadCost], names: Mapping[str, str]) -> str:
    """What is said of the maker's month: ``OpenAI itself $4.40``; nothing where it has none."""
    if (month := own_month(own, costs)) is None:
        return ""
    return f"{names[month[0].provider]} itself {display.total(month[1], 'USD')}"
