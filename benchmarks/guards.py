"""What the guards stop on a run of dated LiteLLM maps (DATE.json or DATE.json.xz in one folder), in date order.

    python -m benchmarks.guards FOLDER [--list]

Figures: changes seen by size, observations stopped by rule, and what of the ordinary changes (up to 10x) was stopped.
"""

from __future__ import annotations

import argparse
import lzma
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from llmpricing.domain.components import Component
from llmpricing.domain.money import quantise, to_text
from llmpricing.domain.observations import DatedPrice, PriceList
from llmpricing.domain.publishing.publish import OfferingBook, publish_offering
from llmpricing.domain.publishing.quarantine import Flag
from llmpricing.domain.publishing.timelines import Observation, changes
from llmpricing.sources import litellm

Observed = dict[str, dict[Component, list[Observation]]]


@dataclass
class MapHistory:
    """All observations of the maps by offering, and when the maps were published."""

    observed: Observed = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    modes: dict[str, str | None] = field(default_factory=dict)
    snapshots: list[datetime] = field(default_factory=list)
    last: dict[str, dict[Component, tuple[DatedPrice, ...]]] = field(default_factory=dict)

    def read(self, price_list: PriceList, at: datetime) -> None:
        """Note what a map states otherwise than the one before; of an offering that it leaves out it states nothing."""
        self.snapshots.append(at)
        for offering in price_list.offerings:
            stated = {s.component: s.segments for s in offering.statements}
            before = self.last.get(offering.slug, {})
            self.modes[offering.slug] = offering.mode
            self.last[offering.slug] = stated
            for component in stated | before if stated else ():
                if stated.get(component, ()) != before.get(component, ()):
                    found = Observation(price_list.source, at, litellm.SOURCE.states_dates, stated.get(component, ()))
                    self.observed[offering.slug][component].append(found)


def read_maps(folder: Path) -> MapHistory:
    """Every dated map of the folder, the oldest first."""
    history = MapHistory()
    for path in sorted(folder.glob("????-??-??.json*")):
        data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        history.read(litellm.parse(data), datetime.fromisoformat(path.name[:10]).replace(tzinfo=UTC))
    return history


def size_of_change(before: Observation, after: Observation) -> str:
    """A change's size in classes that tell ordinary ones from suspicious ones."""
    old, new = (one.segments[-1] if one.segments else None for one in (before, after))
    if new is None:
        return "withdrawn"
    factor = new.factor(old) if old else None
    if factor is None:
        return "from or to free or unknown"
    size = max(factor, 1 / factor)
    return next((f"up to {bound}x" for bound in (2, 10, 50) if size <= bound), "over 50x")


def publish_all(history: MapHistory) -> dict[str, OfferingBook]:
    """Each offering's book with all observations of all maps."""
    return {
        slug: publish_offering(observed, snapshots={litellm.SOURCE.slug: history.snapshots}, mode=history.modes[slug])
        for slug, observed in history.observed.items()
    }


def is_ordinary(flag: Flag, observations: list[Observation]) -> bool:
    """Whether a stopped observation changed its source's last value by 10x or less."""
    pairs = pairwise(changes(observations))
    return any(
        after.time == flag.key.time and size_of_change(before, after) in ("up to 2x", "up to 10x")
        for before, after in pairs
    )


def per_million(segment: DatedPrice | None) -> str:
    price = segment.unit_price if segment else None
    return "-" if price is None else to_text(quantise(price * 1_000_000))


def show(slug: str, flag: Flag) -> str:
    """One stopped observation on a line, amounts per million units."""
    finding = flag.finding
    factor = f" {round(max(finding.factor, 1 / finding.factor))}x" if finding.factor else ""
    over = f", until {flag.superseded:%Y-%m-%d}" if flag.superseded else ""
    return (
        f"{finding.rule.value:24} {flag.key.time:%Y-%m-%d} {slug} {flag.key.component.text}: "
        f"{per_million(finding.old)} -> {per_million(flag.new)}{factor} ({finding.slip or 'no usual slip'}{over})"
    )


def report(folder: Path, each: bool = False) -> None:
    """Print what was stopped, by rule and size of change; with ``each`` every stopped observation too."""
    history = read_maps(folder)
    if not history.snapshots:
        raise SystemExit(f"{folder} holds no file named like 2026-01-31.json or 2026-01-31.json.xz")
    started = time.perf_counter()
    books = publish_all(history)
    seconds = time.perf_counter() - started
    sizes = Counter(
        size_of_change(before, after)
        for observed in history.observed.values()
        for observations in observed.values()
        for before, after in pairwise(changes(observations))
    )
    flags = [(slug, flag) for slug, book in books.items() for flag in book.flags]
    ordinary = [(slug, f) for slug, f in flags if is_ordinary(f, history.observed[slug][f.key.component])]
    print(f"maps {len(history.snapshots)}, offerings {len(books)}, published in {seconds:.2f} s")
    print("changes:", ", ".join(f"{name} {count}" for name, count in sorted(sizes.items())))
    print("stopped:", ", ".join(f"{r.value} {n}" for r, n in Counter(f.finding.rule for _, f in flags).most_common()))
    print("of the ordinary changes:", dict(Counter(f.finding.rule.value for _, f in ordinary)) or "none")
    for slug, flag in sorted(flags, key=lambda pair: (pair[1].finding.rule, pair[1].key.time, pair[0])):
        if each:
            print(" ", show(slug, flag))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="show every stopped observation, per million units")
    arguments = parser.parse_args()
    report(arguments.folder, arguments.list)
