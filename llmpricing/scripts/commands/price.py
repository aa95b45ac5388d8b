"""`llmpricing price`: what a whole usage log costs, row by row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.formats import UsageFormat
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import failures_told, ini_option, instant, open_book
from llmpricing.scripts.terminal import rows_done, say

if TYPE_CHECKING:
    from llmpricing.services.usage_log.price_log import LogSummary

_SHAPES = (".csv", ".ndjson", ".parquet")
_MISSING = "Pricing logs needs Arrow and NumPy. Install them: pip install 'llmpricing[bulk]'."
_SHOWN_REASONS = 20


@click.command(short_help="Price a usage log of any size.")
@click.argument("usage", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: USAGE with .priced.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Default: OUT with .unpriced.")
@click.option("--at-column", help="When each row was used. Default: at; now, if the log has no such column.")
@click.option("--model-column", default="model", show_default=True, help="Which model was used.")
@click.option(
    "--usage-format",
    type=click.Choice(get_args(UsageFormat)),
    default="llmpricing",
    show_default=True,
    help="Whose names the counts have; also in one column usage.",
)
@click.option("--ignore-column", "ignored", multiple=True, metavar="NAME", help="Keep it, but never count it.")
@click.option("--known-at", type=instant, help="By what was known then. Now, if left out.")
@click.option("--assume-utc", is_flag=True, help="Times without an offset are UTC.")
@click.option("--force", is_flag=True, help="Replace OUT and REJECTS where they exist.")
@ini_option
def price(
    usage: Path,
    out: Path | None,
    rejects: Path | None,
    at_column: str | None,
    model_column: str,
    usage_format: UsageFormat,
    ignored: tuple[str, ...],
    known_at: datetime | None,
    assume_utc: bool,
    force: bool,
    ini: Path,
) -> None:
    """Price a usage log (CSV, NDJSON or Parquet) of any size: its rows with their cost go to OUT, rows that have none
    and why to REJECTS.

    Columns named as quotes name usage (input_tokens, cache_read_tokens, ...; prompt_tokens and completion_tokens too)
    are counted; provider, service_tier, region and other conditions of prices are honoured; the rest is kept. A log
    with other columns that look like counts is refused: rename them, or say --usage-format or --ignore-column.
    With --usage-format the columns are the fields of a provider's usage object (prompt_tokens_details.cached_tokens,
    ...), or one column usage holds it.

    OUT and REJECTS appear when all is done, readable by nobody who cannot read USAGE. In CSV files, a cell that would
    begin a formula in a spreadsheet (= + - @ tab, but no number) has an apostrophe before it.
    """
    out = out or usage.with_name(f"{usage.stem}.priced{usage.suffix}")
    rejects = rejects or out.with_name(f"{out.stem}.unpriced{out.suffix}")
    _check_paths(usage, out, rejects, force)
    try:
        from llmpricing.services.usage_log.columns import LogError, UncountedError
        from llmpricing.services.usage_log.layout import ColumnRoles
        from llmpricing.services.usage_log.price_log import known_facts, price_log
        from llmpricing.services.usage_log.pricer import Pricer
    except ModuleNotFoundError:
        raise click.ClickException(_MISSING) from None
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        pricer = Pricer(session, datetime.now(UTC), known_at, assume_utc)
        columns = ColumnRoles(known_facts(session), model_column, at_column, usage_format, frozenset(ignored))
        try:
            with rows_done(f"Pricing {usage.name}") as advance:
                summary = price_log(pricer, columns, usage, out, rejects, advance)
        except UncountedError as error:
            raise click.UsageError(str(error)) from None
        except LogError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or out}: {error.strerror}. "
                "Nothing was written: mend that, or name other places with -o and --rejects."
            ) from None
    for line in _report(summary, out, rejects):
        say(line)


def _check_paths(usage: Path, out: Path, rejects: Path, force: bool) -> None:
    for path in (usage, out, rejects):
        if path.suffix not in _SHAPES:
            raise click.UsageError(f"{path} must end in {', '.join(_SHAPES)}, which tells its shape.")
    if len({path.resolve() for path in (usage, out, rejects)}) < 3:
        raise click.UsageError("USAGE, OUT and REJECTS must be three different files.")
    for option, path in (("-o", out), ("--rejects", rejects)):
        if path.exists() and not force:
            raise click.UsageError(f"{path} exists: name another file with {option}, or replace it with --force.")
    if not os.access(out.resolve().parent, os.W_OK) or not os.access(rejects.resolve().parent, os.W_OK):
        raise click.UsageError(f"Nothing can be written beside {out}: is there such a folder, and is it yours?")


def _report(summary: LogSummary, out: Path, rejects: Path) -> Iterator[str]:
    layout = summary.layout
    if layout:
        yield f"Columns that count: {', '.join(layout.counting)}"
        if kept := [name for name in layout.names if name not in layout.counting]:
            yield f"Kept as they are: {', '.join(kept)}"
        if layout.at is None:
            yield "The log states no times: priced as of now."
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
        yield f"  {code} warns of {warned.rows:,} of these rows, which cost {cost}"
