"""The bridge from a log to an invoice: what the log comes to, what the seller's quantities come to, what is charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.services.usage_log.audit.bridge_cells import DISAGREEMENT, OUTSIDE, BridgePlace, BridgeRow, Cell
from llmpricing.services.usage_log.audit.bridge_cover import CoveredDays
from llmpricing.services.usage_log.audit.bridge_matching import footed
from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
from llmpricing.services.usage_log.audit.bridge_steps import BridgeStep, steps_of
from llmpricing.services.usage_log.audit.groups import NOT_STATED

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Bridge:
    """What lies between both sides, in USD: ``log`` is what the log comes to, ``outside`` that part of it which the
    invoice does not cover, ``counted`` what the seller's quantities come to (else its charges), ``charged`` what it
    asks, ``uncounted`` of it for usage without a quantity. ``lines`` are what it asks for no usage, by cause;
    ``disagreements`` by how much more a usage export beside it counts, which is no way from log to invoice.
    """

    log: Decimal
    outside: Decimal
    counted: Decimal
    charged: Decimal
    uncounted: Decimal
    has_charges: bool
    covered: Sequence[CoveredDays]
    cells: Mapping[BridgePlace, Cell]
    steps: Sequence[BridgeStep]
    lines: Mapping[str, Decimal]
    disagreements: BridgeRow

    @property
    def sums(self) -> tuple[Decimal, Decimal, Decimal]:
        """What the log comes to, what the seller's quantities come to, and what is charged."""
        return self.log, self.counted, self.charged

    @property
    def has_quantities(self) -> bool:
        """Whether the seller states any quantity that has a price."""
        return any(cell.counted for cell in self.cells.values())

    @property
    def days_without_lines(self) -> Sequence[BridgePlace]:
        """Days between those that the invoice has lines of, with the seller, of which the log has usage and it has no
        line at all: a whole day may be missing in the export.
        """
        there = {(place.day, place.seller) for place, cell in self.cells.items() if cell.charges or cell.counted}
        used = {(place.day, place.seller) for place, cell in self.cells.items() if cell.logged.money and place.day}
        told = {seller for _, seller in there}
        return [BridgePlace(day, "", seller=seller) for day, seller in sorted(used - there) if seller in told]

    @property
    def difference(self) -> Decimal:
        """By how much more is charged than the log comes to."""
        return WIDE.subtract(self.charged, self.log)

    def is_beyond(self, tolerance: Decimal) -> bool:
        """Whether the difference is more than this part of what the log comes to, as far as the invoice covers it and
        rounding does not make it.
        """
        rounded = sum((step.money for step in self.steps if step.name == causes.ROUNDING), _NOTHING)
        more = WIDE.subtract(WIDE.add(self.difference, self.outside), rounded)
        log = WIDE.subtract(self.log, self.outside)
        return abs(more) > tolerance * abs(log)

    def rows(self) -> list[BridgeRow]:
        """The causes, that of most money first; their money sums to what is charged less what the log comes to."""
        found: dict[str, BridgeRow] = {}
        for step in (step for step in self.steps if step.money):
            found.setdefault(step.name, BridgeRow(step.name)).add(step.money, step.place, step.kind, step.called)
        for name, money in self.lines.items():
            found.setdefault(name, BridgeRow(name)).add_line(money)
        return sorted(found.values(), key=lambda row: (-abs(row.money), row.name))


def bridge_between(sides: BridgeSides) -> Bridge:
    """The bridge between both sides, once all of them is collected."""
    sellers = sides.sellers()
    cells, outside = sides.cells(sellers), []
    for spot, cell in sorted(sides.log.items(), key=lambda item: item[0]):
        if not sides.is_covered(sellers[spot]):
            place = spot._replace(key="") if spot.key == NOT_STATED else spot
            outside += [
                BridgeStep(place, kind, OUTSIDE, WIDE.minus(money), cell.name)
                for kind, money in cell.logged.money.items()
            ]
    compared = _compared_by(cells)
    steps = [*steps_of(compared, sides.words), *outside]
    log = sum((cell.log for cell in sides.log.values()), _NOTHING)
    uncounted = sum((step.uncounted for step in steps), _NOTHING)
    counted = WIDE.subtract(sum((step.money for step in steps if not step.is_price), log), uncounted)
    lines = sum(sides.lines.values(), _NOTHING)
    asked = sum((cell.charged for cell in sides.invoice.values()), lines)
    charged = asked if sides.has_charges else counted
    left = WIDE.minus(sum((step.money for step in outside), _NOTHING))
    lying = (sides.has_charges, sides.cover.parts, cells, steps, dict(sides.lines))
    return Bridge(log, left, counted, charged, uncounted, *lying, _disagreements(compared))


def _disagreements(compared: Mapping[BridgePlace, Cell]) -> BridgeRow:
    """By how much more the usage export counts than the lines of the invoice, where both state quantities."""
    found = BridgeRow(DISAGREEMENT)
    told_twice = ((place, cell) for place, cell in compared.items() if cell.by_usage.money and cell.by_lines.money)
    for place, cell in sorted(((place, footed(cell)) for place, cell in told_twice), key=lambda one: one[0]):
        for kind in sorted(filter(cell.disagrees, cell.by_lines.money)):
            more = WIDE.subtract(cell.by_usage.money[kind], cell.by_lines.money[kind])
            found.add(more, place, kind, cell.name)
    return found


def _compared_by(cells: Mapping[BridgePlace, Cell]) -> Mapping[BridgePlace, Cell]:
    """The cells by key of each seller of whom both sides state the same keys, else by day and model."""
    logged, charged = defaultdict(set), defaultdict(set)
    for place, cell in cells.items():
        if cell.logged.money:
            logged[place.seller].add(place.key)
        if cell.charges or cell.counted:
            charged[place.seller].add(place.key)
    merged: dict[BridgePlace, Cell] = defaultdict(Cell)
    for place, cell in cells.items():
        ours, theirs = logged[place.seller], charged[place.seller]
        by_key = ours & theirs - {NOT_STATED} and NOT_STATED not in ours | theirs
        merged[place if by_key else place._replace(key="")].merge(cell)
    return merged
