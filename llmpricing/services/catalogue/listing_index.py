"""Rows of a list as its filters and orders find them, made ready once: each question then looks at few of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from llmpricing.services.catalogue.listed_row import ListedRow
from llmpricing.services.catalogue.listing_query import OfferingFilter, days_before
from llmpricing.services.catalogue.positions import Position
from llmpricing.services.clocks import Clocks

_MOST_STEPS = 64  # sets that sorted values keep
_SHORTEST_STEP = 64  # rows between two of them


class ListIndex:
    """Rows in order of id. A set of them is a whole number, in which bit n is row n's."""

    def __init__(self, rows: Iterable[ListedRow]) -> None:
        self._rows = sorted(rows, key=lambda row: row.id)
        self._orders: dict[tuple[str, bool], Sequence[int]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def matching(self, wanted: OfferingFilter, clocks: Clocks) -> int:
        """The set of the rows that pass every filter; what is unknown passes none that asks for it."""
        found = (1 << len(self._rows)) - 1
        for passing in self._passing(wanted, clocks):
            found &= passing
        return found

    def page(
        self, matching: int, sort: str, *, descending: bool, limit: int, after: Position | None = None
    ) -> list[ListedRow]:
        """The first ``limit`` rows of a set by a column, after a position; unknown values last, ties by id."""
        order, begin = self._order(sort, descending), 0
        if after is not None:
            place, rows = after, self._rows
            begin = bisect_left(order, 1, key=lambda n: is_beyond(rows[n], sort, descending, place))
        bits = f"{matching:0{len(self._rows)}b}"[::-1]
        return [self._rows[n] for n in islice((n for n in islice(order, begin, None) if bits[n] == "1"), limit)]

    def _passing(self, wanted: OfferingFilter, clocks: Clocks) -> Iterable[int]:
        if wanted.providers:
            yield _any_of(self._providers.get(one, 0) for one in wanted.providers)
        for word in wanted.words.lower().split():
            yield _set_of(n for n, text in enumerate(self._texts) if word in text)
        for capability in wanted.capabilities:
            yield self._capabilities.get(capability, 0)
        if wanted.modality:
            yield self._modalities.get(wanted.modality, 0)
        if wanted.status:
            yield self._statuses.get(wanted.status, 0)
        if wanted.min_context is not None:
            yield self._contexts.at_least(wanted.min_context)
        if wanted.max_input_price is not None:
            yield self._inputs.at_most(wanted.max_input_price)
        if wanted.max_output_price is not None:
            yield self._outputs.at_most(wanted.max_output_price)
        if wanted.updated_within_days is not None:
            yield self._updates.at_least(days_before(clocks.as_of, wanted.updated_within_days))

    def _order(self, sort: str, descending: bool) -> Sequence[int]:
        found = self._orders.get((sort, descending))
        if found is None:
            found = self._orders[sort, descending] = self._sorted(sort, descending)
        return found

    def _sorted(self, sort: str, descending: bool) -> Sequence[int]:
        every = range(len(self._rows))
        if sort == "id":
            return every[::-1] if descending else every
        values = [getattr(row, sort) for row in self._rows]
        known = [n for n in every if values[n] is not None]
        # Sorted from the largest, those that are alike stay in order of id too.
        known.sort(key=lambda n: values[n], reverse=descending)
        return [*known, *(n for n in every if values[n] is None)]

    @cached_property
    def _texts(self) -> list[str]:
        found = ([row.id, row.name, row.lab] for row in self._rows)
        return ["\n".join(text.lower() for text in texts if text) for texts in found]

    @cached_property
    def _providers(self) -> Mapping[str, int]:
        return _by_value([row.provider] for row in self._rows)

    @cached_property
    def _capabilities(self) -> Mapping[str, int]:
        return _by_value(row.capabilities or () for row in self._rows)

    @cached_property
    def _modalities(self) -> Mapping[str, int]:
        return _by_value((*(row.inputs or ()), *(row.outputs or ())) for row in self._rows)

    @cached_property
    def _statuses(self) -> Mapping[str, int]:
        return _by_value([row.status] if row.status else () for row in self._rows)

    @cached_property
    def _contexts(self) -> _SortedValues:
        return _SortedValues(row.context_window for row in self._rows)

    @cached_property
    def _inputs(self) -> _SortedValues:
        return _SortedValues(row.input_per_mtok if row.currency == "USD" else None for row in self._rows)

    @cached_property
    def _outputs(self) -> _SortedValues:
        return _SortedValues(row.output_per_mtok if row.currency == "USD" else None for row in self._rows)

    @cached_property
    def _updates(self) -> _SortedValues:
        return _SortedValues(row.price_since for row in self._rows)


class _SortedValues:
    """The rows that know a value, by it, and the set of all of them up to each step."""

    def __init__(self, values: Iterable[Any]) -> None:
        known = sorted((value, n) for n, value in enumerate(values) if value is not None)
        self._values, self._rows = [value for value, _ in known], [n for _, n in known]
        self._step = max(_SHORTEST_STEP, len(known) // _MOST_STEPS)
        self._first = [0]
        for begin in range(0, len(known), self._step):
            self._first.append(self._first[-1] | _set_of(self._rows[begin : begin + self._step]))

    def at_most(self, bound: Any) -> int:
        """The set of the rows whose value is no larger."""
        return self._up_to(bisect_right(self._values, bound))

    def at_least(self, bound: Any) -> int:
        """The set of the rows whose value is no smaller."""
        return self._first[-1] ^ self._up_to(bisect_left(self._values, bound))

    def _up_to(self, end: int) -> int:
        steps = end // self._step
        return self._first[steps] | _set_of(self._rows[steps * self._step : end])


def _set_of(rows: Iterable[int]) -> int:
    # Byte by byte: a whole number that grows would be copied with every row.
    found = bytearray()
    for n in rows:
        if n >> 3 >= len(found):
            found.extend(bytes((n >> 3) + 1 - len(found)))
        found[n >> 3] |= 1 << (n & 7)
    return int.from_bytes(found, "little")


def _any_of(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _by_value(values: Iterable[Iterable[str]]) -> dict[str, int]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for n, found in enumerate(values):
        for value in found:
            rows[value].append(n)
    return {value: _set_of(found) for value, found in rows.items()}


def is_beyond(row: Any, sort: str, descending: bool, after: Position) -> bool:
    """Whether a row comes after a position of this order."""
    value = getattr(row, sort)
    if sort == "id":
        return bool(value < after.id if descending else value > after.id)
    if value == after.value:
        return bool(row.id > after.id)
    if value is None or after.value is None:
        return value is None
    return bool(value < after.value if descending else value > after.value)
