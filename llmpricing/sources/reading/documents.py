"""JSON as parsers take it: no float stands in for a number, and no key is lost or doubled without a word.

RFC 8259 leaves open what an object means that states a key twice, and most readers take the last value silently. Here
such a key is missing from its object, which remembers it as a fault; so is a key that no store can keep.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from llmpricing.sources.errors import EntryError, SourceError

LONGEST_KEY = 400  # characters
_DEEPEST = 100  # levels within one entry
_LONGEST_INTEGER = 60  # digits; longer ones stay text, which no number is read from
_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text has no NUL, UTF-8 no lone surrogate


class FaultyObject(dict[str, Any]):
    """An object with keys that cannot be taken as they stand: ``faults`` says why by key, ``echoes`` are the keys that
    it states more than once, alike each time.
    """

    def __init__(self, values: dict[str, Any], faults: dict[str, str], echoes: Sequence[str]) -> None:
        super().__init__(values)
        self.faults = faults
        self.echoes = echoes


def decode(data: bytes) -> Any:
    """The JSON document in ``data``; numbers with a point or an exponent come as their own text. Raises SourceError."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
        return json.loads(text, object_pairs_hook=_object, parse_float=str, parse_int=_integer, parse_constant=str)
    except RecursionError:
        raise SourceError("the JSON document is nested too deeply for a price list; look at its origin") from None
    except ValueError:  # UnicodeDecodeError too
        raise SourceError("not a readable JSON document; was it downloaded completely?") from None


def is_kept(text: str) -> bool:
    """Whether a store can keep the text."""
    return not _UNKEPT.search(text)


def kept(text: str) -> str:
    """The text, what no store can keep written as an escape."""
    return _UNKEPT.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def entries_in(value: dict[str, Any]) -> int:
    """How many entries an object of entries states, those too that cannot be taken as they stand."""
    return len(value) + (len(value.faults) if isinstance(value, FaultyObject) else 0)


def repeated(key: str) -> str:
    """What is wrong with a key that is stated more than once, alike: nothing is lost, but somebody should know."""
    return f"the key {key[:80]!r} is stated more than once, alike each time; it counts once"


def objects_within(value: Any, containers: Sequence[str] = ()) -> Iterator[FaultyObject]:
    """The faulty objects of an entry, itself included, but for its ``containers`` of other entries.

    Raises EntryError where it is nested too deeply.
    """
    waiting = [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        if depth > _DEEPEST:
            raise EntryError(f"it is nested more than {_DEEPEST} levels deep")
        if isinstance(found, FaultyObject):
            yield found
        if isinstance(found, dict):
            inside = [inner for key, inner in found.items() if depth or key not in containers]
        else:
            inside = found
        waiting += [(inner, depth + 1) for inner in inside if isinstance(inner, dict | list)]


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_INTEGER else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs) and not any(len(key) > LONGEST_KEY or _UNKEPT.search(key) for key in values):
        return values
    stated: dict[str, list[Any]] = {}
    for key, value in pairs:
        stated.setdefault(key, []).append(value)
    faults = {key: fault for key, found in stated.items() if (fault := _fault(key, found))}
    echoes = [key for key, found in stated.items() if len(found) > 1 and key not in faults]
    return FaultyObject({key: value for key, value in values.items() if key not in faults}, faults, echoes)


def _fault(key: str, values: Sequence[Any]) -> str | None:
    if not is_kept(key):
        return f"the key {kept(key)[:80]!r} holds a NUL or half a character"
    if len(key) > LONGEST_KEY:
        return f"the key {key[:40]!r}... is longer than {LONGEST_KEY} characters"
    if any(repr(value) != repr(values[0]) for value in values):
        return f"the key {key[:80]!r} is stated {len(values)} times, not alike"
    return None
