"""`llmpricing price`: what usage costs, record by record, of whatever tool wrote it down."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import get_args

import click
from click.core import ParameterSource

from llmpricing.domain.usage.formats import UsageFormat
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.price_bill import BillOptions, price_bill
from llmpricing.scripts.commands.price_table import TABLES, TableOptions, price_table
from llmpricing.scripts.options import json_option, known_by
from llmpricing.scripts.usage_shapes import AskedFiles, FoundFiles, asks_files

# Who says one of these means a plain table, whatever its columns look like.
_OF_TABLES = ("rejects", "at_column", "model_column", "usage_format")


@click.command(short_help="Price usage files of any size.")
@asks_files(with_place=False)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Each row with its cost. Of tables: FILE.priced.",
)
@click.option(
    "--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Of a table. Default: OUT with .unpriced."
)
@click.option("--at-column", help="When each row was used. Default: at; now, if the log has no such column.")
@click.option("--model-column", default="model", show_default=True, help="Which model was used.")
@click.option(
    "--usage-format",
    type=click.Choice(get_args(UsageFormat)),
    default="llmpricing",
    show_default=True,
    help="Whose names the counts have; also in one column usage.",
)
@click.option("--known-at", type=known_by, metavar="TIME", help="By what was known then. Now, if left out.")
@click.option("--assume-utc", is_flag=True, help="Times without an offset are UTC.")
@click.option("--force", is_flag=True, help="Replace OUT and REJECTS where they exist.")
@json_option
@asks_book
@click.pass_context
def price(
    context: click.Context,
    asked: AskedFiles,
    out: Path | None,
    rejects: Path | None,
    at_column: str | None,
    model_column: str,
    usage_format: UsageFormat,
    known_at: datetime | None,
    assume_utc: bool,
    force: bool,
    as_json: bool,
    book: AskedBook,
) -> None:
    """Price usage files, as their tools write them: files, folders, globs, or - for standard input.

    A file whose shape is known (llmpricing formats lists them) is recognised by its content, packed (by gzip, zstd,
    bzip2, xz or in a ZIP archive) or not, and answered with its bill: what was priced, what is not billed or repeated,
    what has no price, and why. With -o each of its records goes to OUT, with its counts, what was charged, its outcome
    and its cost.

    Any other file is a plain table (CSV, NDJSON or Parquet): its rows with their cost go to OUT, rows that have none
    and why to REJECTS. Columns named as quotes name usage (input_tokens, cache_read_tokens, ...; prompt_tokens and
    completion_tokens too) are counted; provider, service_tier, region and other conditions of prices are honoured; the
    rest is kept. A table with other columns that look like counts is refused: rename them, or say --usage-format or
    --ignore-column. With --usage-format the columns are the fields of a provider's usage object
    (prompt_tokens_details.cached_tokens, ...), or one column usage holds it.

    Exit code 0 where anything has a price or nothing is to be billed, as of a file of costs alone, 1 where all that is
    to be billed has none.

    OUT and REJECTS appear when all is done, readable by nobody who cannot read FILE. In CSV files, a cell that would
    begin a formula in a spreadsheet (= + - @ tab, but no number) has an apostrophe before it.

    \b
    llmpricing price usage.csv
    llmpricing price ~/.claude/projects -o records.csv --json
    """
    given = [name for name in _OF_TABLES if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    is_table = bool(given)
    if is_table and (asked.shape or asked.columns):
        options, shape = (
            ", ".join(f"--{name.replace('_', '-')}" for name in given),
            "--format" if asked.shape else "--columns",
        )
        raise click.UsageError(
            f"{options}: of plain tables only, and {shape} names another shape. Leave one of them out."
        )
    of_all = (asked.provider, dict(asked.offerings), as_json)
    table = TableOptions(
        out, rejects, at_column, model_column, usage_format, asked.ignored, known_at, assume_utc, force, *of_all
    )
    with asked.opened(as_tables=is_table) as found:
        if found.known and (as_json or not _is_plain_table(asked, found)):
            price_bill(asked, found, BillOptions(known_at, as_json, out, force), book)
        elif len(paths := [*(file.path for file in found.known), *found.unknown]) == 1 and not found.has_folder:
            price_table(paths[0], table, book)
        else:
            raise click.UsageError(
                "None of these files is of a shape that is known. llmpricing formats lists those that are; "
                "plain tables are priced one at a time."
            )


def _is_plain_table(asked: AskedFiles, found: FoundFiles) -> bool:
    """Whether the rows of the one file go to OUT as they are, with their cost."""
    from llmpricing.services.usage_log.formats.files import is_as_quotes_write

    if len(found.known) != 1 or found.unknown or found.has_folder or asked.says_more:
        return False
    file = found.known[0]
    return file.path.suffix in TABLES and is_as_quotes_write(file)
