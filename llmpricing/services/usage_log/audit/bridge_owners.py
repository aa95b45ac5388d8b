"""Whose lines are compared with whose: by model, the sellers of whom a log and an invoice may mean the same usage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from llmpricing.services.usage_log.audit.bridge_cells import BridgePlace
from llmpricing.services.usage_log.audit.bridge_cover import NOBODY


class Owners:
    """Sellers of one model, those together between whom its usage cannot be told apart: a log may be of any of some,
    and a line that names no seller of each of them. ``covered`` tells whose lines may be of what the log has.
    """

    def __init__(self, invoice: Iterable[BridgePlace], covered: Mapping[BridgePlace, Collection[str]]) -> None:
        self._charging: dict[str, set[str]] = defaultdict(set)
        self._groups: dict[str, list[set[str]]] = defaultdict(list)
        for spot in invoice:
            self._charging[spot.model].add(spot.seller)
        for model, sellers in self._charging.items():
            for seller in sellers:
                self._join(model, {seller})
            if NOBODY in sellers:
                self._join(model, sellers)
        for spot, some in covered.items():
            self._join(spot.model, self._possible(spot, some))

    def of_invoice(self, spot: BridgePlace) -> BridgePlace:
        """Where a line is compared."""
        return spot._replace(seller=self._name(spot.model, spot.seller))

    def of_log(self, spot: BridgePlace, some: Collection[str]) -> BridgePlace:
        """Where a record of the log is compared that may be of the lines of ``some``."""
        return spot._replace(seller=self._name(spot.model, min(self._possible(spot, some))))

    def _possible(self, spot: BridgePlace, some: Collection[str]) -> set[str]:
        return self._charging.get(spot.model, set()) & set(some) or {spot.seller}

    def _join(self, model: str, sellers: set[str]) -> None:
        groups = self._groups[model]
        shared = [group for group in groups if group & sellers]
        self._groups[model] = [*(group for group in groups if group not in shared), sellers.union(*shared)]

    def _name(self, model: str, seller: str) -> str:
        group = next(group for group in self._groups[model] if seller in group)
        return " or ".join(sorted(group - {NOBODY}))
