"""An audit as one page of HTML: complete in itself, printable, without script and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

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
from llmpricing.scripts.commands.audit_told_twice import told_twice_words
from llmpricing.scripts.terminal import plain

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; vertical-align: top; overflow-wrap: break-word; }
.wide { overflow-x: auto; background:
  linear-gradient(to right, #fff 40%, #fff0) left / 2.25rem 100% no-repeat local,
  linear-gradient(to left, #fff 40%, #fff0) right / 2.25rem 100% no-repeat local,
  linear-gradient(to right, #888, #8880) left / .8rem 100% no-repeat scroll,
  linear-gradient(to left, #888, #8880) right / .8rem 100% no-repeat scroll; }
th { border-bottom: 2px solid #555; } td { border-bottom: 1px solid #ddd; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 1%; }
.example { color: #555; font-size: .85rem; overflow-wrap: anywhere; }
.bar { background: #3b6ea5; height: .5rem; } .sums { font-size: 1.1rem; }
.share { min-width: 4rem; white-space: nowrap; }
@media (max-width: 40rem) { th, td { padding: .3rem .2rem; } .example { min-width: 9rem; } }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } .wide { overflow: visible; }
  th, td { overflow-wrap: anywhere; } }
"""
_NUMBERS = frozenset(
    {"money", "records", "logged", "recomputed", "difference", "moved", "places", "share", "used", "flat"}
)
_MOST_GROUPS = 1000


def audit_page(document: Mapping[str, Any], *, is_redacted: bool) -> str:
    """The page of an audit's document; where it is redacted, files are told by their shapes alone."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Audit of a usage log</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>\n<h1>Audit of a usage log</h1>\n",
            *_head(document, is_redacted),
            *_causes(document["causes"]),
            *_bridge(document.get("bridge")),
            *_assumptions(document["assumptions"]),
            *_table("By month, beside a subscription", document["flat"]),
            *_groups(document["by"]),
            *_table("Not billed", _counted(document["not_billed_reasons"])),
            *_table("Without a price", _reasons(document)),
            *_table("Priced, but", _counted(document["remarks"])),
            *_table("What each field was taken for", _columns(document)),
            "</body></html>\n",
        )
    )


def _counted(reasons: Mapping[str, int]) -> list[Mapping[str, Any]]:
    return [{"records": number, "reason": reason} for reason, number in reasons.items()]


def _text(value: object) -> str:
    return "" if value is None else escape(plain(str(value)))


def _head(document: Mapping[str, Any], is_redacted: bool) -> Iterator[str]:
    names = sorted({one["shape"] if is_redacted else f"{one['path']} ({one['shape']})" for one in document["files"]})
    yield f"<p>{_text(', '.join(names[:20]))}{' and others' if len(names) > 20 else ''}</p>\n"
    counts = {
        "records": document["rows"],
        "priced": document["priced"],
        "not billed": document["not_billed"],
        "repeated": document["repeated"],
        "without a price": document["unpriced"],
    }
    yield f"<p>{', '.join(f'{number:,} {name}' for name, number in counts.items())}</p>\n"
    yield f"<p>{_text(_book(document))}.</p>\n"
    if document["logged"] is None:
        total = _text(document["recomputed"] or "none")
        yield f'<p class="sums">Total: <b>USD {total}</b>. The files state no cost.</p>\n'
        return
    by = f" ({_per_cent(document['difference_percent'])})" if document["difference_percent"] is not None else ""
    yield (
        f'<p class="sums">Logged <b>USD {_text(document["logged"])}</b>, recomputed '
        f"<b>USD {_text(document['recomputed'] or 'nothing')}</b>: "
        f"a difference of <b>USD {_text(document['difference'])}</b>{by}.</p>\n"
    )


def _per_cent(text: str | None, after: str = "") -> str:
    """With its sign, as the page of a bill and the command line write it; empty where there is none."""
    return "" if text is None else f"{Decimal(text):+f} %{after}"


def _book(document: Mapping[str, Any]) -> str:
    book, of = document["price_book"], document["at_prices_of"]
    at = f", at the prices of {of}" if of else ""
    return f"Price book {book['book']}, changed {book['last_change']}, as known at {document['known_at']}{at}"


def _causes(causes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not causes:
        return
    yield (
        "<h2>Why</h2>\n<p>A share is one of all amounts without their signs: what was logged too much and too little "
        'add up.</p>\n<div class="wide"><table><tr><th class="n">USD</th><th class="n">records</th><th>cause</th>'
        "<th>share</th></tr>\n"
    )
    for cause in causes:
        share = Decimal(cause["share"])
        yield (
            f'<tr><td class="n">{_text(cause["money"])}</td><td class="n">{cause["records"]:,}</td>'
            f"<td>{_text(cause['title'])}{_example(cause['example'])}</td>"
            f'<td class="share"><div class="bar" style="width:{share:.1f}%"></div>{_text(cause["share"])} %</td></tr>\n'
        )
    yield "</table></div>\n"


def _example(example: Mapping[str, Any] | None) -> str:
    if example is None:
        return ""
    name = " ".join(str(example[key]) for key in ("record_id", "offering", "at") if example[key])
    because = f" = {example['arithmetic'].replace('_', ' ')}" if example["arithmetic"] else ""
    said = (
        f"such as {name}: logged {example['logged'] or 'nothing'}, right is {example['right'] or 'not known'}{because}"
    )
    return f'<div class="example">{_text(said)}</div>'


def _bridge(bridge: Mapping[str, Any] | None) -> Iterator[str]:
    if bridge is None:
        return
    is_charged = bridge["charged"] is not None
    counted = bridge["seller_quantities"]
    quantities = _text(quantities_words(counted, bridge["charged_without_quantities"] or "0"))
    asked = f"charged are USD {_text(bridge['charged'])}" if is_charged else "what is charged, these files do not say"
    outside = f", USD {_text(bridge['log_outside'])} of it outside of that" if bridge["log_outside"] != "0" else ""
    said = [missing_words(bridge["days_without_lines"]), *apart_words(bridge)]
    missing = _text("".join(f"; {words}" for words in filter(None, said)))
    covers = covered_words(bridge["covers"], is_charged=is_charged)
    yield (
        f"<h2>From the log to the invoice</h2>\n<p>{_text(covers[0].upper() + covers[1:])}{missing}.</p>\n"
        f"<p>The log comes to USD {_text(bridge['log'])}{outside}; the seller's quantities {quantities}; {asked}; "
        f"{_text(wrong_words(bridge['wrong']))}.</p>\n"
    )
    yield from (f"<p>{_text(told_twice_words(one))}.</p>\n" for one in bridge["told_twice"])
    told = [one for one in (bridge["disagreement"], bridge["other_tier"]) if one]
    yield from (f"<p>USD {_text(row['money'])}: {_text(row['title'])}.</p>\n" for row in told)
    rows = [
        {
            "money": row["money"],
            "cause": row["title"],
            "of that": "; in lines of ".join(filter(None, (kinds_words(row), lines_words(row)))) or None,
            "models": models_words(row) or None,
            "moved": row["moved"],
            "most of it on": row["example"] and _place(row),
        }
        for row in bridge["causes"]
    ]
    yield from _table("", rows)


def _place(row: Mapping[str, Any]) -> str:
    """Where most of a cause is, with its arithmetic where there is one."""
    because = f": {row['arithmetic']}" if row["arithmetic"] else ""
    return f"{place_words(row['example'])}{because}"


def _assumptions(assumptions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in assumptions:
        yield (
            f"<p>No {_text(one['fact'])} stated in {one['records']:,} records: taken as {_text(one['assumed'])}; "
            f"if {_text(one['if'])}: {_per_cent(one['difference_percent'], ', ')}USD {_text(one['difference'])}.</p>\n"
        )


def _groups(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table for each way in which records are told apart."""
    tables: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        told = row if row["recomputed"] is not None else {**row, "recomputed": "nothing priced"}
        tables.setdefault(tuple(name for name in row if name not in _NUMBERS), []).append(told)
    for ways, found in tables.items():
        yield from _table(f"By {', '.join(ways)}", found[:_MOST_GROUPS])


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


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows with the same names as a table."""
    if not rows:
        return
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    yield f"<h2>{_text(title)}</h2>\n" if title else ""
    yield '<div class="wide">'
    yield f"<table><tr>{''.join(_cell('th', name, name.replace('_', ' ')) for name in names)}</tr>\n"
    for row in rows:
        yield f"<tr>{''.join(_cell('td', name, row[name]) for name in names)}</tr>\n"
    yield "</table></div>\n"


def _cell(tag: str, name: str, value: object) -> str:
    kind = ' class="n"' if name in _NUMBERS else ""
    return f"<{tag}{kind}>{_text(value)}</{tag}>"
