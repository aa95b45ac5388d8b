"""What a chart is before it is drawn: its finding in words, its facts as a table, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import log10
from textwrap import wrap
from typing import Any

from llmpricing.charts.theme import CONFIG

WIDTH, HEIGHT = 620, 280
NARROW = 240  # on a phone, whose screen has room for it and for the words beside
_SIGNS = 8  # pixels of a sign of the title
_NAME, _SIGN = 40, 7.4  # signs of a name at most, and pixels of one


@dataclass(frozen=True, slots=True)
class Chart:
    """``finding`` says what it shows in a sentence, ``about`` in a few; ``rows`` are its facts under ``columns``, with
    money as text. ``layers`` are those of a Vega-Lite specification, by its width in pixels.
    """

    finding: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    layers: Callable[[int], Sequence[Mapping[str, Any]]]
    height: int = HEIGHT

    def specification(self, width: int = WIDTH) -> dict[str, Any]:
        """The whole Vega-Lite specification."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "description": self.finding,
            "title": {"text": wrap(self.finding, width // _SIGNS) or [""]},
            "width": width,
            "height": self.height,
            "config": dict(CONFIG),
            "layer": list(self.layers(width)),
        }


def inline(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as the data of a layer."""
    return {"values": list(rows)}


def axis_of_names(names: Sequence[str]) -> dict[str, Any]:
    """An axis with room for these names in any reader's font: the one that the drawing process measures is narrow."""
    widest = min(max(map(len, names), default=0), _NAME)
    return {"minExtent": round(widest * _SIGN), "labelLimit": round(_NAME * _SIGN)}


def position(number: Decimal | Fraction) -> float:
    """Where a number lies in a picture; the words and the table beside it are made of the exact one."""
    return float(number)


def share_of_axis(value: float, scale: Mapping[str, Any]) -> float:
    """How far along an axis of this ``type`` and ``domain`` a value lies, from 0 to 1."""
    low, high = scale["domain"]
    if scale["type"] == "log":
        return (log10(value) - log10(low)) / (log10(high) - log10(low))
    share: float = (value - low) / (high - low)
    return share
