"""GET /api/v1/models and /api/v1/models/{id}: what is sold, by whom, at which base price."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import to_text
from llmpricing.services.catalogue import freshness, offering_detail
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.clocks import Clocks
from llmpricing.web.list_query import CLOCKS, Question, ask, ask_for_one, next_cursor, read_clocks, read_question
from llmpricing.web.paging import fingerprint
from llmpricing.web.parameters import read_parameters

SHAPE = 1  # raise it when the fields of an answer change: an older release's answers may still be in the cache
CACHE_TTL_S = 30  # a price that starts meanwhile, without an import, is shown this much later at the most


class _Kept(msgspec.Struct):
    """An answer as it lies in the cache."""

    data: list[dict[str, Any]]
    meta: dict[str, Any]


def list_models(request: Request) -> dict[str, Any]:
    """A page of offerings that match, with the cursor of the next."""
    now = datetime.now(UTC)
    question = read_question(request, now)
    book, version = freshness.catalogue_mark(request.dbsession)
    if question.clocks != Clocks(now, now):
        return _answer(request, question, version)
    built: list[bool] = []

    def build() -> bytes:
        built.append(True)
        return msgspec.json.encode(_answer(request, question, version))

    key = f"models:{SHAPE}:{book}:{version}:{question.limit}:{fingerprint(question.wanted, question.order)}"
    try:
        answer = msgspec.json.decode(request.cache.remember(key, CACHE_TTL_S, build), type=_Kept)
    except msgspec.MsgspecError:  # somebody else wrote there
        return _answer(request, question, version)
    return {"data": answer.data, "meta": answer.meta | {"cached": not built}}


def _answer(request: Request, question: Question, version: int) -> dict[str, Any]:
    page = ask(request, question)
    meta = {"count": page.count, "next": next_cursor(question, page), **_meta(question.clocks, version)}
    return {"data": [item_json(item) for item in page.items], "meta": meta}


def show_model(request: Request) -> dict[str, Any]:
    """One offering with all its prices of the time asked for, and who else sells the model."""
    clocks = read_clocks(read_parameters(request, CLOCKS), datetime.now(UTC))
    item = ask_for_one(request, clocks)
    details = offering_detail.details(request.dbsession, clocks, item.id)
    data = item_json(item) | {
        "prices": [price_json(price) for price in details.prices],
        "other_sellers": details.other_sellers,
        "aliases": details.aliases,
    }
    return {"data": data, "meta": _meta(clocks, freshness.catalogue_version(request.dbsession))}


def _meta(clocks: Clocks, version: int) -> dict[str, Any]:
    return {"as_of": clocks.as_of, "known_at": clocks.known_at, "catalogue_version": version, "cached": False}


def item_json(item: OfferingItem) -> dict[str, Any]:
    """The item as the API shows it: decimals as plain text."""
    return {k: to_text(v) if isinstance(v, Decimal) else v for k, v in asdict(item).items()}


def price_json(price: offering_detail.PriceDetail) -> dict[str, Any]:
    return {k: to_text(v) if isinstance(v, Decimal) else v for k, v in asdict(price).items()}
