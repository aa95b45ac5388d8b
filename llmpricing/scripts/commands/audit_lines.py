"""What an audit found, in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE
from llmpricing.scripts.commands.audit_document import ASSUMED, Shown, said_otherwise, shown_groupings
from llmpricing.scripts.commands.audit_months import month_lines
from llmpricing.scripts.commands.price_bill import counted_records, recognised

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.effects import Otherwise
    from llmpricing.services.usage_log.audit.examples import Example
    from llmpricing.services.usage_log.audit.groups import Group, Grouping
    from llmpricing.services.usage_log.audit.report import AuditReport, CauseRow
    from llmpricing.services.usage_log.formats.usage_file import UsageFile

_SHOWN_GROUPS = 20  # the rest of them is summed
_SHOWN_CAUSES = 40
_SHOWN_OTHERWISE = 3  # lines of one fact
_CENT = Decimal("0.01")
_UNPRICED = "no record has a price; mend what stands under 'Without a price', and audit again"
_COSTS_ALONE = "the files state costs and no quantities; say llmpricing audit LOG --charged FILES, of the log of calls"
_FLAGS = ("provider", "region", "tier")


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
        of = " of the priced records" if report.bill.unpriced else ""
        yield f"Total{of}: USD {to_text(report.recomputed)}; the files state no cost, so nothing is compared"
        if report.effects.saved:
            yield _caching(report.effects.saved)
    else:
        yield "Total: none, for no record could be priced"
    yield from _effects(report)
    if flat is not None:
        yield from month_lines(files, report.days, flat)
    for grouping in shown_groupings(report):
        yield from _groups(report, grouping)


def _effects(report: AuditReport) -> Iterator[str]:
    """What was assumed, and what it would cost otherwise; values that come to the same in one line."""
    alike: dict[tuple[str, int, Decimal, Decimal], list[Otherwise]] = {}
    for other, effect in said_otherwise(report):
        alike.setdefault((other.fact, effect.records, effect.cost, effect.there), []).append(other)
    left: Counter[str] = Counter()
    for (fact, records, cost, there), values in alike.items():
        left[fact] += 1
        if left[fact] <= _SHOWN_OTHERWISE:
            yield _otherwise(fact, records, cost, there, values)
    for fact, lines in left.items():
        if lines > _SHOWN_OTHERWISE:
            yield f"  and {lines - _SHOWN_OTHERWISE} more that the {fact} may be; --json tells all"
    if report.effects.low != report.effects.high:
        low, high = to_text(report.effects.low), to_text(report.effects.high)
        others = "another context step, hour or day"
        yield f"Sums of requests, of which single ones may pay by {others}: between USD {low} and USD {high}"


def _otherwise(fact: str, records: int, cost: Decimal, there: Decimal, values: Sequence[Otherwise]) -> str:
    more = there - cost
    by = f"{_signed(more / cost * 100)} %, " if cost else ""
    return (
        f"No {fact} stated in {_records(records)}: taken as {ASSUMED[fact]}; "
        f"if {' or '.join(one.said for one in values)}: {by}USD {'+' if more > 0 else ''}{to_text(more)}"
        f"{f'. If so, say {_options(values[0])}' if fact in _FLAGS else ''}"
    )


def _options(one: Otherwise) -> str:
    return f"--{one.fact} {one.value}" + (f" --region {one.region}" if one.region else "")


def _caching(saved: Decimal) -> str:
    if saved > 0:
        return f"Caching saved USD {to_text(saved)}"
    return f"Caching cost USD {to_text(-saved)} more than it saved: what was written to caches was read too seldom"


def _difference(report: AuditReport) -> Iterator[str]:
    by = "" if report.deviation is None else f" ({_signed(report.deviation * 100)} %)"
    recomputed = to_text(report.recomputed) if report.bill.priced else "nothing"
    yield f"Logged: USD {to_text(report.logged)}; recomputed: USD {recomputed}"
    if not report.bill.priced and (report.bill.unpriced or not report.difference):
        unpriced = _COSTS_ALONE if report.bill.uncounted == report.bill.unpriced.total() else _UNPRICED
        yield f"Nothing could be compared: {unpriced if report.bill.unpriced else 'no record is to be billed'}."
        return
    if not report.difference:
        yield f"The log is right, to the last digit{', where it has a price' if report.bill.unpriced else ''}."
        return
    word = "too much" if report.difference > 0 else "too little"
    yield f"Difference: USD {to_text(report.difference)}{by}: the log says {word}"


def _causes(shown: Shown) -> Iterator[str]:
    if shown:
        yield "Why (shares of all amounts without their signs):"
    for row, example in shown[:_SHOWN_CAUSES]:
        share = f"{WIDE.quantize(row.share * 100, Decimal('0.1'))} %"
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
    from llmpricing.services.usage_log.audit.groups import summed

    rows = grouping.rows()
    if rows:
        yield f"By {', '.join(grouping.ways)}:"
    for values, group in rows[:_SHOWN_GROUPS]:
        yield f"  {', '.join(values)}: {_sums(report, group)}"
    if rest := [group for _, group in rows[_SHOWN_GROUPS:]]:
        yield f"  and {len(rest)} more: {_sums(report, summed(rest))}; --json tells all"


def _sums(report: AuditReport, group: Group) -> str:
    said = f"USD {to_text(group.recomputed)}" if group.priced else "nothing priced"
    if report.is_logged:
        said += f", logged {to_text(group.logged)}, difference {to_text(group.difference)}"
    return f"{said} ({_records(group.records)})"


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"


def _signed(per_cent: Decimal) -> str:
    return f"{WIDE.quantize(per_cent, _CENT):+f}"
