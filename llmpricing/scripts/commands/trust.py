"""`llmpricing trust`: which source is believed first on the prices of one provider."""

from __future__ import annotations

from pathlib import Path

import click

from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import decides, decision, lists, say_all
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.source_trust import Trust, clear_trust, set_trust, trusts
from llmpricing.sources.registry import SOURCES

source_argument = click.argument("source", type=click.Choice(list(SOURCES)), metavar="SOURCE")


@click.group(cls=CommandGroup, short_help="Which source is believed first on a provider.")
def trust() -> None:
    """Which source is believed first on the prices of one provider."""


@trust.command(name="set")
@click.argument("provider")
@source_argument
@click.argument("rank", type=click.IntRange(1, 99), metavar="RANK")
@decides
def set_(provider: str, source: str, rank: int, actor: str | None, note: str | None, ini: Path) -> None:
    """Believe SOURCE at RANK on all prices of PROVIDER; 1 is believed first.

    What was published before stays answerable by known_at.

    \b
    llmpricing trust set azure litellm 1
    """
    with decision(ini, actor, note) as (session, by):
        count = set_trust(session, by, provider, source, rank)
    say(f"{source} has rank {rank} on the prices of {provider}, by {by.name}; offerings published anew: {count:,}.")


@trust.command()
@click.argument("provider")
@source_argument
@decides
def clear(provider: str, source: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Believe SOURCE on the prices of PROVIDER as on those of all others.

    \b
    llmpricing trust clear azure litellm
    """
    with decision(ini, actor, note) as (session, by):
        count = clear_trust(session, by, provider, source)
    say(f"{source} has its usual rank on the prices of {provider}, by {by.name}; offerings published anew: {count:,}.")


@trust.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show where sources are believed otherwise than elsewhere.

    \b
    llmpricing trust list
    """
    say_all(ini, as_json, "trust", trusts, _line, "Every source has its usual rank everywhere.")


def _line(one: Trust) -> str:
    return f"{one.provider}  {one.source}  {one.rank} (elsewhere {one.usual})"
