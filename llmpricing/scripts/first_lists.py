"""The public lists of today for a price book that holds none but those of its installation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from llmpricing.local_stores.opening import OpenStores
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.supervisor import run_briefly
from llmpricing.scripts.terminal import say
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.sources.reach import reachable
from llmpricing.sources.registry import SOURCES

REACH_S = 3.0
MOST_S = 60.0  # for all lists
STOP_S = 5.0  # of it for ending a program that took too long
_LATER = "Next: llmpricing import --all, when there is a network. --offline leaves this out."


def fetch_first_lists(ini: Path, stores: OpenStores) -> None:
    """Import every public list from its address where none was fetched before; a failure is a line, never an end.

    Takes MOST_S at most, and REACH_S without a network. A book that is to begin empty stays so.
    """
    began = monotonic()
    if not _wanted(ini):
        return
    found = reachable([source.url for source in SOURCES.values()], REACH_S)
    if not found:
        say(f"Today's price lists could not be fetched: no network. {_LATER}")
        return
    say("Fetching today's price lists ...")
    for slug, source in SOURCES.items():
        if source.url not in found:
            say(f"{slug}: its host does not answer. {_LATER}")
            continue
        left_s = began + MOST_S - STOP_S - monotonic()
        said = run_briefly(["llmpricing.scripts.cli", "import", slug, "-c", str(ini)], stores, left_s, STOP_S)
        if said is None:
            say(f"{slug}: not within {MOST_S:g} s for all lists, so it was left out. Next: llmpricing import --all")
            return
        if said:  # a failure has said its line already, on standard error
            say(said)


def _wanted(ini: Path) -> bool:
    settings = ini_settings(ini)
    if not settings.seed:
        return False
    with failures_told(), open_book(settings, commit=False) as session:
        return all(age.bundled for age in source_ages(session, datetime.now(UTC)))
