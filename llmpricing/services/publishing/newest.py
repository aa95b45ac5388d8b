"""The newest observation of each source and component, kept apart from the history and in step with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, delete, select, text
from sqlalchemy.orm import Session

from llmpricing.models import NewestObservationRow, Source

_COLUMNS = ", ".join(column.key for column in NewestObservationRow.__table__.columns if column.key != "left_out_at")

# The offerings stand apart as well: by them few rows are looked at, however old the statistics that choose the plan.
_DROP = text("""
    delete from newest_observation as newest
     using unnest(:offerings, :components) as stated (offering_id, component)
     where newest.source_id = :source and newest.offering_id = any(:offerings)
       and newest.offering_id = stated.offering_id and newest.component = stated.component
""").bindparams(bindparam("offerings", type_=ARRAY(BigInteger)), bindparam("components", type_=ARRAY(Text)))

_RENEW = text(f"""
    insert into newest_observation ({_COLUMNS})
    select {_COLUMNS} from (
        select *, rank() over (partition by offering_id, component order by time desc, fetch_id desc) as place
          from model_pricing_history
         where source_id = :source and offering_id = any(:offerings)
           and fetch_id not in (select id from source_fetch where undone_at is not null)
    ) as ranked where place = 1
""").bindparams(bindparam("offerings", type_=ARRAY(BigInteger)))  # noqa: S608


def newest_times(session: Session, source: Source) -> dict[tuple[int, str], datetime]:
    """When the source's newest observations were made, by offering and component."""
    newest = NewestObservationRow
    query = select(newest.offering_id, newest.component, newest.time).where(newest.source_id == source.id)
    return {(offering, component): time for offering, component, time in session.execute(query.distinct())}


def drop_newest(session: Session, source: Source, keys: Sequence[tuple[int, str]]) -> None:
    """Take away what the source last said of these offerings and components: newer ones come in their place."""
    if keys:
        offerings, components = zip(*keys, strict=True)
        session.execute(_DROP, {"source": source.id, "offerings": list(offerings), "components": list(components)})


def renew_newest(session: Session, source: Source, offerings: Collection[int]) -> None:
    """Find the newest observations of these offerings anew, after some of the source's were taken back."""
    own = NewestObservationRow.source_id == source.id, NewestObservationRow.offering_id.in_(offerings)
    session.execute(delete(NewestObservationRow).where(*own), execution_options={"synchronize_session": False})
    session.execute(_RENEW, {"source": source.id, "offerings": list(offerings)})
