"""Since when a source's lists price an offering no more, kept beside its newest observations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from llmpricing.domain.observations import FetchOutcome
from llmpricing.models import NewestObservationRow, Source, SourceFetch

_OFFERING, _LEFT_OUT = NewestObservationRow.offering_id, NewestObservationRow.left_out_at
_GIVEN = select(func.unnest(bindparam("offerings", type_=ARRAY(BigInteger)))).scalar_subquery()


def keep_last_sightings(session: Session, source: Source, fetch: SourceFetch) -> None:
    """Take over what this imported list leaves out and has again; from the list alone where it is the newest."""
    newest = select(func.max(SourceFetch.published_at)).where(
        SourceFetch.source_id == source.id, SourceFetch.is_reading()
    )
    if session.scalar(newest) != fetch.published_at:
        renew_last_sightings(session, source)
        return
    listed = {"offerings": [*fetch.listed, *fetch.zeroed]}
    _keep(session, source, listed, None, _OFFERING.in_(_GIVEN), _LEFT_OUT.is_not(None))
    _keep(session, source, listed, fetch.published_at, _OFFERING.not_in(_GIVEN), _LEFT_OUT.is_(None))


def renew_last_sightings(session: Session, source: Source) -> None:
    """Find anew since when the source's lists leave offerings out."""
    _keep(session, source, {}, None, _LEFT_OUT.is_not(None))
    by_time: dict[datetime, list[int]] = defaultdict(list)
    for offering, time in _left_out(session, source).items():
        by_time[time].append(offering)
    for time, offerings in by_time.items():
        _keep(session, source, {"offerings": offerings}, time, _OFFERING.in_(_GIVEN))


def _left_out(session: Session, source: Source) -> dict[int, datetime]:
    """The first of the source's last lists, in an unbroken row, that leave an offering out, by offering."""
    own = NewestObservationRow.source_id == source.id
    missing = set(session.scalars(select(_OFFERING).where(own).distinct()))
    found: dict[int, datetime] = {}
    for published, listed in _lists(session, source):
        missing -= listed
        if not missing:
            break
        found.update(dict.fromkeys(missing, published))
    return {offering: time for offering, time in found.items() if offering not in missing}


def _lists(session: Session, source: Source) -> Iterator[tuple[datetime, set[int]]]:
    """The source's readings, the newest first, with the offerings that each prices."""
    of_source = SourceFetch.source_id == source.id
    readings = select(SourceFetch.published_at, SourceFetch.sha256).where(of_source, SourceFetch.is_reading())
    content = select(SourceFetch.listed, SourceFetch.zeroed).where(
        of_source, SourceFetch.outcome == FetchOutcome.IMPORTED
    )
    for published, sha256 in session.execute(readings.order_by(SourceFetch.published_at.desc())).all():
        listed = session.execute(content.where(SourceFetch.sha256 == sha256)).first()
        yield published, {*listed.listed, *listed.zeroed} if listed else set()


def _keep(
    session: Session,
    source: Source,
    offerings: dict[str, list[int]],
    left_out_at: datetime | None,
    *which: ColumnElement[bool],
) -> None:
    statement = update(NewestObservationRow).where(NewestObservationRow.source_id == source.id, *which)
    session.execute(
        statement.values(left_out_at=left_out_at), offerings, execution_options={"synchronize_session": False}
    )
