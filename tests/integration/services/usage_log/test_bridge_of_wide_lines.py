"""Bridges to invoices whose lines sum up several models or days: compared with all that such a line may be of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.bridged_records import DAY, HAIKU, MINI, MONDAY, TERRA, amount_only, bridge_of, call, causes, line
from tests.made_invoices import CUR, OPENAI, chance_of, cur_line, made_log
from tests.made_invoices import MONDAY as FIRST
from tests.planted_invoices import bridge_of as bridge_of_files


def of_all_models(day: int, charged: str, days: int = 1) -> UsageRecord:
    """What OpenAI asks for so many days, whatever was used."""
    return replace(amount_only("", day, charged), provider="openai", span=days * DAY)


def test_a_line_without_a_model_is_compared_with_all_that_the_log_has_of_its_seller_on_that_day(book: Session) -> None:
    """The log: 5 M of mini (2.00) and 200 K of terra (0.40), and haiku, which another seller charges; asked are 2.9."""
    log = [call(MINI, 0, 5_000_000), call(TERRA, 0, 200_000), call(HAIKU, 0, 1_000_000)]
    bridge = bridge_of(book, log, [of_all_models(0, "2.9"), amount_only("Claude Haiku 4.5", 0, "1")])
    assert causes(bridge) == {"quantity_or_price": Decimal("0.5")}
    (row,) = bridge.rows()
    assert (row.called, row.example and row.example.seller) == ("all models", "openai")
    assert causes(bridge_of(book, log, [of_all_models(0, "2.4"), amount_only("Claude Haiku 4.5", 0, "1")])) == {}


def test_lines_without_a_model_of_several_projects_are_compared_together(book: Session) -> None:
    log = [call(MINI, 0, 5_000_000), call(TERRA, 1, 200_000)]
    lines = [of_all_models(0, "1.5"), of_all_models(0, "0.5"), of_all_models(1, "0.6")]
    bridge = bridge_of(book, log, lines)
    assert causes(bridge) == {"quantity_or_price": Decimal("0.2")}
    (row,) = bridge.rows()
    assert row.example is not None
    assert row.example.day == "2026-11-17"


def test_a_usage_export_beside_a_line_without_a_model_tells_quantity_from_price(book: Session) -> None:
    """The seller counts 6 M of mini (0.40 more than the log) and asks 3.40, where its quantities come to 2.80."""
    log = [call(MINI, 0, 5_000_000), call(TERRA, 0, 200_000)]
    usage = [line(MINI, 0, 6_000_000, None), line(TERRA, 0, 200_000, None)]
    bridge = bridge_of(book, log, [of_all_models(0, "3.4"), *usage])
    assert causes(bridge) == {"quantity": Decimal("0.4"), "price": Decimal("0.6")}
    assert bridge.sums == (Decimal("2.4"), Decimal("2.8"), Decimal("3.4"))


def test_a_line_without_a_model_is_for_what_no_other_line_charges(book: Session) -> None:
    """Mini has a line of its own; the other is for terra. Where every model has one, it is of none of them."""
    log = [call(MINI, 0, 5_000_000), call(TERRA, 0, 200_000)]
    own = line(MINI, 0, 5_000_000, "2")
    assert causes(bridge_of(book, log, [own, of_all_models(0, "0.7")])) == {"quantity_or_price": Decimal("0.3")}
    both = [own, line(TERRA, 0, 200_000, "0.4"), of_all_models(0, "0.7")]
    assert causes(bridge_of(book, log, both)) == {"other_charges": Decimal("0.7")}


def test_openai_s_costs_that_are_grouped_by_nothing_are_compared_with_the_log_s_days(
    book: Session, tmp_path: Path
) -> None:
    log, items = made_log(book, OPENAI, chance_of(11))
    asked: dict[int, Decimal] = {}
    for spot, item in items.items():
        asked[spot.day] = asked.get(spot.day, Decimal(0)) + (item.amount or 0)
    asked[2] += Decimal("0.25")
    data = [
        {
            "object": "bucket",
            "start_time": int((FIRST + day * DAY).timestamp()),
            "end_time": int((FIRST + (day + 1) * DAY).timestamp()),
            "results": [
                {
                    "object": "organization.costs.result",
                    "amount": {"value": str(amount), "currency": "usd"},
                    "line_item": None,
                    "project_id": None,
                }
            ],
        }
        for day, amount in asked.items()
    ]
    costs = tmp_path / "costs.json"
    costs.write_text(json.dumps({"object": "page", "data": data, "has_more": False}), "utf-8")
    assert causes(bridge_of_files(book, log, [costs])) == {"quantity_or_price": Decimal("0.25")}


def test_lines_of_several_days_are_compared_over_all_of_them(book: Session) -> None:
    """The log: 1 M of mini on each of four days (1.60). A line of the four days counts as much, and asks 1.60."""
    log = [call(MINI, day, 1_000_000) for day in range(4)]
    of_four = replace(line(MINI, 0, 4_000_000, "1.6"), span=4 * DAY)
    bridge = bridge_of(book, log, [of_four])
    assert (causes(bridge), bridge.days_without_lines) == ({}, [])
    more = replace(line(MINI, 0, 5_000_000, "2.1"), span=4 * DAY)
    bridge = bridge_of(book, log, [more])
    assert causes(bridge) == {"quantity": Decimal("0.4"), "price": Decimal("0.1")}
    assert {row.example and row.example.day for row in bridge.rows()} == {"2026-11-16/2026-11-19"}
    assert [(one.first, one.last) for one in bridge.covered] == [("2026-11-16", "2026-11-19")]


def test_amounts_alone_of_several_days_are_compared_over_all_of_them_with_a_daily_usage_export(book: Session) -> None:
    log = [call(HAIKU, day, 1_000_000) for day in range(3)]
    amount = replace(amount_only("Claude Haiku 4.5", 0, "3.5"), span=3 * DAY)
    assert causes(bridge_of(book, log, [amount])) == {"quantity_or_price": Decimal("0.5")}
    usage = [line(HAIKU, day, 1_100_000, None) for day in range(3)]
    assert causes(bridge_of(book, log, [amount, *usage])) == {"quantity": Decimal("0.3"), "price": Decimal("0.2")}


def test_a_month_that_begins_at_another_hour_shares_no_day_with_the_next(book: Session) -> None:
    """Days of a seller in California: 30 of them and an hour more, for its clocks were set back."""
    log = [call(MINI, day, 1_000_000, hour=20) for day in (0, 29, 30)]
    month = replace(line(MINI, 0, 2_000_000, "0.8"), at=MONDAY + timedelta(hours=7), span=30 * DAY + timedelta(hours=1))
    next_one = replace(line(MINI, 30, 1_000_000, "0.4"), at=MONDAY + 30 * DAY + timedelta(hours=8), span=31 * DAY)
    bridge = bridge_of(book, log, [month, next_one])
    assert causes(bridge) == {}
    assert sorted(place.day for place, cell in bridge.cells.items() if cell.charges) == [
        "2026-11-16/2026-12-15",
        "2026-12-16/2027-01-15",
    ]


def test_a_month_of_one_service_without_a_usage_type_is_compared_with_all_models_of_it(
    book: Session, tmp_path: Path
) -> None:
    """A Cost and Usage Report that was summed up by service before it was sent."""
    log, items = made_log(book, CUR, chance_of(12))
    asked = sum((item.amount or Decimal(0) for item in items.values()), Decimal(0)) + Decimal("1.5")
    until = f"{FIRST + 4 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    row = cur_line(
        1,
        0,
        line_item_usage_end_date=until,
        line_item_unblended_cost=str(asked),
        line_item_line_item_description="Amazon Bedrock",
    )
    path = tmp_path / "cur.csv"
    path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", "utf-8")
    bridge = bridge_of_files(book, log, [path])
    assert causes(bridge) == {"quantity_or_price": Decimal("1.5")}
    assert bridge.uncounted == asked


def test_a_line_over_a_change_of_price_is_split_by_the_prices_of_the_log_s_own_days(book: Session) -> None:
    """Sol cost 5 a million in August and 4 in September: the log's 100 K each are 0.90. The seller counts half more of
    the same days, 1.35; at the price of the first day it would be 1.50, and part of the difference a price.
    """
    august, september = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (8, 9))
    log = [UsageRecord("gpt-5.6-sol", at, count({"input_tokens": 100_000}), "openai") for at in (august, september)]
    of_two_months = replace(
        UsageRecord("gpt-5.6-sol", datetime(2026, 8, 1, tzinfo=UTC), count({"input_tokens": 300_000}), "openai"),
        span=timedelta(days=61),
        charged=Decimal("1.35"),
    )
    assert causes(bridge_of(book, log, [of_two_months])) == {"quantity": Decimal("0.45")}
    more = replace(of_two_months, charged=Decimal("1.5"))
    assert causes(bridge_of(book, log, [more])) == {"quantity": Decimal("0.45"), "price": Decimal("0.15")}
    as_logged = replace(of_two_months, usage=count({"input_tokens": 200_000}), charged=Decimal("0.9"))
    assert causes(bridge_of(book, log, [as_logged])) == {}
