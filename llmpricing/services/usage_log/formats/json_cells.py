"""Cells of JSON by their outlines: what is left where the numbers are taken out, and the numbers by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.traced_counts import TracedCount, Unreadable

_BEGIN, _END, _OTHER = "\x01", "\x02", "\x03"  # around a count, and for another number: no JSON holds these signs
# A whole number between two signs of JSON; of two in a list every other one stays in the outline.
_COUNT = r"([:\[,]\s*)(0|[1-9][0-9]{0,14})(\s*[,}\]])"
_FRACTION = r"([:\[,]\s*)(-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,40}(?:[eE][-+]?[0-9]{1,2})?|[eE][-+]?[0-9]{1,2}))(\s*[,}\]])"
_STAND_IN = 740_000_000_000_000_000  # beyond all counts
_OTHER_STAND_IN = Decimal(f"{_STAND_IN}.5")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class JsonCells:
    """A column of texts, of which those that are JSON have outlines: ``outlines`` by row, ``has_signs`` where a text
    holds what must not be in it.
    """

    def __init__(self, texts: pa.Array) -> None:
        is_json = compute.fill_null(compute.match_substring_regex(texts, r"^\s*[{\[]"), False)
        self.has_signs = bool(
            compute.any(compute.match_substring_regex(texts, "[\x01\x02\x03]"), min_count=0).as_py() or False
        )
        marked = compute.replace_substring_regex(texts, _COUNT, rf"\1{_BEGIN}\2{_END}\3")
        marked = compute.replace_substring_regex(marked, _FRACTION, rf"\1{_OTHER}\3")
        marked = compute.if_else(is_json, marked, texts)
        self.outlines = compute.replace_substring_regex(marked, f"{_BEGIN}[0-9]+{_END}", _BEGIN)
        self._starts, self._numbers = _numbers(marked)

    def counts(self, rows: Numbers) -> Numbers:
        """The counts of these rows, which have one outline: a row each."""
        starts = self._starts[rows]
        size = int(self._starts[rows[0] + 1] - starts[0])
        found: Numbers = self._numbers[starts[:, None] + np.arange(size)]
        return found


def _numbers(marked: pa.Array) -> tuple[Numbers, Numbers]:
    """Where the counts of each row begin, and all of them, one after the other."""
    number = compute.fill_null(compute.count_substring(marked, _BEGIN), 0).to_numpy().astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(number)])
    some: Mask = number > 0
    if not some.any():
        return starts, np.zeros(0, np.int64)
    texts = marked.filter(pa.array(some))
    texts = compute.replace_substring_regex(texts, f"^[^{_BEGIN}]*{_BEGIN}", "")
    texts = compute.replace_substring_regex(texts, f"{_END}[^{_BEGIN}]*$", "")
    texts = compute.replace_substring_regex(texts, f"{_END}[^{_BEGIN}]*{_BEGIN}", ",")
    flat = compute.list_flatten(compute.split_pattern(texts, ","))
    return starts, flat.cast(pa.int64()).to_numpy()


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
