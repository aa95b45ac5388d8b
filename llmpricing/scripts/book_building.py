"""A price book's file made of price lists alone, in a PostgreSQL that lives no longer than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Engine

from llmpricing.local_stores import StoreError, running_postgres
from llmpricing.local_stores.binaries import installed_binaries
from llmpricing.models import migrations
from llmpricing.models.session import transaction
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.scripts.progress import progress_bar
from llmpricing.services.decisions.exchange_rates import set_exchange_rate
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import ImportSummary, import_lists
from llmpricing.services.imports.seeding import seed
from llmpricing.services.price_book.export import export_book
from llmpricing.settings import Settings, read_settings
from llmpricing.sources.bundled import bundled
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import bundled_lists


def default_settings(environ: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Those of a machine without an ini file, and without the variables that name a database of somebody's own, but for
    those in ``environ``.
    """
    nowhere = {"sqlalchemy.url": "postgresql+psycopg2://localhost/none", "redis.url": "redis://localhost/0"}
    return read_settings(nowhere, environ=environ)


class StatedRate(NamedTuple):
    """What one unit of a currency is worth in USD, from a day on."""

    currency: str
    usd: Decimal
    valid_from: datetime


def build_book(
    file: Path,
    lists: Sequence[tuple[SourceInfo, ReadList]],
    settings: Settings,
    *,
    seeding: bool,
    rates: Sequence[StatedRate] = (),
) -> tuple[str, list[ImportSummary]]:
    """Write the book of the bundled lists (``seeding``), then of these and of ``rates``; its SHA-256, and what each
    list did.

    By the rules of every import. No database of anybody is touched, and nothing is left but ``file``: raises
    StoreError where PostgreSQL is not installed with us, SourceError, ImportRefused, DBAPIError and OSError.
    """
    _need_installed(settings, seeding=seeding)
    with running_postgres() as url, script_engine(replace(settings, database_url=url)) as engine:
        with engine.connect() as connection:
            migrations.upgrade(connection, settings.lock_timeout_s)
        summaries = _imported(engine, lists, settings, seeding=seeding)
        by = Decider("llmpricing book build", datetime.now(UTC))
        with transaction(engine) as session:
            for one in rates:
                set_exchange_rate(session, by, one.currency, one.usd, by.name, one.valid_from)
        with transaction(engine) as session:
            return export_book(session, file), summaries


def _need_installed(settings: Settings, *, seeding: bool) -> None:
    """Raise StoreError where something lacks, all of it at once, before any server is started for nothing."""
    extras, reasons = [], []
    try:
        installed_binaries()
    except StoreError:
        extras.append("stores")
        reasons.append("A book is built in a PostgreSQL of its own, which is not installed for this Python.")
    try:
        for info in bundled_lists(settings.seed) if seeding else ():
            bundled(info)
    except SourceError as error:
        extras.append("seed")
        reasons.append(f"{str(error).partition(': pip install')[0]}, for the lists that come along.")
    if extras:
        raise StoreError(
            f"{' '.join(reasons)}\nNext: pip install 'llmpricing[{','.join(extras)}]'; or take a book that was made "
            "elsewhere: nothing of this is needed to ask one with --book."
        )


def _imported(
    engine: Engine, lists: Sequence[tuple[SourceInfo, ReadList]], settings: Settings, *, seeding: bool
) -> list[ImportSummary]:
    grace, summaries = settings.evidence_grace_days, []
    if seeding:
        with transaction(engine) as session, progress_bar("Publishing the bundled lists") as progress:
            summaries += seed(session, settings.seed, datetime.now(UTC), progress, grace_days=grace)
    for info, reading in lists:
        with transaction(engine) as session, progress_bar(f"Publishing {info.slug}") as progress:
            summaries += import_lists(session, [(info, reading)], progress, grace_days=grace)
    return summaries
