"""How charts look: colours as CSS variables, which a style block inside the SVG sets for light and for dark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from markupsafe import escape

# Each reaches 4.5:1 on its ground, as text beside a line must.
LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#ffffff",
        "ink": "#1b1f1d",
        "quiet": "#5a635d",
        "line": "#e2e4df",
        "band": "#e9d9a8",
        "series-1": "#0d6b50",
        "series-2": "#8a3ea8",
        "series-3": "#9a4b00",
        "series-4": "#1f5fa8",
        "series-5": "#a8201a",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#161a18",
        "ink": "#e7ebe8",
        "quiet": "#9ba59f",
        "line": "#2a312d",
        "band": "#4a3f18",
        "series-1": "#67d1aa",
        "series-2": "#d6a2ee",
        "series-3": "#f0b070",
        "series-4": "#8fbdf5",
        "series-5": "#ff9b92",
    }
)
SERIES = tuple(f"var(--{name})" for name in LIGHT if name.startswith("series"))
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 4])
INK, QUIET, LINE, BAND, GROUND = (f"var(--{name})" for name in ("ink", "quiet", "line", "band", "ground"))
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_NAMESPACE = re.compile(r' xmlns(?::xlink)?="[^"]*"')  # a page of HTML knows it
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")


def _declared(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def inline_style(within: str) -> str:
    """A style block's rules for charts that lie in a page, in what matches the selector ``within``."""
    dark = f"{within}{{{_declared(DARK)}}}"
    return (
        f"{within}{{{_declared(LIGHT)}}}@media (prefers-color-scheme:dark){{{dark}}}"
        f"@media print{{{within}{{{_declared(LIGHT)}}}}}"
    )


STYLE = (
    f"svg{{color-scheme:light dark;{_declared(LIGHT)}}}@media (prefers-color-scheme:dark){{svg{{{_declared(DARK)}}}}}"
)
CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "background": GROUND,
        "font": _FONT,
        "padding": {"left": 28, "top": 12, "bottom": 12, "right": 40},  # fonts here may be wider than those measured
        "view": {"stroke": None},
        "axis": {
            "labelColor": QUIET,
            "titleColor": QUIET,
            "gridColor": LINE,
            "domainColor": LINE,
            "tickColor": LINE,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            "titlePadding": 14,
        },
        "title": {"color": INK, "anchor": "start", "fontSize": 15, "fontWeight": 600, "offset": 14},
        "legend": {"labelColor": INK, "titleColor": QUIET, "labelFontSize": 12, "columns": 2, "columnPadding": 60},
        "text": {"color": INK, "fontSize": 12},
    }
)


def dressed(svg: str, title: str, about: str) -> str:
    """The SVG with its colours, and with what it shows in words for who does not see it."""
    return _with(svg, "", title, about, f"<style>{STYLE}</style>")


def worded(svg: str, name: str, title: str, about: str) -> str:
    """The SVG with its words, for a page that sets its colours; ``name`` is its own there."""
    return _with(_NAMESPACE.sub("", svg, count=2), f"{name}-", title, about, "")


def _with(svg: str, prefix: str, title: str, about: str, style: str) -> str:
    head, mark, body = svg.partition(">")
    drawn, end, rest = body.rpartition("</svg>")
    words = f'<title id="{prefix}finding">{escape(title)}</title><desc id="{prefix}about">{escape(about)}</desc>'
    label = f' role="img" aria-labelledby="{prefix}finding {prefix}about"'
    # One picture to a screen reader: its marks have no names, and the words tell what they show.
    return f'{head}{label}{mark}{words}{style}<g aria-hidden="true">{drawn}</g>{end}{rest}'


def in_plain_colours(part: Any) -> Any:
    """A specification with the colours of the light scheme in the place of variables, as an editor shows it."""
    if isinstance(part, str):
        return _VARIABLE.sub(lambda found: LIGHT[found[1]], part)
    if isinstance(part, Mapping):
        return {name: in_plain_colours(value) for name, value in part.items()}
    return [in_plain_colours(one) for one in part] if isinstance(part, list | tuple) else part
