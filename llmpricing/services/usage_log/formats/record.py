"""One record of a usage file, whatever its shape: what was used, what was charged, and whether it is billed at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from llmpricing.domain.quotes.context import UNSTATED, Context
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.usage_log.formats.charged_for import beside_usage


class OutcomeKind(Enum):
    """What becomes of a record: ``FREE`` costs nothing by what the file says, ``REPEATED`` was told before."""

    BILLED = "billed"
    FREE = "free"
    NOT_BILLED = "not_billed"
    REPEATED = "repeated"
    UNPRICED = "unpriced"


class Outcome(NamedTuple):
    """What becomes of a record, and why where it is not billed or cannot be priced; ``is_uncounted`` where the file
    counts nothing of it that has a price, so that nothing can be mended. ``beside`` is the kind of a bill's line that
    is of no usage: "tax", "credit", "commitment" or "other".
    """

    kind: OutcomeKind
    reason: str = ""
    is_uncounted: bool = False
    beside: str = ""


BILLED = Outcome(OutcomeKind.BILLED)
FREE = Outcome(OutcomeKind.FREE)
REPEATED = Outcome(OutcomeKind.REPEATED)
# What a copy of a file says again, and sums of a time, which are told as often as they are exported: what these charge
# is charged once, where a call that is logged again is.
RETOLD = Outcome(OutcomeKind.REPEATED, "told by another export too")


def not_billed(reason: str) -> Outcome:
    """The outcome of a record that nobody is billed for."""
    return Outcome(OutcomeKind.NOT_BILLED, reason)


def not_of_usage(kind: str) -> Outcome:
    """The outcome of a bill's line that asks for no usage, such as a tax or a credit."""
    reason = f"a line of {kind or 'no kind'}, not of usage"
    return Outcome(OutcomeKind.NOT_BILLED, reason, beside=beside_usage(kind) or OTHER_LINE)


OTHER_LINE = "other"  # the kind of a line that is of no usage, of which its words tell no more
REPEAT_UNTOLD = "repeat"  # what is untold of a record that others may tell again: whether they do
SUMMED = not_billed("the sum of its children")


def unpriced(reason: str) -> Outcome:
    """The outcome of a record whose price cannot be told."""
    return Outcome(OutcomeKind.UNPRICED, reason)


def uncounted(reason: str) -> Outcome:
    """The same of a record of which the file counts nothing that has a price, as of costs alone."""
    return Outcome(OutcomeKind.UNPRICED, reason, is_uncounted=True)


def of_zero(charged: Decimal | None) -> Outcome:
    """The outcome of a bill's line that states no quantity: what it charges is not lost."""
    return uncounted("cost only: the line states no quantity") if charged else not_billed("a line of zero")


def of_less_than_none() -> Outcome:
    """The outcome of a bill's line that takes usage back: counts are never negative, and what it gives back is kept."""
    return unpriced("a correction: it takes usage of an earlier line back, which is priced there")


class FileTold(NamedTuple):
    """In which of several files a record stands, counted from 1, and its shape; NO_FILE where they are not numbered."""

    number: int
    shape: str


NO_FILE = FileTold(0, "")


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One record. ``at`` is when it was used, or when the ``span`` begins that it sums up (None: one request).

    ``charged`` is what the file itself says it cost, in ``currency``; ``record_id`` tells repeats apart, None where
    equal records are different ones. ``usage`` is None where the outcome is not to be billed. A ``remark`` tells what
    makes the cost of it unsure, ``codes`` the same for programs; ``untold`` are meters of which any part of the input
    may be, for all that the file says, or REPEAT_UNTOLD. ``charged_for`` is the one meter that a line of an invoice is
    about, where its words tell it, whether or not they tell how much: tokens less those of narrower meters, writes of
    untold life. ``charged_as`` is how a line of a bill calls itself that asks for no usage; ``credited`` what is given
    back within the charge, by name. ``source`` is its file, where files are told apart.
    ``per_usd`` is how much of its currency a USD is, where the file itself
    says by what rate it turned one into the other.
    """

    model: str = ""
    at: datetime | None = None
    usage: Usage | None = None
    provider: str | None = None
    span: timedelta | None = None
    context: Context = UNSTATED
    charged: Decimal | None = None
    currency: str = "USD"
    labels: Mapping[str, str] = field(default_factory=dict)
    record_id: str | None = None
    outcome: Outcome = BILLED
    remark: str = ""
    codes: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    charged_for: str = ""
    charged_as: str = ""
    credited: tuple[tuple[str, Decimal], ...] = ()
    source: FileTold = NO_FILE
    per_usd: Decimal | None = None

    def with_remark(self, code: str, remark: str, untold: tuple[str, ...] = ()) -> UsageRecord:
        """The record with this said of it too."""
        return replace(
            self,
            remark=f"{self.remark}; {remark}" if self.remark else remark,
            codes=tuple(dict.fromkeys((*self.codes, code))),
            untold=(*self.untold, *untold),
        )
