"""Where both sides meet: by keys that both tell, and over all days that a line of either sums up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from llmpricing.services.usage_log.audit.bridge_cells import SHARED, BridgePlace, Cell, ScopeCharge
from llmpricing.services.usage_log.audit.bridge_days import joined
from llmpricing.services.usage_log.audit.groups import NOT_STATED


class NamesApart(NamedTuple):
    """The names of keys, or projects, of a seller's usage that the log alone tells, and those of the invoice alone."""

    seller: str
    name: str  # key or project
    of_log: Sequence[str]
    of_invoice: Sequence[str]


class MeetingPlaces:
    """By key of each seller of whom the invoice tells all keys that the log does, else without, and so by project; over
    days that are told in one. ``apart`` are the names by which nothing is compared, though both sides tell some.
    """

    def __init__(self, cells: Mapping[BridgePlace, Cell], whole: Mapping[BridgePlace, ScopeCharge]) -> None:
        ours = [place for place, cell in cells.items() if cell.logged.money]
        theirs = [*(place for place, cell in cells.items() if cell.charges or cell.counted), *whole]
        told = [one for name in SHARED for one in _told_by(name, ours, theirs)]
        self._shared = {name: {one.seller for one in told if one.name == name and not one.of_log} for name in SHARED}
        self.apart = [one for one in told if one.of_log]
        days = defaultdict(list)
        for place in map(self._by_shared, (*cells, *whole)):
            days[place._replace(day="")].append(place.day)
        self._stretches = {place: joined(told) for place, told in days.items()}

    def of(self, place: BridgePlace) -> BridgePlace:
        """Where this place is compared."""
        found = self._by_shared(place)
        return found._replace(day=self._stretches[found._replace(day="")][found.day])

    def _by_shared(self, place: BridgePlace) -> BridgePlace:
        dropped = {name: "" for name, sellers in self._shared.items() if place.seller not in sellers}
        return place._replace(**dropped)


def _told_by(name: str, ours: Iterable[BridgePlace], theirs: Iterable[BridgePlace]) -> Iterator[NamesApart]:
    """The sellers of whom all that both sides say names a key, or a project, with the names of one side alone. Of a
    name of the log's alone the invoice may have put the usage under any other: by it nothing can be compared.
    """
    logged: dict[str, set[str]] = defaultdict(set)
    charged: dict[str, set[str]] = defaultdict(set)
    for sides, places in ((logged, ours), (charged, theirs)):
        for place in places:
            sides[place.seller].add(getattr(place, name))
    for seller, own in sorted(logged.items()):
        if (others := charged[seller]) and NOT_STATED not in own | others:
            yield NamesApart(seller, name, sorted(own - others), sorted(others - own))


def met(
    cells: Mapping[BridgePlace, Cell], whole: Mapping[BridgePlace, ScopeCharge]
) -> tuple[Mapping[BridgePlace, Cell], Mapping[BridgePlace, ScopeCharge], Sequence[NamesApart]]:
    """What both sides say by where it is compared, and so what lines of no model charge; and the names that differ."""
    places = MeetingPlaces(cells, whole)
    merged: dict[BridgePlace, Cell] = defaultdict(Cell)
    for place, cell in cells.items():
        merged[places.of(place)].merge(cell)
    charges: dict[BridgePlace, ScopeCharge] = defaultdict(ScopeCharge)
    for place, charge in whole.items():
        charges[places.of(place)].merge(charge)
    return merged, charges, places.apart
