"""Price lists with their dates, imported into a book one after the other, in any order; each import is watched."""

from __future__ import annotations

import lzma
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Provider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.publishing.readings import lists_of, newest_list, sources_by_provider
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import SOURCES
from tests.invariants.answers import Answers, answers, names_of_book
from tests.invariants.moves import Import, Moves, compare

SEED = 20261122


@dataclass(frozen=True)
class DatedList:
    """A list of a source, as it was published at a time."""

    source: str
    published_at: datetime
    data: bytes

    def __str__(self) -> str:
        return f"{self.source} of {self.published_at:%Y-%m-%d}"


def dated_maps(folder: Path) -> list[DatedList]:
    """LiteLLM's maps of a folder (DATE.json or DATE.json.xz), in order of date."""
    return [_dated_map(path) for path in sorted(folder.glob("????-??-??.json*"))]


def _dated_map(path: Path) -> DatedList:
    data = path.read_bytes()
    published = datetime.fromisoformat(path.name[:10]).replace(tzinfo=UTC)
    return DatedList("litellm", published, lzma.decompress(data) if path.suffix == ".xz" else data)


def bundled_models_dev() -> DatedList:
    """The bundled list of models.dev, whose prices a new book leaves out."""
    found = bundled(SOURCES["models-dev"])
    return DatedList("models-dev", found.published_at, found.data)


def orders(lists: Sequence[DatedList]) -> dict[str, list[DatedList]]:
    """The lists by date, the other way round, and shuffled, the same in every run."""
    by_date = sorted(lists, key=lambda one: one.published_at)
    shuffled = list(by_date)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311 - the same in every run
    return {"by date": by_date, "newest first": by_date[::-1], "shuffled": shuffled}


def import_one(session: Session, one: DatedList, now: datetime) -> None:
    """Import a list; raises ImportRefused or SourceError where it does not land."""
    reading = ReadList(one.data, one.published_at, now, str(one))
    with session.begin():
        import_lists(session, [(SOURCES[one.source], reading)])


def watched(
    session: Session, lists: Sequence[DatedList], moments: Sequence[datetime], now: datetime, every: int = 1
) -> Iterator[Moves]:
    """Import the lists in this order; yields what each did to the answers of all names that were there before, or of
    about one in ``every``.
    """
    before = _asked(session, moments, every)
    for number, one in enumerate(lists, 1):
        imported = Import(one.source, one.published_at, _newest(session))
        import_one(session, one, now + timedelta(minutes=number))
        after = _asked(session, moments, every)
        yield compare(before, after, imported)
        before = after


def _newest(session: Session) -> dict[str, datetime]:
    """When each seller's newest list of any source was published."""
    with session.begin():
        slugs = dict(session.execute(select(Provider.id, Provider.slug)).all())
        lists, sources = lists_of(session), sources_by_provider(session, list(slugs))
        return {slugs[provider]: newest_list(lists, of) for provider, of in sources.items()}


def _asked(session: Session, moments: Sequence[datetime], every: int) -> Answers:
    with session.begin():
        # By the name itself, so that the same names are asked whatever else is imported.
        names = [name for name in names_of_book(session) if crc32(name.encode()) % every == 0]
        return answers(session, names, moments)
