"""What happened to prices and offerings, as the feeds of changes tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from llmpricing.domain.money import to_text
from llmpricing.domain.observations import Amount, State
from llmpricing.exports.change_feeds import FeedEntry, atom_feed, json_feed
from llmpricing.services.catalogue.news import News, NewsKind, news_since
from llmpricing.services.price_book import Reads

SPAN = timedelta(days=28)
MOST_ENTRIES = 500  # the newest; readers ask again and again, and keep what they saw
MEDIA = {"changes.json": "application/feed+json", "changes.atom": "application/atom+xml"}
BY_SELLER, BY_LIST, BY_OPERATOR = "by_seller", "by_list", "by_operator"  # who did it: tags of what happened to a price
_TITLE = "Changes of LLM prices"


def change_feed(name: str, reads: Reads, now: datetime, models: Sequence[str] | None = None) -> bytes:
    """The feed ``changes.json`` or ``changes.atom`` of what happened before ``now``, of these offerings alone where
    they are named, by id: of what is announced all, of the rest the newest.
    """
    wanted = sorted(set(models or ()))
    found = news_since(reads, now - SPAN, now, None if models is None else set(wanted))
    entries = [_entry(one) for one in _told_of(found, now)]
    if name == "changes.atom":
        return atom_feed(_feed_id(wanted), _title(wanted), entries)
    return json_feed(_title(wanted), entries)


def _told_of(found: Sequence[News], now: datetime) -> list[News]:
    """The events that are told, in their order: no flood of newcomers hides what is announced."""
    coming = [one for one in found if one.kind is NewsKind.ANNOUNCED and one.valid_from and one.valid_from > now]
    nearest = {one.id for one in sorted(coming, key=lambda one: one.valid_from or now)[:MOST_ENTRIES]}
    rest = [one.id for one in found if one.id not in nearest][: MOST_ENTRIES - len(nearest)]
    kept = nearest.union(rest)
    return [one for one in found if one.id in kept]


def _title(models: Sequence[str]) -> str:
    return f"{_TITLE}: {', '.join(models)}" if models else _TITLE


def _feed_id(models: Sequence[str]) -> str:
    return uuid5(NAMESPACE_URL, f"llmpricing:changes:{models}").urn


def _entry(one: News) -> FeedEntry:
    facts = asdict(one) | {"conditions": one.condition_key, "old": _told(one.old), "new": _told(one.new)}
    del facts["condition_key"], facts["at"]
    by = BY_OPERATOR if one.is_operators else BY_SELLER if one.is_sellers else BY_LIST
    tags = [one.kind, *([] if one.is_sellers is None else [by])]
    return FeedEntry(one.id, one.at, _in_words(one), f"/models/{quote(one.offering)}", tags, facts)


def _in_words(one: News) -> str:
    if not one.meter:
        what = "is new" if one.kind is NewsKind.NEW else f"is {one.status}"
        return f"{one.offering} {what}: {one.name}"
    what = f"{one.offering}: {' '.join(word for word in (one.meter, one.condition_key) if word)}"
    begins = f"{one.valid_from:%Y-%m-%d %H:%M} UTC" if one.valid_from else ""
    if one.kind is NewsKind.WITHDRAWN:
        gone = (
            f"{_price(one.old)} from {begins} is called off" if begins else f"no price any more, was {_price(one.old)}"
        )
        return f"{what}, {gone}" + _told_by(one, f", which {one.source} told: it is not believed now")
    was = f", was {_price(one.old)}" if one.old else ""
    learnt = _told_by(one, f", told by {one.source} for the first time: no move of the seller")
    return f"{what}, {_price(one.new)}{f' from {begins}' if begins else ''}{was}{learnt}"


def _told_by(one: News, by_list: str) -> str:
    """Who did it, where that is not the seller."""
    return "" if one.is_sellers else ", by an operator’s hand" if one.is_operators else by_list


def _price(stated: Amount | None) -> str:
    if stated is None or stated.amount is None or stated.state is not State.PRICED:
        return "none" if stated is None else stated.state.replace("_", " ")
    return f"{to_text(stated.amount)} {stated.currency} per {stated.per:,}"


def _told(stated: Amount | None) -> dict[str, Any] | None:
    if stated is None:
        return None
    return asdict(stated) | {"amount": None if stated.amount is None else to_text(stated.amount)}
