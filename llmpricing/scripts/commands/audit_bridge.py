"""The bridge from a log to an invoice, in lines for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmpricing.domain.money import to_text

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.bridge import Bridge
    from llmpricing.services.usage_log.audit.bridge_cells import BridgePlace


def bridge_document(bridge: Bridge) -> dict[str, Any]:
    """The bridge for programs; amounts are texts, in USD."""
    log, counted, charged = bridge.sums
    return {
        "log": to_text(log),
        "seller_quantities": to_text(counted),
        "charged": to_text(charged),
        "difference": to_text(bridge.difference),
        "causes": [
            {
                "name": row.name,
                "title": row.title,
                "money": to_text(row.money),
                "moved": to_text(row.moved),
                "places": row.places,
                "example": None if row.example is None else _named(row.example),
            }
            for row in bridge.rows()
        ],
        "cells": [
            {
                **_named(place),
                "log": to_text(cell.log) if cell.is_logged else None,
                "seller_quantities": None if cell.counted is None else to_text(cell.counted),
                "charged": to_text(cell.charged) if cell.is_charged else None,
            }
            for place, cell in sorted(bridge.cells.items())
        ],
    }


def _named(place: BridgePlace) -> dict[str, str]:
    return {"day": place.day, "model": place.model, **({"key": place.key} if place.key else {})}


def _beside_log(more: Decimal) -> str:
    if not more:
        return "as much as the log"
    return f"USD {to_text(abs(more))} {'more' if more > 0 else 'less'} than the log"


def bridge_lines(bridge: Bridge) -> Iterator[str]:
    """The bridge for people."""
    log, counted, charged = bridge.sums
    yield "From the log to the invoice:"
    yield f"  the log comes to USD {to_text(log)}, the seller's quantities to USD {to_text(counted)}"
    if not bridge.has_charges:
        yield "  these files say what was used, not what is charged: give the invoice too, as another --charged"
    else:
        yield f"  charged are USD {to_text(charged)}: {_beside_log(bridge.difference)}"
    for row in bridge.rows():
        moved = f", USD {to_text(row.moved)} either way" if row.moved != abs(row.money) else ""
        where = f", most of it on {row.example.day} of {row.example.model}" if row.example else ""
        yield f"  USD {to_text(row.money)}{moved}: {row.title}{where}"
