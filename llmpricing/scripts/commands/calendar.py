"""`llmpricing calendar`: announced prices by day, as a list and for calendars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import click

from llmpricing.domain.money import ratio_text
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.icalendar import CalendarEvent, icalendar
from llmpricing.scripts.listed_models import listed_offerings
from llmpricing.scripts.options import json_option
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.terminal import plain, say, say_json
from llmpricing.scripts.written_files import put_file
from llmpricing.services.decisions.upcoming import ComingPrice, coming_prices


@click.command(short_help="Tell which prices are announced, by day.")
@click.option("--models", type=click.File(encoding="utf-8"), help="Only these: one name a line; - is standard input.")
@click.option("--days", type=click.IntRange(1, 3660), default=366, show_default=True, help="So many days to come.")
@click.option(
    "--ics", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write them for calendars too."
)
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@json_option
@asks_book
def calendar(models: TextIO | None, days: int, ics: Path | None, force: bool, as_json: bool, book: AskedBook) -> None:
    """Tell which prices are announced, by the day from which they hold.

    Names in the list of --models are ids (openai/gpt-4o) or any name that resolves; # begins a comment. With --ics an
    iCalendar file (RFC 5545) is written, one event for each offering and day: an event keeps its id whatever else is
    announced of that day, so that calendars that read the file again change it in place.

    \b
    llmpricing calendar
    llmpricing calendar --models ours.txt --ics prices.ics --force
    """
    if ics is not None and ics.exists() and not force:
        raise click.UsageError(f"{ics} exists: name another file with --ics, or replace it with --force.")
    now = datetime.now(UTC)
    with book.open() as reads:
        wanted = listed_offerings(reads, models, now) if models else None
        found = coming_prices(reads, now, timedelta(days=days))
    found = [one for one in found if wanted is None or one.offering in wanted]
    if ics is not None:
        put_file(ics, icalendar([_event(prices) for prices in _by_day(found)], "Announced LLM prices"))
    if as_json:
        say_json({"now": now, "changes": [_json(one) for one in found]})
        return
    for line in _lines(found):
        say(line)
    if ics is not None:
        say(f"For calendars: {ics}")


def _by_day(found: Sequence[ComingPrice]) -> Iterator[list[ComingPrice]]:
    """The prices of one offering that begin on one day, in order of the days."""
    ordered = sorted(found, key=lambda one: (one.begins.date(), one.offering))
    for _, prices in groupby(ordered, key=lambda one: (one.begins.date(), one.offering)):
        yield list(prices)


def _event(prices: Sequence[ComingPrice]) -> CalendarEvent:
    first = prices[0]
    return CalendarEvent(
        first.begins.date(),
        first.offering,
        f"{first.offering}: new prices",
        "\n".join(f"{plain(_said(one))}, says {one.source}" for one in prices),
        max(one.announced for one in prices),
    )


def _lines(found: Sequence[ComingPrice]) -> Iterator[str]:
    if not found:
        yield "No price is announced."
    for prices in _by_day(found):
        yield f"{prices[0].begins:%Y-%m-%d} {prices[0].offering}:"
        for one in prices:
            yield f"  {_said(one)}"


def _said(one: ComingPrice) -> str:
    old = "no price" if one.old is None else amount_text(one.old)
    factor = one.new.factor(one.old) if one.old else None
    by = f" ({ratio_text(factor)}x)" if factor else ""
    hour = (
        ""
        if one.begins == one.begins.replace(hour=0, minute=0, second=0, microsecond=0)
        else f" at {one.begins:%H:%M} UTC"
    )
    return f"{one.component.label}: {old} -> {amount_text(one.new)}{by}{hour}"


def _json(one: ComingPrice) -> dict[str, Any]:
    factor = one.new.factor(one.old) if one.old else None
    return {
        "offering": one.offering,
        "meter": one.component.meter,
        "conditions": one.component.conditions,
        "begins": one.begins,
        "old": None if one.old is None else amount_text(one.old),
        "new": amount_text(one.new),
        "factor": ratio_text(factor) if factor else None,
        "announced": one.announced,
        "source": one.source,
    }
