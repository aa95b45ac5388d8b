"""The bridge from a log to an invoice, in lines for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text
from llmpricing.scripts.commands.audit_bridge_apart import apart_document, apart_words
from llmpricing.scripts.commands.audit_told_twice import told_twice_document, told_twice_words

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge
    from llmpricing.services.usage_log.audit.bridge_cells import BridgePlace, BridgeRow, Cell

_MOST_SHARES = 8


def bridge_document(bridge: Bridge, files: Sequence[str] = ()) -> dict[str, Any]:
    """The bridge for programs, with the names of the invoice's files; amounts are texts, in USD."""
    log, counted, charged = bridge.sums
    return {
        "covers": _covers(bridge),
        "log": to_text(log),
        "log_outside": to_text(bridge.outside),
        "seller_quantities": to_text(counted) if bridge.has_quantities else None,
        "days_without_lines": _missing(bridge),
        **apart_document(bridge),
        "told_twice": told_twice_document(bridge, files),
        "charged_without_quantities": to_text(bridge.uncounted) if bridge.has_charges else None,
        "charged": to_text(charged) if bridge.has_charges else None,
        "difference": to_text(bridge.difference),
        "causes": [_row(row) for row in bridge.rows()],
        "disagreement": _row(bridge.disagreements) if bridge.disagreements.places else None,
        "other_tier": _row(bridge.other_tiers) if bridge.other_tiers.places else None,
        "wrong": to_text(bridge.wrong),
        "cells": [
            *(one for place, cell in sorted(bridge.cells.items()) for one in _cells(place, cell)),
            *(_whole(place, money) for place, money in sorted(bridge.whole.items())),
        ],
    }


def _row(row: BridgeRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "money": to_text(row.money),
        "moved": to_text(row.moved),
        "places": row.places,
        "kinds": _kinds(row),
        "models": [{"model": name, "money": to_text(money)} for name, money in _by_money(row.models)],
        "arithmetic": row.arithmetic or None,
        "lines": [{"line": name, "money": to_text(money)} for name, money in _by_money(row.lines)],
        "example": None if row.example is None else _named(row.example, row.called),
    }


def _missing(bridge: Bridge) -> list[dict[str, str]]:
    return [{"provider": one.seller, "day": one.day} for one in bridge.days_without_lines]


def _covers(bridge: Bridge) -> list[dict[str, str]]:
    return [{"provider": one.seller, "first": one.first, "last": one.last} for one in bridge.covered]


def _cells(place: BridgePlace, cell: Cell) -> Iterator[dict[str, Any]]:
    """What is said of a place by each kind; a charge for several names them all."""
    scopes = {*cell.charges, *((kind,) for kind in (*cell.logged.money, *cell.counted))}
    for scope in sorted(scopes):
        (kind,) = scope if len(scope) == 1 else ("",)
        yield {
            **_named(place, cell.name),
            "kind": " + ".join(scope) or None,
            "log": _amount(cell.logged.money.get(kind)),
            "seller_quantities": _amount(cell.counted.get(kind)),
            "charged": to_text(cell.charges[scope].money) if scope in cell.charges else None,
        }


def _whole(place: BridgePlace, money: Decimal) -> dict[str, Any]:
    """What lines of no model charge at a place."""
    from llmpricing.services.usage_log.audit.bridge_whole import ALL_MODELS

    told = {"kind": None, "log": None, "seller_quantities": None, "charged": to_text(money)}
    return {**_named(place, ALL_MODELS), **told}


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)


def _kinds(row: BridgeRow) -> list[dict[str, str]]:
    """What is of each kind that is told, that of most money first."""
    from llmpricing.services.usage_log.audit.bridge_kinds import title_of_kind

    told = _by_money({kind: money for kind, money in row.kinds.items() if kind})
    return [{"kind": kind, "title": title_of_kind(kind), "money": to_text(money)} for kind, money in told]


def _by_money(shares: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    return sorted(shares.items(), key=lambda one: (-abs(one[1]), one[0]))


def _named(place: BridgePlace, called: str) -> dict[str, Any]:
    from llmpricing.services.usage_log.audit.bridge_days import number_of

    place = place.told
    days = {"number_of_days": number_of(place.day)} if place.day else {}
    told = {"provider": place.seller, "key": place.key, "project": place.project}
    return {
        "day": place.day,
        **days,
        "model": called or place.model,
        **{name: text for name, text in told.items() if text},
    }


def _beside_log(more: Decimal) -> str:
    if not more:
        return "as much as the log"
    return f"USD {to_text(abs(more))} {'more' if more > 0 else 'less'} than the log"


def bridge_lines(bridge: Bridge, files: Sequence[str] = ()) -> Iterator[str]:
    """The bridge for people, with the names of the invoice's files."""
    log, counted, charged = bridge.sums
    yield "From the log to the invoice:"
    yield f"  {covered_words(_covers(bridge), is_charged=bridge.has_charges)}"
    yield from (f"  {words}" for words in apart_words(apart_document(bridge)))
    yield from (f"  {words}" for words in map(told_twice_words, told_twice_document(bridge, files)))
    outside = f", USD {to_text(bridge.outside)} of it outside of that" if bridge.outside else ""
    yield f"  the log comes to USD {to_text(log)}{outside}"
    if words := missing_words(_missing(bridge)):
        yield f"  {words}"
    told = f"USD {to_text(counted)}" if bridge.has_quantities else None
    uncounted = f"USD {to_text(bridge.uncounted)}" if bridge.uncounted else ""
    yield f"  the seller's quantities {quantities_words(told, uncounted)}"
    if bridge.disagreements.places:
        yield f"  {_line(bridge.disagreements)}"
    if not bridge.has_charges:
        yield "  these files say what was used, not what is charged: give the invoice too, as another --charged"
    else:
        yield f"  charged are USD {to_text(charged)}: {_beside_log(bridge.difference)}"
    if bridge.other_tiers.places:
        yield f"  {_line(bridge.other_tiers)}"
    yield f"  {wrong_words(f'USD {to_text(bridge.wrong)}')}"
    for row in bridge.rows():
        yield f"  {_line(row)}"


def _line(row: BridgeRow) -> str:
    told = _row(row)
    kinds, models, lines = kinds_words(told), models_words(told), lines_words(told)
    words = f"{row.title}{f' ({kinds})' if kinds else ''}{f', of {models}' if models else ''}"
    words += f", in lines of {lines}" if lines else ""
    because = f" ({row.arithmetic})" if row.arithmetic else ""
    return f"USD {to_text(row.money)}{_moved(row)}: {words}{_where(told)}{because}"


def covered_words(covered: Sequence[Mapping[str, str]], *, is_charged: bool) -> str:
    """Which days and sellers the invoice covers, in words."""
    what = "the invoice covers" if is_charged else "the seller's usage covers"
    spans = [
        f"{one['provider'] or 'sellers not named'} from {one['first']} to {one['last']}"
        if one["first"]
        else f"{one['provider'] or 'sellers not named'} on days that are not told"
        for one in covered
    ]
    return f"{what} {', '.join(spans) or 'no usage: it has no line of a model'}"


def wrong_words(wrong: str) -> str:
    """How much is wrong, which the tolerance looks at, in words."""
    return f"wrong by {wrong}, too much and too little added up, but for rounding, credits, taxes and commitments"


def missing_words(days: Sequence[Mapping[str, str]]) -> str:
    """Which days the invoice says nothing of, in words; nothing where it has lines of all."""
    told = ", ".join(f"{one['day']} ({one['provider'] or 'a seller not named'})" for one in days[:_MOST_SHARES])
    more = f" and {len(days) - _MOST_SHARES} more" if len(days) > _MOST_SHARES else ""
    return f"of {told}{more} it has no line at all, though the log has usage: ask for that day's export" if days else ""


def quantities_words(counted: str | None, uncounted: str) -> str:
    """What the seller's quantities come to, in words, and what is charged without any."""
    if counted is None:
        return "are not stated"
    return f"come to {counted}{f'; {uncounted} is charged without any' if uncounted else ''}"


def _moved(row: BridgeRow) -> str:
    return f", USD {to_text(row.moved)} either way" if row.moved != abs(row.money) else ""


def _where(row: Mapping[str, Any]) -> str:
    if row["example"] is None:
        return ""
    most = "most of it " if row["places"] > 1 else ""
    return f"; {most}on {place_words(row['example'])}"


def place_words(place: Mapping[str, str]) -> str:
    """A day or days, a model, key and project in words."""
    from llmpricing.services.usage_log.audit.bridge_days import days_in_words

    owner = "".join(f", {name} {place[name]}" for name in ("key", "project") if name in place)
    return f"{days_in_words(place['day']) or 'days that are not told'}, {place['model']}{owner}"


def kinds_words(row: Mapping[str, Any]) -> str:
    """How much of a cause's money is of each kind, by its title; nothing where none is told."""
    kinds = [(one["title"], Decimal(one["money"])) for one in row["kinds"]]
    return _shares(kinds, Decimal(row["money"]), "of no kind that is told")


def models_words(row: Mapping[str, Any]) -> str:
    """How much of it is of each model or line, where there are several."""
    models = [(one["model"], Decimal(one["money"])) for one in row["models"]]
    return _shares(models, Decimal(row["money"]), "in lines of no model") if len(models) > 1 else ""


def lines_words(row: Mapping[str, Any]) -> str:
    """How much of it is in which lines that are of no usage, by their names."""
    lines = [(one["line"], Decimal(one["money"])) for one in row["lines"]]
    return _shares(lines, Decimal(row["money"]), "of usage")


def _shares(shares: Sequence[tuple[str, Decimal]], money: Decimal, rest: str) -> str:
    """The largest shares by name, the others counted, and the rest of the money: they sum to all of it."""
    if not shares or [one for _, one in shares] == [money]:
        return "".join(name for name, _ in shares)
    others = shares[_MOST_SHARES:]
    told = [(name, one) for name, one in shares[:_MOST_SHARES]]
    told += [(f"{len(others)} others", sum((one for _, one in others), Decimal(0)))] if others else []
    left = money - sum((one for _, one in shares), Decimal(0))
    told += [(rest, left)] if left else []
    return ", ".join(f"{name} {to_text(one)}" for name, one in told)
