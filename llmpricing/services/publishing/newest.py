"""The newest observation of each source and component, kept apart from the history and in step with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, delete, text
from sqlalchemy.orm import Session

from llmpricing.models import NewestObservationRow, Source, SourceFetch

_CHUNK = 5_000  # components: a long list states hundreds of thousands
_COLUMNS = ", ".join(column.key for column in NewestObservationRow.__table__.columns if column.key != "left_out_at")
_KEYS = "unnest(:offerings, :components, :times) as stated (offering_id, component, time)"
_TYPES = (
    bindparam("offerings", type_=ARRAY(BigInteger)),
    bindparam("components", type_=ARRAY(Text)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
)

_DROP_OLDER = text(f"""
    delete from newest_observation as newest using {_KEYS}
     where newest.source_id = :source and newest.offering_id = stated.offering_id
       and newest.component = stated.component and newest.time <= stated.time
""").bindparams(*_TYPES)  # noqa: S608 - names of columns

# The times stand apart as well: by them the history's key finds the rows of one list among those of all.
_ADD = text(f"""
    insert into newest_observation ({_COLUMNS})
    select {", ".join(f"history.{name.strip()}" for name in _COLUMNS.split(","))}
      from model_pricing_history as history join {_KEYS}
        on history.offering_id = stated.offering_id and history.component = stated.component
           and history.time = stated.time
     where history.source_id = :source and history.fetch_id = :fetch and history.time = any(:times_of_lists)
       and not exists (
           select from newest_observation as newest
            where newest.source_id = history.source_id and newest.offering_id = history.offering_id
              and newest.component = history.component
       )
""").bindparams(*_TYPES, bindparam("times_of_lists", type_=ARRAY(DateTime(timezone=True))))  # noqa: S608

_RENEW = text(f"""
    insert into newest_observation ({_COLUMNS})
    select {_COLUMNS} from (
        select *, rank() over (partition by offering_id, component order by time desc, fetch_id desc) as place
          from model_pricing_history
         where source_id = :source and offering_id = any(:offerings)
           and fetch_id not in (select id from source_fetch where undone_at is not null)
    ) as ranked where place = 1
""").bindparams(bindparam("offerings", type_=ARRAY(BigInteger)))  # noqa: S608


def keep_newest(
    session: Session, source: Source, fetch: SourceFetch, stated: Mapping[tuple[int, str], datetime]
) -> None:
    """Take over what this reading appended, by the newest time of each offering and component, where nothing newer
    stands.
    """
    coming = iter(stated.items())
    while chunk := dict(islice(coming, _CHUNK)):
        values: dict[str, Any] = {
            "source": source.id,
            "offerings": [offering for offering, _ in chunk],
            "components": [component for _, component in chunk],
            "times": list(chunk.values()),
        }
        session.execute(_DROP_OLDER, values)
        session.execute(_ADD, values | {"fetch": fetch.id, "times_of_lists": sorted(set(chunk.values()))})


def renew_newest(session: Session, source: Source, offerings: Collection[int]) -> None:
    """Find the newest observations of these offerings anew, after some of the source's were taken back."""
    own = NewestObservationRow.source_id == source.id, NewestObservationRow.offering_id.in_(offerings)
    session.execute(delete(NewestObservationRow).where(*own), execution_options={"synchronize_session": False})
    session.execute(_RENEW, {"source": source.id, "offerings": list(offerings)})
