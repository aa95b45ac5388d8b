"""What an invoice and a log do not have in common, in words: days, keys and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge

_MOST = 8


def apart_document(bridge: Bridge) -> dict[str, Any]:
    """The same for programs: days of the invoice that the log has no record of, and names of one side alone."""
    return {
        "days_without_log": [{"provider": one.seller, "days": one.day} for one in bridge.days_without_log],
        "names_apart": [
            {"provider": one.seller, "name": one.name, "log": list(one.of_log), "charged": list(one.of_invoice)}
            for one in bridge.names_apart
        ],
    }


def apart_words(told: Mapping[str, Any]) -> Iterator[str]:
    """All of that in words, a text for each."""
    if told["days_without_log"]:
        yield _days_words(told["days_without_log"])
    yield from map(_names_words, told["names_apart"])


def _days_words(days: Sequence[Mapping[str, str]]) -> str:
    from llmpricing.services.usage_log.audit.bridge_days import days_in_words, number_of

    named = [f"{days_in_words(one['days'])} ({one['provider'] or 'a seller not named'})" for one in days]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    number = sum(number_of(one["days"]) for one in days)
    what = f"{number:,} day{'s' if number != 1 else ''} that the invoice has lines of"
    return f"the log has no record of {what}: {', '.join(named[:_MOST])}{more}; give all of the log"


def _names_words(one: Mapping[str, Any]) -> str:
    known = "; ".join(
        f"{whose} alone names {', '.join(names[:_MOST])}{' and others' if names[_MOST:] else ''}"
        for whose, names in (("the log", one["log"]), ("the invoice", one["charged"]))
        if names
    )
    return f"the {one['name']}s of {one['provider'] or 'a seller not named'} differ, and are compared as one: {known}"
