"""Logs written, priced beside themselves and read again, as tests need it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.services.quotes.quoting import Quoted
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_log import LogSummary, price_log
from llmpricing.services.usage_log.pricer import LogPricer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def priced(book: Session, log: Path, suffix: str = "", assume_utc: bool = False, **how: Any) -> tuple[LogSummary, Path]:
    """Price the log into the file out beside it, and what has no price into the file rejects."""
    columns = ColumnRoles(known_facts(book), **how)
    out, rejects = (log.with_name(name + (suffix or log.suffix)) for name in ("out", "rejects"))
    return price_log(LogPricer(book, NOW, None, assume_utc), columns, log, out, rejects), out


def total(answer: object) -> str | None:
    """The total of a quote as text, None where it has none."""
    has_total = isinstance(answer, Quoted) and answer.quote.total is not None
    return to_text(answer.quote.total) if has_total else None


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """A CSV file with the names of all rows."""
    names = dict.fromkeys(name for row in rows for name in row)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(names), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
