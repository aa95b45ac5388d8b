"""Audited records as a file: each with both figures in USD, what lies between them, and its causes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.mistakes.causes import UNEXPLAINED
from llmpricing.services.usage_log.audit.report import Take
from llmpricing.services.usage_log.audit.verdicts import Audited, AuditVerdict
from llmpricing.services.usage_log.write.records import COLUMNS, cells_of, rows_file, rows_into

AUDIT_COLUMNS = (*COLUMNS, "logged_usd", "cost_usd", "difference_usd", "causes", "detail")
EITHER = " | "  # between causes that give the same figure


@contextmanager
def audit_file(path: Path, mode: int) -> Iterator[Take]:
    """What writes each audited record to the file, by its ending; the file appears whole, when the block ends well."""
    with rows_file(path, mode, AUDIT_COLUMNS) as take:
        yield lambda one: take(audit_cells(one))


@contextmanager
def audit_csv(file: BinaryIO) -> Iterator[Take]:
    """What writes each audited record to an open file, as CSV."""
    with rows_into(file, ".csv", AUDIT_COLUMNS) as take:
        yield lambda one: take(audit_cells(one))


def audit_cells(one: Audited) -> dict[str, str | None]:
    """The row of an audited record."""
    return {
        **cells_of(one.priced),
        "logged_usd": _text(one.logged),
        "cost_usd": _text(one.cost),
        "difference_usd": to_text(one.difference),
        "causes": EITHER.join(_names(one.verdict)) or None,
        "detail": one.verdict.detail or None,
    }


def _names(verdict: AuditVerdict) -> list[str]:
    """The causes, and what they are if the file turns out to be written more finely than this figure."""
    return [*verdict.causes, *(name for name in verdict.otherwise if name != UNEXPLAINED)]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)
