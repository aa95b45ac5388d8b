"""`llmpricing formats`: the shapes of usage files that are read as they are."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click

from llmpricing.scripts.options import json_option
from llmpricing.scripts.terminal import say, say_json

_MISSING = "Reading usage files needs NumPy. Install it: pip install 'llmpricing[bulk]'."


@click.command(short_help="List the shapes of usage files that are known.")
@click.option(
    "--suggest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a first MAP.toml for price --columns, by this file's columns.",
)
@json_option
def formats(suggest: Path | None, as_json: bool) -> None:
    """List the shapes of usage files that `llmpricing price` reads as they are, one line each: its name, what writes
    it, and what its records count. A file's shape is told by its content; --format NAME forces one.

    \b
    llmpricing formats
    llmpricing formats --suggest usage.csv > map.toml
    """
    try:
        from llmpricing.services.usage_log.formats.registry import SHAPES

        if suggest:
            _suggest(suggest)
            return
    except ModuleNotFoundError:
        raise click.ClickException(_MISSING) from None
    if as_json:
        say_json([{"name": one.name, "title": one.title, "counts": one.counts} for one in SHAPES])
        return
    width = max(len(one.name) for one in SHAPES)
    for one in SHAPES:
        say(f"{one.name:{width}}  {one.title}: {one.counts}")


def _suggest(path: Path) -> None:
    from llmpricing.services.usage_log.columns import LogError
    from llmpricing.services.usage_log.formats.raw_rows import raw_rows
    from llmpricing.services.usage_log.formats.registry import SAMPLE, recognised
    from llmpricing.services.usage_log.formats.suggested_columns import suggested

    try:
        rows = [row.fields for row in islice(raw_rows(path), SAMPLE)]
        if known := recognised(rows):
            say(f"# {path} is of the shape {known.name}: llmpricing price reads it as it is.")
        for line in suggested(rows):
            for one in line.split("\n"):
                say(one)
    except LogError as error:
        raise click.ClickException(str(error)) from None
