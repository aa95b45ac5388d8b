"""What the API says of a model whoever sells it: its release, and up to when it knows."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from llmpricing.services.catalogue.first_seen import by_then
from llmpricing.services.catalogue.knowledge_cutoffs import knowledge_cutoff
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.clocks import Clocks

MonthOrDay = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$", examples=["2025-01"])]


class KnowledgeCutoffJson(msgspec.Struct, forbid_unknown_fields=True):
    """``until``, a month or a day, as lists state it of the model at its lab (``is_labs``), else at most sellers:
    ``agreeing`` of ``sellers`` of whom they state any. ``is_doubtful``: it lies after the release.
    """

    until: MonthOrDay
    is_labs: bool
    agreeing: int
    sellers: int
    is_doubtful: bool


def model_facts_json(model: SoldModel, clocks: Clocks) -> dict[str, Any]:
    """``released_on`` and ``knowledge_cutoff``, as far as they are not after the time asked for; null where no list
    says.
    """
    day = clocks.as_of.date()
    found = knowledge_cutoff(model, day)
    return {
        "released_on": by_then(model.released_on, day),
        "knowledge_cutoff": found
        and KnowledgeCutoffJson(found.until, found.is_labs, found.agreeing, found.sellers, found.is_doubtful),
    }
