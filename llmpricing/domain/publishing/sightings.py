"""Until when each source said what it said: its timelines with the first list that says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from llmpricing.domain.components import Component
from llmpricing.domain.evidence import GRACE, Sighting, is_documented, last_reading
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.flags import Flag, Observed, Snapshots, Timelines
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, TimelineEntry, same_value
from llmpricing.domain.publishing.timelines import Observation, changes
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict


@dataclass(frozen=True)
class Readings:
    """When an offering's sources were read: ``lists`` are the sorted published times of all their lists, ``newest`` the
    newest list of any source about the seller, ``left_out`` the first of a source's last lists, in an unbroken row,
    that price the offering no more. A source speaks on for the ``grace`` after its last list.
    """

    lists: Snapshots
    newest: datetime
    left_out: Mapping[str, datetime] = field(default_factory=dict)
    grace: timedelta = GRACE

    def sighting(self, entry: TimelineEntry) -> Sighting:
        """When its source said what the entry holds."""
        return self._sighting(entry, entry.superseded_at)

    def _sighting(self, entry: TimelineEntry, superseded_at: datetime | None) -> Sighting:
        return Sighting(
            entry.first_seen,
            last_reading(self.lists.get(entry.source, ()), entry.observed, superseded_at),
            superseded_at,
            is_documented(entry.segment.basis, entry.segment.valid_from),
            self.newest,
            self.grace,
        )

    def told(self, entry: TimelineEntry, superseded_at: datetime | None) -> TimelineEntry:
        """The entry with the time at which a later list said otherwise, and how long it is stated or seen."""
        sighting = self._sighting(entry, superseded_at)
        until = sighting.fresh_until
        return replace(
            entry,
            superseded_at=superseded_at,
            fresh_from=None if sighting.documented else sighting.first,
            fresh_until=None if until >= END else until,
        )


def readings_in(observed: Observed, snapshots: Snapshots) -> Readings:
    """The readings that the observations tell of by themselves, beside these lists."""
    times: dict[str, set[datetime]] = defaultdict(set)
    for source, lists in snapshots.items():
        times[source].update(lists)
    for observations in observed.values():
        for observation in observations:
            times[observation.source].add(observation.time)
    newest = max((max(found) for found in times.values() if found), default=BEGINNING)
    return Readings({source: sorted(found) for source, found in times.items()}, newest)


def with_ends(
    believed: Timelines,
    observed: Observed,
    flags: Iterable[Flag],
    verdicts: Mapping[ObservationKey, Verdict],
    readings: Readings,
) -> Timelines:
    """The timelines with ``superseded_at`` and how long each entry is stated or seen.

    What a guard stopped or a person rejected contradicts nothing.
    """
    unsaid = {flag.key for flag in flags if flag.verdict is not Verdict.ACCEPTED}
    unsaid |= {key for key, verdict in verdicts.items() if verdict is Verdict.REJECTED}
    found: Timelines = defaultdict(dict)
    for component, by_source in believed.items():
        said = _said(component, observed.get(component, ()), unsaid)
        for source, entries in by_source.items():
            left_out = readings.left_out.get(source)
            stated = said.get(source, ())
            found[component][source] = tuple(
                readings.told(entry, _superseded(entry, stated, left_out)) for entry in entries
            )
    return found


def _said(
    component: Component, observations: Sequence[Observation], unsaid: set[ObservationKey]
) -> dict[str, list[Observation]]:
    """What each source said of a component that counts, in order of time; nothing where it spoke once, which is most
    of all: nothing comes later.
    """
    by_source: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        by_source[observation.source].append(observation)
    return {
        source: [one.as_free() for one in changes(made) if ObservationKey(component, source, one.time) not in unsaid]
        for source, made in by_source.items()
        if len(made) > 1
    }


def _superseded(entry: TimelineEntry, said: Sequence[Observation], left_out: datetime | None) -> datetime | None:
    if entry.segment.state is State.UNKNOWN:
        return None
    later = (one.time for one in said if one.time > entry.observed and not _repeats(one, entry))
    times = [next(later, None), left_out if left_out and left_out > entry.observed else None]
    return min((time for time in times if time), default=None)


def _repeats(observation: Observation, entry: TimelineEntry) -> bool:
    """Whether a later list still says what the entry holds."""
    return any(
        same_value(segment, entry.segment)
        and (segment.valid_from or BEGINNING) < entry.end
        and entry.start < (segment.valid_until or END)
        for segment in observation.segments
    )
