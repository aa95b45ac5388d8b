"""Costs in 1e-12 as what is written: exact texts for text files, exact decimals for Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.unit_rates import UNIT
from llmpricing.services.usage_log.batch import Numbers

_DECIMAL = pa.decimal128(38, 12)


def texts(units: Numbers, totals: Mapping[int, Decimal]) -> pa.Array:
    """Plain decimal texts without trailing zeros; ``totals`` replace the units of their rows."""
    whole, part = np.divmod(units, UNIT)
    digits = compute.ascii_rtrim(pa.array(part + UNIT).cast(pa.string()), "0")  # 1 and the decimal places
    places = compute.binary_replace_slice(digits, start=0, stop=1, replacement=".")
    found = compute.binary_join_element_wise(pa.array(whole).cast(pa.string()), places, "")
    found = compute.ascii_rtrim(found, ".")
    if not totals:
        return found
    mask = np.zeros(len(units), np.bool_)
    mask[list(totals)] = True
    ordered = [to_text(totals[row]) for row in sorted(totals)]
    return compute.replace_with_mask(found, pa.array(mask), pa.array(ordered, pa.string()))


def decimals(units: Numbers, totals: Mapping[int, Decimal]) -> pa.Array:
    """Decimals of 12 places; ``totals`` replace the units of their rows."""
    words = np.empty((len(units), 2), np.int64)  # 128 bits, the low ones first
    words[:, 0], words[:, 1] = units, units >> 63
    for row, total in totals.items():
        words[row] = np.frombuffer(in_units(total).to_bytes(16, "little", signed=True), np.int64)
    return pa.Array.from_buffers(_DECIMAL, len(units), [None, pa.py_buffer(words)])


def in_units(total: Decimal) -> int:
    """An amount of at most 12 places in 1e-12."""
    sign, digits, exponent = total.as_tuple()
    number: int = int("".join(map(str, digits))) * 10 ** (int(exponent) + 12)
    return -number if sign else number


def summed(units: Numbers, totals: Iterable[Decimal]) -> int:
    """The exact sum in 1e-12."""
    high, low = np.divmod(units, 10**9)
    return int(high.sum()) * 10**9 + int(low.sum()) + sum(map(in_units, totals))
