"""The records that a JSON document holds, wherever it keeps their list, and what it says beside that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from llmpricing.services.usage_log.columns import LogError

# Under which keys files keep their records, and what CloudWatch gives its events.
EVENT_LISTS = frozenset({"events", "logEvents"})
SIGNALS = frozenset({"resourceSpans", "resourceLogs", "resourceMetrics"})  # what one document of OTLP may hold together
LISTS = (
    EVENT_LISTS
    | SIGNALS
    | {"data", "daily", "weekly", "monthly", "sessions", "blocks", "results"}
    | {"rows", "runs", "batches", "logs", "observations", "generations", "records", "Records", "result", "messages"}
    | {"items", "Items", "value", "entries"}
)
# Names that records give lists of their own too: they hold records where these tell a model or a time.
_OF_ANYTHING = frozenset({"items", "Items", "value", "entries"})
OWN_LISTS = _OF_ANYTHING | {"result"}  # which a record may keep for itself, whatever they hold
_USAGE = ("usage", "usageDetails", "usage_details")
_TIMES = frozenset(
    {"timestamp", "created_at", "createdAt", "start_time", "startTime", "starting_at", "start_time_iso", "date"}
    | {"usage_start_time", "request_created_at", "startTimeUnixNano"}
)
_OF_RECORDS = _TIMES | {"model", "model_id", "modelId", "request_id", "custom_id"}
_OF_SUMS = _OF_RECORDS | {"month", "week", "lastActivity"}  # what sums tell beside a time
# What OpenAI counts in the results of a bucket, which has their time.
_OF_BUCKET = frozenset({"num_model_requests", "amount", "line_item", "usage_bytes", "num_sessions"})
_PROJECTS, _RESULT = "projects", "result"
_BATCHES, _TRACE = "batches", "trace"  # Tempo's traces have a list of batches, or lie in one
_SPANS = frozenset({"scopeSpans", "instrumentationLibrarySpans"})
COVERS = LISTS | {_PROJECTS, _TRACE}  # names under which an object may hold records whose cover it is
_MAY_BE_EMPTY = frozenset({"data", "runs", "observations"})  # lists of answers; a record may keep others that are empty
_EVENT = frozenset({"timestamp", "message", "ingestionTime", "eventId", "logStreamName", "id", "extractedFields"})


def records_of(document: Any) -> Iterator[Mapping[str, Any]]:
    """The records of a document in memory: the items of its list, wherever it keeps it, or itself."""
    if isinstance(document, list):
        for item in document:
            yield from records_of(item)
    elif isinstance(document, Mapping):
        document = _by_project(document)
        names = lists_of(document)
        result = None if tells_itself(document) else _covering(document.get(_RESULT))
        inner = document[_TRACE] if _is_tempo(document) else document.get("data", result)
        if names:
            for item in (item for name in names for item in document[name]):
                yield from records_of(with_envelope(item, document))
        elif isinstance(inner, Mapping) and (_is_tempo(document) or _is_envelope(document)):
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
    is_inner = (name == "data" and isinstance(found, Mapping)) or (name == _TRACE and _is_tempo({name: found}))
    is_inner = is_inner or (name == _RESULT and _covering(found) is not None)
    return is_inner or is_list(name, found) or (name == _PROJECTS and bool(_days_of(found)))


def _covering(result: Any) -> Any:
    """A result that holds a list of records; None for any other, which may be a record's own."""
    is_cover = isinstance(result, Mapping) and any(is_list(name, result[name]) for name in LISTS & result.keys())
    return result if is_cover else None


def _is_tempo(document: Mapping[str, Any]) -> bool:
    """Whether it is an answer of Tempo's around a trace."""
    trace = document.get(_TRACE)
    return isinstance(trace, Mapping) and any(is_list(name, trace.get(name)) for name in (_BATCHES, "resourceSpans"))


def _is_envelope(document: Mapping[str, Any]) -> bool:
    """Whether the object is nothing but a cover of its data; lines of sessions have a type beside theirs."""
    inner = "data" if "data" in document else _RESULT
    beside = [value for name, value in document.items() if name != inner]
    return "type" not in document and not any(isinstance(value, Mapping | list) for value in beside)


def with_envelope(item: Any, document: Mapping[str, Any]) -> Any:
    """The item, which says of which session it is where only its envelope does."""
    session = document.get("sessionId")
    return {"sessionId": session, **item} if session and isinstance(item, Mapping) else item


def is_list(name: str, found: Any) -> bool:
    """Whether what a document has under this name is the list of its records."""
    return name in LISTS and isinstance(found, list) and are_records(name, found[0] if found else None)


def lists_of(document: Mapping[str, Any]) -> list[str]:
    """Under which names a document holds the list of its records: one, or those of the signals of OpenTelemetry; raises
    LogError where two others tell records, each of which may be the sums of the other.
    """
    found = [name for name in document if is_list(name, document[name])]
    if not OWN_LISTS.isdisjoint(found) and tells_itself(document):
        found = [name for name in found if name not in OWN_LISTS]
    if len(found) < 2:
        return found
    if signals := [name for name in found if name in SIGNALS]:
        return signals
    telling = [name for name in found if _tells_records(document[name])]
    if len(telling) > 1:
        raise TwoLists(*telling[:2])
    return telling or [name for name in found if document[name]][:1] or found[:1]


def refuse_another(held: str, envelope: Mapping[str, Any]) -> None:
    """Raise LogError where what lies beside the list of records that was read tells records too."""
    for name in envelope if held not in SIGNALS else ():
        if is_list(name, envelope[name]) and _tells_records(envelope[name]):
            raise TwoLists(held, name)


class TwoLists(LogError):
    """A document holds two lists of records."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"The file holds two lists of records, {one} and {other}, which may tell of the same usage: take one of "
            "them out, or give each as a file of its own if they do not."
        )


def _tells_records(found: list[Any]) -> bool:
    """Whether what a list begins with tells a time or a model, as records and sums do."""
    return bool(found) and isinstance(found[0], Mapping) and not _OF_SUMS.isdisjoint(found[0])


def tells_itself(document: Mapping[str, Any]) -> bool:
    """Whether it is a record, by its model or by its usage at a time: then a list of its ``OWN_LISTS`` is part of it.
    Numbers of tokens alone may be the sums of a page.
    """
    if any(isinstance(document.get(name), str) for name in ("model", "model_id", "modelId")):
        return True
    return any(isinstance(document.get(name), Mapping) for name in _USAGE) and not _TIMES.isdisjoint(document)


def are_records(name: str, first: Any) -> bool:
    """Whether a list of this name is one of records: buckets keep results of their own, requests keep messages."""
    if not isinstance(first, Mapping):
        return first is None and name in _MAY_BE_EMPTY
    if name in EVENT_LISTS:
        return is_event(first)
    if name in _OF_ANYTHING:
        return not _OF_RECORDS.isdisjoint(first)
    if name == _BATCHES:
        return not _SPANS.isdisjoint(first)
    if name == "results":
        kind = first.get("object")
        of_bucket = isinstance(kind, str) and kind.startswith("organization.")
        of_bucket = of_bucket or (not _OF_BUCKET.isdisjoint(first) and _TIMES.isdisjoint(first))
        return (
            not of_bucket and not {"uncached_input_tokens", "context_window", "token_type", "cost_type"} & first.keys()
        )
    is_message = "role" not in first and ("type" in first or {"info", "parts"} <= first.keys())
    return name != "messages" or is_message


class Cover(NamedTuple):
    """What an object says beside the list of its records, and the first and the last item of that list."""

    fields: Mapping[str, Any]
    first: Any
    last: Any


def cover_of(document: Any) -> Cover | None:
    """The cover of a document in memory; None where it holds no list of records."""
    found = document if isinstance(document, Mapping) else {}
    names = lists_of(found)
    if not names:
        return None
    items = [item for name in names for item in found[name]] if len(names) > 1 else found[names[0]]
    fields = {key: value for key, value in found.items() if key not in names}
    return Cover(fields, items[0] if items else None, items[-1] if items else None)
