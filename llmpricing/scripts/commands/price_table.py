"""Pricing one plain table, whose columns are those of quotes: its rows with their cost go to a file beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.formats import UsageFormat
from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.asked_book import AskedBook
from llmpricing.scripts.option_words import words_of
from llmpricing.scripts.terminal import rows_done, say, say_json
from llmpricing.scripts.usage_paths import STANDARD_INPUT

if TYPE_CHECKING:
    from llmpricing.services.usage_log.price_log import LogSummary

TABLES = (".csv", ".ndjson", ".parquet")
_SHOWN_REASONS = 20
_SHOWN_KEPT = 20
_MEANING = {
    "COLUMN_MISSING": ": the log has no column of their input or of their output, which is taken as 0. Add the column "
    "(output_tokens, input_tokens), with 0 where there was none; llmpricing formats --suggest FILE maps other names."
}


@dataclass(frozen=True)
class TableOptions:
    """How a plain table is to be read, what is said of all its rows (``provider``, ``offerings``), where they go, and
    how the answer is given.
    """

    out: Path | None
    rejects: Path | None
    at_column: str | None
    model_column: str
    usage_format: UsageFormat
    ignored: tuple[str, ...]
    known_at: datetime | None
    assume_utc: bool
    force: bool
    provider: str | None = None
    offerings: Mapping[str, str] = field(default_factory=dict)
    as_json: bool = False


def price_table(usage: Path, options: TableOptions, book: AskedBook) -> None:
    """Price the table and say what was done; raises click.ClickException where that cannot be."""
    from llmpricing.services.usage_log.columns import LogError, UncountedError
    from llmpricing.services.usage_log.known_facts import known_facts
    from llmpricing.services.usage_log.layout import ColumnRoles
    from llmpricing.services.usage_log.price_log import price_log
    from llmpricing.services.usage_log.pricer import LogPricer

    out = options.out or usage.with_name(f"{usage.stem}.priced{usage.suffix}")
    rejects = options.rejects or out.with_name(f"{out.stem}.unpriced{out.suffix}")
    _check_paths(usage, out, rejects, options.force)
    with book.open(known_at=options.known_at) as reads:
        words = words_of(reads)
        pricer = LogPricer(reads, datetime.now(UTC), options.known_at, options.assume_utc, words=words)
        columns = ColumnRoles(
            known_facts(reads),
            options.model_column,
            options.at_column,
            options.usage_format,
            frozenset(options.ignored),
            options.provider,
            options.offerings,
        )
        try:
            with rows_done(f"Pricing {usage.name}") as advance:
                summary = price_log(pricer, columns, usage, out, rejects, advance)
        except UncountedError as error:
            raise click.UsageError(in_words(error, words)) from None
        except LogError as error:
            raise click.ClickException(in_words(error, words)) from None
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or out}: {error.strerror}. "
                "Nothing was written: mend that, or name other places with -o and --rejects."
            ) from None
    if options.as_json:
        say_json(_document(summary, out, rejects))
    else:
        for line in _report(summary, out, rejects):
            say(line)
    if summary.rows and not summary.priced:
        raise click.ClickException(
            f"None of the {summary.rows:,} rows has a price. Mend what the reasons above say, then run this again with "
            "--force."
        )


def _check_paths(usage: Path, out: Path, rejects: Path, force: bool) -> None:
    if str(usage) == STANDARD_INPUT:
        raise click.UsageError(
            "Standard input (-) is of no shape that is known (llmpricing formats lists those), and a plain table is "
            f"read from a file: save it with a name that ends in {', '.join(TABLES)}."
        )
    if usage.suffix not in TABLES:
        from llmpricing.services.usage_log.formats.files import UnknownShape

        raise click.UsageError(str(UnknownShape(usage)))
    for path in (out, rejects):
        if path.suffix not in TABLES:
            raise click.UsageError(f"{path} must end in {', '.join(TABLES)}, which tells its shape.")
    if len({path.resolve() for path in (usage, out, rejects)}) < 3:
        raise click.UsageError("USAGE, OUT and REJECTS must be three different files.")
    for option, path in (("-o", out), ("--rejects", rejects)):
        if path.exists() and not force:
            raise click.UsageError(f"{path} exists: name another file with {option}, or replace it with --force.")
    if not os.access(out.resolve().parent, os.W_OK) or not os.access(rejects.resolve().parent, os.W_OK):
        raise click.UsageError(f"Nothing can be written beside {out}: is there such a folder, and is it yours?")


def _document(summary: LogSummary, out: Path, rejects: Path) -> dict[str, Any]:
    """What was done, for programs: the files that hold the rows, and amounts as texts by currency."""
    unpriced = sum(summary.unpriced.values())
    return {
        "priced_rows": str(out),
        "unpriced_rows": str(rejects) if unpriced else None,
        "columns_that_count": list(summary.layout.counting) if summary.layout else [],
        "rows": summary.rows,
        "priced": summary.priced,
        "unpriced": unpriced,
        "totals": _texts(summary.totals),
        "unpriced_reasons": [{"reason": why, "rows": rows} for why, rows in summary.unpriced.most_common()],
        "warnings": {
            code: {"rows": warned.rows, "cost": _texts(warned.totals)}
            for code, warned in sorted(summary.warned.items())
        },
    }


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: to_text(amount) for currency, amount in amounts.items()}


def _report(summary: LogSummary, out: Path, rejects: Path) -> Iterator[str]:
    layout = summary.layout
    if layout:
        yield f"Columns that count: {', '.join(layout.counting)}"
        if kept := [name for name in layout.names if name not in layout.counting]:
            more = f" and {len(kept) - _SHOWN_KEPT:,} more" if len(kept) > _SHOWN_KEPT else ""
            yield f"Kept as they are: {', '.join(kept[:_SHOWN_KEPT])}{more}"
        if layout.at is None:
            yield "The log states no times: priced as of now. If a column of it holds them, name it with --at-column."
    unpriced = sum(summary.unpriced.values())
    yield f"Rows: {summary.rows:,}; priced: {summary.priced:,} in {out}; without a price: {unpriced:,}"
    for reason, rows in summary.unpriced.most_common(_SHOWN_REASONS):
        yield f"  {rows:,}: {reason}"
    if len(summary.unpriced) > _SHOWN_REASONS:
        yield f"  and {len(summary.unpriced) - _SHOWN_REASONS} more reasons"
    if unpriced:
        yield f"  They are in {rejects}."
    of = " of the priced rows" if unpriced else ""
    for currency, total in summary.totals.items():
        yield f"Total{of}: {currency} {to_text(total)}"
    for code, warned in sorted(summary.warned.items()):
        cost = ", ".join(f"{currency} {to_text(total)}" for currency, total in warned.totals.items())
        yield f"  {code} warns of {warned.rows:,} of these rows, which cost {cost}{_MEANING.get(code, '')}"
