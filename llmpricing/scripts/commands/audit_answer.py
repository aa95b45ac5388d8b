"""What an audit found, in lines for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text
from llmpricing.scripts.commands.price_bill import bill_document, counted_records, recognised

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.effects import Otherwise, OtherwiseEffect
    from llmpricing.services.usage_log.audit.examples import Example
    from llmpricing.services.usage_log.audit.groups import Group, Grouping
    from llmpricing.services.usage_log.audit.report import AuditReport, CauseRow
    from llmpricing.services.usage_log.formats.files import UsageFile

_SHOWN_GROUPS = 40
_SHOWN_CAUSES = 40
_CENT = Decimal("0.01")
_ASSUMED = {"region": "the seller's usual place", "tier": "standard"}

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
        "right": report.right,
        "causes": [_cause(row, example) for row, example in shown] if both else [],
        "assumptions": [_assumption(other, effect) for other, effect in _otherwise(report)],
        "low": to_text(report.effects.low) if has_total else None,
        "high": to_text(report.effects.high) if has_total else None,
        "saved_by_caching": to_text(report.effects.saved) if has_total and not both else None,
        "flat": []
        if flat is None
        else [_month(flat, values, group) for values, group in sorted(report.months.groups.items())],
        "by": [
            _group(report, grouping.ways, values, group)
            for grouping in _shown_groupings(report)
            for values, group in grouping.rows()
        ],
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


def _shown_groupings(report: AuditReport) -> Sequence[Grouping]:
    """The one that was asked for; of a bill those that tell anything apart."""
    from llmpricing.services.usage_log.audit.groups import NOT_STATED

    if len(report.groupings) == 1:
        return report.groupings
    return [] if report.is_logged else [one for one in report.groupings if one.groups.keys() != {(NOT_STATED,)}]


def _month(flat: Decimal, values: Sequence[str], group: Group) -> dict[str, Any]:
    used = group.recomputed
    return {"month": values[0], "used": to_text(used), "flat": to_text(flat), "flat_saves": to_text(used - flat)}


def _otherwise(report: AuditReport) -> list[tuple[Otherwise, OtherwiseEffect]]:
    return sorted(report.effects.otherwise.items(), key=lambda found: (found[0].fact, -found[1].there, found[0].value))


def _assumption(other: Otherwise, effect: OtherwiseEffect) -> dict[str, Any]:
    more = effect.there - effect.cost
    return {
        "fact": other.fact,
        "assumed": _ASSUMED[other.fact],
        "records": effect.records,
        "if": other.value,
        "difference": to_text(more),
        "difference_percent": _percent(more / effect.cost) if effect.cost else None,
    }


def _group(report: AuditReport, ways: Sequence[str], values: Sequence[str], group: Group) -> dict[str, Any]:
    return {
        **dict(zip(ways, values, strict=True)),
        "records": group.records,
        "logged": to_text(group.logged) if report.is_logged else None,
        "recomputed": to_text(group.recomputed),
        "difference": to_text(group.difference) if report.is_logged else None,
    }


def audit_lines(
    files: Sequence[UsageFile], unknown: Sequence[Path], report: AuditReport, shown: Shown, flat: Decimal | None
) -> Iterator[str]:
    """The audit for people."""
    yield from recognised(files, unknown)
    yield from counted_records(report.bill)
    if report.is_logged:
        yield from _difference(report)
        yield from _causes(shown)
    elif report.bill.priced:
        yield f"Total: USD {to_text(report.recomputed)}; the files state no cost, so nothing is compared"
        if report.effects.saved:
            yield f"Caching saved USD {to_text(report.effects.saved)}"
    else:
        yield "Total: none, for no record could be priced"
    yield from _effects(report)
    if flat is not None:
        yield from _flat(report, flat)
    for grouping in _shown_groupings(report):
        yield from _groups(report, grouping)


def _effects(report: AuditReport) -> Iterator[str]:
    """What was assumed, and what it would cost otherwise."""
    for other, effect in _otherwise(report):
        more = effect.there - effect.cost
        by = f"{_signed(more / effect.cost * 100)} %, " if effect.cost else ""
        yield (
            f"No {other.fact} stated in {_records(effect.records)}: taken as {_ASSUMED[other.fact]}; "
            f"if {other.value}: {by}USD {'+' if more > 0 else ''}{to_text(more)}. "
            f"State it: --{other.fact} {other.value}"
        )
    if report.effects.low != report.effects.high:
        low, high = to_text(report.effects.low), to_text(report.effects.high)
        yield f"Sums of requests, of which single ones may lie beyond a context step: between USD {low} and USD {high}"


def _flat(report: AuditReport, flat: Decimal) -> Iterator[str]:
    yield f"A subscription at USD {to_text(flat)} a month breaks even at as much usage:"
    for (month,), group in sorted(report.months.groups.items()):
        more = group.recomputed - flat
        said = f"it would save USD {to_text(more)}" if more > 0 else f"paying by use saves USD {to_text(-more)}"
        yield f"  {month}: USD {to_text(group.recomputed)} used, {said}"


def _difference(report: AuditReport) -> Iterator[str]:
    by = "" if report.deviation is None else f" ({_signed(report.deviation * 100)} %)"
    recomputed = to_text(report.recomputed) if report.bill.priced else "nothing"
    yield f"Logged: USD {to_text(report.logged)}; recomputed: USD {recomputed}"
    if not report.difference:
        yield "The log is right, to the last digit."
        return
    word = "too much" if report.difference > 0 else "too little"
    yield f"Difference: USD {to_text(report.difference)}{by}: the log says {word}"


def _causes(shown: Shown) -> Iterator[str]:
    if shown:
        yield "Why:"
    for row, example in shown[:_SHOWN_CAUSES]:
        share = f"{(row.share * 100).quantize(Decimal('0.1'))} %"
        yield f"  USD {to_text(row.money)} ({share}), {_records(row.records)}: {row.title}"
        if row.also:
            yield f"    the same figures come of: {', '.join(row.also)}"
        if example is not None:
            yield from _in_words(row, example)
    if len(shown) > _SHOWN_CAUSES:
        yield f"  and {len(shown) - _SHOWN_CAUSES} more causes; --json tells all"


def _in_words(row: CauseRow, example: Example) -> Iterator[str]:
    one = example.audited
    record = one.priced.record
    name = " ".join(text for text in (record.record_id, one.priced.answer.offering or record.model) if text)
    when = f"at {record.at:%Y-%m-%d %H:%M}" if record.at else ""
    logged = "no cost" if one.logged is None else to_text(one.logged)
    right = "" if one.cost is None else f", right is {to_text(one.cost)}"
    detail = f" ({one.verdict.detail})" if one.verdict.detail and one.verdict.detail not in row.title else ""
    said = f"logged {logged}{right}{detail}"
    yield f"    such as {' '.join(text for text in (name, when) if text) or 'a line'}: {said}"
    for sign, product in zip("=" + "+" * len(example.products), example.products, strict=False):
        yield f"      {sign} {product}"


def _groups(report: AuditReport, grouping: Grouping) -> Iterator[str]:
    rows = grouping.rows()
    if rows:
        yield f"By {', '.join(grouping.ways)}:"
    for values, group in rows[:_SHOWN_GROUPS]:
        said = f"USD {to_text(group.recomputed)}"
        if report.is_logged:
            said += f", logged {to_text(group.logged)}, difference {to_text(group.difference)}"
        yield f"  {', '.join(values)}: {said} ({_records(group.records)})"
    if len(rows) > _SHOWN_GROUPS:
        yield f"  and {len(rows) - _SHOWN_GROUPS} more; --json tells all"


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"


def _percent(part: Decimal) -> str:
    return to_text((part * 100).quantize(_CENT))


def _signed(per_cent: Decimal) -> str:
    return f"{per_cent.quantize(_CENT):+f}"
