"""Observations of the sources, as rows of model_pricing_history and as values of the domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.domain.components import Component
from llmpricing.domain.observations import DatedPrice, State, Statement
from llmpricing.domain.publishing.timelines import Observation
from llmpricing.models import NewestObservationRow, ObservationRow, ScheduleRow, Source, SourceFetch
from llmpricing.models.inserting import insert_all
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.services.publishing.newest import drop_newest, newest_times

_CHUNK = 5_000  # components: a long list states hundreds of thousands
_HISTORY = ObservationRow.__table__  # rows as they are: objects of the mapped class cost ten times the memory and time
Segments = tuple[DatedPrice, ...]  # one observation without its source and time; empty when withdrawn


def comparable(segments: Segments) -> Segments:
    """An observation without what does not change a price: the source's own spelling and where it read it."""
    return tuple(replace(segment, raw=None, source_url=None) for segment in segments)


def keep_schedules(session: Session, statements: Iterable[Statement]) -> None:
    """Keep every schedule that the statements name; a schedule never changes, so a known one is left as it is."""
    found = {s.conditions.schedule.key: s.conditions.schedule for s in statements if s.conditions.schedule}
    for key, schedule in found.items():
        values = {
            "key": key,
            "time_zone": schedule.time_zone,
            "weekdays": list(schedule.weekdays),
            "windows": [list(window) for window in schedule.windows],
            "holidays": list(schedule.holidays),
        }
        session.execute(upsert(ScheduleRow).values(values).on_conflict_do_nothing())


def last_observed(session: Session, source: Source, until: datetime) -> dict[tuple[int, str], Segments]:
    """The source's last observations by ``until``, by offering and component."""
    newer = select(NewestObservationRow.time).where(
        NewestObservationRow.source_id == source.id, NewestObservationRow.time > until
    )
    if session.scalar(newer.limit(1)) is None:
        newest = NewestObservationRow
        query = select(newest.__table__).where(newest.source_id == source.id)
        rows = session.execute(query.order_by(newest.offering_id, newest.component, newest.segment))
    else:
        rows = session.execute(_last_in_history(source, until))
    found: dict[tuple[int, str], Segments] = {}
    for key, group in groupby(rows, key=lambda row: (row.offering_id, row.component)):
        # Of the segments only those of the last observation count: an older one may have had more of them.
        segments = list(group)
        last = max(row.time for row in segments)
        found[key] = segments_in([row for row in segments if row.time == last])
    return found


def _last_in_history(source: Source, until: datetime) -> Select[Any]:
    """Each segment's last row by ``until``: for a list that comes after a newer one."""
    key = (ObservationRow.offering_id, ObservationRow.component, ObservationRow.segment)
    return (
        select(_HISTORY)
        .where(ObservationRow.source_id == source.id, ObservationRow.time <= until, ObservationRow.stands())
        .ext(distinct_on(*key))
        .order_by(*key, ObservationRow.time.desc())
    )


def observations_of(
    session: Session,
    offerings: Collection[int],
    components: KeptComponents,
    sources: Mapping[int, Source],
    *,
    base_only: bool = False,
) -> dict[int, dict[Component, list[Observation]]]:
    """All observations of these offerings, with ``base_only`` those without conditions; ``sources`` by id."""
    found: dict[int, dict[Component, list[Observation]]] = {offering: defaultdict(list) for offering in offerings}
    query = (
        select(_HISTORY)
        .where(ObservationRow.offering_id.in_(offerings), ObservationRow.stands())
        .order_by(
            ObservationRow.offering_id,
            ObservationRow.component,
            ObservationRow.source_id,
            ObservationRow.time,
            ObservationRow.segment,
        )
    )
    if base_only:
        query = query.where(ObservationRow.component.like("%|"))
    rows = session.execute(query)
    one_reading = attrgetter("offering_id", "component", "source_id", "time")
    for (offering, text, source_id, time), group in groupby(rows, key=one_reading):
        source = sources[source_id]
        observation = Observation(source.slug, time, source.states_dates, segments_in(list(group)))
        found[offering][components.read(text)].append(observation)
    return found


def by_source(observed: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Observations of one component, by source."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for observation in observed:
        found[observation.source].append(observation)
    return found


def keep_observations(
    session: Session, source: Source, fetch: SourceFetch, observed: Mapping[tuple[int, str], Segments]
) -> None:
    """Append what the source's list says, by offering and component."""
    if not observed:
        return
    time, times = fetch.published_at, newest_times(session, source)
    coming = iter(observed.items())
    while chunk := list(islice(coming, _CHUNK)):
        late = [(key, segments) for key, segments in chunk if key in times and times[key] > time]
        newest = [(key, segments) for key, segments in chunk if key not in times or times[key] <= time]
        drop_newest(session, source, [key for key, _ in newest if key in times])
        insert_all(session, ObservationRow, _rows(source, fetch, late))
        insert_all(session, ObservationRow, _rows(source, fetch, newest), also=NewestObservationRow)


def _rows(
    source: Source, fetch: SourceFetch, observed: Iterable[tuple[tuple[int, str], Segments]]
) -> Iterator[dict[str, Any]]:
    reading = {"time": fetch.published_at, "source_id": source.id, "fetch_id": fetch.id}
    for (offering_id, component), segments in observed:
        key = reading | {"offering_id": offering_id, "component": component}
        if not segments:
            yield key | _columns(DatedPrice(State.NOT_OFFERED, None, 1)) | {"segment": 0, "state": State.WITHDRAWN}
        for number, segment in enumerate(segments):
            yield key | _columns(segment) | {"segment": number}


def _columns(segment: DatedPrice) -> dict[str, Any]:
    return {
        "state": segment.state,
        "value": segment.amount,
        "currency": segment.currency,
        "per_quantity": segment.per,
        "minimum_quantity": segment.minimum_quantity,
        "stated_from": segment.valid_from,
        "stated_until": segment.valid_until,
        "basis": segment.basis,
        "source_url": segment.source_url,
        "raw": segment.raw,
        "first_seen": segment.first_seen,
    }


def segments_in(rows: Sequence[Any]) -> Segments:
    """One observation out of its rows, in order."""
    return tuple(_segment(row) for row in rows if row.state is not State.WITHDRAWN)


def _segment(row: Any) -> DatedPrice:
    return DatedPrice(
        state=row.state,
        amount=row.value,
        per=row.per_quantity,
        currency=row.currency,
        valid_from=row.stated_from,
        valid_until=row.stated_until,
        basis=row.basis,
        source_url=row.source_url,
        raw=row.raw,
        minimum_quantity=row.minimum_quantity,
        first_seen=row.first_seen,
    )
