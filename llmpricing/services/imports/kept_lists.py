"""The lists as they came, over which feeds lay the published prices: of each source the newest few."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.models import KeptList, Source, SourceFetch
from llmpricing.services.imports.fetches import ReadList
from llmpricing.sources.compression import packed
from llmpricing.sources.declaration import SourceInfo

KEPT = 3  # so that the one before is still there when a reading is taken back


def keep_list(session: Session, info: SourceInfo, source: Source, reading: ReadList) -> None:
    """Keep the list's bytes where feeds need them, and leave out all but the newest few of its source."""
    if not info.keeps_lists or reading.unmodified or is_kept(session, info, reading.sha256):
        return
    values = {"source_id": source.id, "sha256": reading.sha256, "data": packed(reading.data)}
    session.execute(upsert(KeptList).values(values).on_conflict_do_nothing())
    session.flush()
    newest = (
        select(SourceFetch.sha256)
        .where(SourceFetch.source_id == source.id, SourceFetch.undone_at.is_(None))
        .group_by(SourceFetch.sha256)
        .order_by(func.max(SourceFetch.published_at).desc())
        .limit(KEPT)
    )
    session.execute(
        delete(KeptList).where(
            KeptList.source_id == source.id, KeptList.sha256 != reading.sha256, KeptList.sha256.not_in(newest)
        )
    )


def is_kept(session: Session, info: SourceInfo, sha256: str) -> bool:
    """Whether the list of this digest is kept, or need not be."""
    kept = select(KeptList.sha256).join(Source, Source.id == KeptList.source_id)
    wanted = kept.where(Source.slug == info.slug, KeptList.sha256 == sha256)
    return not info.keeps_lists or session.scalar(wanted) is not None
