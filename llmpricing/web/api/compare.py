"""GET /api/v1/compare: two to five offerings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import ratio_text
from llmpricing.services.catalogue import listing
from llmpricing.services.catalogue.doubtful_limits import LIMITS, doubt_of
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.same_model import models_of
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import DecimalText, as_json
from llmpricing.web.api.model_facts import KnowledgeCutoffJson, model_facts_json
from llmpricing.web.api.model_rows import item_json
from llmpricing.web.api.models import ModelMeta, model_meta
from llmpricing.web.api.scores import ScoreJson, scores_json
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.list_query import CLOCKS, own_ids, read_clocks, standing
from llmpricing.web.operations import Operation

FEWEST, MOST = 2, 5


class LimitDoubtJson(msgspec.Struct, forbid_unknown_fields=True):
    """A limit that is doubtful: ``why`` is ``as_much_as_its_context`` or ``more_than_its_context`` of an output, or
    ``more_than_elsewhere``, where ``elsewhere`` is the most that lists state of the model at its lab or, where its lab
    sells none, at other sellers.
    """

    limit: str
    why: str
    elsewhere: int | None


ComparedJson: Any = as_json(
    "ComparedJson",
    OfferingItem,
    input_times_cheapest=DecimalText | None,
    output_times_cheapest=DecimalText | None,
    doubts=list[LimitDoubtJson],
    scores=list[ScoreJson],
    released_on=date | None,
    knowledge_cutoff=KnowledgeCutoffJson | None,
)


class CompareAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Offerings in the order asked. ``..._times_cheapest`` is how many times the cheapest in its currency one costs: 1
    for the cheapest, null where nobody knows or the cheapest is free.
    """

    data: list[ComparedJson]
    meta: ModelMeta


def compare(request: Request) -> CompareAnswer:
    """Side by side; 404 where one of the ids is unknown."""
    values = COMPARE.read(request)
    asked = [one.strip() for one in values.get("models", "").split(",") if one.strip()]
    slugs = list(dict.fromkeys(own_ids(request, asked)))
    if not FEWEST <= len(slugs) <= MOST:
        raise invalid("models", f"models takes {FEWEST} to {MOST} ids with commas between them.")
    clocks = read_clocks(values, request.period.start, request.book)
    stands_on = standing(request, clocks)
    items = listing.get_offerings(request.reads, clocks, slugs, stands_on)
    found = {item.id: item for item in items}
    if unknown := [slug for slug in slugs if slug not in found]:
        message = "No offering has one of these ids. Ids look like openai/gpt-4o."
        raise Refused(404, "MODEL_NOT_FOUND", message, field="models", unknown=unknown)
    items = [found[slug] for slug in slugs]
    models = models_of(request.reads, request.book, clocks, slugs, stands_on)
    data = [
        ComparedJson(
            **item_json(item),
            input_times_cheapest=_times(item, items, "input_per_mtok"),
            output_times_cheapest=_times(item, items, "output_per_mtok"),
            doubts=_doubts(item, models[item.id]),
            scores=scores_json(request, clocks, item.id, models[item.id]),
            **model_facts_json(models[item.id], clocks),
        )
        for item in items
    ]
    return CompareAnswer(data, ModelMeta(**model_meta(request, clocks)))


def _doubts(item: OfferingItem, model: SoldModel) -> list[LimitDoubtJson]:
    found = (doubt_of(limit, item, model) for limit in LIMITS)
    return [LimitDoubtJson(one.limit, one.why, one.elsewhere) for one in found if one is not None]


def _times(item: OfferingItem, items: Sequence[OfferingItem], name: str) -> str | None:
    price: Decimal | None = getattr(item, name)
    same = [value for one in items if one.currency == item.currency and (value := getattr(one, name)) is not None]
    if price is None or not min(same):
        return None
    return ratio_text(Fraction(price) / Fraction(min(same)))


COMPARE = Operation(
    name="compare",
    path="/api/v1/compare",
    view=compare,
    title=f"{FEWEST} to {MOST} offerings side by side, how many times the cheapest each costs, and what they scored",
    parameters={"models": p.text_of(2000).of("their ids, with commas between them"), **CLOCKS},
    required=("models",),
    answers=(CompareAnswer,),
    asks_the_book=True,
    rows=ComparedJson,
    is_lasting=True,
    refusals=(404,),
)
