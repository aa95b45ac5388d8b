"""Until when the prices of a row hold, where lists announce the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from llmpricing.services.catalogue.row_columns import BASE_METERS


class EndingPrice(Protocol):
    """A price that may be known to end, of whatever shape."""

    @property
    def meter(self) -> str: ...

    @property
    def valid_until(self) -> datetime | None: ...


def next_end(prices: Iterable[EndingPrice], now: datetime) -> datetime | None:
    """The first time after ``now`` at which a price of the row's columns ends; None where none is known to."""
    of_row = (price for price in prices if price.meter in BASE_METERS.values())
    ends = (price.valid_until for price in of_row if price.valid_until is not None and price.valid_until > now)
    return min(ends, default=None)
