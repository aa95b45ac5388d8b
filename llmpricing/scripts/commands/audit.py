"""`llmpricing audit`: why a bill differs from its log, record by record."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.audit_bridge import bridge_document, bridge_lines
from llmpricing.scripts.commands.audit_document import audit_document, book_document
from llmpricing.scripts.commands.audit_files import check_page, rows_written, write_page
from llmpricing.scripts.commands.audit_lines import audit_lines
from llmpricing.scripts.commands.audit_options import WAYS_OF_GROUPS, AuditOptions, flat_read, share_read, ways_read
from llmpricing.scripts.commands.price_bill import check_out
from llmpricing.scripts.option_words import words_of
from llmpricing.scripts.options import instant, json_option, known_by
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, asks_files, log_failures_told

if TYPE_CHECKING:
    from llmpricing.services.price_book import Reads
    from llmpricing.services.usage_log.audit.bridge import Bridge
    from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
    from llmpricing.services.usage_log.audit.groups import Grouping
    from llmpricing.services.usage_log.audit.report import AuditReport
    from llmpricing.services.usage_log.audit.verdicts import Audited
    from llmpricing.services.usage_log.formats.record import UsageRecord
    from llmpricing.services.usage_log.formats.record_columns import RecordChange
    from llmpricing.services.usage_log.formats.usage_file import UsageFile
    from llmpricing.services.usage_log.priced_columns import PricedBatch
    from llmpricing.services.usage_log.pricer import LogPricer

BEYOND = 3  # the exit code where the log is wrong by more than the tolerance
_NOTHING_COMPARED = (
    "Nothing was compared, as --tolerance asks: no record states a cost and has a price. Name a log that states costs, "
    "or lay the seller's own export beside it with --charged."
)
_OF_A_BILL = ("day", "model", "project", "session")


@click.command(short_help="Why a bill differs from its log.")
@asks_files()
@click.option(
    "--charged",
    multiple=True,
    metavar="FILES",
    help="The invoice, or a usage export beside it: a bridge from the log to it.",
)
@click.option(
    "--by",
    "ways",
    multiple=True,
    callback=ways_read,
    metavar=",".join(WAYS_OF_GROUPS),
    help="Sum up by these, one or several.",
)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Each record with both figures and its causes."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A report as one page, printable, complete in itself.",
)
@click.option("--force", is_flag=True, help="Replace OUT and the report where they exist.")
@click.option(
    "--redact",
    is_flag=True,
    help="Hash keys, users, teams, projects, sessions, record ids and owners in names of models; tell no file's name.",
)
@click.option(
    "--tolerance",
    callback=share_read,
    metavar="PERCENT",
    help="Exit 3 beyond it; 0.5, if left out. Said, it asks for a comparison: exit 1 where there is none.",
)
@click.option(
    "--flat",
    multiple=True,
    callback=flat_read,
    metavar="AMOUNT/month",
    help="Where a subscription of that price breaks even.",
)
@click.option("--known-at", type=known_by, metavar="TIME", help="By what was known then. Now, if left out.")
@click.option(
    "--at-prices-of", "prices_of", type=instant, metavar="DATE", help="Every record at the prices of that day."
)
@json_option
@asks_book
def audit(asked: AskedFiles, book: AskedBook, **how: object) -> None:
    """Find out why a bill differs from its log: files, folders, globs, or - for standard input.

    Every record is priced at its own time, contract rates applied, and compared with the cost that the file states. A
    record that differs is priced once more under each known mistake (docs/audit.md lists them); the one that gives the
    logged figure is its cause, or two at once. The causes' money sums to the difference. A file that states no cost is
    answered with its bill.

    Exit code 0 within --tolerance, 3 beyond it, 1 where it failed, 2 where it was asked for wrongly. A file of which
    nothing is compared, for it states no cost or nothing but costs, is answered with 0; a job that is to fail without a
    comparison says --tolerance, then that is 1.

    \b
    llmpricing audit spendlogs.csv
    llmpricing audit calls.ndjson --charged invoice.csv --by team --html report.html
    """
    options = AuditOptions(**how)  # type: ignore[arg-type] # click gives each option by its name
    with (
        asked.known_files() as found,
        asked.charged_files(options.charged) as (charged_paths, charged),
        found.failures_redacted(*charged_paths, is_asked=options.redact),
    ):
        report, bridge = _audit(asked, found, charged, options, book)
    if options.tolerance is not None and not report.compared and bridge is None:
        raise click.ClickException(_NOTHING_COMPARED)
    if report.is_beyond(options.share) or (bridge and bridge.is_beyond(options.share)):
        sys.exit(BEYOND)


def _audit(
    asked: AskedFiles, found: FoundFiles, charged: Sequence[UsageFile], options: AuditOptions, book: AskedBook
) -> tuple[AuditReport, Bridge | None]:
    """Audit the files and say what was found; raises click.ClickException."""
    from llmpricing.services.usage_log.audit.bridge import bridge_between
    from llmpricing.services.usage_log.audit.bridge_names import BridgeNames
    from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
    from llmpricing.services.usage_log.audit.examples import examples
    from llmpricing.services.usage_log.audit.redaction import hiding
    from llmpricing.services.usage_log.audit.uses import AuditedUses
    from llmpricing.services.usage_log.pricer import LogPricer

    check_out(options.out, found.known, options.force)
    check_page(options.html, options.force)
    with book.open(known_at=options.known_at) as reads:
        pricer = LogPricer(
            reads, datetime.now(UTC), options.known_at, words=words_of(reads, is_redacted=options.redact)
        )
        names = BridgeNames(pricer, hiding() if options.redact else str)
        sides = BridgeSides(AuditedUses(reads, pricer), names) if charged else None
        with log_failures_told(options.out):
            report = _report(reads, pricer, asked, found.known, charged, sides, options)
        bridge = bridge_between(sides) if sides else None
        causes = report.causes()
        shown = list(zip(causes, examples(reads, pricer.recorded, [one.example for one in causes]), strict=True))
    told = found.redacted() if options.redact else found
    invoices = [f"invoice file {n}" if options.redact else str(file.path) for n, file in enumerate(charged, 1)]
    document = audit_document(told.known, told.unknown, report, shown, options.flat)
    document |= book_document(pricer.known, pricer.recorded, options.prices_of)
    document |= {"bridge": bridge_document(bridge, invoices)} if bridge else {}
    write_page(document, options.html, found.known, is_redacted=options.redact)
    if options.as_json:
        say_json(document)
    else:
        _say(
            audit_lines(told.known, told.unknown, report, shown, options.flat),
            bridge_lines(bridge, invoices) if bridge else (),
            options,
        )
    return report, bridge


def _report(
    reads: Reads,
    pricer: LogPricer,
    asked: AskedFiles,
    files: Sequence[UsageFile],
    charged: Sequence[UsageFile],
    sides: BridgeSides | None,
    options: AuditOptions,
) -> AuditReport:
    """The audit of the files; the charged ones are the other side of the bridge."""
    from llmpricing.services.usage_log.audit.columns import audit_batches
    from llmpricing.services.usage_log.audit.sellers import UnstatedSellers
    from llmpricing.services.usage_log.audit.uses import AuditedUses
    from llmpricing.services.usage_log.audit.verdicts import Auditor
    from llmpricing.services.usage_log.formats.file_reader import ReadBatch
    from llmpricing.services.usage_log.priced_columns import each_priced, priced_batches

    auditor, changes, sellers = (
        Auditor(AuditedUses(reads, pricer)),
        _changes(options, pricer),
        UnstatedSellers(reads, pricer),
    )

    def batches(some: Sequence[UsageFile], *, numbered: bool = False) -> Iterator[PricedBatch]:
        changed = (reduce(ReadBatch.made, changes, batch) for batch in asked.batches(some, numbered=numbered))
        return priced_batches(pricer, changed)

    def each(one: Audited) -> None:
        sellers.count(one)
        if sides is not None:
            sides.count_log(one)

    def is_wanted(one: UsageRecord) -> bool:
        return sides is not None or not one.provider

    with rows_done("Auditing") as advance, rows_written(options.out, files) as written:
        report = audit_batches(auditor, batches(files), _groupings(options), advance, each, is_wanted, written)
        report.effects.otherwise.update(sellers.effects())
        if sides is not None:
            is_of_several = len(charged) > 1
            if is_of_several:
                sides.collect(each_priced(batches(charged, numbered=True)))
            audit_batches(auditor, batches(charged, numbered=is_of_several), each=sides.count_charged)
    return report


def _say(lines: Iterable[str], of_bridge: Iterable[str], options: AuditOptions) -> None:
    for line in (*lines, *of_bridge):
        say(line)
    if options.out:
        say(f"Each record with its causes: {options.out}")
    if options.html:
        say(f"The report as a page: {options.html}")


def _groupings(options: AuditOptions) -> list[Grouping]:
    """What is summed up: by what was asked for, else as a bill has it."""
    from llmpricing.services.usage_log.audit.groups import Grouping

    return [Grouping(options.ways)] if options.ways else [Grouping((way,)) for way in _OF_A_BILL]


def _changes(options: AuditOptions, pricer: LogPricer) -> Sequence[RecordChange]:
    """What is done to the records before they are priced."""
    from llmpricing.services.usage_log.audit.groups import at_prices_of
    from llmpricing.services.usage_log.audit.redaction import redaction

    moved = [at_prices_of(options.prices_of)] if options.prices_of else []
    return [*moved, redaction(pricer)] if options.redact else moved
