"""`llmpricing changes`: what moved in published prices, for people, alerts and CI."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from sqlalchemy.orm import Session

from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.observations import Amount
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import back_to, failures_told, ini_option, json_option, open_book
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.catalogue.price_changes import Change, changes_since, comparable_since
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import resolve_name

MOVED = 3  # the exit code that says that a listed model did


@click.command(short_help="Tell what moved in published prices.")
@ini_option
@click.option("--since", required=True, type=back_to, metavar="SPAN|DATE", help="How far back: 12h, 7d, 2w or a date.")
@click.option(
    "--models", type=click.File(encoding="utf-8"), help="A list of models, one name a line; - is standard input."
)
@json_option
def changes(ini: Path, since: datetime, models: TextIO | None, as_json: bool) -> None:
    """Tell what moved in published prices: what was charged and known then beside what is now, and what is announced.

    Exits 3 if a model of --models did, else 0. Names are ids (openai/gpt-4o) or any name that resolves; # begins a
    comment. An offering that the price book did not hold then is new, not moved. Where the price book is younger, its
    beginning is compared with.
    """
    settings, now = ini_settings(ini), datetime.now(UTC)
    with failures_told(), open_book(settings) as session:
        listed: frozenset[str] = _listed(session, models, now) if models else frozenset()
        start = comparable_since(session, since)
        found = changes_since(session, start, now)
    moved = sorted({change.offering for change in found} & listed)
    if as_json:
        shown = [_json(change) | {"listed": change.offering in listed} for change in found]
        say_json({"since": since, "compared_with": start, "now": now, "changes": shown, "listed_moved": moved})
    else:
        if start > since:
            say(f"The price book began {start:%Y-%m-%d %H:%M:%S} UTC: compared with that.")
        for change in found:
            say(f"{'* ' if change.offering in listed else ''}{_line(change)}")
        if not found:
            say("Nothing moved.")
        if moved:
            say(f"Listed models moved (*): {', '.join(moved)}")
    sys.exit(MOVED if moved else 0)


def _listed(session: Session, lines: Iterable[str], now: datetime) -> frozenset[str]:
    """The ids of the offerings that a file names; a name that means none, or several, would never be watched."""
    names = [name for line in lines if (name := line.partition("#")[0].strip())]
    meanings = {name: resolve_name(session, Clocks(now, now), name) for name in names}
    unclear = [name for name, meaning in meanings.items() if not isinstance(meaning, Resolution)]
    if unclear:
        raise click.ClickException(
            f"These names mean no offering, or several: {', '.join(unclear)}. Write ids, such as openai/gpt-4o."
        )
    return frozenset(meaning.slug for meaning in meanings.values() if isinstance(meaning, Resolution))


def _line(change: Change) -> str:
    factor = f" ({ratio_text(change.factor)}x)" if change.factor else ""
    conditions = f" [{change.condition_key}]" if change.condition_key else ""
    since = f", valid from {change.valid_from:%Y-%m-%d %H:%M} UTC" if change.valid_from else ""
    return (
        f"{change.offering} {change.meter}{conditions}: {_text(change.old)} -> {_text(change.new)}{factor}{since}, "
        f"recorded {change.recorded_at:%Y-%m-%d %H:%M} UTC, says {change.source}"
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
    }


def _price_json(price: Amount | None) -> dict[str, Any] | None:
    if price is None:
        return None
    amount = None if price.amount is None else to_text(price.amount)
    return {"state": price.state, "amount": amount, "currency": price.currency, "per": price.per}
