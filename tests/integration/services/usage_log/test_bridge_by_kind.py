"""Bridges to made invoices: what is planted in one kind of what is billed is named by its cause, to the last digit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.bridge import Bridge, bridge_between
from llmpricing.services.usage_log.audit.bridge_sides import BridgeSides
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from tests.audits import audited
from tests.made_invoices import (
    API,
    CONSOLE,
    CUR,
    DAYS,
    INSIDE,
    MONDAY,
    OPENAI,
    SELLERS,
    Item,
    Items,
    Seller,
    Spot,
    chance_of,
    cur_with_other_lines,
    made_log,
)
from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries

SEEDS = range(6)


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        yield session


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
    sides = BridgeSides(AuditedUses(book, LogPricer(book, datetime.now(UTC), None)))
    for one in audited(book, log):
        sides.count_log(one)
    for one in audited(book, UsageFiles([usage_file(path) for path in files]).records()):
        sides.count_charged(one)
    bridge = bridge_between(sides)
    log_sum, _, charged = bridge.sums
    assert sum(row.money for row in bridge.rows()) == bridge.difference == charged - log_sum
    return bridge


def files_of(seller: Seller, folder: Path, items: Items, *, with_usage: bool) -> list[Path]:
    costs, usage = folder / seller.name, folder / f"usage-{seller.name}"
    seller.write_costs(costs, items)
    if not with_usage or seller.write_usage is None:
        return [costs]
    seller.write_usage(usage, items)
    return [costs, usage]


def found(bridge: Bridge) -> dict[str, Decimal]:
    return {row.name: row.money for row in bridge.rows()}


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_by_kind_is_named_to_the_last_digit(
    book: Session, seller: Seller, seed: int, with_usage: bool, tmp_path: Path
) -> None:
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
    bridge = bridge_of(book, log, files_of(seller, tmp_path, items, with_usage=with_usage))
    assert found(bridge) == invoice.expected
    moved = {row.name: row.moved for row in bridge.rows()}
    assert moved.get("day_boundary", Decimal(0)) == invoice.moved


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_a_right_invoice_has_no_cause(book: Session, seller: Seller, with_usage: bool, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(1))
    assert found(bridge_of(book, log, files_of(seller, tmp_path, items, with_usage=with_usage))) == {}


@pytest.mark.parametrize("with_usage", [False, True], ids=["costs alone", "usage beside"])
@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_where_only_some_kinds_are_charged_the_others_are_not_charged(
    book: Session, seller: Seller, with_usage: bool, tmp_path: Path
) -> None:
    """A cost export of output alone says nothing of the price of output: the rest is in the log, and not charged."""
    log, items = made_log(book, seller, chance_of(7))
    left = sum((item.amount or Decimal(0) for spot, item in items.items() if spot.kind != "output_tokens"), Decimal(0))
    costs = {spot: item for spot, item in items.items() if spot.kind == "output_tokens"}
    seller.write_costs(tmp_path / seller.name, costs)
    files = [tmp_path / seller.name]
    if with_usage and seller.write_usage:
        seller.write_usage(tmp_path / f"usage-{seller.name}", items)
        files.append(tmp_path / f"usage-{seller.name}")
    bridge = bridge_of(book, log, files)
    assert found(bridge) == {"in_log_not_charged": -left}
    (row,) = bridge.rows()
    assert "output_tokens" not in row.kinds


def test_taxes_credits_and_commitments_stand_beside_what_is_planted(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CUR, chance_of(3))
    invoice = Invoice(book, CUR, items, chance_of(3), knows_quantities=True)
    invoice.other_price()
    invoice.other_quantity()
    others = cur_with_other_lines(tmp_path / "cur.csv", items)
    assert found(bridge_of(book, log, [tmp_path / "cur.csv"])) == {**invoice.expected, **others}


def test_searches_that_the_log_does_not_count_are_charged_and_not_in_it_and_the_other_way_round(
    book: Session, tmp_path: Path
) -> None:
    """Of the console each key's searches stand in a line of their own, of its model."""
    log, items = made_log(book, CONSOLE, chance_of(5))
    invoice = Invoice(book, CONSOLE, items, chance_of(5), knows_quantities=False)
    model = next(iter(CONSOLE.models))
    invoice._free = [(model, "web_searches")]
    without = invoice.not_logged(log)
    charged = files_of(CONSOLE, tmp_path, items, with_usage=False)
    (row,) = bridge_of(book, without, charged).rows()
    assert (row.name, row.kinds) == ("charged_not_in_log", {"web_searches": invoice.expected["charged_not_in_log"]})
    left = {spot: item for spot, item in items.items() if (spot.model, spot.kind) != (model, "web_searches")}
    (row,) = bridge_of(book, log, files_of(CONSOLE, tmp_path, left, with_usage=False)).rows()
    assert (row.name, set(row.kinds)) == ("in_log_not_charged", {"web_searches"})


def test_searches_in_lines_without_a_model_are_compared_with_those_of_all_models(book: Session, tmp_path: Path) -> None:
    """None in the log: charged, and not in it; none charged: in the log, and not charged."""
    log, items = made_log(book, API, chance_of(5))
    fees = sum((one.amount or Decimal(0) for spot, one in items.items() if spot.kind == "web_searches"), Decimal(0))
    invoice = Invoice(book, API, items, chance_of(5), knows_quantities=False)
    without = log
    for model in API.models:
        invoice._free = [(model, "web_searches")]
        without = invoice.not_logged(without)
    charged = files_of(API, tmp_path, items, with_usage=False)
    (row,) = bridge_of(book, without, charged).rows()
    assert (row.name, row.money, row.kinds) == ("charged_not_in_log", fees, {"web_searches": fees})
    assert row.example is not None
    assert row.example.model == "web search"
    left = {spot: item for spot, item in items.items() if spot.kind != "web_searches"}
    (row,) = bridge_of(book, log, files_of(API, tmp_path, left, with_usage=False)).rows()
    assert (row.name, row.money, set(row.kinds)) == ("in_log_not_charged", -fees, {"web_searches"})


def test_amounts_that_are_rounded_to_cents_leave_rounding_and_nothing_else(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CONSOLE, chance_of(9))
    rounded = {spot: Item(one.quantity, round(one.amount or Decimal(0), 2)) for spot, one in items.items()}
    for with_usage in (False, True):
        bridge = bridge_of(book, log, files_of(CONSOLE, tmp_path, rounded, with_usage=with_usage))
        assert found(bridge).keys() == {"rounding"}
        assert not bridge.is_beyond(Decimal(0))


def test_a_second_seller_changes_nothing_of_what_is_found_of_the_first(book: Session, tmp_path: Path) -> None:
    """The console's lines state keys and no quantities, OpenAI's state no keys: each is compared as it can be."""
    log, items = made_log(book, CONSOLE, chance_of(4))
    invoice = Invoice(book, CONSOLE, items, chance_of(4), knows_quantities=True)
    for plant in PLANTS:
        plant(invoice)
    files = files_of(CONSOLE, tmp_path, items, with_usage=True)
    other_log, other_items = made_log(book, OPENAI, chance_of(4))
    other_files = files_of(OPENAI, tmp_path, other_items, with_usage=False)
    alone = bridge_of(book, log, files)
    both = bridge_of(book, [*log, *other_log], [*files, *other_files])
    assert found(both) == found(alone) == invoice.expected
    assert {place.key for place in both.cells} >= {place.key for place in alone.cells} >= {"key-a", "key-b"}
    examples = [(row.name, row.places, row.example) for row in both.rows()]
    assert examples == [(row.name, row.places, row.example) for row in alone.rows()]


def test_fees_without_a_model_are_compared_by_seller(book: Session, tmp_path: Path) -> None:
    """Anthropic counts and charges its searches as the log has them; OpenAI charges some that nobody counts."""
    log, items = made_log(book, API, chance_of(5))
    files = files_of(API, tmp_path, items, with_usage=True)
    bucket = {
        "object": "bucket",
        "start_time": int(MONDAY.timestamp()),
        "end_time": int(MONDAY.timestamp()) + 86_400,
        "results": [
            {
                "object": "organization.costs.result",
                "amount": {"value": "1.25", "currency": "usd"},
                "line_item": "web search tool calls",
            }
        ],
    }
    other = tmp_path / "openai-costs.json"
    other.write_text(json.dumps({"object": "page", "data": [bucket]}), "utf-8")
    (row,) = bridge_of(book, log, [*files, other]).rows()
    assert (row.name, row.money, row.kinds) == (
        "charged_not_in_log",
        Decimal("1.25"),
        {"web_searches": Decimal("1.25")},
    )


def test_credits_taxes_and_commitments_of_every_seller_are_told_by_their_names(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, OPENAI, chance_of(3))
    (costs,) = files_of(OPENAI, tmp_path, items, with_usage=False)
    page = json.loads(costs.read_text("utf-8"))
    asked = {"credit grant": "-5", "Discount": "-0.5", "VAT": "2.1", "commitment": "7", "Refund": "-1"}
    page["data"][0]["results"] += [
        {
            "object": "organization.costs.result",
            "amount": {"value": amount, "currency": "usd"},
            "line_item": name,
        }
        for name, amount in asked.items()
    ]
    costs.write_text(json.dumps(page), "utf-8")
    expected = {"credit_or_discount": Decimal("-6.5"), "tax": Decimal("2.1"), "commitment": Decimal(7)}
    assert found(bridge_of(book, log, [costs])) == expected
    tuned = {"object": "organization.costs.result", "amount": {"value": "3", "currency": "usd"}}
    page["data"][0]["results"].append({**tuned, "line_item": "ft:gpt-4.1:acme:tax-bot:id, training"})
    costs.write_text(json.dumps(page), "utf-8")
    assert found(bridge_of(book, log, [costs])) == {**expected, "charged_not_in_log": Decimal(3)}
    log, items = made_log(book, API, chance_of(3))
    (costs,) = files_of(API, tmp_path, items, with_usage=False)
    page = json.loads(costs.read_text("utf-8"))
    line = {**page["data"][0]["results"][0], "model": None, "token_type": None, "description": None}
    kinds = {"credit": "-650", "tax": "210", "commitment": "700"}
    page["data"][0]["results"] += [{**line, "cost_type": kind, "amount": cents} for kind, cents in kinds.items()]
    costs.write_text(json.dumps(page), "utf-8")
    assert found(bridge_of(book, log, [costs])) == expected


def test_a_day_of_which_the_invoice_has_no_line_is_told(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CONSOLE, chance_of(6))
    left = {spot: item for spot, item in items.items() if spot.day != 1}
    bridge = bridge_of(book, log, files_of(CONSOLE, tmp_path, left, with_usage=False))
    day = f"{MONDAY + timedelta(days=1):%Y-%m-%d}"
    assert [(place.day, place.seller) for place in bridge.days_without_lines] == [(day, "anthropic")]
    assert not bridge_of(book, log, files_of(CONSOLE, tmp_path, items, with_usage=False)).days_without_lines


def test_what_is_charged_without_a_quantity_is_no_quantity_of_the_seller(book: Session, tmp_path: Path) -> None:
    """A seller's own lines count all of the log; another seller's state amounts alone."""
    log, items = made_log(book, CUR, chance_of(6))
    files = files_of(CUR, tmp_path, items, with_usage=False)
    other_log, other_items = made_log(book, CONSOLE, chance_of(6))
    other = files_of(CONSOLE, tmp_path, other_items, with_usage=False)
    alone = bridge_of(book, log, files)
    both = bridge_of(book, [*log, *other_log], [*files, *other])
    asked = sum((item.amount or Decimal(0) for item in other_items.values()), Decimal(0))
    assert (alone.counted, alone.uncounted) == (alone.log, 0)
    assert (both.counted, both.uncounted) == (alone.counted, asked)
