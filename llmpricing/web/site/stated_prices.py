"""What the lists say of an offering's prices, side by side: one line a price, one column a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmpricing.charts.amounts import by_number
from llmpricing.domain.money import parse_decimal
from llmpricing.domain.observations import Amount, State
from llmpricing.domain.publishing.publish import PINNED
from llmpricing.services.catalogue.offering_detail import PriceDetail, stated_conditions
from llmpricing.services.catalogue.stated_now import offerings_now
from llmpricing.services.price_book import Reads
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

    @property
    def leading(self) -> list[StatedLine]:
        """The base prices and those on which lists differ; all where few are left."""
        first = [line for line in self.lines if _leads(line)]
        return first if len(self.lines) - len(first) > _FEW else self.lines

    @property
    def following(self) -> list[StatedLine]:
        """The others."""
        return [] if self.leading is self.lines else [line for line in self.lines if not _leads(line)]


SaidBeside = Mapping[int, Mapping[str, Amount]]  # by the id of a price that a person holds: what each list says
_FEW = 5  # lines that are not worth a fold
_NOTHING = StatedCell("says nothing", "nothing")
_SAME = StatedCell("the same", "same")
_SAME_HERE = StatedCell("the same here, in another scheme", "same")


def stated_of(reads: Reads, now: datetime, slug: str, prices: Sequence[PriceDetail]) -> StatedPrices:
    """The table of an offering's prices: the one place that counts agreement for its page and for comparisons."""
    return stated_prices(prices, said_beside_held(reads, now, slug, prices))


def stated_prices(prices: Sequence[PriceDetail], beside_held: SaidBeside | None = None) -> StatedPrices:
    """The table of all prices that have an amount; ``beside_held`` is what ``said_beside_held`` tells, where asked."""
    priced = sorted((one for one in prices if one.amount is not None), key=_order)
    said = [_said(one, beside_held.get(one.price_id, {}) if beside_held else {}) for one in priced]
    counting = Counter(one.source for one in priced)
    beside = Counter(name for cells in said for name in cells)
    lists = sorted({*counting, *beside}, key=lambda name: (-counting[name], -beside[name], name))
    alike = sum(cell.kind == "same" for cells in said for cell in cells.values())
    lines = [_line(one, cells, lists) for one, cells in zip(priced, said, strict=True)]
    return StatedPrices(lists, lines, beside.total(), alike)


def said_beside_held(reads: Reads, now: datetime, slug: str, prices: Iterable[PriceDetail]) -> SaidBeside:
    """What fresh lists state now of the prices that a person holds, of which no evidence tells."""
    held = [one for one in prices if one.source == PINNED]
    found: dict[int, dict[str, Amount]] = {one.price_id: {} for one in held}
    for offering in offerings_now(reads, now, [slug]) if held else ():
        for source, series in offering.stated.items():
            for component, stated in series.items():
                for conditions, said in stated.items():
                    for one in held:
                        if (one.meter, one.conditions) == (component.meter, stated_conditions(conditions)):
                            found[one.price_id][source] = said.amount
    return found


def _leads(line: StatedLine) -> bool:
    return not line.conditions or any(cell.kind == "different" for cell in line.cells)


def _order(price: PriceDetail) -> tuple[list[str], tuple[int, str]]:
    return [by_number(one) for one in _conditions(price)], place(price.meter)


def _conditions(price: PriceDetail) -> list[str]:
    return [display.condition(name, value) for name, value in price.conditions.items()]


def _said(price: PriceDetail, beside_held: Mapping[str, Amount]) -> dict[str, StatedCell]:
    """What other lists say of a price, by list; one of the same amount differs where its steps or hours are others."""
    said = dict.fromkeys(price.evidence.agrees, _SAME)
    for source, amount in beside_held.items():
        said[source] = _SAME if amount.same_as(_amount(price)) else StatedCell(_in_words(price, amount), "different")
    for other in price.evidence.differs:
        if other.amount is None:
            said[other.source] = StatedCell("another scheme", "different")
        elif parse_decimal(other.amount) == price.amount:
            said[other.source] = _SAME_HERE
        else:
            said[other.source] = StatedCell(_money(price, other.amount), "different")
    said.pop(price.source, None)
    return said


def _line(price: PriceDetail, said: Mapping[str, StatedCell], lists: Sequence[str]) -> StatedLine:
    counted = StatedCell(_money(price, str(price.amount)), "counted")
    cells = [counted if name == price.source else said.get(name, _NOTHING) for name in lists]
    return StatedLine(price.meter, _conditions(price), display.per(price.meter, price.per), cells)


def _amount(price: PriceDetail) -> Amount:
    return Amount(State(price.state), price.amount, price.per, price.currency)


def _in_words(price: PriceDetail, said: Amount) -> str:
    if not said.amount:
        return display.words(said.state)
    per = "" if said.per == price.per else f" {display.per(price.meter, said.per)}"
    return f"{display.sign(said.currency)}{display.amount(said.amount)}{per}"


def _money(price: PriceDetail, amount: str) -> str:
    value = parse_decimal(amount)
    return f"{display.sign(price.currency)}{display.amount(value)}" if value else "free"
