"""The places that a bridge compares, what both sides say of each, and the rows of its causes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.names.identities import identity
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.services.usage_log.audit.groups import NOT_STATED, WAYS
from llmpricing.services.usage_log.audit.search_fees import SEARCHES, is_search_line
from llmpricing.services.usage_log.audit.verdicts import Audited

QUANTITY, PRICE, BOTH, DAY = "quantity", "price", "quantity_or_price", "day_boundary"
NOT_IN_LOG, NOT_CHARGED, CURRENCY = "charged_not_in_log", "in_log_not_charged", "currency"
CREDIT, TAX, COMMITMENT, OTHER = "credit_or_discount", "tax", "commitment", "other_charges"
BRIDGE_TITLES = {
    QUANTITY: "the seller counts other quantities than the log",
    PRICE: "the seller charges another price than the price book's",
    BOTH: "the invoice states no quantities: whether quantity or price differs cannot be told apart",
    DAY: "the same usage on the next or the previous day",
    NOT_IN_LOG: "charged, but not in the log",
    NOT_CHARGED: "in the log, but not charged",
    CURRENCY: "the invoice's exchange rate is not that of the price book",
    CREDIT: "credits and discounts",
    TAX: "taxes",
    COMMITMENT: "commitments and fees",
    OTHER: "charged for something else than models",
}
_NOTHING = Decimal(0)


class BridgePlace(NamedTuple):
    """What both sides are compared by: a day, a model whoever names it, and a key, if both sides state keys."""

    day: str
    model: str
    key: str = ""


@dataclass
class Cell:
    """What both sides say of one place, in USD. ``log`` is what its records cost, ``counted`` what the seller's
    quantities cost, ``charged`` what the invoice asks; ``prices`` are the parts of it whose cause a line itself tells.
    """

    log: Decimal = _NOTHING
    counted: Decimal = _NOTHING
    charged: Decimal = _NOTHING
    is_logged: bool = False
    is_counted: bool = False
    is_charged: bool = False
    prices: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass
class BridgeRow:
    """A cause with its money: what is charged more than the log comes to by it. ``moved`` is how much of both signs."""

    name: str
    money: Decimal = _NOTHING
    moved: Decimal = _NOTHING
    places: int = 0
    example: BridgePlace | None = None

    @property
    def title(self) -> str:
        """The cause in words."""
        return BRIDGE_TITLES.get(self.name) or causes.title_of(self.name)

    def add(self, money: Decimal, place: BridgePlace | None) -> None:
        """Add the part of a place; the largest one is the example."""
        if place is not None and (self.example is None or abs(money) > self._largest):
            self.example, self._largest = place, abs(money)
        self.money, self.moved = WIDE.add(self.money, money), WIDE.add(self.moved, abs(money))
        self.places += 1

    _largest: Decimal = _NOTHING


def place_of(one: Audited) -> BridgePlace:
    """Where a record is compared."""
    if one.cost is None and is_search_line(one.priced.record.model):
        return BridgePlace(WAYS["day"](one), SEARCHES, WAYS["key"](one) or NOT_STATED)
    name = one.priced.answer.offering.partition("/")[2] or one.priced.record.model
    words, numbers, variant = identity(name).model
    model = " ".join((*words, *numbers, variant)).strip()
    return BridgePlace(WAYS["day"](one), model, WAYS["key"](one) or NOT_STATED)


def merge(into: Cell, cell: Cell) -> None:
    """Add what both sides say of one place to another."""
    into.log, into.counted = WIDE.add(into.log, cell.log), WIDE.add(into.counted, cell.counted)
    into.charged = WIDE.add(into.charged, cell.charged)
    into.is_logged |= cell.is_logged
    into.is_counted |= cell.is_counted
    into.is_charged |= cell.is_charged
    for name, money in cell.prices.items():
        into.prices[name] = WIDE.add(into.prices[name], money)


def move(fees: Cell, own: Cell, searches: Cell) -> None:
    """Take the fees out of the cell of their own model, into that of the searches."""
    own.log, searches.log = WIDE.subtract(own.log, fees.log), WIDE.add(searches.log, fees.log)
    own.counted, searches.counted = WIDE.subtract(own.counted, fees.counted), WIDE.add(searches.counted, fees.counted)
    searches.is_logged |= fees.is_logged
    searches.is_counted |= fees.is_counted


def step_of(cell: Cell) -> Decimal:
    """By how much the seller's side is more than the log, before prices."""
    theirs = cell.counted if cell.is_counted else cell.charged
    return WIDE.subtract(theirs, cell.log)
