"""What commands that decide, and those that list what was decided, share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from llmpricing.scripts.asked_database import decider, failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import as_option, ini_option, json_option, note_option
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.reviews_and_pins import Decider

Shown = TypeVar("Shown")


def decides(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command that decides: ``actor``, ``note`` and ``ini``, as ``decision`` takes them."""
    return as_option(note_option(ini_option(command)))


def lists(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command that lists: ``as_json`` and ``ini``, as ``say_all`` takes them."""
    return json_option(ini_option(command))


@contextmanager
def decision(ini: Path, actor: str | None, note: str | None) -> Iterator[tuple[Session, Decider]]:
    """A session on the price book, and who decides now; kept at the end of the block, failures told in plain words."""
    with failures_told(), open_book(ini_settings(ini)) as session:
        yield session, decider(actor, note)


def say_all(
    ini: Path,
    as_json: bool,
    name: str,
    read: Callable[[Session], Sequence[Shown]],
    line: Callable[[Shown], str],
    none: str,
    *,
    document: Callable[[Shown], Any] = lambda one: one,
) -> None:
    """Show what ``read`` finds: as JSON under ``name``, each as ``document`` has it, else a line each, or the words for
    ``none``.
    """
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
        found = read(session)
    if as_json:
        say_json({name: [document(one) for one in found]})
        return
    for one in found:
        say(line(one))
    if not found:
        say(none)
