"""Where sources differ from what is published, by the domain alone: what the database's answer is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.publishing.publish import RANKS, publish_offering
from llmpricing.domain.publishing.quarantine import Observed, Snapshots, sift
from llmpricing.domain.publishing.timelines import TimelineEntry, same_value


@dataclass(frozen=True)
class Dissent:
    """What another source states, where and while it differs from the published price; ``factor`` is theirs / ours."""

    component: Component
    published: TimelineEntry
    stated: TimelineEntry
    factor: Fraction | None


def dissents(observed: Observed, snapshots: Snapshots, mode: str | None, **more: Any) -> Iterator[Dissent]:
    """Where sources differ from what is published of an offering: also under a pin, also by rounding; what is published
    as unknown is nobody's price.
    """
    believed, _ = sift(observed, snapshots, mode, more.get("ranks", RANKS), {})
    for component, entries in publish_offering(observed, snapshots=snapshots, mode=mode, **more).prices.items():
        for source, stated in believed.get(component, {}).items():
            for published in (e for e in entries if e.source != source and e.segment.state is not State.UNKNOWN):
                yield from (d for entry in stated for d in _dissent(component, published, entry))


def _dissent(component: Component, published: TimelineEntry, entry: TimelineEntry) -> Iterator[Dissent]:
    earliest = entry.known_from if entry.segment.basis is Basis.UNDATED else entry.start
    start, end = max(published.start, entry.start, earliest), min(published.end, entry.end)
    if start < end and not same_value(published.segment, entry.segment):
        yield Dissent(component, published, entry.within(start, end), entry.segment.factor(published.segment))
