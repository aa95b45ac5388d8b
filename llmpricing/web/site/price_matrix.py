"""The prices of an offering as matrices: meters by service tier, one block for each step, region and schedule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmpricing.charts.amounts import by_number
from llmpricing.domain.conditions import STANDARD
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.web.site import display

_TIERS = (STANDARD, "batch", "flex", "priority")
_FIRST_METERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


@dataclass(frozen=True, slots=True)
class PriceBlock:
    """The prices that share all conditions but the tier."""

    conditions: list[str]
    tiers: list[str]
    rows: list[MatrixRow]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A meter with a price or None for each tier; ``unit`` is what each of them buys, None where they differ."""

    meter: str
    unit: str | None
    cells: list[PriceDetail | None]


def blocks(prices: Sequence[PriceDetail]) -> list[PriceBlock]:
    """The blocks, that without conditions first; of several prices of one place in them the first counts."""
    by_conditions: dict[tuple[str, ...], list[PriceDetail]] = {}
    for price in prices:
        by_conditions.setdefault(tuple(_words(price)), []).append(price)
    return [
        _block(list(words), by_conditions[words])
        for words in sorted(by_conditions, key=lambda words: [*map(by_number, words)])
    ]


def place(meter: str) -> tuple[int, str]:
    """Where a meter stands: input, output, cache, then the others by name."""
    return (_FIRST_METERS.index(meter) if meter in _FIRST_METERS else len(_FIRST_METERS)), meter


def _words(price: PriceDetail) -> Iterable[str]:
    return (display.condition(name, value) for name, value in price.conditions.items() if name != "service_tier")


def _block(conditions: list[str], prices: Sequence[PriceDetail]) -> PriceBlock:
    cells: dict[tuple[str, str], PriceDetail] = {}
    for price in prices:
        cells.setdefault((price.meter, _tier(price)), price)
    found = {tier for _, tier in cells}
    tiers = [*(tier for tier in _TIERS if tier in found), *sorted(found - set(_TIERS))]
    meters = sorted({meter for meter, _ in cells}, key=place)
    return PriceBlock(
        conditions, tiers, [_row(meter, [cells.get((meter, tier)) for tier in tiers]) for meter in meters]
    )


def _row(meter: str, cells: list[PriceDetail | None]) -> MatrixRow:
    units = {display.per(meter, one.per) for one in cells if one is not None and one.state == "priced"}
    return MatrixRow(meter, units.pop() if len(units) == 1 else None, cells)


def _tier(price: PriceDetail) -> str:
    return str(price.conditions.get("service_tier", STANDARD))
