"""What all providers' usage objects have in common: counts by field, and the care not to miss one.

Fields that count something and that a format does not know are errors, for ignoring them could bill too little; other
unknown fields (texts, costs, durations of the call, nulls and zeros) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmpricing.domain.usage.quantities import LARGEST, Quantity, Usage, UsageError, count, read_quantity

_DEEPEST = 10  # no provider's object has more than three
MODALITIES = ("text", "audio", "image", "video")
_COUNTER = re.compile(
    r"(tokens?(_?count)?|requests|quer(ies|y)|searches|seconds|images|characters|pages|units)$", re.IGNORECASE
)


class UsageReading:
    """Quantities gathered from a provider's object, with the names that it calls them by."""

    def __init__(self) -> None:
        self.quantities: dict[str, Quantity] = {}
        self.names: dict[str, str] = {}

    def take(self, field: str, value: object, meter: str) -> None:
        quantity = read_quantity(field, value, meter)
        if self.quantities.get(meter, quantity) != quantity:
            raise UsageError(field, f"is {quantity}, but {self.names[meter]} is {self.quantities[meter]}")
        self.quantities[meter] = quantity
        self.names[meter] = field

    def get(self, meter: str) -> Quantity:
        return self.quantities.get(meter, 0)

    def add(self, meter: str, quantity: Quantity) -> None:
        self.quantities[meter] = self.get(meter) + quantity

    def drop(self, *meters: str) -> None:
        for meter in meters:
            self.quantities.pop(meter, None)

    def usage(self, service_tier: str | None = None, region: str | None = None) -> Usage:
        if not self.quantities:
            raise UsageError("usage", "holds no count that this format knows")
        for meter, quantity in self.quantities.items():
            if quantity > LARGEST:  # a sum of counts, each of which is not
                raise UsageError(self.names.get(meter, meter), "is too large with what lies beside it")
        return count(self.quantities, service_tier, region, self.names)


def fields(raw: Mapping[str, Any], above: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of all that is stated, deep; raises UsageError for objects within objects without end."""
    for name, value in raw.items():
        if isinstance(value, Mapping):
            if depth == _DEEPEST:
                raise UsageError(
                    f"{above}{name}", f"lies too deep: usage has at most {_DEEPEST} objects in one another"
                )
            yield from fields(value, f"{above}{name}.", depth + 1)
        elif value is not None:
            yield f"{above}{name}", value


def is_counter(field: str) -> bool:
    """Whether a field of this name counts something, by its ending."""
    return bool(_COUNTER.search(field))


def refuse_counter(field: str, value: object) -> None:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if is_number and value and is_counter(field):
        raise UsageError(field, "is a count that this usage format does not know")
