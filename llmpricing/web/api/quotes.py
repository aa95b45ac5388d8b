"""POST /api/v1/quotes and GET /api/v1/quote: what usage costs, line by line. Nothing is written by asking."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, cast, get_args

import msgspec
from pyramid.request import Request

from llmpricing.domain.meters import METERS
from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.quotes.context import UNSTATED, Context, context
from llmpricing.domain.usage.formats import Usage, UsageError, UsageFormat, read_usage
from llmpricing.services.quotes.document import QuoteDocument, quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, QuoteError, of_stale_book, quote_many
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import BookMeta, book_meta
from llmpricing.web.conditional import stale_since
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.json_body import read_json, shaped
from llmpricing.web.openapi import ErrorJson
from llmpricing.web.operations import Operation
from llmpricing.web.quote_refusals import Place, bad_usage, refusal

MOST_ITEMS = 1000
FORMATS = get_args(UsageFormat)
_QUANTITY = {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,12})?$"}

PriceId = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
PriceIds = Annotated[list[PriceId], msgspec.Meta(max_length=100)]


def _refers(*names: str, any_other: bool = False) -> msgspec.Meta:
    """What a list holds, for the API's document; ``any_other``: what is none of them is answered in its place."""
    found: list[dict[str, Any]] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    found += [{}] if any_other else []
    return msgspec.Meta(extra_json_schema={"items": {"anyOf": found}})


class QuoteBody(msgspec.Struct, forbid_unknown_fields=True):
    """One question as it is posted. ``price_ids`` and ``rate_ids`` are those on the lines of an earlier answer."""

    model: str
    usage: dict[str, Any]
    usage_format: str = FORMATS[0]
    provider: str | None = None
    at: str | None = None
    known_at: str | None = None
    context: dict[str, Any] = {}
    currency: str | None = None
    price_ids: PriceIds = []
    rate_ids: PriceIds | None = None


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Many questions, each a QuoteBody; ``at`` and ``known_at`` are for those that state none."""

    items: Annotated[list[Any], _refers("QuoteBody", any_other=True)]
    at: str | None = None
    known_at: str | None = None


class QuoteAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What one usage costs."""

    data: QuoteDocument
    meta: BookMeta


class ItemError(msgspec.Struct, forbid_unknown_fields=True):
    """Why an item has no quote."""

    error: ErrorJson


class BatchJson(msgspec.Struct, forbid_unknown_fields=True):
    """Quotes in the order of the questions, an ItemError where there is none."""

    items: Annotated[list[Any], _refers("QuoteDocument", "ItemError")]


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
    asked = _asked(request, shaped(body, QuoteBody), now, Place())
    return _answer_one(request, asked, Place())


def get_quote(request: Request) -> dict[str, Any]:
    """The quote of one usage, out of the address."""
    values = QUOTE.read(request)
    place = Place(usage="", context="")
    if "model" not in values:
        raise invalid("model", "model is missing: name one, as in model=openai/gpt-4o.")
    at, is_exact = values.get("at", (datetime.now(UTC), True))
    usage = {name: value for name, value in values.items() if name in METERS}
    asked = Asked(
        values["model"],
        _usage(usage, "llmpricing", place),
        at,
        values.get("known_at"),
        context(values.get("service_tier"), values.get("region"), time_known=is_exact),
        values.get("provider"),
        values.get("currency"),
        rate_ids=_rate_ids(request, None, place),
    )
    return _answer_one(request, asked, place)


def _answer_one(request: Request, asked: Asked, place: Place) -> dict[str, Any]:
    (answer,) = _quotes(request, [asked])
    if not isinstance(answer, Quoted):
        raise refusal(answer, place)
    request.response.headers["Cache-Control"] = "private, no-cache"
    return {"data": quote_document(answer), "meta": book_meta(request)}


def _answer_batch(request: Request, posted: dict[str, Any], now: datetime) -> dict[str, Any]:
    batch = shaped(posted, BatchBody)
    if len(batch.items) > MOST_ITEMS:
        raise invalid("items", f"items takes at most {MOST_ITEMS} questions.")
    for name in ("at", "known_at"):
        if (raw := getattr(batch, name)) is not None:
            p.read_time(name, raw)  # so that an error names this field, not the items'
    answers: list[Any] = [None] * len(batch.items)
    asked: dict[int, Asked] = {}
    places = [Place(f"items[{number}].") for number in range(len(batch.items))]
    for number, item in enumerate(batch.items):
        try:
            body = shaped(item, QuoteBody, f"items[{number}]")
            body.at = batch.at if body.at is None else body.at
            body.known_at = batch.known_at if body.known_at is None else body.known_at
            asked[number] = _asked(request, body, now, places[number])
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


def _rate_ids(request: Request, stated: list[int] | None, place: Place) -> tuple[int, ...] | None:
    """The contract rates to price by: none at all for who may not see them."""
    if request.caller.sees_rates:
        return None if stated is None else tuple(stated)
    if stated:
        field = f"{place.item}rate_ids"
        raise Refused(403, "FORBIDDEN", f"{field} needs a token of the scope rates.", field=field, scope="rates")
    return ()


def _asked(request: Request, body: QuoteBody, now: datetime, place: Place) -> Asked:
    """The question; raises the 400 that names its field."""
    at, hour_stated = p.read_use(f"{place.item}at", body.at) if body.at is not None else (now, True)
    return Asked(
        body.model,
        _usage(body.usage, body.usage_format, place),
        at,
        p.read_time(f"{place.item}known_at", body.known_at) if body.known_at is not None else None,
        _context(body.context, hour_stated, place),
        body.provider,
        p.currency(f"{place.item}currency", body.currency) if body.currency is not None else None,
        tuple(body.price_ids),
        _rate_ids(request, body.rate_ids, place),
    )


def _context(stated: dict[str, Any], hour_stated: bool, place: Place) -> Context:
    if not stated and hour_stated:
        return UNSTATED
    for name, value in stated.items():
        if not isinstance(value, str):
            field = f"{place.item}{place.context}{name}"[:200]
            raise invalid(field, f"{field} takes text.")
    facts = {name: value for name, value in stated.items() if name not in ("service_tier", "region")}
    return context(stated.get("service_tier"), stated.get("region"), facts, hour_stated)


def _usage(raw: dict[str, Any], usage_format: str, place: Place) -> Usage:
    if usage_format not in FORMATS:
        field = f"{place.item}usage_format"
        raise invalid(field, f"{field} does not know that value; known are {', '.join(FORMATS)}.", known=FORMATS)
    try:
        if usage_format == "llmpricing":
            raw = {name: _plain(name, value) if isinstance(value, str) else value for name, value in raw.items()}
        return read_usage(raw, cast(UsageFormat, usage_format))
    except UsageError as error:
        raise bad_usage(error, place) from None


def _plain(name: str, value: str) -> Decimal:
    """A quantity that was written as text, as a decimal."""
    try:
        return parse_decimal(value)
    except MoneyError:
        raise UsageError(name, 'must be a number, or a decimal as text such as "1.5"') from None


def _number(name: str, raw: str) -> Decimal:
    try:
        return parse_decimal(raw)
    except MoneyError:
        raise invalid(name, f"{name} takes a quantity such as 1000.") from None


_PARAMETERS: dict[str, p.Reader] = {
    "model": p.text_of(400).of("a name as people send it"),
    "provider": p.text.of("who sells it: an id, another name of it, an API host or URL"),
    "at": p.use.of("when it was used; now where it is left out"),
    "known_at": p.time.of("by what was known then; what is known now where it is left out"),
    "service_tier": p.text.of("standard, batch, flex, priority and the like"),
    "region": p.text.of("where it was used"),
    "currency": p.currency.of("of the total"),
    **{name: p.Reader(_number, _QUANTITY, f"how many {name.replace('_', ' ')}") for name in METERS},
}
QUOTE = Operation(
    name="quote",
    path="/api/v1/quote",
    view=get_quote,
    title="What usage costs, line by line, out of the address",
    parameters=_PARAMETERS,
    required=("model",),
    answers=(QuoteAnswer,),
    asks_the_book=True,
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
