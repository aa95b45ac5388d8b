"""Who ended a price: its seller, or a list that is believed no longer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from llmpricing.book.shape import BookSpan
from llmpricing.domain.observations import Basis
from llmpricing.services.catalogue.seller_moves import ended_by_seller

DAY = datetime(2026, 11, 10, tzinfo=UTC)


class Row(NamedTuple):
    """What a row of prices tells of itself here."""

    source: str
    condition_key: str
    valid: BookSpan
    basis: Basis = Basis.DOCUMENTED


ENDED = Row("older", "schedule=9ae857f90fa56cc1", BookSpan(None, DAY))


@pytest.mark.parametrize(
    ("beside", "by_seller"),
    [
        ([], True),
        ([Row("newer", "", BookSpan(DAY, None))], False),
        ([Row("newer", "above=200000", BookSpan(DAY, None))], False),
        ([Row("newer", "tier=batch", BookSpan(DAY, None))], True),  # of another series
        ([Row("newer", "", BookSpan(None, DAY))], True),  # it spoke before
        ([Row("newer", "", BookSpan(DAY, None)), Row("older", "", BookSpan(DAY, None))], True),  # which speaks on
    ],
)
def test_a_price_ended_by_its_seller_unless_another_list_begins_to_speak_for_its_series(
    beside: list[Row], by_seller: bool
) -> None:
    assert ended_by_seller(ENDED, [ENDED, *beside]) is by_seller
