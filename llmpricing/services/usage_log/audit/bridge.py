"""The bridge from a log to an invoice: what the log comes to, what the seller's quantities come to, what is charged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.domain.quotes.mistakes import causes
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.services.usage_log.audit.bridge_cells import (
    BOTH,
    COMMITMENT,
    CREDIT,
    CURRENCY,
    DAY,
    NOT_CHARGED,
    NOT_IN_LOG,
    OTHER,
    PRICE,
    QUANTITY,
    TAX,
    BridgePlace,
    BridgeRow,
    Cell,
    merge,
    move,
    place_of,
    step_of,
)
from llmpricing.services.usage_log.audit.groups import NOT_STATED
from llmpricing.services.usage_log.audit.search_fees import SEARCHES, search_fee
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.record import OutcomeKind

_NOTHING = Decimal(0)
_SLIGHT = Decimal("0.01")  # of what moved: what may be left over where usage is counted on another day
_SAME = Decimal("0.000001")
_LINES = (
    (TAX, re.compile(r"\b(tax|vat|gst)\b", re.I)),
    (CREDIT, re.compile(r"credit|refund|discount|promotion|rebate", re.I)),
    (COMMITMENT, re.compile(r"commitment|savings|reserv|fee|purchase|provisioned|adjustment", re.I)),
)


@dataclass
class Bridge:
    """Both sides, collected record by record in any order. Searches are a place of their own, if they are charged as
    one and ``uses`` tell what those within a record cost.
    """

    uses: AuditedUses | None = None
    _cells: dict[BridgePlace, Cell] = field(default_factory=lambda: defaultdict(Cell))
    _fees: dict[BridgePlace, Cell] = field(default_factory=lambda: defaultdict(Cell))  # of searches, by whose they are
    lines: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _ratios: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def count_log(self, one: Audited) -> None:
        """Add a record of the log."""
        if one.cost is not None:
            cell = self._cells[place_of(one)]
            cell.log, cell.is_logged = WIDE.add(cell.log, one.cost), True
            if fee := self._fee(one):
                searched = self._fees[place_of(one)]
                searched.log, searched.is_logged = WIDE.add(searched.log, fee), True

    def count_charged(self, one: Audited) -> None:
        """Add a record of the invoice, or of a usage export beside it."""
        kind, record, asked = one.priced.outcome.kind, one.priced.record, one.logged or _NOTHING
        if kind is OutcomeKind.REPEATED or (one.logged is None and one.cost is None):
            return
        if kind is OutcomeKind.NOT_BILLED or not record.model:
            if asked:
                name = _line(one.priced.outcome.reason)
                self.lines[name] = WIDE.add(self.lines[name], asked)
            return
        cell = self._cells[place_of(one)]
        if one.cost is not None:
            cell.count(one.cost, is_line=one.logged is not None)
            if fee := self._fee(one):
                self._fees[place_of(one)].count(fee, is_line=one.logged is not None)
        if one.logged is not None:
            cell.charged, cell.is_charged = WIDE.add(cell.charged, asked), True
            self._price(cell, one, asked)

    def _fee(self, one: Audited) -> Decimal:
        return search_fee(self.uses, one.priced.record) if self.uses else _NOTHING

    @property
    def cells(self) -> Mapping[BridgePlace, Cell]:
        """What both sides say, by place."""
        charged = {(place.day, place.key) for place in self._cells if place.model == SEARCHES}
        found: dict[BridgePlace, Cell] = defaultdict(Cell)
        for place, cell in self._cells.items():
            merge(found[place], cell)
        for place, fees in self._fees.items():
            key = next((key for key in (place.key, NOT_STATED) if (place.day, key) in charged), None)
            if key is not None:
                move(fees, found[place], found[BridgePlace(place.day, SEARCHES, key)])
        return found

    def _price(self, cell: Cell, one: Audited, asked: Decimal) -> None:
        if one.cost is None or not one.difference:
            return
        name = one.verdict.causes[0] if one.verdict.causes else causes.ROUNDING
        if name == causes.UNEXPLAINED and one.priced.record.currency != HOME and one.cost:
            name = f"{CURRENCY}:{one.priced.record.currency}"
            self._ratios[name].append(asked / one.cost)
        cell.prices[name] = WIDE.add(cell.prices[name], one.difference)

    @property
    def sums(self) -> tuple[Decimal, Decimal, Decimal]:
        """What the log comes to, what the seller's quantities come to (else its charges), and what is charged."""
        cells = self._cells.values()
        log = sum((cell.log for cell in cells), _NOTHING)
        compared = (cell for cell in cells if self._is_compared(cell))
        counted = sum((WIDE.add(cell.log, step_of(cell)) for cell in compared), _NOTHING)
        lines = sum(self.lines.values(), _NOTHING)
        charged = sum((cell.charged for cell in cells), lines) if self.has_charges else counted
        return log, counted, charged

    @property
    def difference(self) -> Decimal:
        """By how much more is charged than the log comes to."""
        log, _, charged = self.sums
        return WIDE.subtract(charged, log)

    def is_beyond(self, tolerance: Decimal) -> bool:
        """Whether the difference is more than this part of what the log comes to."""
        return abs(self.difference) > tolerance * abs(self.sums[0])

    def rows(self) -> list[BridgeRow]:
        """The causes, that of most money first; their money sums to what is charged less what the log comes to."""
        found: dict[str, BridgeRow] = {}
        places = self._without_keys()
        moved = _moved(places)
        for place, cell in sorted(places.items()):
            if not self._is_compared(cell):
                continue
            parts = [(DAY, step_of(cell))] if place in moved else _quantity(cell)
            for name, money in (*parts, *self._prices(cell)):
                if money:
                    found.setdefault(name, BridgeRow(name)).add(money, place)
        for name, money in self.lines.items():
            found.setdefault(name, BridgeRow(name)).add(money, None)
        return sorted(found.values(), key=lambda row: (-abs(row.money), row.name))

    def _is_compared(self, cell: Cell) -> bool:
        """Not where the seller's word alone knows of usage, and asks nothing: that is no way from log to invoice."""
        return cell.is_logged or cell.is_charged or not self.has_charges

    def _without_keys(self) -> Mapping[BridgePlace, Cell]:
        """The cells by key where both sides state the same keys, else by day and model."""
        cells = self.cells
        logged = {place.key for place, cell in cells.items() if cell.is_logged}
        charged = {place.key for place, cell in cells.items() if cell.is_charged or cell.counted is not None}
        if logged & charged - {NOT_STATED} and NOT_STATED not in logged | charged:
            return cells
        merged: dict[BridgePlace, Cell] = defaultdict(Cell)
        for place, cell in cells.items():
            merge(merged[place._replace(key="")], cell)
        return merged

    def _prices(self, cell: Cell) -> Iterator[tuple[str, Decimal]]:
        """What is charged less what the seller's quantities cost, by cause: as the lines tell it, else as one."""
        if cell.counted is None or not self.has_charges:
            return
        more = WIDE.subtract(cell.charged, cell.counted)
        if not cell.is_charged:
            yield NOT_CHARGED, more
        elif sum(cell.prices.values(), _NOTHING) == more:
            for name, money in cell.prices.items():
                yield self._price_name(name, money), money
        else:
            yield from _flat_or_price(cell.charged, cell.counted)

    @property
    def has_charges(self) -> bool:
        """Whether any file says what is charged, and not only what was used."""
        return bool(self.lines) or any(cell.is_charged for cell in self._cells.values())

    def _price_name(self, name: str, money: Decimal) -> str:
        if name.startswith(CURRENCY):
            ratios = self._ratios[name]
            return CURRENCY if max(ratios) - min(ratios) <= _SAME * max(ratios) else PRICE
        if name == causes.DISCOUNT:
            return CREDIT if money < 0 else PRICE
        return PRICE if name == causes.UNEXPLAINED else name


def _flat_or_price(charged: Decimal, counted: Decimal) -> Iterator[tuple[str, Decimal]]:
    """The price's part where quantities and charges stand in different files: a flat share is a discount."""
    more = WIDE.subtract(charged, counted)
    share = abs(more / counted * 200) if counted else _NOTHING
    is_flat = more < 0 and share and abs(share - round(share)) <= _SAME * share
    yield (CREDIT if is_flat else PRICE), more


def _line(reason: str) -> str:
    return next((name for name, pattern in _LINES if pattern.search(reason)), OTHER)


def _quantity(cell: Cell) -> list[tuple[str, Decimal]]:
    """By how much the seller's side is more than the log, before prices, with its cause."""
    if not cell.is_logged:
        return [(NOT_IN_LOG, step_of(cell))]
    if not cell.is_charged and cell.counted is None:
        return [(NOT_CHARGED, step_of(cell))]
    return [(BOTH if cell.counted is None else QUANTITY, step_of(cell))]


def _moved(cells: Mapping[BridgePlace, Cell]) -> set[BridgePlace]:
    """The places that differ within days in a row and cancel out: the same usage, counted on another day."""
    series: dict[tuple[str, str], list[BridgePlace]] = defaultdict(list)
    for place in sorted(cells):
        if place.day:
            series[place.model, place.key].append(place)
    found: set[BridgePlace] = set()
    for places in series.values():
        for run in _runs(places):
            differing = [place for place in run if step_of(cells[place])]
            steps = [step_of(cells[place]) for place in differing]
            gross = sum((abs(step) for step in steps), _NOTHING)
            if len(steps) > 1 and abs(sum(steps, _NOTHING)) <= _SLIGHT * gross:
                found.update(differing)
    return found


def _runs(places: Sequence[BridgePlace]) -> Iterator[list[BridgePlace]]:
    """Days in a row."""
    run: list[BridgePlace] = []
    for place in places:
        if run and date.fromisoformat(place.day) - date.fromisoformat(run[-1].day) != timedelta(days=1):
            yield run
            run = []
        run.append(place)
    if run:
        yield run
