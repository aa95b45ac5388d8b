"""Fill a new price book from the price lists that come with the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from llmpricing.services.importing import Progress, Reading, Summary, import_lists
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import source_info


def seed(session: Session, sources: Sequence[str], now: datetime, progress: Progress) -> list[Summary]:
    """Import the bundled lists of these sources, in one transaction; a list that is in already changes nothing.

    A list is skipped where something newer of its source was read: SourceError if it is not installed as pinned.
    """
    lists = []
    for slug in sources:
        found = bundled(slug)
        reading = Reading(found.data, found.published_at, now, f"bundled {found.version}")
        lists.append((source_info(slug), reading))
    return import_lists(session, lists, progress) if lists else []
