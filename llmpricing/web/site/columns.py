"""The columns of the list: those that the address names, else those of which the lists know enough."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmpricing.services.catalogue.model_list import ModelRow
from llmpricing.services.catalogue.shown_offering import Weigh
from llmpricing.services.catalogue.unit_prices import UNITS, PricesOfUnits
from llmpricing.web.site.addresses import address

BY_THE_UNIT = ("image", "audio", "video")  # kinds of which a month of text says little
ENOUGH = 3  # a column is shown by itself where one row in so many has a value at the least


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its heading sorts by ``order``. ``is_extra``: shown only where the address names it."""

    id: str
    title: str
    order: str | None
    is_number: bool = False
    falls: bool = False
    is_extra: bool = False


COLUMNS = (
    Column("seller", "Seller", "sellers", falls=True),
    Column("input", "Input", "input_per_mtok", is_number=True),
    Column("output", "Output", "output_per_mtok", is_number=True),
    Column("cache_read", "Cache read", "cache_read_per_mtok", is_number=True),
    Column("cache_write", "Cache write", "cache_write_per_mtok", is_number=True, is_extra=True),
    Column("unit", "Unit price", "unit", is_number=True),
    Column("month", "My month", "month", is_number=True),
    Column("context", "Context", "context_window", is_number=True, falls=True),
    Column("max_output", "Max output", "max_output_tokens", is_number=True, falls=True, is_extra=True),
    Column("can", "Can", None),
    Column("released", "Released", "released_on", falls=True),
    Column("since", "Price since", "price_since", falls=True, is_extra=True),
)
IDS = tuple(column.id for column in COLUMNS)
Known = Mapping[str, int]  # of how many rows a column has a value


def known_values(rows: Sequence[ModelRow], weigh: Weigh, units: PricesOfUnits) -> Known:
    """Of how many of the rows each column has a value."""
    tests: dict[str, Callable[[ModelRow], Any]] = {
        "unit": lambda row: units.get(row.shown.id),
        "month": lambda row: weigh(row.shown),
        "can": lambda row: row.shown.capabilities if row.shown.capabilities is not None else row.model.able or None,
        "released": lambda row: row.model.released_on or row.model.seen_since,
        "seller": lambda row: row.shown.provider,
        "context": lambda row: row.shown.context_window,
        "max_output": lambda row: row.shown.max_output_tokens,
        "since": lambda row: row.shown.price_since,
        "input": lambda row: row.shown.input_per_mtok,
        "output": lambda row: row.shown.output_per_mtok,
        "cache_read": lambda row: row.shown.cache_read_per_mtok,
        "cache_write": lambda row: row.shown.cache_write_per_mtok,
    }
    return {name: sum(test(row) is not None for row in rows) for name, test in tests.items()}


def few_known(known: Known, count: int) -> set[str]:
    """The columns of which fewer than one in ENOUGH of ``count`` rows has a value."""
    return {name for name, found in known.items() if found * ENOUGH < count}


def of_kind(kind: str | None) -> tuple[Column, ...]:
    """The columns of a list of this kind: the price of a unit only where it is sold by one."""
    return tuple(column for column in COLUMNS if column.id != "unit" or kind in UNITS)


def shown_columns(
    asked: Collection[str], few: Container[str], known: Known, order: str, kind: str | None
) -> list[Column]:
    """The columns that are asked for, in their own order; where none is, the usual ones but for the ``few`` known, and
    the one that tells the ``order``, of which anything is ``known``. A month told in tokens is not usual of a ``kind``
    that is sold by another unit.
    """
    columns = of_kind(kind)
    if asked and (found := [column for column in columns if column.id in asked]):
        return found

    def is_usual(column: Column) -> bool:
        return not (column.is_extra or column.id in few or (column.id == "month" and kind in BY_THE_UNIT))

    return [column for column in columns if is_usual(column) or (column.order == order and known[column.id])]


def choices(
    shown: Sequence[Column], others: Sequence[tuple[str, str]], kind: str | None
) -> list[tuple[Column, bool, str]]:
    """(column, whether it is shown, address that turns it) of each; ``others`` is what else the address asks. The last
    one that is shown turns to the usual ones.
    """
    found = []
    columns = of_kind(kind)
    for column in columns:
        is_shown = column in shown
        named = [one.id for one in columns if (one in shown) != (one is column)]
        found.append((column, is_shown, address([*others, *(("columns", name) for name in named)])))
    return found
