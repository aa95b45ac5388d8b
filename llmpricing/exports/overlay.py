"""What laying published prices over a list comes to: the bytes, and every field that is not as it was listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from llmpricing.domain.money import multiply
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price

USD = "USD"
_NOTHING_MORE = (State.FREE, State.INCLUDED, State.SUBSCRIPTION)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class FieldChange(StrEnum):
    """What became of a listed field."""

    CHANGED = "changed"  # the list says another price
    ADDED = "added"  # the list says none
    WITHOUT_PRICE = (
        "without_price"  # the list's own waits for a person or is not believed, and none was published before
    )
    AS_LISTED = "as_listed"  # nothing is published that this shape can say, so the list's own price was left


class Note(NamedTuple):
    """A field of a name that is not as it was listed, or should not be: both prices are for one unit of the field."""

    name: str
    field: str
    change: FieldChange
    listed: Decimal | None
    exported: Decimal | None
    price_id: int | None


@dataclass
class Laid:
    """A document with published prices laid over it, and what that changed."""

    document: Any
    notes: list[Note] = field(default_factory=list)

    def as_json(self) -> bytes:
        """The document as JSON; decimals are numbers, written as they are."""
        return _ENCODER.encode(self.document)


def number_of(price: Price, quantity: int) -> Decimal | None:
    """What ``quantity`` units cost in USD, exactly where that is a finite decimal; None where it is not known."""
    if price.state in _NOTHING_MORE:
        return Decimal(0)
    if price.state is not State.PRICED or price.amount is None or price.currency != USD:
        return None
    return plain(multiply(price.amount, Decimal(quantity)) / price.per)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros, and without an exponent where it is whole."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
