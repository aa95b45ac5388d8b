"""Which days and sellers an invoice covers, and what of a log lies outside of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from llmpricing.services.usage_log.audit.bridge_cells import BridgePlace
from llmpricing.services.usage_log.audit.bridge_days import first_and_last, is_stretch
from llmpricing.services.usage_log.audit.verdicts import Audited

NOBODY = ""  # the seller of a line that tells none and has no price
_TICK = timedelta(microseconds=1)


class CoveredDays(NamedTuple):
    """The days from which an invoice has lines of a seller's, the first and the last."""

    seller: str
    first: str
    last: str


@dataclass
class InvoiceCover:
    """Collects what the lines of an invoice are about; days are texts, empty where none is told."""

    _days: dict[str, tuple[str, str]] = field(default_factory=dict)
    _sellers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by model

    def count(self, one: Audited, place: BridgePlace) -> None:
        """Add a line of usage."""
        record, seller = one.priced.record, place.seller
        first, last = first_and_last(place.day)
        if record.at is not None and record.span is not None and not is_stretch(place.day):
            last = max(first, (record.at + record.span - _TICK).date().isoformat())
        known = self._days.get(seller, (first, last))
        self._days[seller] = min(known[0], first), max(known[1], last)
        self._sellers[place.model].add(seller)

    @property
    def parts(self) -> Sequence[CoveredDays]:
        """What is covered of each seller."""
        return [CoveredDays(seller, first, last) for seller, (first, last) in sorted(self._days.items())]

    def sellers(self, model: str, seller: str, others: set[str]) -> set[str]:
        """Those whose lines may be of what the log tells of a model of this seller: its own, or who charges the model
        where the invoice knows none of the sellers whom the log names for it (``others``). Lines that tell no seller
        may be anyone's.
        """
        anyone = {NOBODY} & self._days.keys()
        if seller in self._days:
            return {seller} | anyone
        return anyone | (set() if others & self._days.keys() else self._sellers.get(model, set()))

    def covers(self, days: str, sellers: set[str]) -> bool:
        """Whether the invoice has lines of one of these sellers before and after that day, or on it."""
        day, _ = first_and_last(days)
        spans = [self._days[seller] for seller in sellers]
        return not self._days or any(not (day and first) or first <= day <= last for first, last in spans)
