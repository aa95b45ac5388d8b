"""GET /api/v1/history/{id} and /api/v1/changes: what prices were over time, and what moved of late."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from pyramid.request import Request

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.observations import Amount
from llmpricing.services.catalogue.price_changes import Change, known_since, moves_since
from llmpricing.services.catalogue.price_history import PastPrice, price_history
from llmpricing.services.clocks import Clocks
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import DecimalText, StaleMeta, as_json, stale_meta
from llmpricing.web.conditional import valid_until
from llmpricing.web.list_query import nearly, own_ids, sellers, standing
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers

DEFAULT_LIMIT = 100
SINCE = timedelta(days=7)

PastPriceJson: Any = as_json("PastPriceJson", PastPrice)


class HistoryMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside a page of a history."""

    count: int
    next: str | None
    known_at: datetime
    catalogue_version: int


class HistoryAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of an offering's prices over time."""

    data: list[PastPriceJson]
    meta: HistoryMeta


class AmountJson(msgspec.Struct, forbid_unknown_fields=True):
    """A price without its source."""

    state: str
    amount: DecimalText | None
    currency: str
    per: int


class ChangeJson(msgspec.Struct, forbid_unknown_fields=True):
    """A published price that moved: ``old`` is the one just before it. ``old`` or ``new`` is null where there was or is
    none; ``factor`` is new / old.
    ``is_sellers`` is false where no evidence says that the seller changed it: a list told of it for the first time, or
    another list is believed now; where ``new`` is null then, ``source`` told the old price and is not believed now.
    ``is_operators``: an operator set it by hand, or took that back.
    """

    offering: str
    meter: str
    conditions: str
    old: AmountJson | None
    new: AmountJson | None
    factor: DecimalText | None
    recorded_at: datetime
    valid_from: datetime | None
    source: str
    is_sellers: bool
    is_operators: bool


class ChangesMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside a page of changes: what was charged at ``since`` by what was known at ``known_since``, which
    is later where the price book began later.
    """

    count: int
    next: str | None
    since: datetime
    known_since: datetime
    as_of: datetime
    valid_until: datetime | None
    catalogue_version: int


class ChangesAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of changes."""

    data: list[ChangeJson]
    meta: ChangesMeta


def show_history(request: Request) -> HistoryAnswer:
    """A page of what one offering's prices were, are and will be."""
    values, slug = HISTORY.read(request), request.matchdict["id"]
    known_at = request.book.known_at(values.get("known_at"))
    stands_on = standing(request, Clocks(known_at, known_at))
    found = price_history(request.reads, request.book, slug, known_at, stands_on)
    if found is None:
        raise nearly(request, slug)
    wanted = [one for one in found if one.meter == values.get("meter", one.meter)]
    page, following = page_of(request, values, wanted, [one.price_id for one in wanted], DEFAULT_LIMIT)
    rows = [PastPriceJson(**_told(one)) for one in page]
    return HistoryAnswer(
        rows, HistoryMeta(len(wanted), following, known_at, request.book.version, **stale_meta(request))
    )


def list_changes(request: Request) -> ChangesAnswer:
    """A page of what moved since a time, by offering, meter and conditions; what was announced since too."""
    values, now = CHANGES.read(request), request.period.start
    since = values.get("since", now - SINCE)
    known = known_since(request.reads, since)
    asked = own_ids(request, values["model"]) if "model" in values else None
    found = moves_since(request.reads, since, now, None if asked is None else set(asked), known)
    if "provider" in values:
        wanted = sellers(request, values["provider"])
        found = [one for one in found if one.offering.partition("/")[0] in wanted]
    places = [[one.offering, one.meter, one.condition_key, str(one.valid_from), one.new is None] for one in found]
    page, following = page_of(request, values, found, places, DEFAULT_LIMIT)
    told = (len(found), following, since, known, now, valid_until(request), request.book.version)
    meta = ChangesMeta(*told, **stale_meta(request))
    return ChangesAnswer([_moved(one) for one in page], meta)


def _told(one: PastPrice) -> dict[str, Any]:
    return {name: to_text(value) if isinstance(value, Decimal) else value for name, value in asdict(one).items()}


def _moved(one: Change) -> ChangeJson:
    return ChangeJson(
        offering=one.offering,
        meter=one.meter,
        conditions=one.condition_key,
        old=_amount(one.old),
        new=_amount(one.new),
        factor=ratio_text(one.factor) if one.factor else None,
        recorded_at=one.recorded_at,
        valid_from=one.valid_from,
        source=one.source,
        is_sellers=one.is_sellers,
        is_operators=one.is_operators,
    )


def _amount(stated: Amount | None) -> AmountJson | None:
    if stated is None:
        return None
    amount = None if stated.amount is None else to_text(stated.amount)
    return AmountJson(stated.state, amount, stated.currency, stated.per)


HISTORY = Operation(
    name="history",
    path="/api/v1/history/{id}",
    view=show_history,
    title="What one offering's prices were, are and will be",
    parameters={
        "meter": p.text.of("of this meter"),
        "known_at": p.known.of("as it was known then; as it is known now where it is left out"),
        **page_readers(DEFAULT_LIMIT),
    },
    answers=(HistoryAnswer,),
    asks_the_book=True,
    rows=PastPriceJson,
    is_lasting=True,
    refusals=(404,),
)
CHANGES = Operation(
    name="changes",
    path="/api/v1/changes",
    view=list_changes,
    title="Published prices that moved, and those that were announced since",
    parameters={
        "since": p.time.of("what moved after it, each move by itself; seven days ago where it is left out"),
        "provider": p.text.of("of these sellers, by id"),
        "model": p.text.of("of these offerings, by id"),
        **page_readers(DEFAULT_LIMIT),
    },
    repeatable=("provider", "model"),
    answers=(ChangesAnswer,),
    asks_the_book=True,
    rows=ChangeJson,
    is_lasting=True,
)
