"""Bridges to the files of one seller that tell the same charges: counted once and said, and parts added up."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.bridge import Bridge
from tests.made_cloud_invoices import CLOUDS
from tests.made_invoices import (
    API,
    CONSOLE,
    CUR,
    DAYS,
    OPENAI,
    SELLERS,
    Item,
    Items,
    Seller,
    Spot,
    chance_of,
    made_log,
)
from tests.planted_invoices import Invoice, bridge_of, files_of, found

TWICE, DIFFERS, MAYBE = "CHARGES_TOLD_TWICE", "CHARGES_TOLD_DIFFERENTLY", "CHARGES_MAY_BE_TOLD_TWICE"


def asked(items: Items) -> Decimal:
    return sum((item.amount or Decimal(0) for item in items.values()), Decimal(0))


def of_days(items: Items, days: Iterable[int]) -> Items:
    there = set(days)
    return {spot: item for spot, item in items.items() if spot.day in there}


def written(seller: Seller, folder: Path, *parts: Items) -> list[Path]:
    """A file of the seller's costs for each part."""
    paths = [folder / f"part{number}-{seller.name}" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        seller.write_costs(path, part)
    return paths


def changed(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Each line of a file, or result of an answer, as it is changed."""
    if path.suffix == ".json":
        page = json.loads(path.read_text("utf-8"))
        for bucket in page["data"]:
            bucket["results"] = [change(one) for one in bucket["results"]]
        path.write_text(json.dumps(page), "utf-8")
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = [change(one) for one in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def told(bridge: Bridge) -> list[tuple[str, bool]]:
    return [(one.code, one.is_usage) for one in bridge.told_twice]


def in_any_order(book: Session, log: Sequence[Any], files: Sequence[Path]) -> Bridge:
    """The bridge, which is the same in whatever order the files are named."""
    bridges = [bridge_of(book, log, some) for some in permutations(files)]
    assert len({tuple(found(one).items()) for one in bridges}) == 1
    assert len({tuple(sorted(told(one))) for one in bridges}) == 1
    assert len({one.sums for one in bridges}) == 1
    return bridges[0]


@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_windows_that_overlap_are_counted_once_and_said_with_their_days_and_money(
    book: Session, seller: Seller, tmp_path: Path
) -> None:
    """Days 0 to 2 in one file, 1 to 3 in the other: days 1 and 2 stand in both. Lines of a report have other ids."""
    log, items = made_log(book, seller, chance_of(11))
    files = written(seller, tmp_path, of_days(items, (0, 1, 2)), of_days(items, (1, 2, 3)))
    if seller is CUR:
        changed(files[1], lambda row: {**row, "identity_line_item_id": f"x{row['identity_line_item_id']}"})
    bridge = in_any_order(book, log, files)
    assert found(bridge) == {}
    (one,) = bridge.told_twice
    assert (one.code, one.first, one.last) == (TWICE, "2026-11-17", "2026-11-18")
    assert one.money == one.low == one.high == asked(of_days(items, (1, 2)))
    assert one.lines == len(of_days(items, (1, 2)))


@pytest.mark.parametrize("seller", SELLERS, ids=lambda one: one.name)
def test_parts_by_day_by_model_and_by_kind_add_up_without_a_word(book: Session, seller: Seller, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(12))
    parted: list[Callable[[Spot], object]] = [
        lambda spot: spot.day,
        lambda spot: spot.kind if spot.kind in seller.without_model else spot.model,
        lambda spot: spot.kind,
    ]
    for number, part_of in enumerate(parted):
        names = sorted({str(part_of(spot)) for spot in items})
        parts = [{spot: item for spot, item in items.items() if str(part_of(spot)) == name} for name in names]
        folder = tmp_path / str(number)
        folder.mkdir()
        bridge = bridge_of(book, log, written(seller, folder, *parts))
        assert (found(bridge), bridge.told_twice) == ({}, [])


@pytest.mark.parametrize("seller", [*SELLERS, *CLOUDS], ids=lambda one: one.name)
def test_lines_that_are_split_at_random_give_the_causes_of_the_whole(
    book: Session, seller: Seller, tmp_path: Path
) -> None:
    chance = chance_of(701)
    log, items = made_log(book, seller, chance)
    invoice = Invoice(book, seller, items, chance, seller.has_quantities)
    for plant in (invoice.missing_line, invoice.other_price, invoice.other_quantity):
        plant()
    parts: tuple[Items, Items] = ({}, {})
    for spot, item in items.items():
        parts[chance.randrange(2)][spot] = item
    files = written(seller, tmp_path, *parts)
    if seller is CUR:
        changed(files[1], lambda row: {**row, "identity_line_item_id": f"x{row['identity_line_item_id']}"})
    bridge = bridge_of(book, log, files)
    assert found(bridge) == invoice.expected
    assert {code for code, _ in told(bridge)} <= {MAYBE}  # searches of a day, which the API tells apart by nothing


def test_parts_by_key_or_project_add_up_though_their_amounts_are_equal(book: Session, tmp_path: Path) -> None:
    """Two projects of OpenAI's with the very same usage, and two keys of the console's, a file each."""
    log, items = made_log(book, OPENAI, chance_of(13))
    files = written(OPENAI, tmp_path, items, items)
    changed(files[1], lambda one: {**one, "project_id": "proj_other"})
    bridge = in_any_order(book, [*log, *log], files)
    assert (found(bridge), bridge.told_twice) == ({}, [])
    log, items = made_log(book, CONSOLE, chance_of(13))
    parts = [{spot: item for spot, item in items.items() if spot.key == key} for key in CONSOLE.keys]
    bridge = in_any_order(book, log, written(CONSOLE, tmp_path, *parts))
    assert (found(bridge), bridge.told_twice) == ({}, [])


def test_costs_by_line_beside_the_same_costs_summed_up_are_counted_once(book: Session, tmp_path: Path) -> None:
    """A page of OpenAI's costs grouped by line, one grouped by nothing, and the table that the dashboard exports."""
    log, items = made_log(book, OPENAI, chance_of(14))
    lines = tmp_path / "lines.json"
    OPENAI.write_costs(lines, items)
    page = json.loads(lines.read_text("utf-8"))
    rows = []
    for bucket in page["data"]:
        rows += [
            {
                "start_time": str(bucket["start_time"]),
                "end_time": str(bucket["end_time"]),
                "amount_value": one["amount"]["value"],
                "amount_currency": "usd",
                "line_item": one["line_item"],
                "project_id": "proj_made",
            }
            for one in bucket["results"]
        ]
        whole = sum((Decimal(one["amount"]["value"]) for one in bucket["results"]), Decimal(0))
        amount = {"value": str(whole), "currency": "usd"}
        bucket["results"] = [{"object": "organization.costs.result", "amount": amount, "line_item": None}]
    summed, table = tmp_path / "summed.json", tmp_path / "table.csv"
    summed.write_text(json.dumps(page), "utf-8")
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for files, times in (((lines, summed), 1), ((lines, table), 1), ((lines, summed, table), 2)):
        bridge = in_any_order(book, log, files)
        assert found(bridge) == {}
        assert told(bridge) == [(TWICE, False)] * times


def test_the_console_and_the_api_tell_the_same_charges_by_names_and_by_ids(book: Session, tmp_path: Path) -> None:
    """The console rounds to cents and names keys and workspaces; the API tells fractions, and the workspace's id."""
    log, items = made_log(book, CONSOLE, chance_of(15))
    large = {spot: Item(item.quantity, (item.amount or Decimal(0)) * 1000) for spot, item in items.items()}
    console, api = tmp_path / "console.csv", tmp_path / "api.json"
    cents = {spot: Item(item.quantity, round(item.amount or Decimal(0), 2)) for spot, item in large.items()}
    CONSOLE.write_costs(console, cents)
    without_keys: Items = {}
    for spot, item in large.items():
        there = without_keys.get(spot._replace(key=""), Item(0, Decimal(0)))
        more = ((there.quantity or 0) + (item.quantity or 0), (there.amount or 0) + (item.amount or Decimal(0)))
        without_keys[spot._replace(key="")] = Item(*more)
    API.write_costs(api, without_keys)
    changed(api, lambda one: {**one, "workspace_id": "wrkspc_made"})
    bridge = in_any_order(book, log, [console, api])
    assert bridge.sums[2] in (asked(cents), asked(large))
    assert told(bridge) == [(TWICE, False)]


def test_a_month_beside_its_days_is_counted_once_and_beside_some_of_them_said(book: Session, tmp_path: Path) -> None:
    """A bill of four days as one, and its extract by day of all of them, or of two alone: that may be another bill."""
    log, items = made_log(book, CUR, chance_of(16))
    summed: Items = {}
    for spot, item in items.items():
        there = summed.get(spot._replace(day=0), Item(0, Decimal(0)))
        more = ((there.quantity or 0) + (item.quantity or 0), (there.amount or 0) + (item.amount or Decimal(0)))
        summed[spot._replace(day=0)] = Item(*more)
    for days in (range(DAYS), (1, 2)):
        daily, whole = written(CUR, tmp_path, of_days(items, days), summed)
        changed(
            whole,
            lambda row: {
                **row,
                "identity_line_item_id": f"m{row['identity_line_item_id']}",
                "line_item_usage_end_date": "2026-11-20T00:00:00Z",
            },
        )
        bridge = in_any_order(book, log, [daily, whole])
        (one,) = bridge.told_twice
        more = asked(of_days(items, days))
        if len(days) == DAYS:
            assert (found(bridge), one.code, one.low) == ({}, TWICE, more)
        else:
            assert found(bridge) == {"quantity": more}
            assert (one.code, one.low, one.high) == (MAYBE, asked(items), asked(items) + more)


def test_a_day_that_was_exported_while_it_ran_is_counted_as_the_larger_and_both_are_said(
    book: Session, tmp_path: Path
) -> None:
    log, items = made_log(book, OPENAI, chance_of(17))
    early = {
        spot: Item(item.quantity, (item.amount or Decimal(0)) / 4) if spot.day == 2 else item
        for spot, item in of_days(items, (0, 1, 2)).items()
    }
    files = written(OPENAI, tmp_path, early, items)
    bridge = in_any_order(book, log, files)
    assert found(bridge) == {}
    assert {one.code: one.low for one in bridge.told_twice} == {
        TWICE: asked(of_days(items, (0, 1))),
        DIFFERS: asked(of_days(items, (2,))) / 4,
    }


def test_amounts_that_differ_everywhere_may_be_parts_that_nothing_tells_apart(book: Session, tmp_path: Path) -> None:
    """They add up, as before, but what they are if they tell the same is said."""
    log, items = made_log(book, OPENAI, chance_of(18))
    third = {spot: Item(item.quantity, (item.amount or Decimal(0)) / 4) for spot, item in items.items()}
    rest = {spot: Item(item.quantity, (item.amount or Decimal(0)) * 3 / 4) for spot, item in items.items()}
    bridge = in_any_order(book, log, written(OPENAI, tmp_path, third, rest))
    assert found(bridge) == {}
    (one,) = bridge.told_twice
    assert (one.code, one.low, one.high) == (MAYBE, asked(rest), asked(items))


@pytest.mark.parametrize("seller", [CONSOLE, API, OPENAI], ids=lambda one: one.name)
def test_usage_exports_that_overlap_are_counted_once_too(book: Session, seller: Seller, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(19))
    costs, usage = files_of(seller, tmp_path, items, with_usage=True)
    assert seller.write_usage is not None
    again = tmp_path / f"again-{seller.name}"
    seller.write_usage(again, of_days(items, (2, 3)))
    bridge = in_any_order(book, log, [costs, usage, again])
    assert found(bridge) == {}
    (one,) = bridge.told_twice
    assert (one.code, one.is_usage, one.money) == (TWICE, True, asked(of_days(items, (2, 3))))


def test_lines_of_taxes_and_credits_in_two_files_are_counted_once(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, OPENAI, chance_of(20))
    files = written(OPENAI, tmp_path, items, items)
    for path in files:
        page = json.loads(path.read_text("utf-8"))
        credit = {"amount": {"value": "-1.25", "currency": "usd"}, "line_item": "credit grant", "project_id": "p"}
        page["data"][0]["results"].append({"object": "organization.costs.result", **credit})
        path.write_text(json.dumps(page, indent=files.index(path) or None), "utf-8")
    bridge = in_any_order(book, log, files)
    assert found(bridge) == {"credit_or_discount": Decimal("-1.25")}
    assert told(bridge) == [(TWICE, False)]


def test_lines_of_other_ids_add_up_and_equal_ones_are_said(book: Session, tmp_path: Path) -> None:
    """Two parts of a report with a line each of one model's day, of as much or of more."""
    log, items = made_log(book, CUR, chance_of(22))
    spot, item = next((spot, item) for spot, item in items.items() if item.amount)
    assert item.amount is not None
    for more, codes in ((Decimal(0), [(MAYBE, False)]), (Decimal("0.01"), [])):
        files = written(CUR, tmp_path, {spot: item}, {spot: Item(item.quantity, item.amount + more)})
        changed(files[1], lambda row: {**row, "identity_line_item_id": f"x{row['identity_line_item_id']}"})
        bridge = in_any_order(book, log, files)
        assert (told(bridge), bridge.sums[2]) == (codes, 2 * item.amount + more)


def test_the_month_of_one_account_and_the_days_of_another_add_up_without_a_word(book: Session, tmp_path: Path) -> None:
    """By the report and by FOCUS, which have no account in common; the days come to less than the month."""
    log, items = made_log(book, CUR, chance_of(23))
    month, days = tmp_path / "month.csv", tmp_path / "focus.csv"
    spot, item = next((spot, item) for spot, item in items.items() if item.amount)
    assert item.amount is not None
    CUR.write_costs(month, {spot: item})
    changed(month, lambda row: {**row, "line_item_usage_end_date": "2026-11-20T00:00:00Z"})
    with month.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    daily = {
        "ChargeCategory": "Usage",
        "ChargePeriodStart": row["line_item_usage_start_date"],
        "ChargePeriodEnd": "2026-11-17T00:00:00Z",
        "x_UsageType": row["line_item_usage_type"],
        "x_ServiceCode": "AmazonBedrock",
        "ServiceName": "Amazon Bedrock",
        "ResourceId": row.get("line_item_resource_id", ""),
        "PricingQuantity": row["line_item_usage_amount"],
        "PricingUnit": row["pricing_unit"],
        "BilledCost": str(item.amount / 2),
        "BillingCurrency": "USD",
        "RegionId": row["product_region_code"],
    }
    for account, codes in (("222222222222", []), ("111111111111", [(MAYBE, False)])):
        changed(month, lambda one: {**one, "line_item_usage_account_id": "111111111111"})
        with days.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*daily, "SubAccountId"])
            writer.writeheader()
            writer.writerow({**daily, "SubAccountId": account})
        bridge = in_any_order(book, log, [month, days])
        assert (told(bridge), bridge.sums[2]) == (codes, item.amount + item.amount / 2)


def test_equal_commitments_prove_nothing_of_other_usage(book: Session, tmp_path: Path) -> None:
    """Two organisations with a commitment of 100 a day each, and usage of their own."""
    log, items = made_log(book, OPENAI, chance_of(24))
    fourth = {spot: Item(item.quantity, (item.amount or Decimal(0)) / 4) for spot, item in items.items()}
    files = written(OPENAI, tmp_path, items, fourth)
    for path in files:
        page = json.loads(path.read_text("utf-8"))
        for bucket in page["data"]:
            fee = {"amount": {"value": "100", "currency": "usd"}, "line_item": "Scale tier commitment"}
            bucket["results"].append({"object": "organization.costs.result", **fee, "project_id": "proj_made"})
        path.write_text(json.dumps(page), "utf-8")
    bridge = in_any_order(book, log, files)
    assert bridge.sums[2] == asked(items) + asked(fourth) + 2 * DAYS * 100
    (one,) = bridge.told_twice
    assert (one.code, one.low, one.high) == (MAYBE, asked(items) + DAYS * 100, bridge.sums[2])


def test_cents_that_rounding_may_have_made_equal_prove_nothing(book: Session, tmp_path: Path) -> None:
    """Lines of two cents in one file and of one cent in the other, each no further apart than rounding could make."""
    log, items = made_log(book, CONSOLE, chance_of(25))
    two, one = (
        {spot: Item(item.quantity, Decimal(cents)) for spot, item in items.items()} for cents in ("0.02", "0.01")
    )
    bridge = in_any_order(book, log, written(CONSOLE, tmp_path, two, one))
    assert bridge.sums[2] == asked(two) + asked(one)
    (said,) = bridge.told_twice
    assert (said.code, said.low, said.high) == (MAYBE, asked(two), asked(two) + asked(one))


def test_copies_and_lines_of_one_id_are_said_with_their_money(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CUR, chance_of(21))
    files = written(CUR, tmp_path, items, of_days(items, (0,)))
    bridge = bridge_of(book, log, files)
    assert (found(bridge), bridge.told_twice) == ({}, [])
    (one,) = bridge.repeats
    assert (one.file.number, one.money) == (2, asked(of_days(items, (0,))))
