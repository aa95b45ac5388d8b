"""What a bridge calls wrong: all of it, not what is left where errors cancel out; whose it is, and by which lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from llmpricing.services.usage_log.formats.record import UsageRecord
from tests.bridged_records import HAIKU, MINI, amount_only, bridge_of, call, causes, line, other_line

PERCENT = Decimal("0.01")


def test_errors_that_cancel_out_are_wrong_by_both(book: Session) -> None:
    """The log: 2.00 and 1.00. Mini is charged 0.17 too dear, haiku 0.18 too cheap: 0.01 less in all."""
    log = [call(MINI, 0, 5_000_000), call(HAIKU, 0, 1_000_000)]
    bridge = bridge_of(book, log, [line(MINI, 0, 5_000_000, "2.17"), line(HAIKU, 0, 1_000_000, "0.8213")])
    assert (bridge.difference, bridge.wrong) == (Decimal("-0.0087"), Decimal("0.3487"))
    assert bridge.is_beyond(10 * PERCENT)
    assert not bridge.is_beyond(12 * PERCENT)


def test_credits_taxes_and_commitments_that_are_lines_of_their_own_are_not_wrong(book: Session) -> None:
    lines = [
        line(MINI, 0, 5_000_000, "2"),
        other_line("Tax", "0.4"),
        other_line("Credit", "-3"),
        other_line("Fee", "5"),
    ]
    bridge = bridge_of(book, [call(MINI, 0, 5_000_000)], lines)
    assert (bridge.wrong, bridge.is_beyond(Decimal(0))) == (0, False)
    unknown = bridge_of(book, [call(MINI, 0, 5_000_000)], [*lines, other_line("Something", "0.3")])
    assert unknown.wrong == Decimal("0.3")


def test_usage_on_another_day_is_wrong_by_no_more_than_what_is_left_of_it(book: Session) -> None:
    log = [call(MINI, day, 3_000_000) for day in range(2)]
    charged = ("0.8", "1.6")
    lines = [line(MINI, day, round(Decimal(one) / Decimal("0.4") * 10**6), one) for day, one in enumerate(charged)]
    assert bridge_of(book, log, lines).wrong == 0


def test_what_the_invoice_does_not_cover_is_not_wrong(book: Session) -> None:
    log = [call(MINI, day, 5_000_000) for day in range(3)]
    assert not bridge_of(book, log, [line(MINI, 0, 5_000_000, "2")]).is_beyond(Decimal(0))


def test_lines_of_no_usage_are_told_by_their_names(book: Session) -> None:
    lines = [
        replace(other_line("Tax", "0.4"), charged_as="VAT 20 %"),
        replace(other_line("Tax", "0.1"), charged_as="Tax: city"),
        replace(other_line("Tax", "0.2"), charged_as="VAT 20 %"),
        other_line("Credit", "-3"),
    ]
    rows = {row.name: row for row in bridge_of(book, [call(MINI, 0, 1)], lines).rows()}
    assert rows["tax"].lines == {"VAT 20 %": Decimal("0.6"), "Tax: city": Decimal("0.1")}
    assert rows["credit_or_discount"].lines == {"credit": Decimal(-3)}


def of_project(record: UsageRecord, project: str) -> UsageRecord:
    return replace(record, labels={"project": project})


def test_projects_are_compared_where_both_sides_state_the_same_ones(book: Session) -> None:
    """One project is charged 1.10 too much, the other 1.10 too little; without projects nothing would be seen."""
    log = [of_project(call(HAIKU, 0, 2_000_000), name) for name in ("shop", "desk")]
    asked = [
        of_project(amount_only("Claude Haiku 4.5", 0, one), name) for name, one in (("shop", "3.1"), ("desk", "0.9"))
    ]
    bridge = bridge_of(book, log, asked)
    (row,) = bridge.rows()
    assert (row.name, row.money, row.moved, row.places) == ("quantity_or_price", 0, Decimal("2.2"), 2)
    assert row.example is not None
    assert row.example.project in ("shop", "desk")
    untold = [call(HAIKU, 0, 4_000_000)]
    assert bridge_of(book, untold, asked).rows() == []


def test_keys_are_compared_where_only_keys_are_told_by_both_whatever_is_said_of_projects(book: Session) -> None:
    log = [replace(call(HAIKU, 0, 1_000_000), labels={"key": key}) for key in ("a", "b")]
    asked = [
        replace(amount_only("Claude Haiku 4.5", 0, one), labels={"key": key, "workspace": "Default"})
        for key, one in (("a", "1.3"), ("b", "0.7"))
    ]
    (row,) = bridge_of(book, log, asked).rows()
    assert (row.moved, row.places) == (Decimal("0.6"), 2)


def test_each_sellers_amounts_round_to_the_finest_of_its_own(book: Session) -> None:
    """Haiku's lines are written in cents, mini's in full: beside each other and alone they are judged the same."""
    log = [call(MINI, 0, 1_234_567), call(HAIKU, 0, 1_234_567)]
    cents = replace(amount_only("claude-haiku-4-5", 0, "1.23"), provider="anthropic")
    full = replace(amount_only("gpt-4.1-mini", 0, "0.4938268"), provider="openai")
    assert causes(bridge_of(book, log, [cents]))["rounding"] == Decimal("-0.004567")
    assert causes(bridge_of(book, log, [cents, full])) == {"rounding": Decimal("-0.004567")}
    finer = replace(amount_only("claude-haiku-4-5", 1, "1.2345678"), provider="anthropic")
    assert causes(bridge_of(book, log, [cents, finer]))["quantity_or_price"] == Decimal("-0.004567")
