"""GET /api/v1/models and /api/v1/models/{id}: what is sold, by whom, at which base price."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import to_text
from llmpricing.services.catalogue import offering_detail
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.same_model import model_of, other_sellers
from llmpricing.services.clocks import Clocks
from llmpricing.web.api.answers import StaleMeta, as_json, stale_meta
from llmpricing.web.api.model_facts import KnowledgeCutoffJson, model_facts_json
from llmpricing.web.api.model_rows import ItemJson, item_json, rows_json
from llmpricing.web.api.needs import NeedJson, needs_json
from llmpricing.web.api.scores import ScoreJson, scores_json
from llmpricing.web.caching import cached
from llmpricing.web.conditional import valid_until
from llmpricing.web.list_query import (
    CLOCKS,
    DEFAULT_LIMIT,
    LIST,
    LIST_REPEATABLE,
    MAX_LIMIT,
    Question,
    ask,
    ask_for_one,
    next_cursor,
    read_clocks,
    read_question,
    standing,
)
from llmpricing.web.operations import Operation
from llmpricing.web.paging import fingerprint
from llmpricing.web.selecting import is_csv

CACHE_TTL_S = 3600  # a new version and a step begin a new key
ALL = 1_000_000  # rows of CSV, where no limit is given


PriceJson: Any = as_json("PriceJson", offering_detail.PriceDetail)
ModelJson: Any = as_json(
    "ModelJson",
    OfferingItem,
    prices=list[PriceJson],
    scores=list[ScoreJson],
    needs=list[NeedJson],
    other_sellers=list[str],
    aliases=list[str],
    released_on=date | None,
    knowledge_cutoff=KnowledgeCutoffJson | None,
)


class ListMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside a page of the list."""

    count: int
    next: str | None
    as_of: datetime
    known_at: datetime
    catalogue_version: int
    valid_until: datetime | None


class ListAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of the list, as it is answered and kept; of one that is made just now the items are bytes."""

    data: list[ItemJson]
    meta: ListMeta


class ModelMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside one offering."""

    as_of: datetime
    known_at: datetime
    catalogue_version: int
    valid_until: datetime | None


class ModelAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """One offering, as it is answered."""

    data: ModelJson
    meta: ModelMeta


def list_models(request: Request) -> ListAnswer:
    """A page of offerings that match, with the cursor of the next."""
    return _list(request, MODELS)


def list_models_as_csv(request: Request) -> ListAnswer:
    """All of them, or a page where a limit is given."""
    return _list(request, MODELS_CSV)


def _list(request: Request, operation: Operation) -> ListAnswer:
    now = request.period.start
    question = read_question(request, now, operation.readers, ALL if is_csv(request) else DEFAULT_LIMIT)
    # What everybody asks is kept where it does not lie in memory: first pages of now.
    is_of_now = question.clocks == question.book.clocks(now, None) and question.after is None
    if request.held is not None or not is_of_now or question.limit > MAX_LIMIT:
        return _answer(request, question)
    name = f"{question.limit}:{fingerprint(question.wanted, question.order)}"
    return cached(request, "models", name, CACHE_TTL_S, ListAnswer, lambda: _answer(request, question))


def _answer(request: Request, question: Question) -> ListAnswer:
    page = ask(request, question)
    meta = ListMeta(page.count, next_cursor(question, page), **model_meta(request, question.clocks))
    rows = rows_json(request.reads, question.book, question.clocks, page.rows, standing(request, question.clocks))
    return ListAnswer(rows, meta)


def show_model(request: Request) -> ModelAnswer:
    """One offering with all its prices of the time asked for, and who else sells the model."""
    clocks = read_clocks(MODEL.read(request), request.period.start, request.book)
    item = ask_for_one(request, clocks)
    stands_on = standing(request, clocks)
    details = offering_detail.details(request.reads, request.book, clocks, item.id, stands_on)
    model = model_of(request.reads, request.book, clocks, item.id, stands_on)
    data = ModelJson(
        **item_json(item),
        prices=[PriceJson(**price_json(price)) for price in details.prices],
        scores=scores_json(request, clocks, item.id, model),
        needs=needs_json(model, item.id),
        other_sellers=other_sellers(model, item.id),
        aliases=details.aliases,
        **model_facts_json(model, clocks),
    )
    return ModelAnswer(data, ModelMeta(**model_meta(request, clocks)))


def model_meta(request: Request, clocks: Clocks) -> dict[str, Any]:
    """What stands beside offerings of these clocks."""
    return {
        "as_of": clocks.as_of,
        "known_at": clocks.known_at,
        "catalogue_version": request.book.version,
        "valid_until": valid_until(request),
        **stale_meta(request),
    }


def price_json(price: offering_detail.PriceDetail) -> dict[str, Any]:
    """A price as the API tells it: its fields by name, money as exact decimal text."""
    return {k: to_text(v) if isinstance(v, Decimal) else v for k, v in asdict(price).items()}


MODELS = Operation(
    name="models",
    path="/api/v1/models",
    view=list_models,
    title="Offerings that match, in pages",
    parameters=LIST,
    repeatable=LIST_REPEATABLE,
    answers=(ListAnswer,),
    asks_the_book=True,
    rows=ItemJson,
    is_lasting=True,
)
MODELS_CSV = Operation(
    name="models_csv",
    path="/api/v1/models.csv",
    view=list_models_as_csv,
    title="Offerings that match, as CSV",
    parameters=LIST,
    repeatable=LIST_REPEATABLE,
    answers=(str,),
    media="text/csv",
    asks_the_book=True,
    rows=ItemJson,
    is_list=False,
    is_lasting=True,
)
MODEL = Operation(
    name="model",
    path="/api/v1/models/{id}",
    view=show_model,
    title="One offering with all its prices, their conditions, sources and scores, and who else sells the model",
    parameters=CLOCKS,
    answers=(ModelAnswer,),
    asks_the_book=True,
    rows=ModelJson,
    is_list=False,
    is_lasting=True,
    refusals=(404,),
)
