"""How many slips of unit the guards hold, and how many real prices, on dated LiteLLM maps (DATE.json or DATE.json.xz).

    python -m benchmarks.slips FOLDER

Slips are planted in a list after the last map: on every known token price, and on new ids whose model another seller
lists; a whole entry slips, or its input alone. Then the real maps are walked, and what was held of them is counted.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from benchmarks.guards import MapHistory, read_maps
from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE
from llmpricing.domain.names.identities import ModelMarks, identity
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.guard_evidence import CHAT_MODES
from llmpricing.domain.publishing.market import Market, OtherSeller, Range
from llmpricing.domain.publishing.publish import OfferingBook, publish_offering
from llmpricing.domain.publishing.timeline_entries import entry_at
from llmpricing.domain.publishing.timelines import Observation, merge_source
from llmpricing.sources import litellm

SOURCE = litellm.SOURCE.slug
FACTORS = {"x1000": 1000, "x100": 100, "/100": Fraction(1, 100), "/1000": Fraction(1, 1000), "x1e6": 10**6}
HALVES = (Component("input_tokens", BASE), Component("output_tokens", BASE))
Observed = Mapping[Component, Sequence[Observation]]


@dataclass
class Maps:
    """The observations of all maps, with the markets that they make."""

    history: MapHistory

    @cached_property
    def usual(self) -> Mapping[tuple[str | None, str], Range]:
        """The 1st to the 99th percentile of all prices of a unit, by mode and meter."""
        found: dict[tuple[str | None, str], list[Fraction]] = defaultdict(list)
        for slug, observed in self.history.observed.items():
            mode = self.history.modes[slug]
            for component, observations in observed.items():
                if component.conditions == BASE:
                    prices = (s.unit_price for o in observations for s in o.segments if s.currency == "USD")
                    found["chat" if mode in CHAT_MODES else mode, component.meter] += [
                        price for price in prices if price
                    ]
        ranges = {key: (sorted(prices), len(prices)) for key, prices in found.items() if len(prices) >= 50}
        return {key: (prices[count // 100], prices[count * 99 // 100]) for key, (prices, count) in ranges.items()}

    @cached_property
    def by_model(self) -> Mapping[ModelMarks, list[str]]:
        found: dict[ModelMarks, list[str]] = defaultdict(list)
        for slug in self.history.observed:
            found[identity(slug.partition("/")[2]).model].append(slug)
        return found

    @cached_property
    def sold(self) -> dict[str, OtherSeller]:
        return {}

    def market(self, slug: str) -> Market:
        """What an offering is compared with."""
        return Market(
            {},
            lambda mode, meter: self.usual.get(("chat" if mode in CHAT_MODES else mode, meter)),
            lambda: self.elsewhere(slug),
        )

    def elsewhere(self, slug: str) -> list[OtherSeller]:
        provider, _, api_id = slug.partition("/")
        own = identity(api_id)
        found = []
        for other in self.by_model.get(own.model, ()) if own.numbers else ():
            seller, _, other_id = other.partition("/")
            if seller != provider and own.may_share_date(identity(other_id)):
                if other not in self.sold:
                    observed = self.history.observed[other]
                    timelines = {c: {SOURCE: merge_source(observed[c])} for c in HALVES if c in observed}
                    self.sold[other] = OtherSeller(seller, timelines)
                found.append(self.sold[other])
        return found

    def publish(self, slug: str, observed: Observed, mode: str | None, *later: datetime) -> OfferingBook:
        lists = {SOURCE: [*self.history.snapshots, *later]}
        return publish_offering(observed, snapshots=lists, mode=mode, market=self.market(slug))


def times(segment: DatedPrice, factor: Fraction | int) -> DatedPrice:
    scaled = Fraction(segment.amount or 0) * factor
    return replace(segment, amount=Decimal(scaled.numerator) / Decimal(scaled.denominator))


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted list: what the offering's observations are with it, and which of them slipped."""

    slug: str
    mode: str | None
    observed: Observed
    slipped: tuple[Component, ...]


def known_prices(maps: Maps, factor: Fraction | int, at: datetime, *, only_input: bool) -> Iterator[Plant]:
    """A slip on each offering that the last map prices."""
    last_map = maps.history.snapshots[-1]
    for slug, observed in maps.history.observed.items():
        book = maps.publish(slug, observed, maps.history.modes[slug])
        current = {
            component: entry
            for component in HALVES[: 1 if only_input else 2]
            if (entry := entry_at(book.prices.get(component, ()), last_map)) and entry.segment.state is State.PRICED
        }
        added = {
            component: [*observed[component], Observation(SOURCE, at, False, (_undated(times(entry.segment, factor)),))]
            for component, entry in current.items()
        }
        if added:
            yield Plant(slug, maps.history.modes[slug], {**observed, **added}, tuple(added))


def new_names(maps: Maps, factor: Fraction | int, at: datetime, *, only_input: bool) -> Iterator[Plant]:
    """A new seller of each model that the last map prices at some other seller, at that seller's price and slipped."""
    for slug, last in maps.history.last.items():
        named = f"new-seller/{slug.partition('/')[2]}"
        stated = {c: s[-1] for c, s in last.items() if c in HALVES and s and s[-1].state is State.PRICED}
        if not stated or not identity(slug.partition("/")[2]).numbers:
            continue
        slipped = tuple(component for component in stated if component == HALVES[0] or not only_input)
        made = {
            component: [Observation(SOURCE, at, False, (times(one, factor if component in slipped else 1),))]
            for component, one in stated.items()
        }
        if slipped:
            yield Plant(named, maps.history.modes[slug], made, slipped)


def _undated(segment: DatedPrice) -> DatedPrice:
    return replace(segment, valid_from=None, valid_until=None)


def held(maps: Maps, plants: Iterable[Plant], at: datetime) -> tuple[int, int]:
    """(held, planted) observations."""
    stopped = planted = 0
    for plant in plants:
        book = maps.publish(plant.slug, plant.observed, plant.mode, at)
        flags = {flag.key.component for flag in book.flags if flag.key.time == at}
        stopped += sum(1 for component in plant.slipped if component in flags)
        planted += len(plant.slipped)
    return stopped, planted


def real_maps(maps: Maps) -> None:
    """What is held of the real maps, and how much of it other lists or sellers bear out."""
    rules: Counter[str] = Counter()
    borne_out: Counter[str] = Counter()
    observations = 0
    for slug, observed in maps.history.observed.items():
        observations += sum(len(made) for made in observed.values())
        for flag in maps.publish(slug, observed, maps.history.modes[slug]).flags:
            rules[flag.finding.rule.value] += 1
            sources, lists = frozenset({SOURCE}), {SOURCE: maps.history.snapshots}
            asked = maps.market(slug).asked(flag.key.component, flag.key.time, sources, lists).median
            price = flag.new.unit_price
            if asked and price and Fraction(1, 4) < price / asked < 4:
                borne_out[flag.finding.rule.value] += 1
    total = sum(rules.values())
    print(
        f"real maps: {observations} observations, held {total} ({total / observations:.2%}):", dict(rules.most_common())
    )
    print("  of these within 4x of what other sellers ask for the model then:", dict(borne_out) or "none")


def report(folder: Path) -> None:
    maps = Maps(read_maps(folder))
    at = maps.history.snapshots[-1] + timedelta(days=10)
    for title, plant in (("known prices", known_prices), ("new names", new_names)):
        for only_input in (False, True):
            what = f"{title}, {'input alone' if only_input else 'whole entry'}"
            sums = [0, 0]
            for name, factor in FACTORS.items():
                stopped, planted = held(maps, plant(maps, factor, at, only_input=only_input), at)
                sums = [sums[0] + stopped, sums[1] + planted]
                print(f"{what}, {name}: {stopped}/{planted} = {stopped / planted:.2%}")
            print(f"{what}, all five: {sums[0] / sums[1]:.2%}")
    real_maps(maps)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    report(parser.parse_args().folder)
