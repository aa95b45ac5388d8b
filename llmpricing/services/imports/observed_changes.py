"""What a list states that its source had not stated before: the observations that are appended to the history."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from llmpricing.domain.observations import DatedPrice, FetchOutcome, PriceList, State
from llmpricing.models import ObservationRow, Source, SourceFetch
from llmpricing.services.publishing import observations
from llmpricing.services.publishing.observations import Segments

_OfferedComponent = tuple[int, str]  # offering and component


@dataclass(frozen=True, slots=True)
class Loss:
    """How many of the listed offerings that ``had`` a price of a component have ``lost`` it."""

    component: str
    lost: int
    had: int


@dataclass(frozen=True, slots=True)
class ObservedChanges:
    """How many components are new, changed, withdrawn and unchanged; ``touched`` are the offerings that may be priced
    anew.
    """

    new: int
    changed: int
    withdrawn: int
    unchanged: int
    touched: set[int]
    losses: list[Loss]
    factors: list[Fraction]  # new / old of each price that the source had stated before; 1 is unchanged


def keep_changes(
    session: Session, source: Source, fetch: SourceFetch, stated: Mapping[_OfferedComponent, Segments]
) -> ObservedChanges:
    """Append what the list of this fetch states and the source had not stated before."""
    before = observations.last_observed(session, source, fetch.published_at)
    new = {key: segments for key, segments in stated.items() if key not in before}
    changed = {
        key: segments
        for key, segments in stated.items()
        if key in before and observations.comparable(before[key]) != observations.comparable(segments)
    }
    listed = set(fetch.listed)
    withdrawn = list(_withdrawn(before, stated, listed))
    changes = new | changed | dict.fromkeys(withdrawn, ())
    repeated = list(repeated_later(session, source, fetch, set(changes), before))
    observations.keep_observations(session, source, fetch, changes)
    keep_repeated(session, source, repeated, before)
    touched = {offering for offering, _ in changes} | bracketed_by(session, source, fetch.published_at)
    unchanged = len(stated) - len(new) - len(changed)
    factors = _factors(before, stated, fetch.published_at)
    losses = _losses(before, stated, listed)
    return ObservedChanges(len(new), len(changed), len(withdrawn), unchanged, touched, losses, factors)


def keep_repeated(
    session: Session,
    source: Source,
    repeated: Iterable[tuple[_OfferedComponent, datetime]],
    stated: Mapping[_OfferedComponent, Segments],
) -> None:
    """Append what later lists repeated as the observations that they are now, each of the list that made it."""
    by_time: dict[datetime, list[_OfferedComponent]] = defaultdict(list)
    for key, time in repeated:
        by_time[time].append(key)
    for time, keys in by_time.items():
        later = select(SourceFetch).where(SourceFetch.source_id == source.id, SourceFetch.published_at == time)
        reading = session.scalars(later.where(SourceFetch.is_reading()).order_by(SourceFetch.id.desc())).first()
        assert reading is not None, "its time was read from its row"  # noqa: S101
        observations.keep_observations(session, source, reading, {key: stated.get(key, ()) for key in keys})


def stated_in(price_list: PriceList, ids: Mapping[str, int]) -> dict[_OfferedComponent, Segments]:
    """The list's statements by offering and component; ``ids`` are those of its offerings."""
    return {
        (ids[offering.slug], statement.component.text): statement.segments
        for offering in price_list.offerings
        for statement in offering.statements
    }


def bracketed_by(session: Session, source: Source, time: datetime) -> set[int]:
    """Offerings whose prices changed in the source's next list after a time: one of that time bounds the change."""
    lists = select(SourceFetch.published_at).where(SourceFetch.source_id == source.id, SourceFetch.is_reading())
    later = session.scalar(lists.where(SourceFetch.published_at > time).order_by(SourceFetch.published_at).limit(1))
    return set() if later is None else {offering for offering, _ in _observed_at(session, source, later)}


def _observed_at(session: Session, source: Source, time: datetime) -> set[_OfferedComponent]:
    query = select(ObservationRow.offering_id, ObservationRow.component).where(
        ObservationRow.source_id == source.id, ObservationRow.time == time, ObservationRow.stands()
    )
    return {(offering, component) for offering, component in session.execute(query)}


def _withdrawn(
    before: Mapping[_OfferedComponent, Segments], stated: Mapping[_OfferedComponent, Segments], listed: set[int]
) -> Iterator[_OfferedComponent]:
    """Prices that the source no longer states though it still prices the offering."""
    return (key for key, segments in before.items() if segments and key[0] in listed and key not in stated)


def _factors(
    before: Mapping[_OfferedComponent, Segments], stated: Mapping[_OfferedComponent, Segments], at: datetime
) -> list[Fraction]:
    pairs = ((_price_at(before[key], at), _price_at(segments, at)) for key, segments in stated.items() if key in before)
    return [factor for old, new in pairs if old and new and (factor := new.factor(old))]


def _price_at(segments: Segments, at: datetime) -> DatedPrice | None:
    """The last of an observation's prices that had begun."""
    begun = [segment for segment in segments if segment.valid_from is None or segment.valid_from <= at]
    return begun[-1] if begun else None


def _losses(
    before: Mapping[_OfferedComponent, Segments], stated: Mapping[_OfferedComponent, Segments], listed: set[int]
) -> list[Loss]:
    had = [key for key, segments in before.items() if key[0] in listed and _is_sold(segments)]
    lost = Counter(component for offering, component in had if not _is_sold(stated.get((offering, component), ())))
    counts = Counter(component for _, component in had)
    return [Loss(component, count, counts[component]) for component, count in lost.most_common()]


def _is_sold(segments: Segments) -> bool:
    """Whether a price is stated, be it free: a list without a meter's key may also read as not offering it."""
    return any(segment.state not in (State.NOT_OFFERED, State.ZERO) for segment in segments)


def repeated_later(
    session: Session,
    source: Source,
    fetch: SourceFetch,
    changes: set[_OfferedComponent],
    before: Mapping[_OfferedComponent, Segments],
) -> Iterator[tuple[_OfferedComponent, datetime]]:
    """Where later lists stated the same as the one before this: that was no change then; now that this one has come
    between, it is, in the first of them that prices the offering.
    """
    same = aliased(SourceFetch)  # an unchanged list is kept without its offerings: its digest names them
    digest = and_(same.source_id == source.id, same.sha256 == SourceFetch.sha256, same.outcome == FetchOutcome.IMPORTED)
    lists = (
        select(
            SourceFetch.published_at,
            select(same.listed).where(digest).limit(1).scalar_subquery(),
            select(same.zeroed).where(digest).limit(1).scalar_subquery(),
        )
        .where(SourceFetch.source_id == source.id, SourceFetch.is_reading())
        .where(SourceFetch.published_at > fetch.published_at)
        .order_by(SourceFetch.published_at)
    )
    waiting = changes
    zeros = {key for key in changes if any(segment.state is State.ZERO for segment in before.get(key, ()))}
    for time, listed, zeroed in session.execute(lists):
        if not waiting:
            return
        priced, unpriced = set(listed), set(zeroed)
        repeated = {key for key in waiting if key[0] in priced or (key[0] in unpriced and key in zeros)}
        for key in repeated - _observed_at(session, source, time):
            yield key, time
        waiting = waiting - repeated
