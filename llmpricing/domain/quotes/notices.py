"""What a quote says beside its total: coded notices, one for each code, and the version of the rules it is made by."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

# The same question, at, known_at and rules give the same data for ever: whatever makes an answer otherwise raises it.
# 3: pictures of models that make nothing else are billed as pictures, a government's cloud is a place of its own.
RULES = 3


class Code(StrEnum):
    """What is said; programs decide by the code, people read the message."""

    DATE_UNKNOWN = "DATE_UNKNOWN"  # no list near that time states the price
    BETWEEN_SIGHTINGS = "BETWEEN_SIGHTINGS"  # the price changed in a stretch in which no list was read
    DISAGREEMENT = "DISAGREEMENT"  # fresh lists give another total
    UNDER_REVIEW = "UNDER_REVIEW"  # a newer value waits for a decision
    STAND_IN = "STAND_IN"  # another meter's price was taken
    PARTS_UNTOLD = "PARTS_UNTOLD"  # the output may be sound or pictures, which have a price of their own
    FALLBACK_SELLER = "FALLBACK_SELLER"  # another seller's price was taken
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"  # a field of the usage may mean money
    NOT_OFFERED = "NOT_OFFERED"  # usage of what the seller does not sell
    AGGREGATE = "AGGREGATE"  # a sum of requests may hide context steps
    REGION_ASSUMED = "REGION_ASSUMED"  # the seller's default place was taken
    DEFAULT_ASSUMED = "DEFAULT_ASSUMED"  # another known default was taken
    TIME_ASSUMED = "TIME_ASSUMED"  # a log states no time: it was priced as of now
    COUNT_EMPTY = "COUNT_EMPTY"  # a log leaves an input or output empty: it was priced as 0
    COLUMN_MISSING = "COLUMN_MISSING"  # a log has no column for what is always counted: it was priced as 0
    BY_SUBSCRIPTION = "BY_SUBSCRIPTION"  # tokens were paid for in advance
    VIA_OFFERING = "VIA_OFFERING"  # the price of another id of the same model was taken
    BOOK_STALE = "BOOK_STALE"  # the database is away


class Notice(NamedTuple):
    """One thing to know of a quote. ``meter`` is the one concerned, None where several are; ``other_total``, in the
    quote's currency, is what it would cost otherwise, by the list of ``other_source``.
    """

    code: Code
    message: str
    meter: str | None = None
    other_total: Decimal | None = None
    other_source: str | None = None

    @property
    def text(self) -> str:
        """As one line says it: ``DATE_UNKNOWN: no list ...``."""
        return f"{self.code}: {self.message}"


def merged(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """One notice for each code, in the order in which codes came up; messages of several are joined."""
    found: dict[Code, list[Notice]] = {}
    for notice in notices:
        if notice not in (alike := found.setdefault(notice.code, [])):
            alike.append(notice)
    return tuple(alike[0] if len(alike) == 1 else _joined(alike) for alike in found.values())


def _joined(alike: list[Notice]) -> Notice:
    first, meters = alike[0], {notice.meter for notice in alike}
    other = next((notice for notice in alike if notice.other_total is not None), first)
    return Notice(
        first.code,
        "; ".join(dict.fromkeys(notice.message for notice in alike)),
        first.meter if len(meters) == 1 else None,
        other.other_total,
        other.other_source,
    )
