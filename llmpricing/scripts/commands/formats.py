"""`llmpricing formats`: the shapes of usage files that are read as they are."""

from __future__ import annotations

import click

from llmpricing.scripts.options import json_option
from llmpricing.scripts.terminal import say, say_json

_MISSING = "Reading usage files needs Arrow and NumPy. Install them: pip install 'llmpricing[bulk]'."


@click.command(short_help="List the shapes of usage files that are known.")
@json_option
def formats(as_json: bool) -> None:
    """List the shapes of usage files that `llmpricing price` reads as they are, one line each: its name, what writes
    it, and what its records count. A file's shape is told by its content; --format NAME forces one.
    """
    try:
        from llmpricing.services.usage_log.formats.registry import SHAPES
    except ModuleNotFoundError:
        raise click.ClickException(_MISSING) from None
    if as_json:
        say_json([{"name": one.name, "title": one.title, "counts": one.counts} for one in SHAPES])
        return
    width = max(len(one.name) for one in SHAPES)
    for one in SHAPES:
        say(f"{one.name:{width}}  {one.title}: {one.counts}")
