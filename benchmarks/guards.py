"""What the guards stop on a run of dated LiteLLM maps (DATE.json or DATE.json.xz in one folder), in date order.

    python -m benchmarks.guards FOLDER [--list]

Figures: changes seen by size, words stopped by rule, and what of the ordinary changes (up to 10x) was stopped.
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

from llmpricing.domain.money import quantise, to_text
from llmpricing.domain.observations import DatedPrice, PriceList
from llmpricing.domain.publishing.guard_evidence import factor_between, unit_price
from llmpricing.domain.publishing.publish import OfferingBook, publish_offering
from llmpricing.domain.publishing.quarantine import Flag
from llmpricing.domain.publishing.timelines import Component, Observation, changes
from llmpricing.sources import litellm

Words = dict[str, dict[Component, list[Observation]]]


@dataclass
class Heard:
    """All words of the maps by offering, and when the maps were published."""

    words: Words = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    modes: dict[str, str | None] = field(default_factory=dict)
    snapshots: list[datetime] = field(default_factory=list)
    last: dict[str, dict[Component, tuple[DatedPrice, ...]]] = field(default_factory=dict)

    def listen(self, price_list: PriceList, at: datetime) -> None:
        """Note what a map says otherwise than the map before it; an offering that it leaves out says nothing."""
        self.snapshots.append(at)
        for offering in price_list.offerings:
            said = {(s.meter, s.conditions): s.segments for s in offering.statements}
            before = self.last.get(offering.slug, {})
            self.modes[offering.slug] = offering.mode
            self.last[offering.slug] = said
            for component in said | before if said else ():
                if said.get(component, ()) != before.get(component, ()):
                    word = Observation(price_list.source, at, price_list.states_dates, said.get(component, ()))
                    self.words[offering.slug][component].append(word)


def read_maps(folder: Path) -> Heard:
    """Every dated map of the folder, the oldest first."""
    heard = Heard()
    for path in sorted(folder.glob("????-??-??.json*")):
        data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        heard.listen(litellm.parse(data), datetime.fromisoformat(path.name[:10]).replace(tzinfo=UTC))
    return heard


def size_of_change(before: Observation, after: Observation) -> str:
    """A change's size in classes that tell ordinary ones from suspicious ones."""
    old, new = (word.segments[-1] if word.segments else None for word in (before, after))
    if new is None:
        return "withdrawn"
    factor = factor_between(new, old)
    if factor is None:
        return "from or to free or unknown"
    size = max(factor, 1 / factor)
    return next((f"up to {bound}x" for bound in (2, 10, 50) if size <= bound), "over 50x")


def publish_all(heard: Heard) -> dict[str, OfferingBook]:
    """Each offering's book with all words of all maps."""
    return {
        slug: publish_offering(words, snapshots={litellm.SOURCE: heard.snapshots}, mode=heard.modes[slug])
        for slug, words in heard.words.items()
    }


def is_ordinary(flag: Flag, words: list[Observation]) -> bool:
    """Whether a stopped word changed its source's last value by 10x or less."""
    pairs = pairwise(changes(words))
    return any(
        after.time == flag.time and size_of_change(before, after) in ("up to 2x", "up to 10x")
        for before, after in pairs
    )


def per_million(segment: DatedPrice | None) -> str:
    price = unit_price(segment)
    return "-" if price is None else to_text(quantise(price * 1_000_000))


def show(slug: str, flag: Flag) -> str:
    """One stopped word on a line, amounts per million units."""
    finding = flag.finding
    factor = f" {round(max(finding.factor, 1 / finding.factor))}x" if finding.factor else ""
    over = f", until {flag.superseded:%Y-%m-%d}" if flag.superseded else ""
    return (
        f"{finding.rule.value:24} {flag.time:%Y-%m-%d} {slug} {flag.meter} {flag.conditions.key or 'base'}: "
        f"{per_million(finding.old)} -> {per_million(flag.new)}{factor} ({finding.slip or 'no usual slip'}{over})"
    )


def report(folder: Path, each: bool = False) -> None:
    """Print what was stopped, by rule and size of change; with ``each`` every stopped word too."""
    heard = read_maps(folder)
    if not heard.snapshots:
        raise SystemExit(f"{folder} holds no file named like 2026-01-31.json or 2026-01-31.json.xz")
    started = time.perf_counter()
    books = publish_all(heard)
    seconds = time.perf_counter() - started
    sizes = Counter(
        size_of_change(before, after)
        for words in heard.words.values()
        for said in words.values()
        for before, after in pairwise(changes(said))
    )
    flags = [(slug, flag) for slug, book in books.items() for flag in book.flags]
    ordinary = [(slug, f) for slug, f in flags if is_ordinary(f, heard.words[slug][f.meter, f.conditions])]
    print(f"maps {len(heard.snapshots)}, offerings {len(books)}, published in {seconds:.2f} s")
    print("changes:", ", ".join(f"{name} {count}" for name, count in sorted(sizes.items())))
    print("stopped:", ", ".join(f"{r.value} {n}" for r, n in Counter(f.finding.rule for _, f in flags).most_common()))
    print("of the ordinary changes:", dict(Counter(f.finding.rule.value for _, f in ordinary)) or "none")
    for slug, flag in sorted(flags, key=lambda pair: (pair[1].finding.rule, pair[1].time, pair[0])):
        if each:
            print(" ", show(slug, flag))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="show every stopped word, per million units")
    arguments = parser.parse_args()
    report(arguments.folder, arguments.list)
