"""`llmpricing alias`: names of one's own for offerings, such as those of deployments."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from llmpricing.domain.times import day
from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.deciding import lists, say_all
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import as_option, ini_option, instant, note_option, span
from llmpricing.scripts.terminal import say
from llmpricing.services.decisions.own_aliases import OwnAlias, add_alias, end_alias, own_aliases
from llmpricing.services.names.name_files import read_aliases


@click.group(cls=CommandGroup, short_help="Names of your own for offerings.")
def alias() -> None:
    """Names of your own for offerings, such as those of your deployments."""


@alias.command()
@click.argument("name")
@click.argument("offering")
@click.option("--from", "valid_from", type=instant, metavar="TIME", help="The first day. Since ever, if left out.")
@click.option("--until", "valid_until", type=instant, metavar="TIME", help="The first day that no longer counts.")
@as_option
@note_option
@ini_option
def add(
    name: str,
    offering: str,
    valid_from: datetime | None,
    valid_until: datetime | None,
    actor: str | None,
    note: str | None,
    ini: Path,
) -> None:
    """Let NAME mean OFFERING.

    \b
    llmpricing alias add my-gpt openai/gpt-4o --from 2026-01-01
    """
    with failures_told(), open_book(ini_settings(ini)) as session:
        found = add_alias(session, decider(actor, note), name, offering, valid_from, valid_until)
    say(f"{found.name} means {found.offering}, {span(valid_from, valid_until)}.")


@alias.command()
@click.argument("name")
@click.option("--at", type=instant, metavar="TIME", help="The first day without it. Now, if left out.")
@as_option
@note_option
@ini_option
def end(name: str, at: datetime | None, actor: str | None, note: str | None, ini: Path) -> None:
    """Let NAME mean nothing any more.

    \b
    llmpricing alias end my-gpt --at 2027-01-01
    """
    by = decider(actor, note)
    with failures_told(), open_book(ini_settings(ini)) as session:
        end_alias(session, by, name, at or by.at)
    say(f"{name} means nothing from {day(at or by.at)} on.")


@alias.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_option
@note_option
@ini_option
def import_(file: Path, actor: str | None, note: str | None, ini: Path) -> None:
    """Give the names in FILE, as `llmpricing names FILE --aliases OUT` writes it, all of them or none.

    \b
    llmpricing alias import ours.csv
    """
    try:
        given = list(read_aliases(file.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be read: {error}.") from None
    with failures_told(), open_book(ini_settings(ini)) as session:
        for name, offering in given:
            add_alias(session, decider(actor, note), name, offering)
    say(f"{len(given)} names were given. See: llmpricing alias list")


@alias.command(name="list")
@lists
def list_(as_json: bool, ini: Path) -> None:
    """Show all names of your own.

    \b
    llmpricing alias list
    """
    say_all(ini, as_json, "aliases", own_aliases, _line, "There are none.")


def _line(one: OwnAlias) -> str:
    return f"{one.name}  {one.offering}  {span(one.valid_from, one.valid_until)}"
