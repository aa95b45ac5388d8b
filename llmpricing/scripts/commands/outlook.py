"""`llmpricing outlook`: what announced prices do to a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import to_text
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.audit_options import share_read
from llmpricing.scripts.commands.price_bill import bill_document, counted_records, recognised
from llmpricing.scripts.options import instant, json_option
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, asks_files, log_failures_told

if TYPE_CHECKING:
    from llmpricing.services.usage_log.sums.moved_prices import MovedPrice
    from llmpricing.services.usage_log.sums.outlook import ModelEffect, Outlook, OutlookStep

BEYOND = 3  # the exit code where a step moves the log by more than the tolerance
_SHOWN = 40
_CENT = Decimal("0.01")


@click.command(short_help="What announced prices do to your usage.")
@asks_files()
@click.option(
    "--months", type=click.IntRange(1, 24), default=3, show_default=True, help="So many whole months to come."
)
@click.option(
    "--tolerance", default="0.5", show_default=True, callback=share_read, metavar="PERCENT", help="Exit 3 beyond it."
)
@click.option("--known-at", type=instant, help="By what was known then. Now, if left out.")
@json_option
@asks_book
def outlook(
    asked: AskedFiles, months: int, tolerance: Decimal, known_at: datetime | None, as_json: bool, book: AskedBook
) -> None:
    """Find out what announced prices do to your usage: files, folders, globs, or - for standard input.

    The usage of the last thirty full days (all of a shorter log) is priced at today's prices, at those of each month
    to come, and on both sides of each day on which one of its prices changes, by model and team. Announcements that
    were withdrawn are told too, with what is paid less than by tools that kept them.

    Exit code 3 where a step that comes moves the log by more than --tolerance, 0 else, 1 where it failed, 2 where it
    was asked for wrongly.

    \b
    llmpricing outlook spendlogs.csv
    llmpricing outlook ~/.claude/projects --months 6 --json
    """
    from_now = known_at or datetime.now(UTC)
    with asked.known_files() as files:
        found = _found(asked, files, from_now, known_at, months, book)
        if as_json:
            say_json(outlook_document(files, found))
        else:
            for line in outlook_lines(files, found):
                say(line)
    if found.is_beyond(tolerance):
        sys.exit(BEYOND)


def _found(
    asked: AskedFiles, files: FoundFiles, now: datetime, known_at: datetime | None, months: int, book: AskedBook
) -> Outlook:
    from llmpricing.services.usage_log.pricer import LogPricer
    from llmpricing.services.usage_log.sums.outlook import outlook_of
    from llmpricing.services.usage_log.sums.own_usage import OwnUsage

    with book.open() as reads, log_failures_told(), rows_done("Reading") as advance:
        pricer = LogPricer(reads, datetime.now(UTC), known_at)
        return outlook_of(OwnUsage(reads, pricer, asked.records(files.known), now), now, months, advance)


def outlook_document(files: FoundFiles, found: Outlook) -> dict[str, Any]:
    """The outlook for programs; amounts are texts, in USD."""
    return {
        **bill_document(files.known, files.unknown, found.bill),
        "currency": "USD",
        "since": found.since,
        "until": found.until,
        "records": found.records,
        "today": to_text(found.today),
        "without_one_price": [
            {"offering": slug, "reason": reason, "records": records} for slug, reason, records in found.unpriced
        ],
        "months": [
            {"month": month, "cost": to_text(cost), "without_one_price": list(unpriced)}
            for month, cost, unpriced in found.months
        ],
        "steps": [_step(step) for step in found.steps],
        "withdrawn": [_step(step) | {"withdrawn": step.withdrawn} for step in found.withdrawn],
    }


def _step(step: OutlookStep) -> dict[str, Any]:
    return {
        "from": step.day,
        "before": to_text(step.before),
        "difference": to_text(step.difference),
        "difference_percent": None if step.share is None else to_text((step.share * 100).quantize(_CENT)),
        "models": [
            {
                "offering": one.offering,
                "difference": None if one.difference is None else to_text(one.difference),
                "reason": one.reason or None,
                "prices": [
                    {
                        "meter": moved.meter,
                        "conditions": moved.conditions,
                        "old": moved.old and amount_text(moved.old),
                        "new": moved.new and amount_text(moved.new),
                    }
                    for moved in one.moved
                ],
            }
            for one in step.models
        ],
        "teams": {team: to_text(difference) for team, difference in step.teams.items()},
    }


def outlook_lines(files: FoundFiles, found: Outlook) -> Iterator[str]:
    """The outlook for people."""
    yield from recognised(files.known, files.unknown)
    yield from counted_records(found.bill)
    if found.since is None or found.until is None:
        yield "No record has a price, so that there is nothing to look ahead with."
        return
    yield (
        f"Usage from {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}: {found.records:,} records, "
        f"USD {to_text(found.today)} at today's prices"
    )
    for slug, reason, records in found.unpriced[:_SHOWN]:
        yield f"  not counted: {records:,} records of {slug}: {reason}"
    yield "What is coming:" if found.steps else "What is coming: no announced price changes what this usage costs."
    for step in found.steps:
        by = "" if step.share is None else f" ({step.share * 100:+.2f} %)"
        yield f"  {step.day:%Y-%m-%d}: {_signed(step.difference)}{by}"
        yield from _effects(step)
    if found.withdrawn:
        yield "Announced and withdrawn:"
    for step in found.withdrawn:
        yield (
            f"  {step.day:%Y-%m-%d}, withdrawn on {step.withdrawn:%Y-%m-%d}: "
            f"{_signed(step.difference)} against tools that kept it"
        )
        yield from _effects(step)
    yield "The same usage by month:"
    for month, cost, unpriced in found.months:
        without = f", without {', '.join(unpriced[:_SHOWN])}: no one price is known then" if unpriced else ""
        yield f"  {month}: USD {to_text(cost)}{without}"


def _effects(step: OutlookStep) -> Iterator[str]:
    from llmpricing.services.usage_log.audit.groups import NOT_STATED

    for one in step.models[:_SHOWN]:
        yield f"    {_effect(one)}"
    if len(step.models) > _SHOWN:
        yield f"    and {len(step.models) - _SHOWN} more models; --json tells all"
    if step.teams.keys() - {NOT_STATED}:
        yield f"    by team: {', '.join(f'{team} {_signed(money)}' for team, money in step.teams.items())}"


def _effect(one: ModelEffect) -> str:
    said = _signed(one.difference) if one.difference is not None else one.reason
    moved = "; ".join(map(_moved, one.moved))
    return f"{one.offering}: {said}{f' ({moved})' if moved else ''}"


def _moved(moved: MovedPrice) -> str:
    old, new = ("no price" if one is None else amount_text(one) for one in (moved.old, moved.new))
    return f"{moved.meter}{f' [{moved.conditions}]' if moved.conditions else ''}: {old} -> {new}"


def _signed(money: Decimal) -> str:
    return f"USD {'+' if money > 0 else ''}{to_text(money)}"
