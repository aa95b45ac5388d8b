"""`llmpricing trust`: which source is believed first on the prices of one provider."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import as_option, ini_option, json_option, note_option
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.source_trust import clear_trust, set_trust, trusts
from llmpricing.sources.registry import SOURCES

source_argument = click.argument("source", type=click.Choice(list(SOURCES)), metavar="SOURCE")


@click.group(cls=CommandGroup, short_help="Which source is believed first on a provider.")
def trust() -> None:
    """Which source is believed first on the prices of one provider."""


@trust.command(name="set")
@click.argument("provider")
@source_argument
@click.argument("rank", type=click.IntRange(1, 99), metavar="RANK")
@as_option
@note_option
@ini_option
def set_(provider: str, source: str, rank: int, actor: str | None, note: str | None, ini: Path) -> None:
    """Believe SOURCE at RANK on all prices of PROVIDER; 1 is believed first.

    What was published before stays answerable by known_at.

    \b
    llmpricing trust set azure litellm 1
    """
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        count = set_trust(session, by, provider, source, rank)
    say(f"{source} has rank {rank} on the prices of {provider}, by {by.name}; offerings published anew: {count:,}.")


@trust.command()
@click.argument("provider")
@source_argument
@as_option
@note_option
@ini_option
def clear(provider: str, source: str, actor: str | None, note: str | None, ini: Path) -> None:
    """Believe SOURCE on the prices of PROVIDER as on those of all others.

    \b
    llmpricing trust clear azure litellm
    """
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        count = clear_trust(session, by, provider, source)
    say(f"{source} has its usual rank on the prices of {provider}, by {by.name}; offerings published anew: {count:,}.")


@trust.command(name="list")
@ini_option
@json_option
def list_(ini: Path, as_json: bool) -> None:
    """Show where sources are believed otherwise than elsewhere.

    \b
    llmpricing trust list
    """
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        found = trusts(session)
    if as_json:
        say_json({"trust": [asdict(trust) for trust in found]})
        return
    for one in found:
        say(f"{one.provider}  {one.source}  {one.rank} (elsewhere {one.usual})")
    if not found:
        say("Every source has its usual rank everywhere.")
