"""JSON documents one after the other out of a stream, lists of records item by item, so that no file is held whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol

from llmpricing.services.usage_log.columns import LogError

LARGEST_ITEM = 64 * 2**20  # characters of one record, page or line
_CHUNK = 2**18
_DECODER = json.JSONDecoder(parse_float=Decimal)
_BLANK = " \t\n\r\ufeff\x1e"  # a record separator may stand before each document (RFC 7464)
# Under which keys files keep their records, and what CloudWatch gives its events.
EVENT_LISTS = frozenset({"events", "logEvents"})
LISTS = EVENT_LISTS | frozenset(
    {"data", "daily", "weekly", "monthly", "sessions", "blocks", "results", "resourceSpans", "messages"}
    | {"rows", "runs", "logs", "observations", "generations", "records", "result"}
)
_PROJECTS = "projects"
COVERS = LISTS | {_PROJECTS}  # names under which an object may hold records whose cover it is
_EVENT = frozenset({"timestamp", "message", "ingestionTime", "eventId", "logStreamName", "id", "extractedFields"})


class Characters(Protocol):
    """A stream of text."""

    def read(self, size: int, /) -> str: ...


def records_of(document: Any) -> Iterator[Mapping[str, Any]]:
    """The records of a document in memory: the items of its list, wherever it keeps it, or itself."""
    if isinstance(document, list):
        for item in document:
            yield from records_of(item)
    elif isinstance(document, Mapping):
        document = _by_project(document)
        name = next((name for name in LISTS & document.keys() if is_list(name, document[name])), None)
        inner = document.get("data")
        if name is not None:
            for item in document[name]:
                yield from records_of(_with_envelope(item, document))
        elif isinstance(inner, Mapping) and _is_envelope(document):
            yield from records_of(inner)
        else:
            yield document
    else:
        yield {"": document}  # no record, and none may be lost


def _by_project(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """ccusage's lists of days by project as one list, whose items say their project."""
    rows = _days_of(document.get(_PROJECTS))
    return {"daily": rows} if rows else document


def _days_of(projects: Any) -> list[Mapping[str, Any]]:
    """The days of all projects; none where these are no lists of ccusage's."""
    if not isinstance(projects, Mapping) or not all(isinstance(days, list) for days in projects.values()):
        return []
    rows: list[Mapping[str, Any]] = [
        {"project": name, **day} for name, days in projects.items() for day in days if isinstance(day, Mapping)
    ]
    return rows if all("modelBreakdowns" in one for one in rows) else []


def is_event(names: Collection[str]) -> bool:
    """Whether a row of these names is an event of CloudWatch Logs, or a result of its Insights, around a message."""
    return "@message" in names or ("timestamp" in names and "message" in names and _EVENT.issuperset(names))


def may_cover(name: str, found: Any) -> bool:
    """Whether an object that holds this under this name may be but the cover of the records in it (``records_of``)."""
    is_inner = name == "data" and isinstance(found, Mapping)
    return is_inner or is_list(name, found) or (name == _PROJECTS and bool(_days_of(found)))


def _is_envelope(document: Mapping[str, Any]) -> bool:
    """Whether the object is nothing but a cover of its data; lines of sessions have a type beside theirs."""
    beside = [value for name, value in document.items() if name != "data"]
    return "type" not in document and not any(isinstance(value, Mapping | list) for value in beside)


def _with_envelope(item: Any, document: Mapping[str, Any]) -> Any:
    """The item, which says of which session it is where only its envelope does."""
    session = document.get("sessionId")
    return {"sessionId": session, **item} if session and isinstance(item, Mapping) else item


def is_list(name: str, found: Any) -> bool:
    """Whether what a document has under this name is the list of its records."""
    return name in LISTS and isinstance(found, list) and _are_records(name, found[0] if found else None)


def _are_records(name: str, first: Any) -> bool:
    """Whether a list of this name is one of records: buckets keep results of their own, requests keep messages."""
    if not isinstance(first, Mapping):
        return first is None and name == "data"
    if name in EVENT_LISTS:
        return is_event(first)
    if name == "results":
        kind = first.get("object")
        of_bucket = isinstance(kind, str) and kind.startswith("organization.")
        return (
            not of_bucket and not {"uncached_input_tokens", "context_window", "token_type", "cost_type"} & first.keys()
        )
    is_message = "role" not in first and ("type" in first or {"info", "parts"} <= first.keys())
    return name != "messages" or is_message


class JsonStream:
    """Reads documents from a stream of text; raises LogError where it is no JSON."""

    def __init__(self, text: Characters) -> None:
        self._text = text
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
            else:
                yield from records_of(_with_envelope(self._value(), held[0] if held else {}))
        self._place += 1

    def _object(self) -> Iterator[Mapping[str, Any]]:
        """The records of the object that begins here, or itself where it holds no list of them."""
        self._place += 1
        envelope: dict[str, Any] = {}
        is_held = False
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
            if self._next() == "[" and name in LISTS and not is_held and self._begins_with_records(name):
                is_held = True
                yield from self._items((envelope,))
            else:
                envelope[name] = self._value()
        self._place += 1
        if not is_held:
            yield from records_of(envelope)

    def _begins_with_records(self, name: str) -> bool:
        """Whether the first item of the list that begins here is a record; nothing is consumed."""
        keep, self._looks_ahead = self._place, True
        self._place += 1
        start = self._next()
        first = self._value() if start == "{" else None
        self._place, self._looks_ahead = keep, False
        return (start == "{" and _are_records(name, first)) or (start == "]" and _are_records(name, None))

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
                    raise LogError(
                        f"The file is no JSON that can be read: {error.msg}. Get it anew, as it was."
                    ) from None
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
