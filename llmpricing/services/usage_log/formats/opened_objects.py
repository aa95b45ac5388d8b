"""Objects in lines of which only some fields are read, as fields of the lines' own: the rest is not even decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.raw_blocks import Cells, JsonTexts, column_of

_OPENING = (b"{", b"[")
_FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)


class Opened(dict[str, Sequence[Any]]):
    """The cells of fields of objects by their dotted names, and of the objects themselves nothing."""

    @classmethod
    def of(cls, opens: Mapping[str, Sequence[str]], objects: Mapping[str, Sequence[Any]]) -> Opened | None:
        """The fields that each name ``opens`` in its cells; None where one of these is anything but an object."""
        found = cls()
        for name, cells in objects.items():
            there = [place for place, cell in enumerate(cells) if cell is not None and cell is not msgspec.UNSET]
            some = [cells[place] for place in there]
            if any(type(cell) is not msgspec.Raw for cell in some):
                return None
            try:
                rows = list(map(_decoder(tuple(opens[name])), some))
            except _FAILURES:
                return None
            found[name] = [None] * len(cells)
            for number, field in enumerate(opens[name]):
                column: list[Any] = [None] * len(cells)
                for place, cell in zip(there, map(attrgetter(f"f{number}"), rows), strict=True):
                    column[place] = cell
                found[f"{name}.{field}"] = column
        return found

    def column(self, name: str) -> Cells:
        """What each line has under this name."""
        return column_of_json(self[name])


@lru_cache(maxsize=20)  # as many as shapes open
def _decoder(fields: tuple[str, ...]) -> Callable[[bytes], Any]:
    """What reads an object of these fields and others, which it passes over."""
    names = {f"f{number}": field for number, field in enumerate(fields)}
    made = [(name, msgspec.Raw, msgspec.UNSET) for name in names]
    return msgspec.json.Decoder(msgspec.defstruct("Opened", made, rename=names, gc=False)).decode


def column_of_json(cells: Sequence[Any]) -> Cells:
    """The cells as texts or JSON where they are nothing else; what is raw is decoded unless it is an object or list."""
    kinds = set(map(type, cells))
    if type(msgspec.UNSET) in kinds:
        cells = [None if cell is msgspec.UNSET else cell for cell in cells]
    if msgspec.Raw not in kinds:
        return column_of(cells)
    found = [bytes(cell) if type(cell) is msgspec.Raw else None for cell in cells]
    found = [None if cell == b"null" else cell for cell in found]
    if all(cell is None or cell.startswith(_OPENING) for cell in found):
        return JsonTexts(pa.array(found, pa.binary()).cast(pa.string()))
    return column_of([None if cell is None else decoded(cell) for cell in found])
