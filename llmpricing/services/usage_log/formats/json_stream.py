"""JSON documents one after the other out of a stream, lists of records item by item, so that no file is held whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.json_records import (
    LISTS,
    OWN_LISTS,
    SIGNALS,
    Cover,
    are_records,
    cover_of,
    records_of,
    refuse_another,
    tells_itself,
    with_envelope,
)

LARGEST_ITEM = 64 * 2**20  # characters of one record, page or line
_CHUNK = 2**18
_DECODER = json.JSONDecoder(parse_float=Decimal)
_BLANK = " \t\n\r\ufeff\x1e"  # a record separator may stand before each document (RFC 7464)


class Characters(Protocol):
    """A stream of text."""

    def read(self, size: int, /) -> str: ...


def _no_matter(cover: Cover) -> None:
    pass


class JsonStream:
    """Reads documents from a stream of text; raises LogError where it is no JSON. ``covers`` is told of each list of
    records when it was read.
    """

    def __init__(self, text: Characters, covers: Callable[[Cover], None] = _no_matter) -> None:
        self._text, self._covers = text, covers
        self._ends: tuple[Any, Any] = (None, None)  # of the list that was read last
        self._buffer, self._place = "", 0
        self._is_all = False
        self._looks_ahead = False

    def records(self) -> Iterator[Mapping[str, Any]]:
        """The records of all documents, in order."""
        while (start := self._next()) != "":
            if start in ",;":
                self._place += 1
            elif start == "[":
                yield from self._items(())
            elif start == "{":
                yield from self._object()
            else:
                yield from records_of(self._value())

    def _items(self, held: tuple[Mapping[str, Any], ...]) -> Iterator[Mapping[str, Any]]:
        """The records of the list that begins here."""
        self._place += 1
        while (start := self._next()) != "]":
            if start == "":
                raise LogError("The file ends in the middle of a list: get it anew, or finish writing it.")
            if start == ",":
                self._place += 1
            elif start == "{" and not held and not self._is_at_hand():
                yield from self._object()
            elif held:
                item = self._value()
                self._ends = (item if self._ends[0] is None else self._ends[0], item)
                yield from records_of(with_envelope(item, held[0]))
            else:
                item = self._value()
                yield from records_of(item)
                if cover := cover_of(item):
                    self._covers(cover)
        self._place += 1

    def _object(self) -> Iterator[Mapping[str, Any]]:
        """The records of the object that begins here, or itself where it holds no list of them."""
        self._place += 1
        envelope: dict[str, Any] = {}
        ends: tuple[Any, Any] = (None, None)
        held: str | None = None  # the name of the list of its records, or the last of its signals
        while (start := self._next()) != "}":
            if start == ",":
                self._place += 1
                continue
            if start != '"':
                raise LogError("The file is no JSON that can be read: an object in it has no names.")
            name = self._value()
            if self._next() != ":":
                raise LogError("The file is no JSON that can be read: a name in it has no value.")
            self._place += 1
            is_new = held is None or SIGNALS.issuperset((held, name))
            is_list = self._next() == "[" and name in LISTS and is_new and self._begins_with_records(name)
            if is_list and not (name in OWN_LISTS and self._may_be_its_own(envelope)):
                held, self._ends = name, (None, None)
                yield from self._items((envelope,))
                ends = self._ends
            else:
                envelope[name] = self._value()
        self._place += 1
        if held:
            refuse_another(held, envelope)
            self._covers(Cover(envelope, *ends))
        else:
            yield from records_of(envelope)
            if cover := cover_of(envelope):
                self._covers(cover)

    def _may_be_its_own(self, envelope: Mapping[str, Any]) -> bool:
        """Whether the list that begins here may be part of a record, which may name its model behind it: then it is
        told at the record's end. One that no buffer holds is part of none.
        """
        return tells_itself(envelope) or self._is_at_hand()

    def _begins_with_records(self, name: str) -> bool:
        """Whether the first item of the list that begins here is a record; nothing is consumed."""
        keep, self._looks_ahead = self._place, True
        self._place += 1
        start = self._next()
        first = self._value() if start == "{" else None
        self._place, self._looks_ahead = keep, False
        return (start == "{" and are_records(name, first)) or (start == "]" and are_records(name, None))

    def _is_at_hand(self) -> bool:
        """Whether the value that begins here ends within the next characters."""
        if len(self._buffer) - self._place < _CHUNK:
            self._fill(_CHUNK)
        try:
            _DECODER.raw_decode(self._buffer, self._place)
        except (json.JSONDecodeError, RecursionError, ArithmeticError):
            return False
        return True

    def _next(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._place < len(self._buffer):
                if self._buffer[self._place] not in _BLANK:
                    return self._buffer[self._place]
                self._place += 1
            if not self._fill(_CHUNK):
                return ""

    def _value(self) -> Any:
        """The value that begins here."""
        more = _CHUNK
        while True:
            try:
                found, end = _DECODER.raw_decode(self._buffer, self._place)
            except json.JSONDecodeError as error:
                if not self._is_all and len(self._buffer) - self._place > LARGEST_ITEM:
                    raise LogError(
                        f"A record is larger than {LARGEST_ITEM:,} characters, which none should be."
                    ) from None
                if not self._fill(more):
                    why = error.msg.removesuffix(" at")
                    raise LogError(f"The file is no JSON that can be read: {why}. Get it anew, as it was.") from None
                more *= 2
                continue
            except RecursionError:
                raise LogError("The file is nested too deeply: no usage file is.") from None
            except ArithmeticError:
                raise LogError("The file holds a number that is out of range.") from None
            if (
                end == len(self._buffer)
                and not self._is_all
                and self._buffer[end - 1] not in '}]"'
                and self._fill(more)
            ):
                continue  # a number may go on
            self._place = end
            return found

    def _fill(self, size: int) -> bool:
        """Read more characters; whether there were any. What was consumed is dropped where nothing looks back."""
        if self._is_all:
            return False
        if self._place > _CHUNK and not self._looks_ahead:
            self._buffer, self._place = self._buffer[self._place :], 0
        chunk = self._text.read(size)
        self._is_all = not chunk
        self._buffer += chunk
        return bool(chunk)
