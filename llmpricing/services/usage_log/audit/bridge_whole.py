"""What lines of no model charge, beside all models of their seller and days that no other line charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.services.usage_log.audit.bridge_cells import (
    BOTH,
    NO_PRICE,
    OTHER,
    QUANTITY,
    BridgePlace,
    Cell,
    ScopeCharge,
)
from llmpricing.services.usage_log.audit.bridge_days import joined, overlap
from llmpricing.services.usage_log.audit.bridge_kinds import UNTOLD
from llmpricing.services.usage_log.audit.bridge_matching import footed
from llmpricing.services.usage_log.audit.bridge_steps import BridgeStep, ChargeWords, flat_or_price

ALL_MODELS = "all models"
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class WholeCharge:
    """A charge for all models of a place that has no model, and the cells that it may be for."""

    place: BridgePlace
    charge: ScopeCharge
    cells: Mapping[BridgePlace, Cell]

    @property
    def log(self) -> Decimal:
        """What the log's records of all these cost."""
        return sum((cell.log for cell in self.cells.values()), _NOTHING)

    def steps(self, words: ChargeWords) -> Iterator[BridgeStep]:
        """The way from the log to the charge; by quantity and price where a usage export counts each model."""
        if not any(cell.logged.money or cell.counted for cell in self.cells.values()):
            is_unpriced = any(cell.is_unpriced for cell in self.cells.values())
            yield self._step(NO_PRICE if is_unpriced else OTHER, self.charge.money, uncounted=self.charge.money)
        elif all(cell.counted for cell in self.cells.values()):
            yield from self._steps_of_quantities(words)
        else:
            more = WIDE.subtract(self.charge.money, self.log)
            is_rounding = abs(more) <= words.noise_of(self.charge)
            yield self._step(causes.ROUNDING if is_rounding else BOTH, more, uncounted=self.charge.money)

    def _steps_of_quantities(self, words: ChargeWords) -> Iterator[BridgeStep]:
        counted = _NOTHING
        for place, cell in self.cells.items():
            own = footed(cell)
            told = own.counted
            for kind in sorted({*told, *own.logged.money}):
                theirs = told.get(kind, _NOTHING)
                counted = WIDE.add(counted, theirs)
                more = WIDE.subtract(theirs, own.logged.money.get(kind, _NOTHING))
                yield BridgeStep(place, kind, QUANTITY, more, cell.name)
        more = WIDE.subtract(self.charge.money, counted)
        is_rounding = abs(more) <= words.noise_of(self.charge)
        yield self._step(causes.ROUNDING if is_rounding else flat_or_price(more, counted), more, is_price=True)

    def _step(self, name: str, money: Decimal, *, is_price: bool = False, uncounted: Decimal = _NOTHING) -> BridgeStep:
        return BridgeStep(self.place, UNTOLD, name, money, ALL_MODELS, is_price, uncounted)


def whole_charges(whole: Mapping[BridgePlace, ScopeCharge], cells: Mapping[BridgePlace, Cell]) -> Sequence[WholeCharge]:
    """The charges with the cells of their seller, key and days that no other line charges."""
    free = {place: cell for place, cell in cells.items() if not cell.charges}
    found: dict[BridgePlace, ScopeCharge] = defaultdict(ScopeCharge)
    for place, charge in whole.items():
        own = [place.day, *(one.day for one in free if _is_of(one, place))]
        found[place._replace(day=joined(own)[place.day])].merge(charge)
    return [
        WholeCharge(place, charge, {one: cell for one, cell in sorted(free.items()) if _is_of(one, place)})
        for place, charge in sorted(found.items(), key=lambda item: item[0])
    ]


def _is_of(one: BridgePlace, whole: BridgePlace) -> bool:
    """Whether a line of no model may be for what is used at a place."""
    is_its_seller = not whole.seller or whole.seller in one.seller.split(" or ")
    return is_its_seller and (one.key, one.project) == (whole.key, whole.project) and overlap(one.day, whole.day)
