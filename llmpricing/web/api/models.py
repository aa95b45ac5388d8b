"""GET /api/v1/models and /api/v1/models/{id}: what is sold, by whom, at which base price."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.money import to_text
from llmpricing.services import freshness, offerings, price_details
from llmpricing.services.clock import Clocks
from llmpricing.services.offerings import OfferingFilter, OfferingItem, Page, Position
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused
from llmpricing.web.paging import read_cursor, write_cursor

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
_SORTS = offerings.SORTABLE + tuple(f"-{name}" for name in offerings.SORTABLE)
_CLOCKS: dict[str, p.Reader] = {"as_of": p.instant, "known_at": p.instant}
_FILTERS: dict[str, p.Reader] = {
    "provider": p.text,
    "q": p.text,
    "capability": p.text,
    "modality": p.text,
    "status": p.text,
    "max_input_price": p.price,
    "max_output_price": p.price,
    "min_context": p.whole(0, 10**12),
    "updated_within_days": p.whole(0, 36500),
}
_LIST: dict[str, p.Reader] = {
    **_FILTERS,
    **_CLOCKS,
    "sort": p.one_of(*_SORTS),
    "limit": p.whole(1, MAX_LIMIT),
    "cursor": p.text_of(2000),
}
_REPEATABLE = ("provider", "capability")


@dataclass(frozen=True)
class Question:
    """A list question as it was asked, read and checked."""

    wanted: OfferingFilter
    order: str
    limit: int
    clocks: Clocks
    after: Position | None = None

    @property
    def sort(self) -> str:
        return self.order.removeprefix("-")


def read_question(request: Request, now: datetime) -> Question:
    """The question of a list's address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, _LIST, _REPEATABLE)
    wanted = OfferingFilter(
        providers=values.get("provider", ()),
        words=values.get("q", ""),
        capabilities=values.get("capability", ()),
        **{name: values[name] for name in _FILTERS if name in values and name not in ("provider", "q", "capability")},
    )
    order, limit = values.get("sort", "id"), values.get("limit", DEFAULT_LIMIT)
    clocks = read_clocks(values, now)
    if "cursor" not in values:
        return Question(wanted, order, limit, clocks)
    after, clocks_of_page = read_cursor(values["cursor"], order.removeprefix("-"), wanted, order)
    return Question(wanted, order, limit, clocks_of_page, after)


def read_clocks(values: dict[str, Any], now: datetime) -> Clocks:
    """Both clocks, each now where it was not asked for."""
    return Clocks(values.get("as_of", now), values.get("known_at", now))


def ask(request: Request, question: Question) -> Page:
    return offerings.list_offerings(
        request.dbsession,
        question.clocks,
        question.wanted,
        sort=question.sort,
        descending=question.order.startswith("-"),
        limit=question.limit,
        after=question.after,
    )


def next_cursor(question: Question, page: Page) -> str | None:
    if not page.more:
        return None
    return write_cursor(page.items[-1], question.sort, question.wanted, question.order, question.clocks)


def list_models(request: Request) -> dict[str, Any]:
    """A page of offerings that match, with the cursor of the next."""
    question = read_question(request, datetime.now(UTC))
    page = ask(request, question)
    meta = {"count": page.count, "next": next_cursor(question, page), **_meta(request, question.clocks)}
    return {"data": [item_json(item) for item in page.items], "meta": meta}


def show_model(request: Request) -> dict[str, Any]:
    """One offering with all its prices of the time asked for, and who else sells the model."""
    clocks = read_clocks(p.read_parameters(request, _CLOCKS), datetime.now(UTC))
    item = offerings.get_offering(request.dbsession, clocks, request.matchdict["id"])
    if item is None:
        raise Refused(404, "MODEL_NOT_FOUND", "No offering has this id. Ids look like openai/gpt-4o.")
    details = price_details.details(request.dbsession, clocks, item.id)
    data = item_json(item) | {
        "prices": [price_json(price) for price in details.prices],
        "other_sellers": details.other_sellers,
        "aliases": details.aliases,
    }
    return {"data": data, "meta": _meta(request, clocks)}


def _meta(request: Request, clocks: Clocks) -> dict[str, Any]:
    version = freshness.catalogue_version(request.dbsession)
    return {"as_of": clocks.as_of, "known_at": clocks.known_at, "catalogue_version": version, "cached": False}


def item_json(item: OfferingItem) -> dict[str, Any]:
    """The item as the API shows it: decimals as plain text."""
    return {k: to_text(v) if isinstance(v, Decimal) else v for k, v in asdict(item).items()}


def price_json(price: price_details.PriceDetail) -> dict[str, Any]:
    return {k: to_text(v) if isinstance(v, Decimal) else v for k, v in asdict(price).items()}
