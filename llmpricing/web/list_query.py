"""List questions, shared by API and pages: filters, order and clocks of an address, and the page that answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.request import Request

from llmpricing.domain.names.answers import Ambiguous, Resolution, Unknown
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue import listing
from llmpricing.services.catalogue.filter_values import filter_values
from llmpricing.services.catalogue.listing import OfferingFilter, OfferingItem, RowPage
from llmpricing.services.catalogue.positions import Position
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.paging import read_cursor, write_cursor

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
_MOST_LIKE = 5
_LONGEST_ID = 60  # of a seller, as an error repeats it
_SORTS = listing.SORTABLE + tuple(f"-{name}" for name in listing.SORTABLE)
CLOCKS: dict[str, p.Reader] = {
    "as_of": p.time.of("what was charged then; now where it is left out"),
    "known_at": p.known.of("by what was known then; what is known now where it is left out"),
}
_FILTERS: dict[str, p.Reader] = {
    "provider": p.text.of("of these sellers, by id"),
    "q": p.text.of("whose id, name or lab holds all of these words"),
    "capability": p.text.of("with all of these capabilities"),
    "modality": p.text.of("that takes or gives this, such as image"),
    "status": p.text.of("of this status"),
    "max_input_price": p.price.of("whose input costs no more, in USD per million tokens"),
    "max_output_price": p.price.of("whose output costs no more, in USD per million tokens"),
    "min_context": p.whole(0, 10**12).of("that takes a context of this many tokens"),
    "updated_within_days": p.whole(0, 36500).of("whose price began within so many days"),
}
LIST: dict[str, p.Reader] = {
    **_FILTERS,
    **CLOCKS,
    "sort": p.one_of(*_SORTS).of("the order, - before it for descending; unknown values come last"),
    "limit": p.whole(1, MAX_LIMIT).of(f"how many at the most; {DEFAULT_LIMIT} where it is left out"),
    "cursor": p.cursor,
}
LIST_REPEATABLE = ("provider", "capability")


@dataclass(frozen=True)
class Question:
    """A list question as it was asked, read and checked."""

    wanted: OfferingFilter
    order: str
    limit: int
    stated: Mapping[str, datetime]  # the clocks that were asked for
    book: BookState
    clocks: Clocks
    after: Position | None = None

    @property
    def sort(self) -> str:
        return self.order.removeprefix("-")


def read_question(
    request: Request, now: datetime, readers: Mapping[str, p.Reader] = LIST, default_limit: int = DEFAULT_LIMIT
) -> Question:
    """The question of a list's address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, readers, LIST_REPEATABLE)
    wanted = OfferingFilter(
        providers=sellers(request, values["provider"]) if "provider" in values else (),
        words=values.get("q", ""),
        capabilities=values.get("capability", ()),
        **{name: values[name] for name in _FILTERS if name in values and name not in ("provider", "q", "capability")},
    )
    _check_named(request, wanted)
    order, limit = values.get("sort", "id"), values.get("limit", default_limit)
    stated = {name: values[name] for name in CLOCKS if name in values}
    book: BookState = request.book
    if "cursor" not in values:
        return Question(wanted, order, limit, stated, book, read_clocks(stated, now, book))
    turned = read_cursor(values["cursor"], order.removeprefix("-"), wanted, order)
    for name, asked in stated.items():
        if asked not in (getattr(turned.clocks, name), turned.stated.get(name)):
            raise invalid("cursor", f"This cursor belongs to another {name}: start again without it.")
    clocks = book.clocks(turned.clocks.as_of, turned.clocks.known_at)
    return Question(wanted, order, limit, turned.stated, book, clocks, turned.after)


def own_case(asked: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Ids as they are written here, whatever their case; those that nobody knows as they are."""
    exact = set(known)
    folded = {one.casefold(): one for one in exact}
    return tuple(one if one in exact else folded.get(one.casefold(), one) for one in asked)


def own_ids(request: Request, asked: Iterable[str]) -> tuple[str, ...]:
    """The same of offerings."""
    offerings = names_of(request.reads, request.book).offerings.values()
    return own_case(asked, (one.slug for one in offerings))


def sellers(request: Request, asked: Iterable[str]) -> tuple[str, ...]:
    """The ids of these sellers, whatever their case; a 400 of ``provider`` where nobody has one, with those nearest."""
    known = [one.id for one in filter_values(request.reads).providers]
    found = own_case(asked, known)
    for one in found:
        if one not in known:
            like = get_close_matches(one[:_LONGEST_ID].casefold(), known)
            message = f"No seller has the id {one[:_LONGEST_ID]!r}. GET /api/v1/providers lists them."
            raise invalid("provider", message, suggestions=like, known=known)
    return found


def _check_named(request: Request, wanted: OfferingFilter) -> None:
    """Refuse what no offering has: a slip of the pen, told apart from a question with an empty answer."""
    if not (wanted.capabilities or wanted.modality or wanted.status):
        return
    known = filter_values(request.reads)
    for field, given, occurring in (
        ("capability", wanted.capabilities, known.capabilities),
        ("modality", (wanted.modality,) if wanted.modality else (), known.modalities),
        ("status", (wanted.status,) if wanted.status else (), known.statuses),
    ):
        for value in given:
            if value not in occurring:
                raise invalid(field, f"No offering has the {field} {value[:60]!r}.", known=list(occurring))


def read_clocks(values: Mapping[str, Any], now: datetime, book: BookState) -> Clocks:
    """The clocks of the answer: ``as_of`` now where it was not asked for, ``known_at`` not after the last change."""
    return book.clocks(values.get("as_of", now), values.get("known_at"))


def ask(request: Request, question: Question) -> RowPage:
    """The page of offerings that answers the question, as rows."""
    return listing.list_rows(
        request.reads,
        question.clocks,
        question.wanted,
        sort=question.sort,
        descending=question.order.startswith("-"),
        limit=question.limit,
        after=question.after,
        standing=standing(request, question.clocks),
    )


def standing(request: Request, clocks: Clocks) -> StandsOn:
    """Which offerings showed prices of another id of the same model, by what was known then."""
    return names_of(request.reads, request.book).standing(clocks.known_at)


def ask_for_one(request: Request, clocks: Clocks) -> OfferingItem:
    """The offering that the path names; a 404 where there is none."""
    asked = request.matchdict["id"]
    item = listing.get_offering(request.reads, clocks, asked, standing(request, clocks))
    if item is None:
        raise nearly(request, asked)
    return item


def nearly(request: Request, asked: str) -> Exception:
    """Why no offering has the id of this address: it is written otherwise, which leads there, or a 404."""
    if (named := listing.id_like(request.reads, asked)) not in (None, asked):
        return moved_to(request, asked, str(named))
    if named is not None:
        message = "No offering had this id by then. It came later: leave known_at out, or ask of a later time."
        return Refused(404, "MODEL_NOT_FOUND", message, suggestions=[asked])
    like = most_like(request, request.book.clocks(request.period.start, None), asked)
    return Refused(404, "MODEL_NOT_FOUND", "No offering has this id. Ids look like openai/gpt-4o.", suggestions=like)


def most_like(request: Request, clocks: Clocks, asked: str) -> list[str]:
    """The ids of offerings that somebody may have meant by an id that none has, the likeliest first."""
    seller, _, api_id = asked.partition("/")
    lookup = names_of(request.reads, request.book).at(clocks)
    found = lookup(api_id, seller) if api_id else lookup(asked)
    if isinstance(found, Unknown):
        found = lookup(api_id or asked)
    if isinstance(found, Resolution):
        return [found.slug]
    return list(found.candidates if isinstance(found, Ambiguous) else found.suggestions)[:_MOST_LIKE]


def moved_to(request: Request, asked: str, named: str) -> Exception:
    """A redirect to this address with the id as it is written here, in the place of the one asked for."""
    path = request.path_info.removesuffix(asked) + named
    query = f"?{request.query_string}" if request.query_string else ""
    address = f"{request.application_url}{quote(path)}{query}"
    moved: Exception = HTTPMovedPermanently(address, headers={"Cache-Control": "max-age=3600"})
    return moved


def next_cursor(question: Question, page: RowPage) -> str | None:
    """Where the next page begins, or None after the last."""
    if not page.more:
        return None
    last = page.rows[-1]
    return write_cursor(last, question.sort, question.wanted, question.order, question.clocks, question.stated)
