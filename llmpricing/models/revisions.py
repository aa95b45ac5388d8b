"""Where the migrations lie, which one is the newest, and what keeps changes apart; without what runs migrations."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

MIGRATION_LOCK = 7_266_001  # advisory: one migration at a time
INITIALISE_LOCK = 7_266_002  # advisory: one initialisation at a time
IMPORT_LOCK = 7_266_003  # advisory: one import at a time
ASKED_IMPORT_LOCK = 7_266_004  # advisory: one import at a time that an operator asked for, from the asking to its end
IMPORT_RUNS_LOCK = 7_266_005  # advisory, shared: who imports, also while it fetches, or takes a reading back
_MIGRATION = re.compile(r"([0-9]{4})_\w+\.py")


def location() -> Path:
    """The folder of the migrations: ``alembic/`` of a checkout, or inside the installed package."""
    package = Path(__file__).parents[1]
    checkout = package.parent / "alembic"
    return checkout if (checkout / "env.py").is_file() else package / "migrations"


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions that this code knows, the newest first: by the names of their files, each after the one before."""
    names = (_MIGRATION.fullmatch(file.name) for file in (location() / "versions").iterdir())
    revisions = tuple(sorted((name[1] for name in names if name), reverse=True))
    assert revisions, "the package holds no migrations"  # noqa: S101 - a broken build
    return revisions


def head() -> str:
    """The newest revision that this code knows."""
    return known_revisions()[0]
