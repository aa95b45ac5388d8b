"""An audit as one page of HTML: complete in itself, printable, without script and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.charts.bill import CauseBar, causes_chart
from llmpricing.charts.chart import Chart
from llmpricing.charts.embedding import EmbeddedChart
from llmpricing.scripts.commands.audit_bridge import (
    covered_words,
    kinds_words,
    lines_words,
    missing_words,
    models_words,
    place_words,
    quantities_words,
    wrong_words,
)
from llmpricing.scripts.commands.audit_bridge_apart import apart_words
from llmpricing.scripts.commands.audit_cells import NUMBERS, days, instant, money, per_cent, scrolled, table, text
from llmpricing.scripts.commands.audit_style import STYLE
from llmpricing.scripts.commands.audit_told_twice import told_twice_words

_MOST_GROUPS = 1000


def audit_charts(document: Mapping[str, Any]) -> dict[str, Callable[[int], Chart]]:
    """The charts of an audit's document: of its causes, where there are any."""
    causes = [
        CauseBar(one["title"], Decimal(one["money"]), one["records"], Decimal(one["share"]) / 100)
        for one in document["causes"]
        if Decimal(one["money"])
    ]
    return {"causes": lambda width: causes_chart(causes, width)} if causes else {}


def audit_page(document: Mapping[str, Any], charts: Mapping[str, EmbeddedChart], *, is_redacted: bool) -> str:
    """The page of an audit's document with its charts; where it is redacted, files are told by their shapes alone."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Audit of a usage log</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE}</style></head><body>\n<h1>Audit of a usage log</h1>\n",
            *_head(document, is_redacted),
            *_causes(document["causes"], charts.get("causes")),
            *_bridge(document.get("bridge")),
            *_assumptions(document["assumptions"]),
            *table("By month, beside a subscription", document["flat"]),
            *_groups(document["by"]),
            *table("Not billed", _counted(document["not_billed_reasons"])),
            *table("Without a price", _reasons(document)),
            *table("Priced, but", _counted(document["remarks"])),
            *table("What each field was taken for", _columns(document)),
            "</body></html>\n",
        )
    )


def _counted(reasons: Mapping[str, int]) -> list[Mapping[str, Any]]:
    return [{"records": number, "reason": reason} for reason, number in reasons.items()]


def _head(document: Mapping[str, Any], is_redacted: bool) -> Iterator[str]:
    names = sorted({one["shape"] if is_redacted else f"{one['path']} ({one['shape']})" for one in document["files"]})
    yield f"<p>{text(', '.join(names[:20]))}{' and others' if len(names) > 20 else ''}</p>\n"
    counts = {
        "records": document["rows"],
        "priced": document["priced"],
        "not billed": document["not_billed"],
        "repeated": document["repeated"],
        "without a price": document["unpriced"],
    }
    yield f"<p>{', '.join(f'{number:,} {name}' for name, number in counts.items())}</p>\n"
    yield f"<p>{text(_book(document))}. The same again: <code>{text(_again(document))}</code></p>\n"
    if document["logged"] is None:
        total = money(document["recomputed"], "none")
        yield f'<p class="sums">Total: <b>{total}</b>. The files state no cost.</p>\n'
        return
    by = f" ({per_cent(document['difference_percent'])})" if document["difference_percent"] is not None else ""
    yield (
        f'<p class="sums">Logged <b>{money(document["logged"])}</b>, recomputed '
        f"<b>{money(document['recomputed'], 'nothing')}</b>: "
        f"a difference of <b>{money(document['difference'])}</b>{by}.</p>\n"
    )


def _book(document: Mapping[str, Any]) -> str:
    book, of = document["price_book"], document["at_prices_of"]
    at = f", at the prices of {instant(of)}" if of else ""
    changed, known = instant(book["last_change"]), instant(document["known_at"])
    return f"Price book {book['book']}, changed {changed}, as known at {known}{at}"


def _again(document: Mapping[str, Any]) -> str:
    at = f" --at-prices-of {document['at_prices_of']}" if document["at_prices_of"] else ""
    return f"llmpricing audit FILES --known-at {document['known_at']}{at}"


def _causes(causes: Sequence[Mapping[str, Any]], chart: EmbeddedChart | None) -> Iterator[str]:
    if not causes:
        return
    yield (
        "<h2>Why</h2>\n<p>A share is one of all amounts without their signs: what was logged too much and too little "
        "add up.</p>\n"
    )
    yield scrolled("Causes of the difference")
    yield (
        '<table><tr><th class="n">logged too much</th><th class="n">records</th><th>cause</th>'
        '<th class="n">share</th></tr>\n'
    )
    for cause in causes:
        yield (
            f'<tr><td class="n">{money(cause["money"])}</td><td class="n">{cause["records"]:,}</td>'
            f"<td>{text(cause['title'])}{_example(cause['example'])}</td>"
            f'<td class="n">{text(cause["share"])} %</td></tr>\n'
        )
    yield "</table></div>\n"
    if chart is not None and chart.picture:
        yield f'<figure class="chart">{chart.picture}</figure>\n'
    elif chart is not None:
        yield f'<p>{text(chart.finding)}. <span class="soft">{text(chart.note)}</span></p>\n'


def _example(example: Mapping[str, Any] | None) -> str:
    if example is None:
        return ""
    at = [instant(example["at"])] if example["at"] else []
    name = " ".join([str(example[key]) for key in ("record_id", "offering") if example[key]] + at)
    because = f" = {example['arithmetic'].replace('_', ' ')}" if example["arithmetic"] else ""
    logged, right = money(example["logged"], "nothing"), money(example["right"], "not known")
    said = f"such as {name}: logged {logged}, right is {right}{because}"
    return f'<div class="example">{text(said)}</div>'


def _bridge(bridge: Mapping[str, Any] | None) -> Iterator[str]:
    if bridge is None:
        return
    is_charged = bridge["charged"] is not None
    counted, uncounted = bridge["seller_quantities"], bridge["charged_without_quantities"]
    quantities = quantities_words(counted and money(counted), money(uncounted) if _is_some(uncounted) else "")
    asked = f"charged are {money(bridge['charged'])}" if is_charged else "what is charged, these files do not say"
    outside = f", {money(bridge['log_outside'])} of it outside of that" if bridge["log_outside"] != "0" else ""
    said = [missing_words(bridge["days_without_lines"]), *apart_words(bridge)]
    missing = text(days("".join(f"; {words}" for words in filter(None, said))))
    covers = days(covered_words(bridge["covers"], is_charged=is_charged))
    yield (
        f"<h2>From the log to the invoice</h2>\n<p>{text(covers[0].upper() + covers[1:])}{missing}.</p>\n"
        f"<p>The log comes to {money(bridge['log'])}{outside}; the seller's quantities {text(quantities)}; {asked}; "
        f"{text(wrong_words(money(bridge['wrong'])))}.</p>\n"
    )
    yield from (f"<p>{text(told_twice_words(one, money, days))}.</p>\n" for one in bridge["told_twice"])
    told = [one for one in (bridge["disagreement"], bridge["other_tier"]) if one]
    yield from (f"<p>{money(row['money'])}: {text(row['title'])}.</p>\n" for row in told)
    rows = [
        {
            "money": row["money"],
            "cause": row["title"],
            "of that": "; in lines of ".join(filter(None, (kinds_words(row), lines_words(row)))) or None,
            "models": models_words(row) or None,
            "moved": row["moved"],
            "most of it on": row["example"] and days(_place(row)),
        }
        for row in bridge["causes"]
    ]
    yield from table("", rows)


def _is_some(amount: str | None) -> bool:
    return amount not in (None, "0")


def _place(row: Mapping[str, Any]) -> str:
    """Where most of a cause is, with its arithmetic where there is one."""
    because = f": {row['arithmetic']}" if row["arithmetic"] else ""
    return f"{place_words(row['example'])}{because}"


def _assumptions(assumptions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in assumptions:
        yield (
            f"<p>No {text(one['fact'])} stated in {one['records']:,} records: taken as {text(one['assumed'])}; "
            f"if {text(one['if'])}: {per_cent(one['difference_percent'], ', ')}{money(one['difference'])}.</p>\n"
        )


def _groups(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table for each way in which records are told apart."""
    tables: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        told = row if row["recomputed"] is not None else {**row, "recomputed": "nothing priced"}
        tables.setdefault(tuple(name for name in row if name not in NUMBERS), []).append(told)
    for ways, found in tables.items():
        yield from table(f"By {', '.join(ways)}", found[:_MOST_GROUPS])


def _reasons(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"records": one["records"], "reason": one["reason"], "names": ", ".join(one["names"])}
        for one in document["unpriced_reasons"]
    ]


def _columns(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    several = len(document["columns"]) > 1
    return [
        {"shape": shape if several else None, "field": name, "taken for": " + ".join(roles).replace("_", " ")}
        for shape, found in document["columns"].items()
        for name, roles in found["read"].items()
    ]
