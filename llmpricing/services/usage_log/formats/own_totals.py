"""Totals that a document tells of the records in it, laid beside the sums of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.values import as_number

OWN_TOTALS = ("totals", "grandTotal", "summary")  # names under which documents keep them
_TOTALS = (*OWN_TOTALS, "metadata")  # or beside what they say of their pages
_TOTAL = "total_"  # before the name of a field that is summed up
_OF_ITEM = "metrics"  # under which an item keeps what it counts
_SUMMED = re.compile(r"tokens|cost|spend|requests", re.IGNORECASE)
_MOST_FIELDS = 100
_STEP = Decimal("0.000001")  # by how much sums of money may differ that floating point made


def differing(told: Mapping[str, Any], summed: Mapping[str, Any]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """The fields that count and that both tell, where a total is not its sum."""
    for name, value in told.items():
        own = name if name in summed else name.removeprefix(_TOTAL)
        if _SUMMED.search(name) and own in summed:
            total, parts = number_of(value), number_of(summed[own])
            if total is not None and parts is not None and abs(total - parts) > _rounded(total, parts):
                yield name, total, parts


def said(differences: Iterator[tuple[str, Decimal, Decimal]]) -> str:
    """The differences in words; empty where there is none."""
    return "; ".join(f"{name} {to_text(total)}, and {to_text(parts)}" for name, total, parts in differences)


def number_of(value: Any) -> Decimal | None:
    """The number that a field of sums holds, None where it holds none."""
    try:
        return None if value is None or isinstance(value, bool | list | Mapping) else as_number("", value)
    except UsageError:
        return None


def _rounded(total: Decimal, parts: Decimal) -> Decimal:
    """By how much a total may differ from its parts: not where both are whole, else by what it was rounded, to cents at
    the coarsest; it may have lost zeros at its end.
    """
    if total == total.to_integral_value() and parts == parts.to_integral_value():
        return Decimal(0)
    return max(_STEP, Decimal(1).scaleb(min(int(total.as_tuple().exponent), -2)))


class ItemSums:
    """The sums of the records of a document, by field, each record once however often the document holds it; ``items``
    are all of them.
    """

    def __init__(self) -> None:
        self.items = 0
        self._sums: dict[str, Decimal] = {}
        self._seen: set[int] = set()

    def add(self, record: Mapping[str, Any]) -> None:
        """Add a record."""
        self.items += 1
        counted = record.get(_OF_ITEM)
        fields = {**counted, **record} if isinstance(counted, Mapping) else record
        if not (named := [name for name in fields if isinstance(name, str) and _SUMMED.search(name)]):
            return
        own = hash(repr(record))
        if own in self._seen:
            return
        self._seen.add(own)
        for name in named:
            is_new = name not in self._sums
            if is_new and len(self._sums) >= _MOST_FIELDS:
                continue
            if (number := number_of(fields[name])) is not None:
                self._sums[name] = self._sums.get(name, Decimal(0)) + number

    def against(self, fields: Mapping[str, Any]) -> str:
        """What the totals of the document that ends here say other than its records do; the next one begins."""
        totals: Mapping[str, Any] = next(
            (fields[name] for name in _TOTALS if isinstance(fields.get(name), Mapping)), {}
        )
        found, self._sums, self.items = self._sums, {}, 0
        self._seen.clear()
        return said(differing(totals, found))
