"""What guards stopped, and the shape of what sources said and of what is believed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmpricing.domain.components import Component
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.guard_evidence import Finding
from llmpricing.domain.publishing.timeline_entries import END, TimelineEntry
from llmpricing.domain.publishing.timelines import Observation
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict
from llmpricing.domain.times import start_of_day

Observed = Mapping[Component, Sequence[Observation]]  # all observations of one offering
Snapshots = Mapping[str, Sequence[datetime]]  # source -> sorted published times of its lists
Timelines = dict[Component, dict[str, tuple[TimelineEntry, ...]]]  # per component and source


@dataclass(frozen=True, slots=True)
class Flag:
    """An observation of which a guard stopped some entries, with the first of them that is its own fault as ``new``,
    and the value before it. Pending while ``verdict`` is None; ``superseded`` is when its source stated something else,
    so that nothing depends on the verdict any more but the time between.
    """

    key: ObservationKey
    new: DatedPrice
    old: DatedPrice | None
    finding: Finding
    verdict: Verdict | None
    superseded: datetime | None
    stopped: tuple[TimelineEntry, ...] = ()

    @property
    def is_pending(self) -> bool:
        return self.verdict is None and self.superseded is None

    @property
    def stands_until(self) -> datetime:
        """The day on which its source stated something else."""
        return END if self.superseded is None else start_of_day(self.superseded)
