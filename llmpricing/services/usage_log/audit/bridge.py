"""The bridge from a log to an invoice: what the log comes to, what the seller's quantities come to, what is charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.services.usage_log.audit.bridge_beyond import NameBeyond, names_beyond
from llmpricing.services.usage_log.audit.bridge_cells import (
    DAY,
    DISAGREEMENT,
    OTHER,
    OTHER_TIER,
    OUTSIDE,
    BridgePlace,
    BridgeRow,
    Cell,
)
from llmpricing.services.usage_log.audit.bridge_cover import CoveredDays
from llmpricing.services.usage_log.audit.bridge_days import lacking, overlap
from llmpricing.services.usage_log.audit.bridge_kinds import UNTOLD
from llmpricing.services.usage_log.audit.bridge_matching import footed, matched
from llmpricing.services.usage_log.audit.bridge_places import NamesApart, met
from llmpricing.services.usage_log.audit.bridge_rates import SellerRate
from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
from llmpricing.services.usage_log.audit.bridge_steps import BridgeStep, ChargeWords, charged_beyond_tier, steps_of
from llmpricing.services.usage_log.audit.bridge_tellings import Repeats
from llmpricing.services.usage_log.audit.bridge_told_twice import ToldTwice
from llmpricing.services.usage_log.audit.bridge_whole import whole_charges

_NOTHING = Decimal(0)
_NOT_WRONG = frozenset({OUTSIDE, causes.ROUNDING, DAY})


@dataclass(frozen=True)
class Bridge:
    """What lies between both sides, in USD: ``log`` is what the log comes to, ``outside`` that part of it which the
    invoice does not cover, ``counted`` what the seller's quantities come to (else its charges), ``charged`` what it
    asks, ``uncounted`` of it for usage without a quantity, ``whole`` in lines of no model. ``lines`` are what it asks
    for no usage, by cause and name; ``disagreements`` by how much more a usage export beside it counts, and
    ``other_tiers`` by how much more is charged than by the tier that it tells: these are no way from log to invoice.
    ``log_days`` are those of all records of the log, ``names_apart`` the keys and projects that differ. ``told_twice``
    and ``repeats`` are what two files of the invoice tell, ``rates`` the sellers' own exchange rates,
    ``beyond`` the keys that the log seems to lack.
    """

    log: Decimal
    outside: Decimal
    counted: Decimal
    charged: Decimal
    uncounted: Decimal
    has_charges: bool
    covered: Sequence[CoveredDays]
    cells: Mapping[BridgePlace, Cell]
    whole: Mapping[BridgePlace, Decimal]
    steps: Sequence[BridgeStep]
    lines: Mapping[str, Mapping[str, Decimal]]
    disagreements: BridgeRow
    other_tiers: BridgeRow
    log_days: Sequence[str]
    names_apart: Sequence[NamesApart]
    told_twice: Sequence[ToldTwice]
    repeats: Sequence[Repeats]
    rates: Sequence[SellerRate]
    beyond: Sequence[NameBeyond]

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
        there: dict[str, list[str]] = defaultdict(list)
        for place in (*(place for place, cell in self.cells.items() if cell.charges or cell.counted), *self.whole):
            there[place.seller].append(place.day)
        used = {(place.day, place.seller) for place, cell in self.cells.items() if cell.logged.money and place.day}
        return [
            BridgePlace(days, "", seller=seller)
            for days, seller in sorted(used)
            if seller in there and not any(overlap(days, told) for told in there[seller])
        ]

    @property
    def days_without_log(self) -> Sequence[BridgePlace]:
        """The days of the invoice's lines of which the log has no record at all, by seller."""
        if "" in self.log_days:  # records of days that are not told may be of any
            return []
        asked: dict[str, list[str]] = defaultdict(list)
        for place in (*(place for place, cell in self.cells.items() if cell.charges or cell.counted), *self.whole):
            asked[place.seller].append(place.day)
        return [
            BridgePlace(days, "", seller=seller)
            for seller, told in sorted(asked.items())
            for days in lacking(told, self.log_days)
        ]

    @property
    def difference(self) -> Decimal:
        """By how much more is charged than the log comes to."""
        return WIDE.subtract(self.charged, self.log)

    @property
    def wrong(self) -> Decimal:
        """How much is charged otherwise than the log comes to, too much and too little added up: all but what the
        invoice does not cover, rounding, lines of credits, taxes and commitments, and usage on another day, of which
        only what is left of it counts; and what is charged otherwise than the tier of the seller's own usage.
        """
        gross = sum((abs(step.money) for step in self.steps if step.name not in _NOT_WRONG), _NOTHING)
        moved = abs(sum((step.money for step in self.steps if step.name == DAY), _NOTHING))
        others = sum(map(abs, self.lines.get(OTHER, {}).values()), _NOTHING)
        return sum((moved, others, self.other_tiers.moved), gross)

    def is_beyond(self, tolerance: Decimal) -> bool:
        """Whether what is wrong is more than this part of what the log comes to, as far as the invoice covers it."""
        return self.wrong > tolerance * abs(WIDE.subtract(self.log, self.outside))

    def rows(self) -> list[BridgeRow]:
        """The causes, that of most money first; their money sums to what is charged less what the log comes to."""
        found: dict[str, BridgeRow] = {}
        for step in (step for step in self.steps if step.money):
            found.setdefault(step.name, BridgeRow(step.name)).add(step.money, *step.where)
        for name, called in self.lines.items():
            found.setdefault(name, BridgeRow(name)).add_lines(called)
        return sorted(found.values(), key=lambda row: (-abs(row.money), row.name))


def bridge_between(sides: BridgeSides) -> Bridge:
    """The bridge between both sides, once all of them is collected."""
    sellers = sides.sellers()
    cells, outside = sides.cells(sellers), []
    for spot, cell in sorted(sides.log.items(), key=lambda item: item[0]):
        if not sides.is_covered(sellers[spot]):
            outside += [
                BridgeStep(spot.told, kind, OUTSIDE, WIDE.minus(money), cell.name)
                for kind, money in cell.logged.money.items()
            ]
    compared, lines_of_no_model, apart = met(cells, sides.whole)
    wholes = whole_charges(lines_of_no_model, compared)
    others = compared.keys() - {place for one in wholes for place in one.cells}
    of_wholes = [step for one in wholes for step in one.steps(sides.words)]
    steps = [*steps_of({place: compared[place] for place in others}, sides.words, of_wholes), *outside]
    log = sum((cell.log for cell in sides.log.values()), _NOTHING)
    uncounted = sum((step.uncounted for step in steps), _NOTHING)
    counted = WIDE.subtract(sum((step.money for step in steps if not step.is_price), log), uncounted)
    lines = sum((money for called in sides.lines.values() for money in called.values()), _NOTHING)
    asked = sum((one.charge.money for one in wholes), sum((cell.charged for cell in sides.invoice.values()), lines))
    charged = asked if sides.has_charges else counted
    left = WIDE.minus(sum((step.money for step in outside), _NOTHING))
    whole = {place: charge.money for place, charge in sides.whole.items()}
    lying = (sides.has_charges, sides.cover.parts, cells, whole, steps, sides.lines)
    told = (_disagreements(compared), _other_tiers(compared, sides.words))
    files = (sides.told_twice.found, sides.tellings.repeated)
    inside = {spot: cell for spot, cell in sides.log.items() if sides.is_covered(sellers[spot])}
    beyond = list(names_beyond(inside, sides.invoice))
    log_days = sorted({spot.day for spot in sides.log})
    return Bridge(
        log, left, counted, charged, uncounted, *lying, *told, log_days, apart, *files, sides.rates.told, beyond
    )


def _other_tiers(compared: Mapping[BridgePlace, Cell], words: ChargeWords) -> BridgeRow:
    """By how much more is charged than the same quantities cost in the tier of the seller's own usage export."""
    found = BridgeRow(OTHER_TIER)
    for place, cell in sorted(compared.items(), key=lambda one: one[0]):
        for one in matched(cell):
            more = charged_beyond_tier(one, footed(cell), words)
            if more:
                found.add(more, place, one.kinds[0] if len(one.kinds) == 1 else UNTOLD, cell.name)
    return found


def _disagreements(compared: Mapping[BridgePlace, Cell]) -> BridgeRow:
    """By how much more the usage export counts than the lines of the invoice, where both state quantities."""
    found = BridgeRow(DISAGREEMENT)
    told_twice = ((place, cell) for place, cell in compared.items() if cell.by_usage.money and cell.by_lines.money)
    for place, cell in sorted(((place, footed(cell)) for place, cell in told_twice), key=lambda one: one[0]):
        for kind in sorted(filter(cell.disagrees, cell.by_lines.money)):
            more = WIDE.subtract(cell.by_usage.money[kind], cell.by_lines.money[kind])
            found.add(more, place, kind, cell.name)
    return found
