"""What the lists say of an offering's prices, side by side: one line a price, one column a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from llmpricing.domain.money import parse_decimal
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.web.site import display
from llmpricing.web.site.price_matrix import place


@dataclass(frozen=True, slots=True)
class StatedCell:
    """What one list says: the text, and whether it is ``counted``, the ``same``, ``different`` or ``nothing``."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A price as the lists state it, in the order of their columns."""

    meter: str
    conditions: list[str]
    per: str
    cells: list[StatedCell]


@dataclass(frozen=True, slots=True)
class StatedPrices:
    """``lists`` are the columns, those whose prices count most first; ``compared`` counts the figures beside the
    counting ones, ``alike`` those of them that are the same.
    """

    lists: list[str]
    lines: list[StatedLine]
    compared: int
    alike: int


_NOTHING = StatedCell("says nothing", "nothing")


def stated_prices(prices: Sequence[PriceDetail]) -> StatedPrices:
    """The table of all prices that have an amount."""
    priced = sorted((one for one in prices if one.amount is not None), key=_order)
    counting, beside = Counter(one.source for one in priced), Counter[str]()
    for one in priced:
        beside.update([*one.evidence.agrees, *(other.source for other in one.evidence.differs)])
    lists = sorted({*counting, *beside}, key=lambda name: (-counting[name], -beside[name], name))
    alike = sum(len(one.evidence.agrees) for one in priced)
    return StatedPrices(lists, [_line(one, lists) for one in priced], beside.total(), alike)


def _order(price: PriceDetail) -> tuple[list[str], tuple[int, str]]:
    return _conditions(price), place(price.meter)


def _conditions(price: PriceDetail) -> list[str]:
    return [display.condition(name, value) for name, value in price.conditions.items()]


def _line(price: PriceDetail, lists: Sequence[str]) -> StatedLine:
    said = {name: StatedCell("the same", "same") for name in price.evidence.agrees}
    for other in price.evidence.differs:
        amount = "another scheme" if other.amount is None else _money(price, other.amount)
        said[other.source] = StatedCell(amount, "different")
    said[price.source] = StatedCell(_money(price, str(price.amount)), "counted")
    cells = [said.get(name, _NOTHING) for name in lists]
    return StatedLine(price.meter, _conditions(price), display.per(price.meter, price.per), cells)


def _money(price: PriceDetail, amount: str) -> str:
    value = parse_decimal(amount)
    return f"{display.sign(price.currency)}{display.amount(value)}" if value else "free"
