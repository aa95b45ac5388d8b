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
    """What both sides say of one place, in USD. ``log`` is what its records cost, ``charged`` what the invoice asks;
    ``by_usage`` what the quantities of a usage export cost, ``by_lines`` those of the invoice's own lines: the same
    usage, told twice where both are there. ``prices`` are the parts of the charge whose cause a line itself tells.
    """

    log: Decimal = _NOTHING
    charged: Decimal = _NOTHING
    by_usage: Decimal | None = None
    by_lines: Decimal | None = None
    is_logged: bool = False
    is_charged: bool = False
    prices: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def counted(self) -> Decimal | None:
        """What the seller's quantities cost, by the usage export where there is one; None where it states none."""
        return self.by_lines if self.by_usage is None else self.by_usage

    def count(self, cost: Decimal, *, is_line: bool) -> None:
        """Add the cost of a quantity of the seller's."""
        if is_line:
            self.by_lines = WIDE.add(self.by_lines or _NOTHING, cost)
        else:
            self.by_usage = WIDE.add(self.by_usage or _NOTHING, cost)


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
    into.log, into.charged = WIDE.add(into.log, cell.log), WIDE.add(into.charged, cell.charged)
    into.is_logged |= cell.is_logged
    into.is_charged |= cell.is_charged
    _count_all(into, cell)
    for name, money in cell.prices.items():
        into.prices[name] = WIDE.add(into.prices[name], money)


def move(fees: Cell, own: Cell, searches: Cell) -> None:
    """Take the fees out of the cell of their own model, into that of the searches."""
    own.log, searches.log = WIDE.subtract(own.log, fees.log), WIDE.add(searches.log, fees.log)
    searches.is_logged |= fees.is_logged
    _count_all(searches, fees)
    _count_all(own, fees, -1)


def _count_all(into: Cell, cell: Cell, times: int = 1) -> None:
    for cost, is_line in ((cell.by_usage, False), (cell.by_lines, True)):
        if cost is not None:
            into.count(cost * times, is_line=is_line)


def step_of(cell: Cell) -> Decimal:
    """By how much the seller's side is more than the log, before prices."""
    theirs = cell.charged if cell.counted is None else cell.counted
    return WIDE.subtract(theirs, cell.log)
