"""Fill a new price book from the price lists that come with the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from llmpricing.services.catalogue.freshness import BUNDLED
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import ImportSummary, Progress, import_lists
from llmpricing.services.imports.undoing import was_undone
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import bundled_lists


def seed(
    session: Session, sources: Sequence[str], now: datetime, progress: Progress, *, grace_days: int | None = None
) -> list[ImportSummary]:
    """Import the bundled lists of these sources, in one transaction; a list that is in already changes nothing, and one
    that a person took back stays out.

    ``sources`` are the words of ``llmpricing.seed``, ``grace_days`` as import_lists takes it. Raises SourceError where
    a list is not known, or not installed as pinned.
    """
    lists = []
    for info in bundled_lists(sources):
        found = bundled(info)
        describes_only = info.bundled is not None and info.bundled.describes_only
        origin = f"{BUNDLED} {found.version}"
        reading = ReadList(found.data, found.published_at, now, origin, describes_only=describes_only)
        if not was_undone(session, reading.sha256, reading.published_at):
            lists.append((info, reading))
    lists.sort(key=lambda pair: pair[1].describes_only)  # an offering must be there before it is described
    return import_lists(session, lists, progress, grace_days=grace_days) if lists else []
