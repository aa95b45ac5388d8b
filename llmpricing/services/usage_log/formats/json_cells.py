"""Cells of JSON by their outlines: what is left where the numbers are taken out, and the numbers by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.traced_counts import TracedCount, Unreadable

Signs = npt.NDArray[np.uint8]
_BEGIN, _OTHER = "\x01", "\x02"  # stand for a count, and for another number: no JSON holds these signs
_COUNT_DIGITS = 15
_FRACTION = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,40}(?:[eE][-+]?[0-9]{1,2})?|[eE][-+]?[0-9]{1,2})")
_STAND_IN = 740_000_000_000_000_000  # beyond all counts
_OTHER_STAND_IN = Decimal(f"{_STAND_IN}.5")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


_BEFORE, _BLANK, _BEGINS, _PART, _AFTER, _SIGN = (1 << bit for bit in range(6))
_LONGEST = 64  # of a number


def _flags_by_sign() -> Signs:
    """What each sign may be in JSON: what stands before or after a number, begins it or is part of it."""
    found = np.zeros(256, np.uint8)
    for signs, flag in (
        (b":[,", _BEFORE),
        (b" \t\r\n", _BLANK),
        (b"-0123456789", _BEGINS),
        (b"0123456789+-.eE", _PART),
        (b",}]", _AFTER),
        ((_BEGIN + _OTHER).encode(), _SIGN),
    ):
        found[list(signs)] |= flag
    return found


_FLAGS = _flags_by_sign()
_OPENS = (b"{", b"[")
_ZERO, _NINE = b"09"


class JsonCells:
    """A column of texts, of which those that are JSON have outlines: ``outlines`` by row, ``has_signs`` where a text
    holds what must not be in it. Numbers inside texts of the JSON are taken out as well: ``planted`` refuses them.
    """

    def __init__(self, texts: pa.Array) -> None:
        signs, offsets = _signs_of(texts)
        flags = _FLAGS[signs]
        self.has_signs = bool((flags & _SIGN).any())
        starts, ends = _numbers_in(flags)
        is_json = _opening(signs, offsets)
        chosen = is_json[np.searchsorted(offsets, starts, "right") - 1]
        starts, ends = starts[chosen], ends[chosen]
        counts, is_count = _counts_at(signs, starts, ends)
        is_other = np.zeros(len(starts), np.bool_)
        raw = signs.tobytes() if not is_count.all() else b""
        for place in np.flatnonzero(~is_count).tolist():
            is_other[place] = _FRACTION.fullmatch(raw[starts[place] : ends[place]]) is not None
        self._numbers = counts[is_count]
        self._starts = np.searchsorted(starts[is_count], offsets)
        self.outlines = _outlined(texts, signs, offsets, (starts, ends), (is_count, is_other))

    def counts(self, rows: Numbers) -> Numbers:
        """The counts of these rows, which have one outline: a row each."""
        starts = self._starts[rows]
        size = int(self._starts[rows[0] + 1] - starts[0])
        found: Numbers = self._numbers[starts[:, None] + np.arange(size)]
        return found


def is_outline(text: str | None) -> bool:
    """Whether numbers were taken out of it."""
    return text is not None and (_BEGIN in text or _OTHER in text)


def _signs_of(texts: pa.Array) -> tuple[Signs, Numbers]:
    """The bytes of all texts, one after the other, and where each begins, and the last one ends."""
    _, places, data = texts.buffers()
    if not len(texts):
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    signs = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data else np.zeros(0, np.uint8)
    return signs, offsets - offsets[0]


def _opening(signs: Signs, offsets: Numbers) -> Mask:
    """Which texts begin as JSON does, behind blanks if there are any."""
    first = np.where(offsets[1:] > offsets[:-1], signs[np.minimum(offsets[:-1], max(len(signs) - 1, 0))], 0)
    found: Mask = (first == ord("{")) | (first == ord("["))
    for row in np.flatnonzero(_FLAGS[first] & _BLANK).tolist():
        found[row] = signs[offsets[row] : offsets[row + 1]].tobytes().lstrip().startswith(_OPENS)
    return found


def _numbers_in(flags: Signs) -> tuple[Numbers, Numbers]:
    """Where what may be a number stands between two signs of JSON, with a blank between at most."""
    if len(flags) < 3:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    is_before, begins = (flags & _BEFORE).astype(np.bool_), (flags & _BEGINS).astype(np.bool_)
    is_start = begins.copy()
    is_start[0] = False
    is_start[1:] &= is_before[:-1]
    is_start[2:] |= begins[2:] & is_before[:-2] & (flags[1:-1] & _BLANK).astype(np.bool_)
    starts = np.flatnonzero(is_start)
    ends, going = starts + 1, np.arange(len(starts))
    last = len(flags) - 1
    for _ in range(_LONGEST):
        going = going[(flags[np.minimum(ends[going], last)] & _PART).astype(np.bool_) & (ends[going] <= last)]
        if not len(going):
            break
        ends[going] += 1
    after = flags[np.minimum(ends, last)]
    after = np.where(after & _BLANK, flags[np.minimum(ends + 1, last)], after)
    is_number = (after & _AFTER).astype(np.bool_) & (ends <= last)
    is_number[going] = False
    return starts[is_number], ends[is_number]


def _counts_at(signs: Signs, starts: Numbers, ends: Numbers) -> tuple[Numbers, Mask]:
    """The whole numbers that stand there, and which are some."""
    size = ends - starts
    is_count = (size <= _COUNT_DIGITS) & ((size == 1) | (signs[starts] != _ZERO))
    counts = np.zeros(len(starts), np.int64)
    for place in range(min(int(size.max(initial=0)), _COUNT_DIGITS)):
        more = place < size
        digit = signs[np.where(more, starts + place, starts)]
        is_count &= ~more | ((digit >= _ZERO) & (digit <= _NINE))
        counts = np.where(more, counts * 10 + digit - _ZERO, counts)
    return counts, is_count


def _outlined(
    texts: pa.Array, signs: Signs, offsets: Numbers, between: tuple[Numbers, Numbers], kinds: tuple[Mask, Mask]
) -> pa.Array:
    """The texts with a sign for each number of these kinds."""
    taken = kinds[0] | kinds[1]
    starts, ends = between[0][taken], between[1][taken]
    steps = np.zeros(len(signs) + 1, np.int8)
    steps[starts + 1] += 1
    steps[ends] -= 1
    marked = signs.copy()
    marked[starts] = np.where(kinds[0][taken], ord(_BEGIN), ord(_OTHER))
    left = marked[np.cumsum(steps[:-1], dtype=np.int8) == 0]
    gone = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - starts - 1)])
    places = (offsets - gone[np.searchsorted(starts, offsets)]).astype(np.int32)
    made = pa.StringArray.from_buffers(len(texts), pa.py_buffer(places), pa.py_buffer(left))
    return compute.if_else(texts.is_valid(), made, pa.scalar(None, pa.string())) if texts.null_count else made


def planted(outline: str, counts: Sequence[TracedCount]) -> Any:
    """The JSON of an outline with these counts in it; raises TypeError where they have no place there each."""
    parts = outline.split(_BEGIN)
    if len(parts) != len(counts) + 1:
        raise TypeError("an outline of another number of counts")
    stand_ins = {_STAND_IN + place: count for place, count in enumerate(counts)}
    text = parts[0] + "".join(f"{number}{part}" for number, part in zip(stand_ins, parts[1:], strict=True))
    others = text.count(_OTHER)
    text = text.replace(_OTHER, str(_OTHER_STAND_IN))
    if outline.count(str(_STAND_IN)[:6]):
        raise TypeError("an outline that holds a stand-in by itself")
    try:
        found = _DECODER.decode(text)
    except (msgspec.DecodeError, ArithmeticError, RecursionError) as error:
        raise TypeError("no JSON") from error
    places: list[object] = []
    made = _with(found, stand_ins, places)
    if len(places) != len(counts) + others:
        raise TypeError("a number inside a text")
    return made


def _with(value: Any, stand_ins: dict[int, TracedCount], places: list[object]) -> Any:
    if type(value) is int and value in stand_ins:
        places.append(value)
        return stand_ins[value]
    if isinstance(value, Decimal) and value == _OTHER_STAND_IN:
        places.append(value)
        return Unreadable()
    if isinstance(value, dict):
        return {name: _with(one, stand_ins, places) for name, one in value.items()}
    return [_with(one, stand_ins, places) for one in value] if isinstance(value, list) else value
