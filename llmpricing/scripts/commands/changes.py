"""`llmpricing changes`: what moved in published prices, for people, alerts and CI."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.observations import Amount
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.listed_models import listed_names, listed_offerings
from llmpricing.scripts.options import back_to, ini_option, json_option
from llmpricing.scripts.terminal import say, say_json
from llmpricing.scripts.usage_spend import concerned, spend_of, usage_option
from llmpricing.services.catalogue.price_changes import Change, known_since, moves_since
from llmpricing.services.names.name_changes import changed_names
from llmpricing.settings import Settings

_SHOWN = 200  # names whose answer changed
MOVED = 3  # the exit code that says that a listed model did


@click.command(short_help="Tell what moved in published prices.")
@ini_option
@click.option("--since", required=True, type=back_to, metavar="SPAN|DATE", help="How far back: 12h, 7d, 2w or a date.")
@click.option(
    "--models", type=click.File(encoding="utf-8"), help="A list of models, one name a line; - is standard input."
)
@click.option("--arrivals", is_flag=True, help="Tell also meters that had no price before.")
@click.option("--names", "of_names", is_flag=True, help="Tell the names whose answer changed, not the prices.")
@usage_option
@json_option
def changes(
    ini: Path,
    since: datetime,
    models: TextIO | None,
    arrivals: bool,
    of_names: bool,
    usage: Path | None,
    as_json: bool,
) -> None:
    """Tell what moved in published prices since then, each move by itself, and what was announced since; llmpricing
    calendar tells all that is.

    With --models only what moved of these is told, and the exit code is 3 if anything did, else 0. Names are ids
    (openai/gpt-4o) or any name that resolves; # begins a comment. An offering that the price book did not hold then is
    new, not moved. Where the price book is younger, moves before its beginning are told by the dates of lists. With
    --names: the names that mean another offering than they did, those of --models too. With --usage: first what
    concerns most of your own money.

    \b
    llmpricing changes --since 7d
    llmpricing changes --since 2026-11-01 --models ours.txt --json
    """
    settings, now = ini_settings(ini), datetime.now(UTC)
    if of_names:
        sys.exit(_tell_names(settings, since, now, listed_names(models) if models else [], as_json))
    with failures_told(), open_book(settings) as session:
        listed: frozenset[str] = listed_offerings(session, models, now) if models else frozenset()
        known = known_since(session, since)
        found = moves_since(session, since, now, listed if models else None, known)
        spend = spend_of(session, usage, now)
    found = [change for change in found if arrivals or change.old is not None]
    found.sort(key=lambda change: -concerned(spend, (change.offering,)))
    moved = sorted({change.offering for change in found} & listed)
    if as_json:
        shown = [_json(change) | {"listed": change.offering in listed} for change in found]
        say_json({"since": since, "known_since": known, "now": now, "changes": shown, "listed_moved": moved})
    else:
        for line in _lines(found, since, known):
            say(line)
        if moved:
            say(f"Listed models moved: {', '.join(moved)}")
    sys.exit(MOVED if moved else 0)


def _lines(found: Sequence[Change], since: datetime, known: datetime) -> Iterator[str]:
    if known > since:
        yield f"The price book began {known:%Y-%m-%d %H:%M:%S} UTC: of the time before, dates tell that lists state."
    yield from map(_line, found)
    if not found:
        yield "Nothing moved."


def _tell_names(settings: Settings, since: datetime, now: datetime, listed: list[str], as_json: bool) -> int:
    """Tell the names whose answer changed; MOVED if a listed one did, else 0."""
    with failures_told(), open_book(settings, commit=False) as session:
        known = known_since(session, since)
        found = changed_names(session, known, now, listed)
    if as_json:
        shown = [{"name": c.name.name, "provider": c.name.provider, "old": c.old, "new": c.new} for c in found]
        say_json({"since": since, "known_since": known, "now": now, "names": shown})
    else:
        for change in found[:_SHOWN]:
            seller = f" at {change.name.provider}" if change.name.provider else ""
            say(f"{change.name.name}{seller}: {_meant(change.old)} -> {_meant(change.new)}")
        if len(found) > _SHOWN:
            say(f"and {len(found) - _SHOWN:,} more: --json tells all")
        if not found:
            say("No name changed its answer.")
    return MOVED if {change.name.name for change in found} & set(listed) else 0


def _meant(ids: tuple[str, ...]) -> str:
    return " or ".join(ids) or "unknown"


def _line(change: Change) -> str:
    factor = f" ({ratio_text(change.factor)}x)" if change.factor else ""
    conditions = f" [{change.condition_key}]" if change.condition_key else ""
    learnt = "is believed no longer" if change.new is None else "tells of it for the first time or is believed now"
    by_hand = "an operator set" if change.new else "an operator took back"
    learnt = by_hand if change.is_operators else f"which {learnt}"
    told = "" if change.is_sellers else f", {learnt}: no move of the seller"
    since = f", valid from {change.valid_from:%Y-%m-%d %H:%M} UTC" if change.valid_from else ""
    return (
        f"{change.offering} {change.meter}{conditions}: {_text(change.old)} -> {_text(change.new)}{factor}{since}, "
        f"recorded {change.recorded_at:%Y-%m-%d %H:%M} UTC, says {change.source}{told}"
    )


def _text(price: Amount | None) -> str:
    if price is None:
        return "unknown"
    if price.amount is None:
        return price.state.replace("_", " ")
    return f"{to_text(price.amount)} {price.currency} per {price.per:,}"


def _json(change: Change) -> dict[str, Any]:
    return {
        "offering": change.offering,
        "meter": change.meter,
        "conditions": change.condition_key,
        "old": _price_json(change.old),
        "new": _price_json(change.new),
        "factor": ratio_text(change.factor) if change.factor else None,
        "recorded_at": change.recorded_at,
        "valid_from": change.valid_from,
        "source": change.source,
        "is_sellers": change.is_sellers,
        "is_operators": change.is_operators,
    }


def _price_json(price: Amount | None) -> dict[str, Any] | None:
    if price is None:
        return None
    amount = None if price.amount is None else to_text(price.amount)
    return {"state": price.state, "amount": amount, "currency": price.currency, "per": price.per}
