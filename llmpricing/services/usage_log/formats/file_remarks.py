"""What is said of all billed records of a file because of what else it, or another file, holds."""

from __future__ import annotations

from llmpricing.services.usage_log.formats.missing_pages import MISSING
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord

_PAGE_TWICE = "the file holds the same page of an answer twice, and counts it each time: give each page once"


def overlapping(one: str, other: str, record: UsageRecord) -> UsageRecord:
    """The record, which says that a file of another shape may tell of the same usage."""
    if record.outcome.kind is not OutcomeKind.BILLED:
        return record
    said = (
        f"{one} and {other} may tell of the same usage, and both are counted: price one of them, or lay the other "
        "beside it: llmpricing audit --charged"
    )
    return record.with_remark("SHAPES_OVERLAP", said)


def denying(differences: str, record: UsageRecord) -> UsageRecord:
    """The record, which says by what its file's own totals differ from the sums."""
    if record.outcome.kind is not OutcomeKind.BILLED:
        return record
    said = f"the file's own totals are not the sums of what it holds ({differences} in its parts): get it anew, whole"
    return record.with_remark("TOTALS_DIFFER", said)


def with_a_page_twice(record: UsageRecord) -> UsageRecord:
    """The record, which says that its file holds a page of an answer twice, where nothing tells it from others."""
    if record.record_id is not None or record.span is not None or record.outcome.kind is not OutcomeKind.BILLED:
        return record
    return record.with_remark("SUM_TOLD_TWICE", _PAGE_TWICE)


def lacking_pages(said: str, record: UsageRecord) -> UsageRecord:
    """The record, which says that pages of its answer are not among the files."""
    return record.with_remark(MISSING, said) if record.outcome.kind is OutcomeKind.BILLED else record


def of_unclear_day(example: str, record: UsageRecord) -> UsageRecord:
    """The record, which says that its file's days may be read in two ways."""
    if record.outcome.kind is not OutcomeKind.BILLED:
        return record
    said = (
        f"{example} is read with its month first, and nothing in the file tells whether it is: write days as "
        "2026-11-20, or between points if the day is first"
    )
    return record.with_remark("DAYS_UNCLEAR", said)
