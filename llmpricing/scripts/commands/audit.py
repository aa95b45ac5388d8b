"""`llmpricing audit`: why a bill differs from its log, record by record."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.audit_answer import audit_document, audit_lines
from llmpricing.scripts.commands.audit_bridge import bridge_document, bridge_lines
from llmpricing.scripts.commands.audit_html import audit_page
from llmpricing.scripts.commands.price_bill import check_out
from llmpricing.scripts.options import instant, json_option
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_paths import usage_paths
from llmpricing.scripts.usage_shapes import given_shape, offerings_named, told_apart

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge
    from llmpricing.services.usage_log.audit.groups import Grouping
    from llmpricing.services.usage_log.audit.report import AuditReport, Take
    from llmpricing.services.usage_log.audit.verdicts import Audited
    from llmpricing.services.usage_log.formats.files import UsageFile
    from llmpricing.services.usage_log.formats.record import UsageRecord

BEYOND = 3  # the exit code where the log is wrong by more than the tolerance
_MISSING = "Auditing logs needs Arrow and NumPy. Install them: pip install 'llmpricing[bulk]'."
_WAYS = ("day", "month", "model", "provider", "team", "key", "project", "session")
_OF_A_BILL = ("day", "model", "project", "session")


def _share(_context: click.Context, _option: click.Parameter, text: str) -> Decimal:
    """Per cent as a part of one; a usage error for anything else."""
    try:
        found = parse_decimal(text.strip().removesuffix("%").strip())
    except MoneyError:
        found = Decimal(-1)
    if not 0 <= found <= 1000:
        raise click.BadParameter(f"{text!r} is no number of per cent, such as 0.5.")
    return found / 100


def _ways(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """What to group by, of several words and of words divided by commas; a usage error for an unknown one."""
    found = dict.fromkeys(one.strip() for word in words for one in word.split(",") if one.strip())
    if unknown := [one for one in found if one not in _WAYS]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(_WAYS)}.")
    return tuple(found)


def _flat(_context: click.Context, _option: click.Parameter, text: str | None) -> Decimal | None:
    """What a month of a subscription costs, of 200/month; a usage error for anything else."""
    if text is None:
        return None
    amount, _, span = text.partition("/")
    try:
        found = parse_decimal(amount.strip().removeprefix("USD").strip())
    except MoneyError:
        found = Decimal(0)
    if found <= 0 or span.strip() not in ("", "month"):
        raise click.BadParameter(f"{text!r} is no price of a month in USD, such as 200/month.")
    return found


@dataclass(frozen=True)
class AuditOptions:
    """How usage files are to be audited, and how the answer is given."""

    ignored: tuple[str, ...]
    provider: str | None
    region: str | None
    tier: str | None
    offerings: tuple[tuple[str, str], ...]
    known_at: datetime | None
    prices_of: datetime | None
    charged: tuple[str, ...]
    ways: tuple[str, ...]
    out: Path | None
    force: bool
    html: Path | None
    redact: bool
    tolerance: Decimal
    flat: Decimal | None
    as_json: bool


@click.command(short_help="Why a bill differs from its log.")
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "shape", metavar="NAME", help="What the files are, as llmpricing formats lists it.")
@click.option(
    "--columns",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="MAP.toml",
    help="What the columns of any other file mean; llmpricing formats --suggest FILE writes a first one.",
)
@click.option(
    "--charged",
    multiple=True,
    metavar="FILES",
    help="The invoice, or a usage export beside it: a bridge from the log to it.",
)
@click.option(
    "--by", "ways", multiple=True, callback=_ways, metavar=",".join(_WAYS), help="Sum up by these, one or several."
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
    "--redact", is_flag=True, help="Hash keys, users, teams, sessions and record ids wherever they are shown."
)
@click.option(
    "--tolerance", default="0.5", show_default=True, callback=_share, metavar="PERCENT", help="Exit 3 beyond it."
)
@click.option("--flat", callback=_flat, metavar="AMOUNT/month", help="Where a subscription of that price breaks even.")
@click.option("--provider", metavar="NAME", help="The seller, where the files do not say it.")
@click.option("--region", metavar="NAME", help="The place, where the files do not say it.")
@click.option("--tier", metavar="NAME", help="The service tier, where the files do not say it.")
@click.option(
    "--map",
    "offerings",
    multiple=True,
    metavar="NAME=OFFERING",
    callback=offerings_named,
    help="What a name of your own means.",
)
@click.option("--ignore-column", "ignored", multiple=True, metavar="NAME", help="Keep it, but never count it.")
@click.option("--known-at", type=instant, help="By what was known then. Now, if left out.")
@click.option(
    "--at-prices-of", "prices_of", type=instant, metavar="DATE", help="Every record at the prices of that day."
)
@json_option
@asks_book
def audit(files: tuple[str, ...], shape: str | None, columns: Path | None, book: AskedBook, **how: object) -> None:
    """Find out why a bill differs from its log: files, folders, globs, or - for standard input.

    Every record is priced at its own time, contract rates applied, and compared with the cost that the file states. A
    record that differs is priced once more under each known mistake (docs/audit.md lists them); the one that gives the
    logged figure is its cause, or two at once. The causes' money sums to the difference. A file that states no cost is
    answered with its bill.

    Exit code 0 within --tolerance, 3 beyond it, 1 where it failed, 2 where it was asked for wrongly.
    """
    options = AuditOptions(**how)  # type: ignore[arg-type] # click gives each option by its name
    with usage_paths(files) as (paths, is_many):
        try:
            known, unknown = told_apart(paths, given_shape(shape, columns), is_many)
            if not known:
                raise click.UsageError(
                    "None of these files is of a shape that is known: llmpricing formats lists those that are. "
                    "For any other table write a map of its columns: llmpricing formats --suggest FILE > map.toml, "
                    "then audit it with --columns map.toml."
                )
            with usage_paths(options.charged) as (charged_paths, _):
                charged, _ = told_apart(charged_paths, None, is_many=False)
                report, bridge = _audit(known, charged, unknown, options, book)
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] in ("numpy", "pyarrow"):
                raise click.ClickException(_MISSING) from None
            raise
    if report.is_beyond(options.tolerance) or (bridge and bridge.is_beyond(options.tolerance)):
        sys.exit(BEYOND)


def _audit(
    files: Sequence[UsageFile],
    charged: Sequence[UsageFile],
    unknown: Sequence[Path],
    options: AuditOptions,
    book: AskedBook,
) -> tuple[AuditReport, Bridge | None]:
    """Audit the files and say what was found; raises click.ClickException."""
    from llmpricing.services.usage_log.audit.bridge import Bridge
    from llmpricing.services.usage_log.audit.examples import examples
    from llmpricing.services.usage_log.audit.report import audit_of
    from llmpricing.services.usage_log.audit.uses import AuditedUses
    from llmpricing.services.usage_log.audit.verdicts import Auditor
    from llmpricing.services.usage_log.bill import priced_records
    from llmpricing.services.usage_log.columns import LogError, UncountedError
    from llmpricing.services.usage_log.pricer import LogPricer

    check_out(options.out, files, options.force)
    _check_page(options)
    with book.open() as reads:
        pricer = LogPricer(reads, datetime.now(UTC), options.known_at)
        auditor = Auditor(AuditedUses(reads, pricer))
        bridge = Bridge() if charged else None
        changed = _changes(options)
        try:
            with rows_done("Auditing") as advance, _each(options.out, files, bridge) as each:
                priced = priced_records(pricer, _records(files, options, changed))
                report = audit_of(auditor.all(priced), _groupings(options), advance, each)
                if bridge is not None:
                    for one in auditor.all(priced_records(pricer, _records(charged, options, changed))):
                        bridge.count_charged(one)
        except UncountedError as error:
            raise click.UsageError(str(error)) from None
        except LogError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            where = error.filename or options.out
            raise click.ClickException(f"{where}: {error.strerror}. Mend that, and try again.") from None
        causes = report.causes()
        shown = list(zip(causes, examples(reads, pricer.recorded, [one.example for one in causes]), strict=True))
    document = audit_document(files, unknown, report, shown, options.flat)
    document |= {"bridge": bridge_document(bridge)} if bridge else {}
    _write_page(document, options, files)
    if options.as_json:
        say_json(document)
        return report, bridge
    for line in audit_lines(files, unknown, report, shown, options.flat):
        say(line)
    for line in bridge_lines(bridge) if bridge else ():
        say(line)
    if options.out:
        say(f"Each record with its causes: {options.out}")
    if options.html:
        say(f"The report as a page: {options.html}")
    return report, bridge


def _check_page(options: AuditOptions) -> None:
    """Raise click.UsageError where the report could not be written, before anything is read."""
    if options.html is None:
        return
    if options.html.exists() and not options.force:
        raise click.UsageError(f"{options.html} exists: name another file with --html, or replace it with --force.")
    if not os.access(options.html.resolve().parent, os.W_OK):
        raise click.UsageError(
            f"Nothing can be written beside {options.html}: is there such a folder, and is it yours?"
        )


def _write_page(document: Mapping[str, Any], options: AuditOptions, files: Sequence[UsageFile]) -> None:
    """Write the report, if it is wanted, for nobody who cannot read the files; it appears whole."""
    from llmpricing.services.usage_log.write.part_file import mode_like, part_file

    if options.html is None:
        return
    page = audit_page(document, is_redacted=options.redact)
    try:
        with part_file(options.html, reduce(and_, (mode_like(file.path) for file in files))) as part:
            part.file.write(page.encode(errors="replace"))
            part.keep()
    except OSError as error:
        raise click.ClickException(f"{options.html}: {error.strerror}. Mend that, and try again.") from None


def _groupings(options: AuditOptions) -> list[Grouping]:
    """What is summed up: by what was asked for, else as a bill has it."""
    from llmpricing.services.usage_log.audit.groups import Grouping

    return [Grouping(options.ways)] if options.ways else [Grouping((way,)) for way in _OF_A_BILL]


_RecordChange = Callable[["UsageRecord"], "UsageRecord"]


def _changes(options: AuditOptions) -> Sequence[_RecordChange]:
    """What is done to each record before it is priced."""
    from llmpricing.services.usage_log.audit.groups import at_prices_of
    from llmpricing.services.usage_log.audit.redaction import redaction
    from llmpricing.services.usage_log.formats.assumptions import Assumptions

    assumed = Assumptions(options.provider, dict(options.offerings), options.region, options.tier)
    changes: list[_RecordChange] = [assumed.applied]
    changes += [at_prices_of(options.prices_of)] if options.prices_of else []
    return [*changes, redaction()] if options.redact else changes


def _records(
    files: Sequence[UsageFile], options: AuditOptions, changes: Sequence[_RecordChange]
) -> Iterator[UsageRecord]:
    """The records as they are to be audited."""
    from llmpricing.services.usage_log.formats.files import UsageFiles

    return reduce(lambda records, change: map(change, records), changes, UsageFiles(files, options.ignored).records())


@contextmanager
def _each(out: Path | None, files: Sequence[UsageFile], bridge: Bridge | None) -> Iterator[Take]:
    """What is done with each record: it is a side of a bridge, and written for nobody who cannot read the files."""
    from llmpricing.services.usage_log.audit.rows import audit_file
    from llmpricing.services.usage_log.write.part_file import mode_like

    with ExitStack() as stack:
        takes: list[Take] = [bridge.count_log] if bridge is not None else []
        if out is not None:
            takes.append(stack.enter_context(audit_file(out, reduce(and_, (mode_like(file.path) for file in files)))))

        def take_all(one: Audited) -> None:
            for take in takes:
                take(one)

        yield take_all
