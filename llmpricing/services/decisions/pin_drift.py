"""Pins whose source moved: what each source said when a price was pinned, beside what it says now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.observations import Amount, State
from llmpricing.models import ObservationRow, Offering, Source, SourceFetch
from llmpricing.services.publishing.pins import PinnedPrice, pinned_prices

_Said = dict[tuple[str, str], list[tuple[datetime, datetime, Sequence[Any]]]]  # by component and source


@dataclass(frozen=True, slots=True)
class PinDrift:
    """A pin, and a source that says ``now`` something else than ``then``, when it was pinned; None: it no longer states
    a price. ``published_at`` is the list that said so first.
    """

    pin: PinnedPrice
    source: str
    then: Amount
    now: Amount | None
    published_at: datetime


def drifted_pins(session: Session, now: datetime) -> list[PinDrift]:
    """Pins of which a source asks something else than when they were pinned, by offering, component and source.

    A price that is pinned again is measured from then on.
    """
    pins = pinned_prices(session, now)
    said = _said(session, {pin.offering for pin in pins}, {pin.component.text for pin in pins})
    return [
        drift
        for pin in pins
        for (component, source), observations in sorted(said.get(pin.offering, {}).items())
        if component == pin.component.text and (drift := _drift(pin, source, observations, now))
    ]


def _said(session: Session, offerings: Collection[str], components: Collection[str]) -> dict[str, _Said]:
    """All that sources said of these components, by offering: published and recorded times, and the segments."""
    query = (
        select(Offering.slug, Source.slug.label("source"), SourceFetch.fetched_at, ObservationRow.__table__)
        .join(ObservationRow, ObservationRow.offering_id == Offering.id)
        .join(Source, Source.id == ObservationRow.source_id)
        .join(SourceFetch, SourceFetch.id == ObservationRow.fetch_id)
        .where(Offering.slug.in_(offerings), ObservationRow.component.in_(components), SourceFetch.undone_at.is_(None))
        .order_by(Offering.slug, ObservationRow.component, Source.slug, ObservationRow.time, ObservationRow.segment)
    )
    found: dict[str, _Said] = defaultdict(lambda: defaultdict(list))
    rows = session.execute(query)
    for (slug, component, source, time), group in groupby(
        rows, key=lambda row: (row.slug, row.component, row.source, row.time)
    ):
        segments = list(group)
        found[slug][component, source].append((time, max(row.fetched_at for row in segments), segments))
    return found


def _drift(
    pin: PinnedPrice, source: str, observations: Sequence[tuple[datetime, datetime, Sequence[Any]]], now: datetime
) -> PinDrift | None:
    before = [segments for _, recorded, segments in observations if recorded <= pin.pinned_at]
    then = _asked(before[-1], pin.pinned_at) if before else None
    time, _, newest = observations[-1]
    asked = _asked(newest, now)
    if then is None or (asked is not None and asked.same_as(then)):
        return None
    return PinDrift(pin, source, then, asked, time)


def _asked(segments: Sequence[Any], at: datetime) -> Amount | None:
    """What an observation asks at a time; None where it took the price back, or states none for then."""
    for row in reversed(segments):
        begun = row.stated_from is None or row.stated_from <= at
        if begun and (row.stated_until is None or at < row.stated_until):
            if row.state in (State.WITHDRAWN, State.ZERO):
                return None
            return Amount(row.state, row.value, row.per_quantity, row.currency)
    return None
