"""Whether a seller did it: what rows of prices are evidence of, beside another list's word and an operator's act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from llmpricing.domain.observations import Basis

_WITHIN_A_SERIES = ("schedule=", "above=", "from=", "marginal")  # parts of a key of conditions


def by_operator(*rows: Any | None) -> bool:
    """Whether an operator set the price of one of these rows by hand: that it comes, or ends, is no seller's doing."""
    return any(row is not None and row.basis == Basis.MANUAL for row in rows)


def moved_by_seller(old: Any | None, new: Any, since: datetime) -> bool:
    """Whether by the evidence the seller moved the price of one row to that of the next, after ``since``."""
    if by_operator(old, new):
        return False
    if old is not None and old.source == new.source:
        return True
    begins = new.valid.lower
    # What begins after it was told of does so by what a list states: nobody saw it begin.
    is_ahead = begins is not None and begins > new.recorded.lower
    is_dated = is_ahead or new.basis == Basis.DOCUMENTED or new.bracket_from is not None
    return begins is not None and begins > since and is_dated


def last_ended(believed: Sequence[Any], at: datetime) -> Any | None:
    """Of the believed rows of a component the one that ended last, until ``at``."""
    ended = [row for row in believed if row.valid.upper is not None and row.valid.upper <= at]
    return max(ended, key=lambda row: row.valid.upper, default=None)


def ended_by_seller(last: Any, believed: Sequence[Any]) -> bool:
    """Whether by the evidence the seller ended the price of a row: its list still speaks for the series of prices, or
    no other begins to when the price ends. Else another list is believed from then on, which does not know the price.

    ``believed`` are the rows of the offering that are believed and begin or end about then.
    """
    if by_operator(last):
        return False
    end, series = last.valid.upper, _series(last)
    of_series = [row for row in believed if _series(row) == series]
    is_taken_over = any(row.valid.lower == end and row.source != last.source for row in of_series)
    return not is_taken_over or any(row.source == last.source and end in row.valid for row in of_series)


def _series(row: Any) -> tuple[str, ...]:
    """The conditions of a row but for step and schedule: one list speaks for all prices under them."""
    parts = row.condition_key.split(";") if row.condition_key else ()
    return tuple(part for part in parts if not part.startswith(_WITHIN_A_SERIES))
