"""What an invoice and a log do not have in common, in words: days, keys and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge

_MOST = 8


def apart_document(bridge: Bridge) -> dict[str, Any]:
    """The same for programs: days of the invoice that the log has no record of, names of one side alone, and rates."""
    return {
        "days_without_log": [{"provider": one.seller, "days": one.day} for one in bridge.days_without_log],
        "names_apart": [
            {"provider": one.seller, "name": one.name, "log": list(one.of_log), "charged": list(one.of_invoice)}
            for one in bridge.names_apart
        ],
        "names_beyond_log": [
            {"provider": one.seller, "name": one.name, "value": one.value, "money": to_text(one.money)}
            for one in bridge.beyond
        ],
        "rates": [
            {
                "provider": one.seller,
                "currency": one.currency,
                "per_usd": to_text(round(one.own, 9)),
                "per_usd_at_most": to_text(round(one.highest, 9)),
                "book_per_usd": None if one.book is None else to_text(round(one.book, 9)),
                "lines": one.lines,
            }
            for one in bridge.rates
        ],
    }


def apart_words(told: Mapping[str, Any]) -> Iterator[str]:
    """All of that in words, a text for each."""
    if told["days_without_log"]:
        yield _days_words(told["days_without_log"])
    yield from map(_names_words, told["names_apart"])
    yield from map(_beyond_words, told["names_beyond_log"])
    rates = sorted(told["rates"], key=lambda one: -one["lines"])
    yield from map(_rate_words, rates[:_MOST])
    if left := rates[_MOST:]:
        lines = sum(one["lines"] for one in left)
        yield f"{lines:,} more lines tell {len(left):,} other rates of their sellers; --json tells all of them"


def _days_words(days: Sequence[Mapping[str, str]]) -> str:
    from llmpricing.services.usage_log.audit.bridge_days import days_in_words, number_of

    named = [f"{days_in_words(one['days'])} ({one['provider'] or 'a seller not named'})" for one in days]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    number = sum(number_of(one["days"]) for one in days)
    what = f"{number:,} day{'s' if number != 1 else ''} that the invoice has lines of"
    return f"the log has no record of {what}: {', '.join(named[:_MOST])}{more}; give all of the log"


def _beyond_words(one: Mapping[str, Any]) -> str:
    name, seller = one["name"], one["provider"] or "a seller not named"
    return (
        f"the log names no {name}s of {seller}, and what is charged beyond it is what {name} {one['value']} alone is "
        f"charged, USD {one['money']}: give the log of that {name} too"
    )


def _rate_words(one: Mapping[str, Any]) -> str:
    to = f" to {one['per_usd_at_most']}" if one["per_usd_at_most"] != one["per_usd"] else ""
    own = f"{one['currency']} {one['per_usd']}{to} for a USD"
    lines = f"{one['lines']:,} line{'s' if one['lines'] != 1 else ''} of {one['provider'] or 'a seller not named'}"
    if one["book_per_usd"] is None:
        return f"{lines} are turned into USD at the seller's own rate, {own}: the price book has none of these days"
    return (
        f"{lines} tell the seller's own rate, {own}, and are turned into USD at the price book's, "
        f"{one['book_per_usd']}: what that differs by is another price"
    )


def _names_words(one: Mapping[str, Any]) -> str:
    known = "; ".join(
        f"{whose} alone names {', '.join(names[:_MOST])}{' and others' if names[_MOST:] else ''}"
        for whose, names in (("the log", one["log"]), ("the invoice", one["charged"]))
        if names
    )
    return f"the {one['name']}s of {one['provider'] or 'a seller not named'} differ, and are compared as one: {known}"
