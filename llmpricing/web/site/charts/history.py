"""The prices of one offering over time: steps with a label at each line, uncertain changes as bands. A price begins
where it is known, not where the axis does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from llmpricing.charts.chart import HEIGHT, WIDTH, Chart, inline, position, share_of_axis
from llmpricing.charts.theme import BAND, DASHES, INK, QUIET, SERIES
from llmpricing.domain.money import quantise, to_text
from llmpricing.domain.observations import Basis
from llmpricing.services.catalogue.price_history import PastPrice
from llmpricing.web.site import display

TOKEN_METERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_COLUMNS = (
    "meter",
    "valid_from",
    "counts_from",
    "valid_until",
    "state",
    "amount",
    "currency",
    "per",
    "basis",
    "source",
)
_LABEL_ROOM = 15  # pixels from one label to the next
_LOG_BEYOND = 40  # times the smallest: on a linear axis it would lie on the ground
_SOME_TIME = timedelta(days=90)
_YEARS = timedelta(days=500)  # beyond which the day of a tick says nothing


@dataclass(frozen=True, slots=True)
class _MeterLine:
    """One meter's base prices in time order."""

    meter: str
    prices: Sequence[PastPrice]

    @property
    def name(self) -> str:
        return display.words(self.meter.removesuffix("_tokens"))


def history_chart(offering: str, prices: Sequence[PastPrice], now: datetime) -> Chart:
    """The chart of an offering's base prices: of its tokens or, where it sells none, of what it sells in one unit."""
    lines = _lines(prices)
    start, end = _span(lines, now)
    shown = [one for line in lines for one in line.prices]
    return Chart(
        _finding(offering, lines, now),
        _about(lines),
        _COLUMNS,
        [[_cell(one, name) for name in _COLUMNS] for one in shown],
        lambda width: _layers(lines, start, end, now, width),
    )


def _lines(prices: Sequence[PastPrice]) -> list[_MeterLine]:
    """At most four meters in the currency and unit of the first."""
    base = [one for one in prices if not one.conditions and one.state in ("priced", "free") and _is_ever_known(one)]
    ordered = sorted(base, key=lambda one: (one.meter not in TOKEN_METERS, _place(one.meter), one.meter))
    if not ordered:
        return []
    first = ordered[0]
    alike = [one for one in ordered if (one.currency, one.per) == (first.currency, first.per)]
    meters = list(dict.fromkeys(one.meter for one in alike))[: len(TOKEN_METERS)]
    return [_MeterLine(meter, [one for one in alike if one.meter == meter]) for meter in meters]


def _is_ever_known(one: PastPrice) -> bool:
    return one.counts_from is None or one.valid_until is None or one.counts_from < one.valid_until


def _place(meter: str) -> int:
    return TOKEN_METERS.index(meter) if meter in TOKEN_METERS else len(TOKEN_METERS)


def _span(lines: Sequence[_MeterLine], now: datetime) -> tuple[datetime, datetime]:
    dates = [at for line in lines for one in line.prices for at in (one.counts_from, one.bracket_from) if at]
    start, end = min([*dates, now - _SOME_TIME]), max([*dates, now])
    margin = (end - start) / 20
    return start - margin, end + (margin if end > now else timedelta())


def _value(one: PastPrice) -> Fraction:
    return Fraction(one.amount or 0)


def _finding(offering: str, lines: Sequence[_MeterLine], now: datetime) -> str:
    """The last change of what is charged first, or since when it is as it is."""
    if not lines:
        return f"No list states a base price of {offering}"
    line = lines[0]
    begun = [one for one in line.prices if one.valid_from is None or one.valid_from <= now]
    current = begun[-1] if begun else line.prices[0]
    price = _money(current) if current.amount == 0 else f"{_money(current)} {display.per(line.meter, current.per)}"
    if current.valid_until is not None and current.valid_until <= now:
        return f"{offering}: the last price of {line.name} was {price}, until {display.long_day(current.valid_until)}"
    first, before = _first_alike(begun or [current])
    since = _since(first) if first.valid_from else ""
    change = f", before {_money(before)}" if before else ""
    coming = [one for one in line.prices if one.valid_from and one.valid_from > now]
    then = f"; {_money(coming[0])} from {display.long_day(coming[0].valid_from)}" if coming else ""  # type: ignore[arg-type]
    return f"{offering}: {line.name} {price}{since}{change}{then}"


def _first_alike(begun: Sequence[PastPrice]) -> tuple[PastPrice, PastPrice | None]:
    """The price from which on it is what it is now, whichever list says so, and the one before, of another amount."""
    at = len(begun) - 1
    while at and _value(begun[at - 1]) == _value(begun[at]) and begun[at - 1].valid_until == begun[at].valid_from:
        at -= 1
    return begun[at], begun[at - 1] if at else None


def _since(one: PastPrice) -> str:
    """Since when a price is charged; of one without a date only since when another list is believed."""
    day = display.long_day(one.valid_from)  # type: ignore[arg-type]
    return f" as {one.source} lists it since {day}" if one.basis == Basis.UNDATED else f" since {day}"


def _about(lines: Sequence[_MeterLine]) -> str:
    return " ".join(
        f"{line.name.capitalize()}: {', then '.join(_dated(one) for one in line.prices)}." for line in lines
    )


def _dated(one: PastPrice) -> str:
    since = f"from {display.long_day(one.valid_from)}" if one.valid_from else _known_since(one)
    return f"{_money(one)} {since}"


def _known_since(one: PastPrice) -> str:
    return f"known since {display.long_day(one.counts_from)}" if one.counts_from else "at first"


def _money(one: PastPrice) -> str:
    if one.amount is None:
        return "nothing"
    return f"{display.sign(one.currency)}{display.amount(one.amount)}" if one.amount else "free"


def _cell(one: PastPrice, name: str) -> Any:
    value = getattr(one, name)
    if name == "amount":
        return to_text(quantise(_value(one)))
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value or "")


def _layers(
    lines: Sequence[_MeterLine], start: datetime, end: datetime, now: datetime, width: int
) -> list[dict[str, Any]]:
    values = [_value(one) for line in lines for one in line.prices]
    scale = _scale(values)
    is_wide = width == WIDTH
    days = {"format": "%-d %b %Y" if is_wide and end - start <= _YEARS else "%b %Y", "tickCount": 6 if is_wide else 3}
    time = {
        "field": "at",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": [_ms(start), _ms(end)]},
        "axis": days,
    }
    first = lines[0].prices[0] if lines else None
    unit = f"{first.currency} {display.per(first.meter, first.per)}" if first else ""
    price = {"field": "price", "type": "quantitative", "title": unit, "scale": scale, "axis": {"format": ",~f"}}
    names = [line.name for line in lines]
    colour = {"field": "meter", "type": "nominal", "scale": {"domain": names, "range": SERIES}, "legend": None}
    dash = {"field": "meter", "type": "nominal", "scale": {"domain": names, "range": DASHES}, "legend": None}
    found: list[dict[str, Any]] = []
    if bands := _bands(lines, start):
        ends = {"x": {**time, "field": "from"}, "x2": {"field": "until"}}
        found.append({"data": inline(bands), "mark": {"type": "rect", "color": BAND}, "encoding": ends})
    if end > now:
        found += _today(now, time)
    encoding = {"x": time, "y": price, "color": colour, "strokeDash": dash, "detail": {"field": "part"}}
    mark = {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5}
    steps = [row for line in lines for row in _steps(line, start, end)]
    found.append({"data": inline(steps), "mark": mark, "encoding": encoding})
    found.append(_labels(lines, end, scale, colour, width))
    return found


def _scale(values: Sequence[Fraction]) -> dict[str, Any]:
    """From zero, or logarithmic where the smallest would lie on the ground."""
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(1)) or Fraction(1)
    if low > 0 and high / low > _LOG_BEYOND:
        return {"type": "log", "domain": [position(low) / 2, position(high) * 1.5], "nice": False}
    return {"type": "linear", "domain": [0, position(high) * 1.08], "nice": False}


def _steps(line: _MeterLine, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The points of a line. After a time without a price it begins anew, as another part."""
    rows: list[dict[str, Any]] = []
    part, until = 0, None
    for one in line.prices:
        begins = one.counts_from or start
        if until is not None and until != begins:
            part += 1
        until = min(one.valid_until or end, end)
        for at in (begins, until):
            rows.append(
                {"at": _ms(at), "price": position(_value(one)), "meter": line.name, "part": f"{line.meter} {part}"}
            )
    return rows


def _bands(lines: Sequence[_MeterLine], start: datetime) -> list[dict[str, Any]]:
    brackets = {
        (one.bracket_from, one.valid_from)
        for line in lines
        for one in line.prices
        if one.bracket_from and one.valid_from
    }
    return [{"from": _ms(max(begin, start)), "until": _ms(end)} for begin, end in sorted(brackets)]


def _today(now: datetime, time: Mapping[str, Any]) -> list[dict[str, Any]]:
    at = inline([{"at": _ms(now), "words": "today"}])
    rule = {"data": at, "mark": {"type": "rule", "color": QUIET, "strokeDash": [2, 2]}, "encoding": {"x": time}}
    text = {"type": "text", "align": "left", "dx": 4, "dy": 8, "color": QUIET}
    where = {"x": time, "y": {"value": 0}, "text": {"field": "words"}}
    return [rule, {"data": at, "mark": text, "encoding": where}]


def _labels(
    lines: Sequence[_MeterLine], end: datetime, scale: Mapping[str, Any], colour: Mapping[str, Any], width: int
) -> dict[str, Any]:
    """The meters' names and last prices to the right of their lines, or since when there is none; none over another."""
    last = [(line, line.prices[-1]) for line in lines]
    heights = {line.meter: HEIGHT * (1 - share_of_axis(position(_value(one)), scale)) for line, one in last}
    rows, free = [], float(HEIGHT)
    for line, one in sorted(last, key=lambda pair: -heights[pair[0].meter]):
        free = min(heights[line.meter], free)
        ended = one.valid_until if one.valid_until and one.valid_until < end else None
        last_said = f"until {ended:%b %Y}" if ended else _money(one)
        rows.append({"meter": line.name, "height": free, "words": f"{line.name} {last_said}"})
        free -= _LABEL_ROOM
    return {
        "data": inline(rows),
        "mark": {"type": "text", "align": "left", "dx": 6, "fontWeight": 600, "color": INK},
        "encoding": {
            "x": {"value": width},
            "y": {"field": "height", "type": "quantitative", "scale": None, "axis": None},
            "text": {"field": "words"},
            "color": colour,
        },
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
