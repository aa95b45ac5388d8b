"""/changes: what moved, is announced, arrived and retired, by week and per model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.charts.amounts import by_number
from llmpricing.domain.names.companies import company_names
from llmpricing.domain.observations import Amount, State
from llmpricing.services.catalogue import freshness, listing
from llmpricing.services.catalogue.arrivals import OfferingNews, arrived_since, retired_since
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.price_changes import Change, announced, known_since, moves_since
from llmpricing.web import parameters as p
from llmpricing.web.list_query import own_ids, sellers, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.month_links import month_pairs
from llmpricing.web.site.workload import WORKLOAD

DEFAULT_DAYS = 28
MOST_SHOWN = 500  # of one kind, where they are not folded; the rest stand in the API
FOLDED = 30  # offerings of one week, or newcomers, from which on each seller's are folded
OF_EACH = 10  # of one seller, where they are
OF_OFFERING = 3  # prices of one offering, from which on the rest are folded
SELLERS = 12  # of a folded list, from which on the rest are folded once more
WEEKS = 8  # of a page
_EVER = datetime.min.replace(tzinfo=UTC)
SPANS = (7, 28, 91, 365)
_READERS = {
    "days": p.whole(1, 3650),
    "model": p.text,
    "provider": p.text,
    "learnt": p.one_of("1"),
    "page": p.whole(1, 500),
    **WORKLOAD,
}
Moves = list[tuple[str, list[Change]]]  # by offering


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An offering that is new, with what is known of it: its base prices and the list that tells them."""

    news: OfferingNews
    item: OfferingItem | None


def show(request: Request) -> dict[str, Any]:
    """The page: announced prices first, then the weeks in which we learnt of changes, the newest first. What sellers
    did; with ``learnt`` what lists told of for the first time and operators set by hand instead.
    """
    values = read_parameters(request, _READERS, repeatable=("model",))
    now, days, month = request.period.start, values.get("days", DEFAULT_DAYS), month_pairs(request)
    since = now - timedelta(days=days)
    book_began = known_since(request.reads, _EVER)
    began = max(since, book_began)
    models = set(own_ids(request, values["model"])) if "model" in values else None
    if "provider" in values:
        (values["provider"],) = sellers(request, [values["provider"]])
    every = _of_seller(moves_since(request.reads, since, now, models, began), values)
    past = [one for one in every if not _is_announced(one, now)]
    moved = [one for one in past if one.is_sellers == ("learnt" not in values)]
    coming = [] if "learnt" in values else _of_seller(announced(request.reads, now, models), values)
    arrived = _of_seller(arrived_since(request.reads, began, models), values)
    retired = _of_seller(retired_since(request.reads, began, models), values)
    of_each = MOST_SHOWN if "provider" in values else OF_EACH
    weeks, page = _weeks(moved, book_began), values.get("page", 1)
    first = (page - 1) * WEEKS
    return {
        "show": display,
        "change": change_in_words,
        "amount": amount_in_words,
        "conditions": display.conditions,
        "days": days,
        "spans": [(span, _address(values, span, month)) for span in SPANS],
        "learnt": "learnt" in values,
        "others": len(past) - len(moved),
        "by_hand": sum(one.is_operators for one in past),
        "turned": _address({**values, "learnt": None if "learnt" in values else "1"}, days, month),
        "here_too": urlencode(month),
        "models": values.get("model", ()),
        "provider": values.get("provider"),
        "seller": _name(request, values.get("provider")),
        "since": since,
        "began": began if began > since else None,
        "coming": sorted(_by_offering(coming[:MOST_SHOWN]), key=_begins),
        "weeks": weeks[first : first + WEEKS],
        "older": max(len(weeks) - first - WEEKS, 0),
        "page": page,
        "at_page": lambda number: _address(values, days, month, page=number),
        "of_offering_most": OF_OFFERING,
        "sellers_most": SELLERS,
        "folded": FOLDED,
        "by_seller": _by_seller,
        "of_each": of_each,
        "at_seller": lambda seller: _address({**values, "provider": seller}, days, month),
        "count": len(moved),
        "left_out": max(len(coming) - MOST_SHOWN, 0),
        "arrived": _told_of(request, arrived, of_each),
        "retired": [Newcomer(one, None) for one in retired],
        **ages_shown(freshness.source_ages(request.reads, now)),
    }


def _name(request: Request, provider: str | None) -> str | None:
    return company_names(providers(request.reads))[provider] if provider else None


def _told_of(request: Request, arrived: Sequence[OfferingNews], of_each: int) -> list[Newcomer]:
    """Newcomers, those that are shown with the prices that they have now: a list's first reading brings thousands."""
    newcomers = [Newcomer(one, None) for one in arrived]
    shown = newcomers
    if len(newcomers) > FOLDED:
        shown = [one for _, those in _by_seller(newcomers) for one in those[:of_each]]
    if not shown:
        return []
    clocks = request.book.clocks(request.period.start, None)
    slugs = [one.news.id for one in shown]
    items = {one.id: one for one in listing.get_offerings(request.reads, clocks, slugs, standing(request, clocks))}
    return [replace(one, item=items.get(one.news.id)) for one in newcomers]


def _is_announced(one: Change, now: datetime) -> bool:
    return one.valid_from is not None and one.valid_from > now


def _of_seller(found: Iterable[Any], values: dict[str, Any]) -> list[Any]:
    """Changes or news of the seller that is asked for."""
    seller = values.get("provider")
    return [one for one in found if seller is None or _seller(one) == seller]


def _seller(one: Change | OfferingNews) -> str:
    return (one.offering if isinstance(one, Change) else one.id).partition("/")[0]


def _by_seller(rows: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Moves by offering, or newcomers, by their seller; those with most of them first."""
    found: dict[str, list[Any]] = {}
    for one in rows:
        slug = one.news.id if isinstance(one, Newcomer) else one[0]
        found.setdefault(slug.partition("/")[0], []).append(one)
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _weeks(moved: Sequence[Change], began: datetime) -> list[tuple[date, Moves]]:
    """By the Monday of the week in which we learnt of it, or, of what the price book itself ``began`` with, in which it
    happened; in it by offering.
    """

    def week(one: Change) -> date:
        at = one.valid_from if one.valid_from and one.recorded_at <= began else one.recorded_at
        day = at.astimezone(UTC).date()
        return day - timedelta(days=day.weekday())

    ordered = sorted(moved, key=week, reverse=True)
    return [(monday, _by_offering(list(those))) for monday, those in groupby(ordered, key=week)]


def _by_offering(moved: Sequence[Change]) -> Moves:
    ordered = sorted(moved, key=lambda one: (one.offering, one.meter, by_number(one.condition_key)))
    return [(offering, list(changes)) for offering, changes in groupby(ordered, key=lambda one: one.offering)]


def _begins(moved: tuple[str, list[Change]]) -> tuple[datetime, str]:
    """When the first of an offering's announced prices begins: the nearest stands first."""
    return min(one.valid_from for one in moved[1] if one.valid_from), moved[0]


def change_in_words(one: Change) -> str:
    """The change in a word or two."""
    if one.old is None:
        return "new price"
    if one.new is None:
        return "withdrawn" if one.is_sellers else "taken back" if one.is_operators else "no longer believed"
    if one.factor is None:
        return "changed"
    percent = round((one.factor - 1) * 100)
    return f"{'+' if one.factor > 1 else '−'}{abs(percent):,} %"


def amount_in_words(stated: Amount | None, meter: str) -> str:
    """A price in words."""
    if stated is None:
        return "none"
    if stated.amount is None or stated.state != State.PRICED:
        return display.words(stated.state)
    return f"{display.sign(stated.currency)}{display.amount(stated.amount)} {display.per(meter, stated.per)}"


def _address(values: dict[str, Any], days: int, month: Sequence[tuple[str, str]], page: int = 1) -> str:
    pairs = [("model", one) for one in values.get("model", ())]
    pairs += [("provider", values["provider"])] if "provider" in values else []
    pairs += [("learnt", "1")] if values.get("learnt") else []
    pairs += [("page", str(page))] if page > 1 else []
    return "/changes?" + urlencode([("days", days), *pairs, *month])
