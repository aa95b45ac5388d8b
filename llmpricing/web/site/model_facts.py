"""What is written of a model whoever sells it: its release, and up to when it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from llmpricing.services.catalogue.first_seen import by_then
from llmpricing.services.catalogue.knowledge_cutoffs import KnowledgeCutoff, knowledge_cutoff
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import ComparedLine, line_of

_AFTER_RELEASE = "doubtful: after its release"


def beside(cutoff: KnowledgeCutoff | None) -> str:
    """What stands behind up to when a model knows, in a few words: how many sellers it is said of, where lists say
    another month of others; and whether it is doubtful.
    """
    if cutoff is None:
        return ""
    differ = f"at {cutoff.agreeing} of {cutoff.sellers} sellers" if cutoff.agreeing < cutoff.sellers else ""
    return ", ".join(filter(None, (differ, _AFTER_RELEASE if cutoff.is_doubtful else "")))


def model_lines(items: Sequence[OfferingItem], models: Mapping[str, SoldModel], day: date) -> list[ComparedLine]:
    """Release and knowledge cutoff of each, as they were known on that day: the latest month of knowledge is the best,
    where it is not doubtful.
    """
    sold = [models[item.id] for item in items]
    released = [by_then(model.released_on, day) for model in sold]
    cutoffs = [knowledge_cutoff(model, day) for model in sold]
    sure = [None if one is None or one.is_doubtful else one.until[:7] for one in cutoffs]
    line = line_of("Knowledge cutoff", [one and one.until for one in cutoffs], display.day_or_month, max)
    best = line_of("", sure, display.day_or_month, max).best
    return [
        replace(line_of("Released", released, display.long_day, max), best=frozenset()),
        replace(line, best=best, notes=tuple(map(beside, cutoffs))),
    ]
