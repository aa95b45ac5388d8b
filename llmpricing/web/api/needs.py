"""The twelve needs of the pages as the API tells them of one offering: what lists say, deny, and say of its model."""

from __future__ import annotations

import msgspec

from llmpricing.domain.choice.abilities import NO_LIST
from llmpricing.domain.choice.needs import NEEDS
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.offering_needs import meets, stated_needs


class NeedJson(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a need is met, null where no list says; ``lists`` are those that say so, or that deny it.
    ``as_the_model``: they say it of the model at another seller, and none denies it of this one.
    """

    need: str
    is_met: bool | None
    lists: list[str]
    as_the_model: bool


def needs_json(model: SoldModel, slug: str) -> list[NeedJson]:
    """All needs of the offering of this model, in the order of the pages."""
    row = next(row for row in model.rows if row.id == slug)
    stated = stated_needs(row)
    found = []
    for need in NEEDS:
        if model.lends(row, need):
            found.append(NeedJson(need, True, list(model.able[need]), True))
            continue
        is_met, said = meets(row, need), stated.get(need)
        lists = [one for one in said.lists if one != NO_LIST] if said and said.is_met is is_met else []
        found.append(NeedJson(need, is_met, lists, False))
    return found
