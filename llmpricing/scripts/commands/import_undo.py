"""`llmpricing import list` and `llmpricing import undo`: what was read, and taking a reading back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy.orm import Session

from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import ListedNumber, as_option, ini_option, json_option, note_option
from llmpricing.scripts.prices_moved import say_moves
from llmpricing.scripts.progress import progress_bar
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.effects import PriceMove, moved_by
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.running import shown_as_running
from llmpricing.services.imports.undoing import Reading, readings, undo
from llmpricing.settings import Settings
from llmpricing.sources.registry import SOURCES


@click.command(name="list")
@click.option("--source", type=click.Choice(list(SOURCES)), help="Only of this source.")
@click.option("--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, newest first.")
@json_option
@ini_option
def list_(source: str | None, most: int, as_json: bool, ini: Path) -> None:
    """Show what was read, each reading with its number, the newest first.

    \b
    llmpricing import list
    """
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        found = readings(session, source, most)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    for one in found:
        undone = f", taken back on {one.undone_at:%Y-%m-%d}" if one.undone_at else ""
        say(
            f"{one.id}  {one.source} of {one.published_at:%Y-%m-%d %H:%M} UTC, {one.outcome} on "
            f"{one.fetched_at:%Y-%m-%d %H:%M} from {one.origin}: {one.changes:,} changes{undone}"
        )
    if not found:
        say("Nothing was read yet. See: llmpricing import --help")


@click.command(name="undo")
@click.argument("number", type=ListedNumber("llmpricing import list"))
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_option
@note_option
@ini_option
def undo_(number: int, yes: bool, actor: str | None, note: str | None, ini: Path) -> None:
    """Take back the reading that `llmpricing import list` shows under NUMBER.

    Published prices become those of a book that never read it, and what later lists of its source say stays; what it
    would do to today's prices is shown before. Nothing is deleted: answers as known before stay, the audit log holds
    it, and the same list can be imported again.

    \b
    llmpricing import undo 7
    """
    by, settings = decider(actor, note), ini_settings(ini)
    reading, moves = _effect(settings, number, by)
    say(f"Reading {number}: {reading.source} of {reading.published_at:%Y-%m-%d %H:%M} UTC, from {reading.origin}.")
    say_moves(moves)
    if not yes:
        click.confirm("Is it to be taken back?", abort=True)
    with failures_told(), shown_as_running(settings), open_book(settings) as session:
        _undo(session, number, by)
    say(f"Reading {number} was taken back by {by.name}.")


def _effect(settings: Settings, number: int, by: Decider) -> tuple[Reading, list[PriceMove]]:
    """What taking it back would do to the prices of now: it is tried, and not kept. Shown as running only until a
    person is asked, who may take long.
    """
    found: list[Reading] = []
    with failures_told(), shown_as_running(settings), open_book(settings, commit=False) as session:
        moves = moved_by(session, None, by.at, lambda: found.append(_undo(session, number, by)))
    return found[0], moves


def _undo(session: Session, number: int, by: Decider) -> Reading:
    with progress_bar("Publishing") as progress:
        return undo(session, number, by.name, by.at, by.note, progress)


BESIDE: Mapping[str, click.Command] = {"list": list_, "undo": undo_}
