"""A key or project of an invoice that comes to all that is charged beyond a log which names none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.audit.bridge_cells import SHARED, BridgePlace, Cell
from llmpricing.services.usage_log.audit.groups import NOT_STATED

_NOTHING = Decimal(0)
_SAME = Decimal("0.000001")  # the share by which both may differ that are sums of rounded amounts


class NameBeyond(NamedTuple):
    """A key, or project, of a seller's invoice that is charged as much as there is beyond the log, in USD: its usage is
    likely not in the log, which names no keys.
    """

    seller: str
    name: str  # key or project
    value: str
    money: Decimal


def names_beyond(log: Mapping[BridgePlace, Cell], invoice: Mapping[BridgePlace, Cell]) -> Iterator[NameBeyond]:
    """Those of the sellers that both tell, of what the invoice covers, by order of seller."""
    for seller in sorted({place.seller for place in log} & {place.seller for place in invoice}):
        ours = {place: cell.log for place, cell in log.items() if place.seller == seller}
        theirs = {place: cell.charged for place, cell in invoice.items() if place.seller == seller}
        beyond = WIDE.subtract(_sum(theirs.values()), _sum(ours.values()))
        for name in SHARED if beyond > 0 else ():
            if {getattr(place, name) for place in ours} == {NOT_STATED}:
                yield from (
                    NameBeyond(seller, name, value, money)
                    for value, money in sorted(_by(name, theirs).items())
                    if value != NOT_STATED and abs(WIDE.subtract(money, beyond)) <= _SAME * money
                )


def _by(name: str, charged: Mapping[BridgePlace, Decimal]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for place, money in charged.items():
        found[getattr(place, name)] = WIDE.add(found[getattr(place, name)], money)
    return found if len(found) > 1 else {}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)
