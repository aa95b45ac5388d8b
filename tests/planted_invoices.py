"""Invoices in which differences are planted, and the bridge of a log to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.bridge import Bridge
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.bridged_records import bridge_of as bridge_of_records
from tests.made_invoices import DAYS, INSIDE, Item, Items, Seller, Spot, chance_of, made_log


@dataclass
class Invoice:
    """An invoice in which differences are planted, each in a model's kind of its own."""

    book: Session
    seller: Seller
    items: Items
    chance: Random
    knows_quantities: bool
    expected: Counter[str] = field(default_factory=Counter)
    moved: Decimal = Decimal(0)
    right: Items = field(default_factory=dict)
    _free: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.right = dict(self.items)
        kinds = [kind for kind in self.seller.kinds if kind not in self.seller.without_model]
        self._free = [(model, kind) for model in self.seller.models for kind in kinds]
        self.chance.shuffle(self._free)

    def spot(self) -> Spot:
        model, kind = self._free.pop()
        return Spot(self.chance.randrange(DAYS - 1), model, self.chance.choice(self.seller.keys), kind)

    def plant(self, cause: str, money: Decimal, without_quantities: str | None = None) -> None:
        name = cause if self.knows_quantities else without_quantities or cause
        self.expected[name] += money  # type: ignore[assignment] # a counter of money

    def missing_line(self) -> None:
        spot = self.spot()
        _, amount = self.items.pop(spot)
        self.plant("in_log_not_charged", -(amount or Decimal(0)))

    def other_price(self) -> None:
        spot = self.spot()
        quantity, amount = self.items[spot]
        more = ((amount or Decimal(0)) * Decimal("0.1373")).quantize(Decimal("1e-12"))
        self.items[spot] = Item(quantity, (amount or Decimal(0)) + more)
        self.plant("price", more, "quantity_or_price")

    def other_quantity(self) -> None:
        spot = self.spot()
        quantity, amount = self.items[spot]
        counted = (quantity or 0) + self.chance.choice((-7, 5, 1234))
        now = self.seller.cost(self.book, spot, counted)
        self.items[spot] = Item(counted, now)
        self.plant("quantity", now - (amount or Decimal(0)), "quantity_or_price")

    def other_day(self) -> None:
        """Some of the usage is counted on the next day."""
        spot = self.spot()
        after = spot._replace(day=spot.day + 1)
        some = (self.items[spot].quantity or 0) // 3
        money = self.seller.cost(self.book, spot, some)
        for one, sign in ((spot, -1), (after, 1)):
            quantity, amount = self.items[one]
            self.items[one] = Item((quantity or 0) + sign * some, (amount or Decimal(0)) + sign * money)
        self.plant("day_boundary", Decimal(0))
        self.moved += 2 * money

    def not_logged(self, log: list[UsageRecord]) -> list[UsageRecord]:
        """The log, without a kind that is charged."""
        spot = self.spot()
        for key in self.seller.keys:
            for day in range(DAYS):
                if item := self.items.get(spot._replace(day=day, key=key)):
                    self.plant("charged_not_in_log", item.amount or Decimal(0))
        if "outside_of_invoice" in self.expected:
            for key in self.seller.keys:
                self.plant("outside_of_invoice", self.right[spot._replace(day=DAYS - 1, key=key)].amount or Decimal(0))
        return [self._without(one, spot) for one in log]

    def _without(self, one: UsageRecord, spot: Spot) -> UsageRecord:
        assert one.usage is not None
        assert one.at is not None
        if one.model != spot.model:
            return one
        inside = sum(n for kind, n in one.usage.stated.items() if kind in INSIDE)
        counts = {
            kind: int(one.usage.stated.get(kind, 0)) - (int(inside) if kind == "input_tokens" else 0)
            for kind in self.seller.kinds
            if kind != spot.kind
        }
        return replace(one, usage=self.seller.usage(counts))

    def uncovered_day(self) -> None:
        for spot in [spot for spot in self.items if spot.day == DAYS - 1]:
            self.plant("outside_of_invoice", -(self.items.pop(spot).amount or Decimal(0)))


PLANTS: Sequence[Callable[[Invoice], None]] = (
    Invoice.missing_line,
    Invoice.other_price,
    Invoice.other_quantity,
    Invoice.other_day,
)


def bridge_of(book: Session, log: Sequence[UsageRecord], files: Sequence[Path]) -> Bridge:
    found = [usage_file(path) for path in files]

    def records() -> Iterator[UsageRecord]:
        return UsageFiles(found, numbered=len(found) > 1).records()

    return bridge_of_records(book, log, records(), records() if len(found) > 1 else ())


def files_of(seller: Seller, folder: Path, items: Items, *, with_usage: bool) -> list[Path]:
    costs, usage = folder / seller.name, folder / f"usage-{seller.name}"
    seller.write_costs(costs, items)
    if not with_usage or seller.write_usage is None:
        return [costs]
    seller.write_usage(usage, items)
    return [costs, usage]


def found(bridge: Bridge) -> dict[str, Decimal]:
    return {row.name: row.money for row in bridge.rows()}


def assert_named(book: Session, seller: Seller, seed: int, folder: Path, *, with_usage: bool) -> None:
    """Plant differences in a seller's invoice and find each by its name, to the last digit, and no other."""
    chance = chance_of(seed)
    log, items = made_log(book, seller, chance)
    knows = with_usage or seller.has_quantities
    invoice = Invoice(book, seller, items, chance, knows)
    if seed % 2:
        invoice.uncovered_day()
    if seed % 3 == 2:
        log = invoice.not_logged(log)
    for plant in PLANTS:
        if not (seed % 2 and plant is Invoice.other_day):
            plant(invoice)
    bridge = bridge_of(book, log, files_of(seller, folder, items, with_usage=with_usage))
    assert found(bridge) == invoice.expected
    moved = {row.name: row.moved for row in bridge.rows()}
    assert moved.get("day_boundary", Decimal(0)) == invoice.moved
