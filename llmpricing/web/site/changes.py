"""/changes: what moved, is announced, arrived and retired, by week and per model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.domain.observations import Amount, State
from llmpricing.services.catalogue.arrivals import OfferingNews, arrived_since, retired_since
from llmpricing.services.catalogue.price_changes import Change, changes_since, comparable_since
from llmpricing.web import parameters as p
from llmpricing.web.list_query import own_ids, sellers
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.month_links import month_pairs
from llmpricing.web.site.workload import WORKLOAD

DEFAULT_DAYS = 28
MOST_SHOWN = 500  # of one kind; the rest stand in the API
SPANS = (7, 28, 91, 365)
_READERS = {"days": p.whole(1, 3650), "model": p.text, "provider": p.text, "learnt": p.one_of("1"), **WORKLOAD}


def show(request: Request) -> dict[str, Any]:
    """The page: announced prices first, then the weeks in which we learnt of changes, the newest first. What sellers
    did; with ``learnt`` what lists told of for the first time instead.
    """
    values = read_parameters(request, _READERS, repeatable=("model",))
    now, days, month = request.period.start, values.get("days", DEFAULT_DAYS), month_pairs(request)
    since = comparable_since(request.reads, now - timedelta(days=days))
    models = set(own_ids(request, values["model"])) if "model" in values else None
    if "provider" in values:
        (values["provider"],) = sellers(request, [values["provider"]])
    every = _of_seller(changes_since(request.reads, since, now, models), values)
    moved = [one for one in every if one.is_sellers == ("learnt" not in values)]
    coming = [one for one in moved if _is_announced(one, now)]
    past = [one for one in moved if not _is_announced(one, now)]
    return {
        "show": display,
        "change": change_in_words,
        "amount": amount_in_words,
        "conditions": display.conditions,
        "days": days,
        "spans": [(span, _address(values, span, month)) for span in SPANS],
        "learnt": "learnt" in values,
        "others": len(every) - len(moved),
        "turned": _address({**values, "learnt": None if "learnt" in values else "1"}, days, month),
        "here_too": urlencode(month),
        "models": values.get("model", ()),
        "provider": values.get("provider"),
        "since": since,
        "coming": _by_offering(coming[:MOST_SHOWN]),
        "weeks": _weeks(past[:MOST_SHOWN]),
        "count": len(moved),
        "left_out": max(len(past) - MOST_SHOWN, 0) + max(len(coming) - MOST_SHOWN, 0),
        "arrived": _of_seller(arrived_since(request.reads, since, models), values)[:MOST_SHOWN],
        "retired": _of_seller(retired_since(request.reads, since, models), values)[:MOST_SHOWN],
    }


def _is_announced(one: Change, now: datetime) -> bool:
    return one.valid_from is not None and one.valid_from > now


def _of_seller(found: Iterable[Any], values: dict[str, Any]) -> list[Any]:
    """Changes or news of the seller that is asked for."""
    seller = values.get("provider")
    return [one for one in found if seller is None or _seller(one) == seller]


def _seller(one: Change | OfferingNews) -> str:
    return (one.offering if isinstance(one, Change) else one.id).partition("/")[0]


def _weeks(moved: Sequence[Change]) -> list[tuple[date, list[tuple[str, list[Change]]]]]:
    """By the Monday of the week in which we learnt of it, and in it by offering."""
    ordered = sorted(moved, key=lambda one: _monday(one.recorded_at), reverse=True)
    return [
        (monday, _by_offering(list(week)))
        for monday, week in groupby(ordered, key=lambda one: _monday(one.recorded_at))
    ]


def _by_offering(moved: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    ordered = sorted(moved, key=lambda one: one.offering)
    return [(offering, list(changes)) for offering, changes in groupby(ordered, key=lambda one: one.offering)]


def _monday(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def change_in_words(one: Change) -> str:
    """The change in a word or two."""
    if one.old is None:
        return "new price"
    if one.new is None:
        return "withdrawn"
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


def _address(values: dict[str, Any], days: int, month: Sequence[tuple[str, str]]) -> str:
    pairs = [("model", one) for one in values.get("model", ())]
    pairs += [("provider", values["provider"])] if "provider" in values else []
    pairs += [("learnt", "1")] if values.get("learnt") else []
    return "/changes?" + urlencode([("days", days), *pairs, *month])
