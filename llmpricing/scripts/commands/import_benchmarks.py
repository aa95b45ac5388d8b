"""`llmpricing import-benchmarks`: scores of benchmarks out of a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from llmpricing.domain.money import MoneyError, parse_decimal
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.domain.scores.score_file import COLUMNS, FailedRow, ScoreFileError, ScoreFileShape
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import as_option, ini_option, note_option
from llmpricing.scripts.terminal import say
from llmpricing.scripts.written_files import put_file
from llmpricing.services.scores.importing_scores import ScoresRead, import_scores
from llmpricing.services.usage_log.write.csv_cells import csv_line


def _factor(_context: click.Context, _option: click.Parameter, text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except MoneyError:
        raise click.BadParameter(f"{text!r} is no number such as 100.") from None


def _columns(_context: click.Context, _option: click.Parameter, stated: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in stated]
    for ours, _, theirs in pairs:
        if ours not in COLUMNS or not theirs:
            raise click.BadParameter(f"{ours!r}: write one of {', '.join(COLUMNS)}, =, and the file's column.")
    return {ours: theirs for ours, _, theirs in pairs}


@click.command(name="import-benchmarks", short_help="Scores of benchmarks, out of a CSV file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would come in, and keep nothing.")
@click.option(
    "--failed", type=click.Path(dir_okay=False, path_type=Path), help="Where rows that were left out go, with reasons."
)
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), help="Of all rows, where the file does not say.")
@click.option("--source", metavar="URL", help="Where all rows are published, where the file does not say.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", callback=_columns, help="A renamed column.")
@click.option(
    "--mean", "parts", multiple=True, metavar="THEIRS", help="A column of which, with others, the score is the mean."
)
@click.option("--factor", default="1", callback=_factor, help="What scores are multiplied by: 100 for shares.")
@as_option
@note_option
@ini_option
def import_benchmarks(
    file: Path,
    dry_run: bool,
    failed: Path | None,
    benchmark: str | None,
    source: str | None,
    columns: dict[str, str],
    parts: tuple[str, ...],
    factor: Decimal,
    actor: str | None,
    note: str | None,
    ini: Path,
) -> None:
    """Keep the scores in FILE, a CSV of model, benchmark, score, measured_on, source_url and note.

    Rows that can be read come in; the others go to FILE.failed.csv, or where --failed says, each with its reason. A
    day that is not known is left empty. Epoch AI's files: --benchmark gpqa_diamond --factor 100 --source URL
    --column 'model=Model version' --column score=mean_score. LiveBench's tables have a column a task: --benchmark
    livebench_coding --mean code_generation --mean code_completion --source URL

    \b
    llmpricing import-benchmarks scores.csv --dry-run
    """
    common = {name: text for name, text in (("benchmark", benchmark), ("source_url", source)) if text}
    shape = ScoreFileShape(columns, common, factor, parts)
    rejected = failed or _free_beside(file)
    if rejected.exists() and not dry_run:
        raise click.ClickException(f"{rejected} is there already: move it away, or name another file by --failed.")
    try:
        text = _text_of(file)
        with failures_told(), open_book(ini_settings(ini), commit=not dry_run) as session:
            read = import_scores(session, decider(actor, note), text, file.name, shape)
    except ScoreFileError as error:
        raise click.ClickException(f"{file} cannot be read: {error}.") from None
    _tell(read, dry_run)
    if read.failed and dry_run:
        for row in read.failed:
            say(f"Line {row.line} would be left out: {row.reason}")
    elif read.failed:
        _write_failed(rejected, read.failed)
        left = f"{len(read.failed)} rows were" if len(read.failed) > 1 else "1 row was"
        say(f"{left} left out: mend what is in {rejected} and import that file.")


def _text_of(file: Path) -> str:
    data = file.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScoreFileError(f"line {line} is no text in UTF-8. Save it as CSV in UTF-8, and import that") from None


def _tell(read: ScoresRead, is_trial: bool) -> None:
    done = "would come in" if is_trial else "came in"
    say(f"{read.new} new scores {done}, {read.changed} changed ones; {read.same} were known.")
    for one in read.out_of_range:
        bounds = BENCHMARKS[one.benchmark]
        say(f"Look: {one.model} has {one.score} at {bounds.name}, beyond {bounds.lowest} to {bounds.highest}.")


def _free_beside(file: Path) -> Path:
    """A name beside the file that nothing has: an earlier one may be mended just now."""
    names = (f"{file.name}.failed{number}.csv" for number in ("", *range(2, 1000)))
    return next((path for name in names if not (path := file.with_name(name)).exists()), file)


def _write_failed(path: Path, rows: Sequence[FailedRow]) -> None:
    """The rows as they stood, with the line that each had and why it was left out."""
    names = [name for name in rows[0].cells if name not in ("line", "reason")]  # of an earlier such file
    lines = [csv_line([*names, "line", "reason"])]
    lines += [csv_line([*(row.cells.get(name, "") for name in names), str(row.line), row.reason]) for row in rows]
    put_file(path, ("\n".join(lines) + "\n").encode())
