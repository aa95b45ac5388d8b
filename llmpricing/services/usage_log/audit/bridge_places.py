"""Where both sides meet: by keys that both tell, and over all days that a line of either sums up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from llmpricing.services.usage_log.audit.bridge_cells import SHARED, BridgePlace, Cell, ScopeCharge
from llmpricing.services.usage_log.audit.bridge_days import joined
from llmpricing.services.usage_log.audit.groups import NOT_STATED


class MeetingPlaces:
    """By key of each seller of whom both sides state the same keys, else without, and so by project; over days that
    are told in one.
    """

    def __init__(self, cells: Mapping[BridgePlace, Cell], whole: Mapping[BridgePlace, ScopeCharge]) -> None:
        ours = [place for place, cell in cells.items() if cell.logged.money]
        theirs = [*(place for place, cell in cells.items() if cell.charges or cell.counted), *whole]
        self._shared = {name: _sellers_by(name, ours, theirs) for name in SHARED}
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


def _sellers_by(name: str, ours: Iterable[BridgePlace], theirs: Iterable[BridgePlace]) -> Collection[str]:
    """The sellers of whom all that both sides say names a key, or a project, and some of them both."""
    logged: dict[str, set[str]] = defaultdict(set)
    charged: dict[str, set[str]] = defaultdict(set)
    for sides, places in ((logged, ours), (charged, theirs)):
        for place in places:
            sides[place.seller].add(getattr(place, name))
    return {
        seller for seller, own in logged.items() if own & charged[seller] and NOT_STATED not in own | charged[seller]
    }


def met(
    cells: Mapping[BridgePlace, Cell], whole: Mapping[BridgePlace, ScopeCharge]
) -> tuple[Mapping[BridgePlace, Cell], Mapping[BridgePlace, ScopeCharge]]:
    """What both sides say by where it is compared, and so what lines of no model charge."""
    places = MeetingPlaces(cells, whole)
    merged: dict[BridgePlace, Cell] = defaultdict(Cell)
    for place, cell in cells.items():
        merged[places.of(place)].merge(cell)
    charges: dict[BridgePlace, ScopeCharge] = defaultdict(ScopeCharge)
    for place, charge in whole.items():
        charges[places.of(place)].merge(charge)
    return merged, charges
