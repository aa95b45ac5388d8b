"""`llmpricing outlook`: what announced prices do to a log."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.audit_options import LABELLED, share_read
from llmpricing.scripts.commands.outlook_lines import outlook_lines
from llmpricing.scripts.commands.price_bill import bill_document
from llmpricing.scripts.option_words import words_of
from llmpricing.scripts.options import json_option, known_by
from llmpricing.scripts.prices_moved import amount_text
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, asks_files, log_failures_told

if TYPE_CHECKING:
    from llmpricing.services.usage_log.sums.outlook import Outlook, OutlookStep
    from llmpricing.services.usage_log.sums.outlook_months import WithoutPrice

BEYOND = 3  # the exit code where a step moves the log by more than the tolerance
_CENT = Decimal("0.01")


@click.command(short_help="What announced prices do to your usage.")
@asks_files()
@click.option(
    "--months", type=click.IntRange(1, 24), default=3, show_default=True, help="So many whole months to come."
)
@click.option(
    "--tolerance", default="0.5", show_default=True, callback=share_read, metavar="PERCENT", help="Exit 3 beyond it."
)
@click.option(
    "--by", "way", type=click.Choice(list(LABELLED)), default="team", show_default=True, help="Whose part of each step."
)
@click.option(
    "--redact",
    is_flag=True,
    help="Hash keys, users, teams, projects, sessions and owners in names of models; tell no file's name.",
)
@click.option("--known-at", type=known_by, metavar="TIME", help="By what was known then. Now, if left out.")
@json_option
@asks_book
def outlook(
    asked: AskedFiles, months: int, tolerance: Decimal, as_json: bool, redact: bool, book: AskedBook, **how: Any
) -> None:
    """Find out what announced prices do to your usage: files, folders, globs, or - for standard input.

    The usage of the last thirty full days (all of a shorter log) is priced at today's prices, at those of each month
    to come, and on both sides of each day on which one of its prices changes, by model and --by. Announcements that
    were withdrawn are told too, with what is paid less than by tools that kept them.

    Exit code 3 where a step that comes moves the log by more than --tolerance, 0 else, 1 where it failed, 2 where it
    was asked for wrongly.

    \b
    llmpricing outlook spendlogs.csv
    llmpricing outlook ~/.claude/projects --months 6 --json
    """
    with asked.known_files() as files:
        with files.failures_redacted(is_asked=redact):
            found = _found(asked, files, months, book, redact=redact, **how)
        told = files.redacted() if redact else files
        if as_json:
            say_json(outlook_document(told, found))
        else:
            for line in outlook_lines(told, found):
                say(line)
    if found.is_beyond(tolerance):
        sys.exit(BEYOND)


def _found(
    asked: AskedFiles,
    files: FoundFiles,
    months: int,
    book: AskedBook,
    *,
    way: str,
    redact: bool,
    known_at: datetime | None,
) -> Outlook:
    from llmpricing.services.usage_log.audit.redaction import redaction
    from llmpricing.services.usage_log.pricer import LogPricer
    from llmpricing.services.usage_log.sums.outlook import outlook_of
    from llmpricing.services.usage_log.sums.own_usage import OwnUsage

    with book.open(known_at=known_at) as reads, log_failures_told(), rows_done("Reading") as advance:
        now = known_at or datetime.now(UTC)
        pricer = LogPricer(reads, datetime.now(UTC), known_at, words=words_of(reads, is_redacted=redact))
        records = asked.records(files.known)
        own = OwnUsage(reads, pricer, map(redaction(pricer).of_record, records) if redact else records, now, way)
        return outlook_of(own, now, months, advance)


def outlook_document(files: FoundFiles, found: Outlook) -> dict[str, Any]:
    """The outlook for programs; amounts are texts, in USD."""
    return {
        **bill_document(files.known, files.unknown, found.bill),
        "currency": "USD",
        "by": found.way,
        "since": found.since,
        "until": found.until,
        "last_day": None if found.last_day is None else found.last_day.isoformat(),
        "days": found.days,
        "left_out": _left_out(found),
        "records": found.records,
        "today": to_text(found.today),
        "thirty_such_days": _text(found.thirty_such_days(found.today)),
        "without_one_price": [_without(one) for one in found.unpriced],
        "months": [
            {
                "month": one.month,
                "cost": to_text(one.cost),
                "low": to_text(one.low),
                "high": _text(one.high),
                "thirty_such_days": _text(found.thirty_such_days(one.cost)),
                "without_one_price": [_without(gap) for gap in one.unpriced],
            }
            for one in found.months
        ],
        "steps": [_step(step) for step in found.steps],
        "withdrawn": [_step(step) | {"withdrawn": step.withdrawn} for step in found.withdrawn],
    }


def _left_out(found: Outlook) -> dict[str, Any] | None:
    if found.running is None:
        return None
    day, records = found.running
    return {"day": day.isoformat(), "records": records, "today": to_text(found.running_today)}


def _without(one: WithoutPrice) -> dict[str, Any]:
    amounts = {name: _text(getattr(one, name)) for name in ("today", "low", "high")}
    return {"offering": one.offering, "reason": one.reason, "records": one.records, **amounts}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)


def _step(step: OutlookStep) -> dict[str, Any]:
    return {
        "from": step.day,
        "before": to_text(step.before),
        "difference": to_text(step.difference),
        "difference_percent": None if step.share is None else to_text(WIDE.quantize(step.share * 100, _CENT)),
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
        "by": {group: to_text(difference) for group, difference in step.groups.items()},
    }
