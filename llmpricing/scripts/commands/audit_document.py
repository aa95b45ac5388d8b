"""What an audit found, as a document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.scripts.commands.audit_months import month_document, used_months
from llmpricing.scripts.commands.price_bill import bill_document

if TYPE_CHECKING:
    from llmpricing.services.price_book import BookState
    from llmpricing.services.usage_log.audit.effects import Otherwise, OtherwiseEffect
    from llmpricing.services.usage_log.audit.examples import Example
    from llmpricing.services.usage_log.audit.groups import Group, Grouping
    from llmpricing.services.usage_log.audit.report import AuditReport, CauseRow
    from llmpricing.services.usage_log.formats.usage_file import UsageFile

_CENT = Decimal("0.01")
ASSUMED = {
    "provider": "that which the name alone means",
    "region": "the seller's usual place",
    "tier": "standard",
    "cache read tokens": "none",
    "cache write tokens": "none",
    "repeat": "calls of their own",
}

Shown = Sequence[tuple["CauseRow", "Example | None"]]


def audit_document(
    files: Sequence[UsageFile], unknown: Sequence[Path], report: AuditReport, shown: Shown, flat: Decimal | None
) -> dict[str, Any]:
    """The audit for programs; amounts are texts, in USD. ``flat`` is the price of a month's subscription."""
    has_total = report.bill.priced > 0
    both = report.is_logged
    deviation = report.deviation if both else None
    return {
        **bill_document(files, unknown, report.bill),
        "currency": "USD",
        "logged": to_text(report.logged) if both else None,
        "recomputed": to_text(report.recomputed) if has_total else None,
        "difference": to_text(report.difference) if both else None,
        "difference_percent": _percent(deviation) if deviation is not None else None,
        "compared": report.compared,
        "right": report.right,
        "causes": [_cause(row, example) for row, example in shown] if both else [],
        "assumptions": [_assumption(other, effect) for other, effect in said_otherwise(report)],
        "low": to_text(report.effects.low) if has_total else None,
        "high": to_text(report.effects.high) if has_total else None,
        "saved_by_caching": to_text(report.effects.saved) if has_total and not both else None,
        "flat": [] if flat is None else [month_document(flat, one) for one in used_months(report.days)],
        "by": [
            _group(report, grouping.ways, values, group)
            for grouping in shown_groupings(report)
            for values, group in grouping.rows()
        ],
    }


def book_document(known: BookState, recorded: datetime, prices_of: datetime | None) -> dict[str, Any]:
    """By which price book, as it was known when (``recorded``), and at the prices of which day if of one: asked so
    again, the answer is the same, of the service or of any file that was written of the book since.
    """
    book = known.book.partition(" ")[0]  # behind it stands which file it is of
    return {
        "price_book": {"book": book, "last_change": known.last_change.isoformat()},
        "known_at": recorded.isoformat(),
        "at_prices_of": None if prices_of is None else prices_of.isoformat(),
    }


def _cause(row: CauseRow, example: Example | None) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "records": row.records,
        "money": to_text(row.money),
        "share": _percent(row.share),
        "also": list(row.also),
        "example": _example(example) if example else None,
    }


def _example(example: Example) -> dict[str, Any]:
    one = example.audited
    record = one.priced.record
    return {
        "record_id": record.record_id,
        "at": record.at.isoformat() if record.at else None,
        "model": record.model,
        "offering": one.priced.answer.offering or None,
        "logged": None if one.logged is None else to_text(one.logged),
        "right": None if one.cost is None else to_text(one.cost),
        "detail": one.verdict.detail or None,
        "arithmetic": " + ".join(example.products) or None,
        "lines": [
            {
                "meter": line.meter,
                "quantity": str(line.quantity),
                "rate": to_text(line.rate),
                "per": line.per,
                "amount": to_text(line.amount),
                "price_id": line.price_id,
                "rate_id": line.rate_id,
                "source": line.source,
                "rule": line.rule,
            }
            for line in example.lines
        ],
    }


def shown_groupings(report: AuditReport) -> Sequence[Grouping]:
    """The one that was asked for; of a bill those that tell anything apart."""
    from llmpricing.services.usage_log.audit.groups import NOT_STATED

    if len(report.groupings) == 1:
        return report.groupings
    return [] if report.is_logged else [one for one in report.groupings if one.groups.keys() != {(NOT_STATED,)}]


def said_otherwise(report: AuditReport) -> list[tuple[Otherwise, OtherwiseEffect]]:
    """What was assumed, by fact, with what it would cost otherwise: what concerns most records first, then the most."""
    return sorted(
        report.effects.otherwise.items(),
        key=lambda found: (found[0].fact, -found[1].records, -found[1].there, found[0].said),
    )


def _assumption(other: Otherwise, effect: OtherwiseEffect) -> dict[str, Any]:
    more = effect.there - effect.cost
    return {
        "fact": other.fact,
        "assumed": ASSUMED[other.fact],
        "records": effect.records,
        "if": other.said,
        "difference": to_text(more),
        "difference_percent": _percent(more / effect.cost) if effect.cost else None,
    }


def _group(report: AuditReport, ways: Sequence[str], values: Sequence[str], group: Group) -> dict[str, Any]:
    return {
        **dict(zip(ways, values, strict=True)),
        "records": group.records,
        "logged": to_text(group.logged) if report.is_logged else None,
        "recomputed": to_text(group.recomputed) if group.priced else None,
        "difference": to_text(group.difference) if report.is_logged else None,
    }


def _percent(part: Decimal) -> str:
    return to_text(WIDE.quantize(WIDE.multiply(part, Decimal(100)), _CENT))
