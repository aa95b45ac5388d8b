"""Lists differ where they ask something else of the same hours, not where each states another hour's price."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE, Conditions, Schedule
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.quotes.line_evidence import codes_of, standing_of
from llmpricing.domain.quotes.notices import Code
from tests.prices import price_of

AT = datetime(2026, 11, 27, 7, tzinfo=UTC)
BUSY = Conditions(schedule=Schedule("UTC", ((480, 1080),), (1, 2, 3, 4, 5)))
DAILY = Conditions(schedule=Schedule("UTC", ((480, 1080),)))
QUIET = Conditions(schedule=Schedule("UTC", ((1080, 480),)))


def price(dollars: str, when: Conditions = BASE, source: str = "ours") -> Price:
    stated = DatedPrice(State.PRICED, Decimal(dollars), 1_000_000)
    return price_of(1, "input_tokens", stated, when, source, fresh_from=None, fresh_until=None)


OURS = [price("0.5"), price("1", BUSY)]


def other(*asked: tuple[str, Conditions]) -> list[OtherPrice]:
    return [OtherPrice(OtherReason.DISAGREEMENT, price(dollars, when, "theirs")) for dollars, when in asked]


@pytest.mark.parametrize(
    ("others", "differs"),
    [
        pytest.param(other(("1", BASE), ("0.5", QUIET)), [(), ()], id="the base of one is the busy hours"),
        pytest.param(other(("0.5", BASE), ("1", DAILY)), [(), ()], id="busy at weekends too"),
        pytest.param(other(("0.5", BASE), ("2", BUSY)), [(), ("theirs", "2")], id="dearer when busy"),
        pytest.param(other(("0.75", BASE), ("1", BUSY)), [("theirs", "0.75"), ()], id="dearer when quiet"),
    ],
)
def test_what_lists_ask_of_the_same_hours_is_compared(others: list[OtherPrice], differs: list[tuple[str, ...]]) -> None:
    for mine, expected in zip(OURS, differs, strict=True):
        found = standing_of(mine, OURS, others, AT)
        told = tuple(text for source, amount in found.differs for text in (source, str(amount)))
        assert told == expected
        assert found.agrees == (() if expected else ("theirs",))
        assert (Code.DISAGREEMENT in codes_of([mine], OURS, others, AT)) is bool(expected)


def test_a_list_without_hours_differs_where_they_count() -> None:
    flat = other(("0.5", BASE))
    assert standing_of(OURS[0], OURS, flat, AT).agrees == ("theirs",)
    assert standing_of(OURS[1], OURS, flat, AT).differs == (("theirs", Decimal("0.5")),)
