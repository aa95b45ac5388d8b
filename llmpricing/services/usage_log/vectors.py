"""A batch as NumPy arrays: quantities and shares, and codes for what tells kinds of requests apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from llmpricing.domain.meters import METERS, descendants
from llmpricing.domain.quotes.allocation import REQUESTS
from llmpricing.domain.usage.formats import Usage, UsageError
from llmpricing.domain.usage.quantities import LARGEST
from llmpricing.services.usage_log.batch import Batch, Mask, Numbers
from llmpricing.services.usage_log.cells import cells

INPUT, OUTPUT = "input_tokens", "output_tokens"
MOST_METERS = 30  # of one batch, so that a pattern of used meters fits 62 bits
_CODES = 2**62
_OF_A_SUM = ("cache_read", "cache_write", "reasoning", "citation")  # kinds of tokens that do not stand for the rest


@dataclass(frozen=True)
class Counted:
    """Shares by meter, for meters that any row uses; ``pattern`` tells rows apart by the meters they use and those
    that keep a share. Rows in ``odd`` cannot be counted here and need a closer look. ``empty`` tells of which rows the
    INPUT or the OUTPUT is not stated beside the other one, for each of the two where there are any: no cell states it,
    or there is no column of it.
    """

    meters: tuple[str, ...]
    shares: list[Numbers]
    request_input: Numbers
    pattern: Numbers
    odd: Mask
    empty: Mapping[str, Mask] = field(default_factory=dict)

    def of(self, rows: Numbers) -> Counted:
        """That of some rows, but for what is empty."""
        shares = [share[rows] for share in self.shares]
        return Counted(self.meters, shares, self.request_input[rows], self.pattern[rows], self.odd[rows])


def counted(batch: Batch) -> Counted:
    """The batch's usage, split as a quote splits it."""
    rows = batch.table.num_rows
    quantities, odd, absent = _columns(batch) if batch.usage is None else _stated(batch.usage)
    empty = {} if batch.of_records else _empty(quantities, absent)
    meters = tuple(sorted(quantities, key=lambda meter: -len(METERS[meter].dimensions)))
    if len(meters) > MOST_METERS:
        odd[:] = True
        meters = ()
    shares: dict[str, Numbers] = {}
    pattern = np.zeros(rows, np.int64)
    for place, meter in enumerate(meters):
        used = quantities[meter] != 0
        parts = [shares[part] for part in descendants(meter) if part in shares]
        shares[meter] = np.where(used, quantities[meter] - sum(parts), 0) if parts else quantities[meter]
        odd |= shares[meter] < 0
        pattern |= (used.astype(np.int64) << (2 * place)) | ((shares[meter] != 0).astype(np.int64) << (2 * place + 1))
    request_input = quantities.get(INPUT, np.zeros(rows, np.int64))
    if REQUESTS in quantities:  # a sum of several: the mean decides the step
        request_input = -(-request_input // np.maximum(quantities[REQUESTS], 1))
    return Counted(meters, [shares[meter] for meter in meters], request_input, pattern, odd, empty)


def _empty(quantities: Mapping[str, Numbers], absent: Mapping[str, Mask]) -> dict[str, Mask]:
    """The rows that count one of the two and leave the other one empty, with all that would stand for it."""
    found = {}
    for name, other in ((INPUT, OUTPUT), (OUTPUT, INPUT)):
        if name in absent and other in quantities:
            rows = absent[name] & (quantities[other] > 0)
            for meter in quantities:
                if _stands_for(meter, name):
                    rows &= quantities[meter] == 0
            if rows.any():
                found[name] = rows
    return found


def _stands_for(meter: str, name: str) -> bool:
    one = METERS[meter]
    return (
        meter != name and one.direction == METERS[name].direction and one.dimensions.get("token_type") not in _OF_A_SUM
    )


def _columns(batch: Batch) -> tuple[dict[str, Numbers], Mask, dict[str, Mask]]:
    """Quantities by meter, as the columns count them, the rows that are odd, and where INPUT or OUTPUT is empty."""
    odd, stated = np.zeros(batch.table.num_rows, np.bool_), np.zeros(batch.table.num_rows, np.bool_)
    quantities: dict[str, Numbers] = {}
    empty: dict[str, Mask] = {}
    for name, meter in batch.layout.meters.items():
        numbers, absent, unread = _quantities(batch.table.column(name))
        odd |= unread | (numbers < 0) | (numbers > LARGEST)
        if meter == REQUESTS:
            odd |= ~absent & (numbers == 0)
        stated |= ~absent
        if numbers.any():
            quantities[meter] = numbers
        if meter in (INPUT, OUTPUT) and absent.any():
            empty[meter] = absent
    for meter in (INPUT, OUTPUT):
        if batch.layout.lacks(meter):
            empty[meter] = np.ones(batch.table.num_rows, np.bool_)
    return quantities, odd | ~stated, empty


def _stated(usages: Sequence[Usage | UsageError]) -> tuple[dict[str, Numbers], Mask, dict[str, Mask]]:
    """The same of usage that was read row by row; what states a tier or a place itself is odd."""
    odd = np.zeros(len(usages), np.bool_)
    quantities: dict[str, Numbers] = {}
    empty = {name: np.zeros(len(usages), np.bool_) for name in (INPUT, OUTPUT)}
    for row, usage in enumerate(usages):
        if isinstance(usage, UsageError) or _is_odd(usage):
            odd[row] = True
            continue
        for name, rows in empty.items():
            rows[row] = name not in usage.stated
        for meter, quantity in usage.stated.items():
            if quantity:
                if meter not in quantities:
                    quantities[meter] = np.zeros(len(usages), np.int64)
                quantities[meter][row] = quantity
    return quantities, odd, empty


def _is_odd(usage: Usage) -> bool:
    return not usage.whole or bool(usage.service_tier or usage.region or usage.told)


def _quantities(column: pa.ChunkedArray) -> tuple[Numbers, Mask, Mask]:
    """Whole numbers, which of them are absent (0 here), and which cells hold anything else."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        try:
            whole = column.cast(pa.int64())
            absent = whole.is_null().to_numpy() if whole.null_count else np.zeros(len(whole), np.bool_)
            numbers = whole.fill_null(0).to_numpy() if whole.null_count else whole.to_numpy()
            return numbers, absent, np.zeros(len(whole), np.bool_)
        except pa.ArrowInvalid:
            pass
    found = cells(column)
    read = [_whole(cell) for cell in found]
    absent = np.array([cell is None or cell == "" for cell in found], np.bool_)
    unread = np.array([number is None for number in read], np.bool_)
    return np.array([number or 0 for number in read], np.int64), absent, unread & ~absent


def _whole(cell: Any) -> int | None:
    """The cell's whole number, None where it has none or where it does not fit."""
    number = None
    if isinstance(cell, str):
        number = int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 19 else None
    elif isinstance(cell, float | Decimal):
        number = int(cell) if -LARGEST <= cell <= LARGEST and cell == int(cell) else None
    elif type(cell) is int:
        number = cell
    return number if number is not None and abs(number) < _CODES else None


def codes_of(column: pa.ChunkedArray) -> tuple[Numbers, list[str]]:
    """A number for each row's text, and the texts by number; nothing and the empty text are the same."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    chunk = column.combine_chunks()
    chunk = chunk.chunk(0) if isinstance(chunk, pa.ChunkedArray) else chunk
    texts = [text or "" for text in cells(pa.chunked_array([chunk.dictionary.cast(pa.string())]))]
    indices = chunk.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    return indices, [*texts, ""]


def combined(parts: Sequence[tuple[Numbers, int]]) -> Numbers:
    """One number for each row's combination of numbers below the given sizes."""
    code, size = parts[0]
    for part, more in parts[1:]:
        if size * more >= _CODES:
            code, values, _ = distinct(code)
            size = len(values)
        code, size = code * more + part, size * more
    return code


def distinct(code: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Each row's place among the different numbers, the numbers, and the first row of each."""
    encoded = pa.array(code).dictionary_encode()
    places = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    values = encoded.dictionary.to_numpy(zero_copy_only=False)
    first = np.empty(len(values), np.int64)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    return places, values, first
