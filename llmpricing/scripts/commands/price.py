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
from llmpricing.scripts.commands.price_table import TableOptions, price_table
from llmpricing.scripts.options import instant, json_option
from llmpricing.scripts.usage_paths import usage_paths
from llmpricing.scripts.usage_shapes import given_shape, offerings_named, told_apart

_MISSING = "Pricing logs needs NumPy. Install it: pip install 'llmpricing[bulk]'."
# Who says one of these means a plain table, whatever its columns look like.
_OF_TABLES = ("rejects", "at_column", "model_column", "usage_format")


@click.command(short_help="Price usage files of any size.")
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "shape", metavar="NAME", help="What the files are, as llmpricing formats lists it.")
@click.option(
    "--columns",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="MAP.toml",
    help="What the columns of any other file mean; llmpricing formats --suggest FILE writes a first one.",
)
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
@click.option("--provider", metavar="NAME", help="The seller, where the files do not say it.")
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
@click.option("--assume-utc", is_flag=True, help="Times without an offset are UTC.")
@click.option("--force", is_flag=True, help="Replace OUT and REJECTS where they exist.")
@json_option
@asks_book
@click.pass_context
def price(
    context: click.Context,
    files: tuple[str, ...],
    shape: str | None,
    columns: Path | None,
    out: Path | None,
    rejects: Path | None,
    at_column: str | None,
    model_column: str,
    usage_format: UsageFormat,
    provider: str | None,
    offerings: tuple[tuple[str, str], ...],
    ignored: tuple[str, ...],
    known_at: datetime | None,
    assume_utc: bool,
    force: bool,
    as_json: bool,
    book: AskedBook,
) -> None:
    """Price usage files, as their tools write them: files, folders, globs, or - for standard input.

    A file whose shape is known (llmpricing formats lists them) is recognised by its content, packed by gzip or zstd or
    not, and answered with its bill: what was priced, what is not billed or repeated, what has no price, and why. With
    -o each of its records goes to OUT, with its counts, what was charged, its outcome and its cost.

    Any other file is a plain table (CSV, NDJSON or Parquet): its rows with their cost go to OUT, rows that have none
    and why to REJECTS. Columns named as quotes name usage (input_tokens, cache_read_tokens, ...; prompt_tokens and
    completion_tokens too) are counted; provider, service_tier, region and other conditions of prices are honoured; the
    rest is kept. A table with other columns that look like counts is refused: rename them, or say --usage-format or
    --ignore-column. With --usage-format the columns are the fields of a provider's usage object
    (prompt_tokens_details.cached_tokens, ...), or one column usage holds it.

    OUT and REJECTS appear when all is done, readable by nobody who cannot read FILE. In CSV files, a cell that would
    begin a formula in a spreadsheet (= + - @ tab, but no number) has an apostrophe before it.
    """
    is_table = any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in _OF_TABLES)
    table = TableOptions(out, rejects, at_column, model_column, usage_format, ignored, known_at, assume_utc, force)
    bill = BillOptions(ignored, known_at, as_json, out, force, provider, offerings)
    with usage_paths(files) as (paths, is_many):
        try:
            given = given_shape(shape, columns)
            known, unknown = ([], list(paths)) if is_table and not given else told_apart(paths, given, is_many)
            if known:
                price_bill(known, unknown, bill, book)
            elif len(unknown) == 1 and not is_many:
                price_table(unknown[0], table, book)
            else:
                raise click.UsageError(
                    "None of these files is of a shape that is known. llmpricing formats lists those that are; "
                    "plain tables are priced one at a time."
                )
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] in ("numpy", "pyarrow"):
                raise click.ClickException(_MISSING) from None
            raise
