"""Rows that lie in the events of CloudWatch Logs, as text of JSON: what is read is the row, not its envelope.

Events are those of GetLogEvents and FilterLogEvents, of a subscription's ``logEvents``, results of Logs Insights, and
lines of an export to S3 or of ``aws logs tail``; as AWS documents them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.json_records import is_event, records_of
from llmpricing.services.usage_log.formats.json_stream import LARGEST_ITEM
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.line_blocks import LineBlockReader
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawBlock, RawRow, some_rows

_MESSAGE, _OF_INSIGHTS, _AT = "message", "@message", "timestamp"
_RESULTS = "results"  # of GetQueryResults: each a list of fields with their values
_QUERY = frozenset(
    {_RESULTS, "statistics", "status", "queryLanguage", "encryptionKey", "nextToken", "ResponseMetadata"}
)
_NO_JSON = "the message of its event is no JSON that can be read"
_AT_ZONE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (?=\S)")
_AT_SHORT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d (?=\S)")  # of ``aws logs tail --format short``
_JSON = (b"{", b"[")
_STREAM = re.compile(r"[^\s{\[]\S*\s+(?=[{\[])")  # its name, as ``aws logs tail`` has it before a message


def taken_off(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """The rows, of events those in their messages; an event whose message is no JSON is a broken row."""
    for row in rows:
        if not _is_envelope(row.fields):
            yield row
            continue
        for event in _events(row.fields):
            for fields in _held(event):
                yield RawRow(row.number, fields)


def blocks_taken_off(blocks: Iterable[RawBlock], most: int, opens: Mapping[str, Sequence[str]]) -> Iterator[RawBlock]:
    """The same of blocks; messages that are all of one kind are read as lines are."""
    reader = LineBlockReader(opens)
    for block in blocks:
        if not any(_is_envelope(names) for names in block.names):
            yield block
            continue
        rows = list(block.rows(range(len(block))))
        found = _messages_block(rows, reader)
        if found is not None:
            yield found
        else:
            yield from some_rows(taken_off(rows), most)


def is_exported(start: bytes) -> bool:
    """Whether a text that begins like this is an export of events to S3: lines of a time and a message."""
    short = _AT_SHORT.match(start)
    return _AT_ZONE.match(start) is not None or (short is not None and start[short.end() :].startswith(_JSON))


def exported_rows(stream: IO[bytes]) -> Iterator[RawRow]:
    """The events of an export, numbered by their line; lines without a time go on with the message before them.
    Raises LogError where one is larger than any record.
    """
    number, first, at, parts, size = 0, 1, "", list[bytes](), 0
    begin = _AT_ZONE
    while line := stream.readline(LARGEST_ITEM):
        number += 1
        begin = _AT_SHORT if number == 1 and not begin.match(line) else begin
        begins = begin.match(line)
        if begins and parts:
            yield _event(first, at, parts)
        if begins:
            first, at, parts, size = number, begins[0].decode().strip(), [line[begins.end() :]], 0
        else:
            parts.append(line)
        size += len(line)
        if size >= LARGEST_ITEM:
            raise LogError(f"Line {first} is larger than {LARGEST_ITEM:,} bytes, which no record should be.")
    if parts:
        yield _event(first, at, parts)


def _event(number: int, at: str, parts: Sequence[bytes]) -> RawRow:
    message = b"".join(parts).decode()
    stream = _STREAM.match(message)
    return RawRow(number, {_AT: at, _MESSAGE: message[stream.end() :] if stream else message})


def _is_envelope(names: Collection[str]) -> bool:
    """Whether a row of these names is an event, or the answer with all results of a query."""
    return is_event(names) or (_RESULTS in names and "status" in names and _QUERY.issuperset(names))


def _events(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if is_event(fields):
        yield fields
        return
    results = fields[_RESULTS]
    for result in results if isinstance(results, list) else [results]:
        cells = result if isinstance(result, list) else []
        yield {cell["field"]: cell.get("value") for cell in cells if isinstance(cell, Mapping) and "field" in cell}


def _held(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    message = _message(event)
    if isinstance(message, Mapping | list):
        yield from records_of(message) if _OF_INSIGHTS in event else [event]
        return
    try:
        document = decoded(message) if isinstance(message, str) else None
    except ValueError:
        document = None
    if isinstance(document, Mapping | list):
        yield from records_of(document)
    else:
        yield {BROKEN: _NO_JSON}


def _message(event: Mapping[str, Any]) -> Any:
    return event.get(_OF_INSIGHTS, event.get(_MESSAGE))


def _messages_block(rows: Sequence[RawRow], reader: LineBlockReader) -> RawBlock | None:
    """The messages as a block; None where they must be read one by one."""
    found = [_message(row.fields) if is_event(row.fields) else None for row in rows]
    messages = [message.encode() for message in found if isinstance(message, str)]
    return reader.block(messages, [row.number for row in rows]) if len(messages) == len(rows) else None
