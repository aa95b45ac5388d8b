"""A price book's file made of price lists alone, in a PostgreSQL that lives no longer than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Engine, update

from llmpricing.domain.times import EarlierThanKnown, day
from llmpricing.local_stores import StoreError, running_postgres
from llmpricing.local_stores.binaries import installed_binaries
from llmpricing.models import BookVersion, migrations
from llmpricing.models.session import transaction
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.scripts.progress import progress_bar
from llmpricing.services.decisions.exchange_rates import set_exchange_rate
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import ImportSummary, import_lists
from llmpricing.services.imports.seeding import seed
from llmpricing.services.price_book.export import export_book
from llmpricing.services.scores.seeding_scores import seed_scores
from llmpricing.settings import BUNDLED_LISTS, Settings, read_settings
from llmpricing.sources.bundled import bundled
from llmpricing.sources.bundled_scores import bundled_scores
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import SourceError
from llmpricing.sources.registry import bundled_lists

_BUILT = UUID("8e8f5d0c-6d0c-5b3e-9f43-0b7c1d2a4e61")  # the names of books that are built


def default_settings(environ: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Those of a machine without an ini file, and without the variables that name a database of somebody's own, but for
    those in ``environ``.
    """
    nowhere = {"sqlalchemy.url": "postgresql+psycopg2://localhost/none", "redis.url": "redis://localhost/0"}
    return read_settings(nowhere, environ=environ)


class NothingKnown(EarlierThanKnown):
    """No list of those that come along was published by then."""

    def __init__(self) -> None:
        first = min(_published(one) for one in bundled_lists((BUNDLED_LISTS,)) if _has_prices(one))
        super().__init__(
            f"is too early: the oldest list that comes along is of {day(first)}. Name an older one with "
            "--list SOURCE=FILE@DATE, or a later time."
        )


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
    known_at: datetime | None = None,
) -> tuple[str, list[ImportSummary]]:
    """Write the book of the bundled lists and scores (``seeding``), then of these and of ``rates``; its SHA-256, and
    what each list did. With ``known_at`` of the bundled lists that were published by then, of no scores, which do not
    say since when they are known, and of nothing that is known later.

    It counts as known since ``known_at``, else since the newest of the lists was published, so that the same lists
    make the same bytes whenever they are read. By the rules of every import. No database of anybody is touched, and
    nothing is left but ``file``: raises StoreError where PostgreSQL is not installed with us, SourceError,
    ImportRefused, DBAPIError and OSError, NothingKnown where no list is left.
    """
    seeds = _known_seeds(settings, known_at) if seeding else []
    _need_installed(seeds)
    if known_at and not seeds and not lists:
        raise NothingKnown
    published = [*map(_published, seeds), *(reading.published_at for _, reading in lists)]
    known = known_at or max(published, default=datetime.now(UTC))
    scores = bundled_scores() if seeding and known_at is None else ""
    changes = bool(seeds) + len(lists) + bool(scores) + len(rates)
    moments = iter([known - timedelta(microseconds=left) for left in reversed(range(changes))])
    with running_postgres() as url, script_engine(replace(settings, database_url=url)) as engine:
        with engine.connect() as connection:
            migrations.upgrade(connection, settings.lock_timeout_s)
        summaries = _imported(engine, seeds, lists, settings, moments)
        if scores:
            with transaction(engine) as session:
                seed_scores(session, scores, next(moments))
        with transaction(engine) as session:
            for one in rates:
                by = Decider("llmpricing book build", next(moments))
                set_exchange_rate(session, by, one.currency, one.usd, by.name, one.valid_from)
        with transaction(engine) as session:
            session.execute(
                update(BookVersion).values(book=_book_of(seeds, lists, scores, rates, known), changed_at=known)
            )
            return export_book(session, file, known_at=known_at, scores=bool(scores)), summaries


def _known_seeds(settings: Settings, known_at: datetime | None) -> list[SourceInfo]:
    """The bundled lists that were published by then; none where none of them has prices."""
    found = [one for one in bundled_lists(settings.seed) if known_at is None or _published(one) <= known_at]
    return found if known_at is None or any(map(_has_prices, found)) else []


def _has_prices(info: SourceInfo) -> bool:
    return info.bundled is not None and not info.bundled.describes_only


def _published(info: SourceInfo) -> datetime:
    assert info.bundled is not None  # noqa: S101 - it is one of the bundled lists
    return info.bundled.published_at


def _book_of(
    seeds: Sequence[SourceInfo],
    lists: Sequence[tuple[SourceInfo, ReadList]],
    scores: str,
    rates: Sequence[StatedRate],
    known: datetime,
) -> UUID:
    """Which price book it is: that of what it is made of, and of no database."""
    bundles = [(one.slug, one.bundled and one.bundled.version) for one in seeds]
    read = [(info.slug, reading.sha256, reading.published_at) for info, reading in lists]
    return uuid5(_BUILT, str((metadata.version("llmpricing"), bundles, read, scores, rates, known)))


def _need_installed(seeds: Sequence[SourceInfo]) -> None:
    """Raise StoreError where something lacks, all of it at once, before any server is started for nothing."""
    extras, reasons = [], []
    try:
        installed_binaries()
    except StoreError:
        extras.append("stores")
        reasons.append("A book is built in a PostgreSQL of its own, which is not installed for this Python.")
    try:
        for info in seeds:
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
    engine: Engine,
    seeds: Sequence[SourceInfo],
    lists: Sequence[tuple[SourceInfo, ReadList]],
    settings: Settings,
    moments: Iterator[datetime],
) -> list[ImportSummary]:
    grace, summaries = settings.evidence_grace_days, list[ImportSummary]()
    if seeds:
        with transaction(engine) as session, progress_bar("Publishing the bundled lists") as progress:
            summaries += seed(session, [one.slug for one in seeds], next(moments), progress, grace_days=grace)
    for info, reading in lists:
        known = replace(reading, fetched_at=next(moments))
        with transaction(engine) as session, progress_bar(f"Publishing {info.slug}") as progress:
            summaries += import_lists(session, [(info, known)], progress, grace_days=grace)
    return summaries
