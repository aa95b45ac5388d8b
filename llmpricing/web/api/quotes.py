"""POST /api/v1/quotes and GET /api/v1/quote: what usage costs, line by line. Nothing is written by asking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from pyramid.request import Request

from llmpricing.services.quotes.document import QuoteDocument, quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, QuoteError, of_stale_book, quote_many
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import BookMeta, book_meta
from llmpricing.web.api.quick_quotes import EACH_TIME, leave_word
from llmpricing.web.api.quote_questions import (
    IN_ADDRESS,
    PARAMETERS,
    BatchBody,
    QuoteBody,
    question,
    question_in_address,
    refers,
)
from llmpricing.web.conditional import stale_since
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.json_body import read_json, shaped
from llmpricing.web.openapi import ErrorJson
from llmpricing.web.operations import Operation
from llmpricing.web.quote_refusals import Place, refusal

MOST_ITEMS = 1000


class QuoteAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What one usage costs."""

    data: QuoteDocument
    meta: BookMeta


class ItemError(msgspec.Struct, forbid_unknown_fields=True):
    """Why an item has no quote."""

    error: ErrorJson


class BatchJson(msgspec.Struct, forbid_unknown_fields=True):
    """Quotes in the order of the questions, an ItemError where there is none."""

    items: Annotated[list[Any], refers("QuoteDocument", "ItemError")]


class BatchMeta(BookMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What stands beside many quotes."""

    count: int


class BatchAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What many usages cost."""

    data: BatchJson
    meta: BatchMeta


def post_quotes(request: Request) -> dict[str, Any]:
    """The quote of one usage, or of each of ``items``: then a refusal stands in its item's place."""
    body, now = read_json(request), datetime.now(UTC)
    if isinstance(body, dict) and "items" in body:
        return _answer_batch(request, body, now)
    asked = question(shaped(body, QuoteBody), now, Place(), sees_rates=request.caller.sees_rates)
    return _answer_one(request, asked, Place())


def get_quote(request: Request) -> dict[str, Any]:
    """The quote of one usage, out of the address."""
    stated, now = request.GET.dict_of_lists(), datetime.now(UTC)
    asked = question_in_address(stated, now, sees_rates=request.caller.sees_rates)
    return _answer_one(request, asked, IN_ADDRESS)


def _answer_one(request: Request, asked: Asked, place: Place) -> dict[str, Any]:
    (answer,) = _quotes(request, [asked])
    if not isinstance(answer, Quoted):
        raise refusal(answer, place)
    request.response.headers.setdefault("Cache-Control", EACH_TIME)  # of a stated moment it may be kept
    leave_word(request)
    return {"data": quote_document(answer), "meta": book_meta(request)}


def _answer_batch(request: Request, posted: dict[str, Any], now: datetime) -> dict[str, Any]:
    batch = shaped(posted, BatchBody)
    if len(batch.items) > MOST_ITEMS:
        raise invalid("items", f"items takes at most {MOST_ITEMS} questions.")
    for name, read in (("at", p.read_time), ("known_at", p.read_known)):
        if (raw := getattr(batch, name)) is not None:
            read(name, raw)  # so that an error names this field, not the items'
    answers: list[Any] = [None] * len(batch.items)
    asked: dict[int, Asked] = {}
    places = [Place(f"items[{number}].") for number in range(len(batch.items))]
    for number, item in enumerate(batch.items):
        try:
            body = shaped(item, QuoteBody, f"items[{number}]")
            body.at = batch.at if body.at is None else body.at
            body.known_at = batch.known_at if body.known_at is None else body.known_at
            asked[number] = question(body, now, places[number], sees_rates=request.caller.sees_rates)
        except Refused as refused:
            answers[number] = _error_json(refused)
    for number, answer in zip(asked, _quotes(request, list(asked.values())), strict=True):
        answers[number] = _item_json(answer, places[number])
    return {"data": {"items": answers}, "meta": {"count": len(answers), **book_meta(request)}}


def _item_json(answer: Quoted | QuoteError, place: Place) -> QuoteDocument | dict[str, Any]:
    return quote_document(answer) if isinstance(answer, Quoted) else _error_json(refusal(answer, place))


def _error_json(refused: Refused) -> dict[str, Any]:
    return {"error": {"code": refused.code, "message": refused.message, "details": refused.details}}


def _quotes(request: Request, asked: list[Asked]) -> list[Quoted | QuoteError]:
    """The answers; each says so where nobody knows whether there are newer prices."""
    answers, since = quote_many(request.reads, asked), stale_since(request)
    if since is None:
        return answers
    return [of_stale_book(answer, since) if isinstance(answer, Quoted) else answer for answer in answers]


QUOTE = Operation(
    name="quote",
    path="/api/v1/quote",
    view=get_quote,
    title="What usage costs, line by line, out of the address",
    about="With `at` the answer changes with the price book alone: it bears an ETag and may be kept. Without, it is of "
    "the moment it is asked at, which it tells, and bears none: prices may differ by the hour.",
    parameters=PARAMETERS,
    required=("model",),
    answers=(QuoteAnswer,),
    asks_the_book=True,
    is_dated=True,
    refusals=(404, 409),
)
QUOTES = Operation(
    name="quotes",
    path="/api/v1/quotes",
    view=post_quotes,
    method="POST",
    title=f"What usage costs, line by line: one, or up to {MOST_ITEMS} items",
    body=(QuoteBody, BatchBody),
    parts=(ItemError,),
    answers=(QuoteAnswer, BatchAnswer),
    asks_the_book=True,
    refusals=(404, 409),
)
