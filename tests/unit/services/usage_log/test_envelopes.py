"""Rows that lie in the events of CloudWatch are read as they are without these, whatever their shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.raw_rows import raw_blocks, raw_rows
from llmpricing.services.usage_log.formats.record import BILLED, OutcomeKind, UsageRecord
from tests import usage_twins as twins
from tests.usage_reads import read

AT = 1_795_000_000_000


def event(message: str, number: int = 0) -> dict[str, Any]:
    """As GetLogEvents gives one."""
    return {"timestamp": AT + number, "message": message, "ingestionTime": AT + 9}


def filtered(message: str, number: int = 0) -> dict[str, Any]:
    """As FilterLogEvents gives one."""
    return {"logStreamName": "aws/bedrock/modelinvocations", **event(message, number), "eventId": f"3{number:054}"}


def page(messages: list[str]) -> bytes:
    events = [event(one, number) for number, one in enumerate(messages)]
    return twins.pretty([{"events": events, "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}])


def page_in_a_line(messages: list[str]) -> bytes:
    return twins.lines([{"events": [filtered(one) for one in messages], "searchedLogStreams": []}])


def subscribed(messages: list[str]) -> bytes:
    events = [{"id": f"3{number}", "timestamp": AT, "message": one} for number, one in enumerate(messages)]
    return twins.lines([{"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s", "logEvents": events}])


def insights(messages: list[str]) -> bytes:
    found = [{"@timestamp": "2026-11-20 10:00:00.000", "@message": one, "@ptr": "p"} for one in messages]
    return twins.array(found)


def insights_opened(messages: list[str]) -> bytes:
    return twins.array([{"@timestamp": "2026-11-20 10:00:00.000", "@message": json.loads(one)} for one in messages])


def query_results(messages: list[str]) -> bytes:
    cells = [("@timestamp", "2026-11-20 10:00:00.000"), ("@message", ""), ("@ptr", "p")]
    found = [[{"field": name, "value": value or one} for name, value in cells] for one in messages]
    return twins.pretty([{"results": found, "statistics": {"recordsMatched": 3.0}, "status": "Complete"}])


def insights_table(messages: list[str]) -> bytes:
    return twins.table([{"@timestamp": "2026-11-20 10:00:00.000", "@message": one} for one in messages])


def exported(messages: list[str]) -> bytes:
    return "".join(f"2026-11-20T10:00:00.000Z {one}\n" for one in messages).encode()


def exported_pretty(messages: list[str]) -> bytes:
    return exported([json.dumps(json.loads(one), indent=1) for one in messages])


def tailed(messages: list[str]) -> bytes:
    """What ``aws logs tail`` prints."""
    stream = "aws/bedrock/modelinvocations"
    return "".join(f"2026-11-20T10:00:00.000000+00:00 {stream} {one}\n" for one in messages).encode()


def tailed_short(messages: list[str]) -> bytes:
    """The same with ``--format short``."""
    return "".join(f"2026-11-20T10:00:00 {one}\n" for one in messages).encode()


def tailed_pretty(messages: list[str]) -> bytes:
    """The same with ``--format json``."""
    return tailed([f"\n{json.dumps(json.loads(one), indent=4)}" for one in messages])


WRAPPED: list[Callable[[list[str]], bytes]] = [
    page,
    page_in_a_line,
    subscribed,
    lambda messages: twins.array([event(one) for one in messages]),
    lambda messages: twins.lines([filtered(one) for one in messages]),
    insights,
    insights_opened,
    query_results,
    insights_table,
    exported,
    exported_pretty,
    tailed,
    tailed_short,
    tailed_pretty,
    lambda messages: twins.gzipped(exported(messages)),
]
SHAPES = ["bedrock-invocation-log.ndjson", "otel-flat.ndjson", "otel-spans.json", "claude-code-session.jsonl"]


def records_of(path: Path, data: bytes, *, one_by_one: bool = False) -> list[UsageRecord]:
    path.write_bytes(data)
    return list(UsageFiles([usage_file(path)], one_by_one=one_by_one).records())


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_what_lies_in_events_is_read_as_it_is_without_them(
    tmp_path: Path, name: str, wrapped: Callable[[list[str]], bytes]
) -> None:
    documents = twins.documents(name)
    expected = records_of(tmp_path / "plain", twins.lines(documents))
    data = wrapped([json.dumps(one, default=float) for one in documents])
    assert BILLED in [one.outcome for one in expected]
    for one_by_one in (False, True):
        assert list(map(repr, records_of(tmp_path / "log", data, one_by_one=one_by_one))) == list(map(repr, expected))


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_blocks_of_events_hold_the_rows_that_are_read_one_by_one(
    tmp_path: Path, wrapped: Callable[[list[str]], bytes]
) -> None:
    path = tmp_path / "log"
    path.write_bytes(wrapped(['{"a": 1}', '{"a": 2, "b": "x"}', '[{"a": 3}, {"a": 4}]', '{"c": {"d": null}}']))
    for size in (1, 3, 100):
        blocks = [row for block in raw_blocks(path, size) for row in block.rows(range(len(block)))]
        assert blocks == list(raw_rows(path))
        assert len(blocks) == 5


@pytest.mark.parametrize(
    "wrapped", [one for one in WRAPPED if one not in (insights_opened, exported_pretty, tailed_pretty)]
)
def test_an_event_whose_message_is_no_json_is_told_and_not_lost(
    tmp_path: Path, wrapped: Callable[[list[str]], bytes]
) -> None:
    messages = [json.dumps(one, default=float) for one in twins.documents("bedrock-invocation-log.ndjson")]
    whole = records_of(tmp_path / "whole", twins.lines(twins.documents("bedrock-invocation-log.ndjson")))
    found = records_of(tmp_path / "log", wrapped([messages[0], "START RequestId: 1", *messages[1:], '{"cut": ']))
    told = [one for one in found if "no JSON" in str(one.outcome)]
    assert [one.outcome.kind for one in told] == [OutcomeKind.UNPRICED, OutcomeKind.UNPRICED]
    assert all(one.labels["line"] for one in told)
    assert [repr(one) for one in found if one not in told] == list(map(repr, whole))


def test_events_among_plain_lines_of_the_same_log_are_read_too(tmp_path: Path) -> None:
    documents = twins.documents("bedrock-invocation-log.ndjson")
    events = [filtered(json.dumps(one, default=float)) for one in documents[1:]]
    whole = records_of(tmp_path / "whole", twins.lines(documents))
    found = records_of(tmp_path / "log", twins.lines([documents[0], *events]))
    assert list(map(repr, found)) == list(map(repr, whole))


def test_events_around_no_usage_are_of_no_known_shape(tmp_path: Path) -> None:
    for data in (page(["START RequestId: 1"]), exported(["hello"]), page([]), query_results([])):
        with pytest.raises(UnknownShape):
            records_of(tmp_path / "log", data)


def test_answers_around_answers_are_not_taken_off_for_ever(tmp_path: Path) -> None:
    message = '{"@message": ' * 400 + "{}" + "}" * 400
    path = tmp_path / "log"
    path.write_bytes(twins.lines([{"@message": message}]))
    assert len(list(raw_rows(path))) == 1


IN_A_LIST = (
    "langfuse-blob.jsonl",
    "anthropic-batch.jsonl",
    "otel-flat.ndjson",
    "portkey.jsonl",
    "gcp-billing.ndjson",
)


@pytest.mark.parametrize("name", IN_A_LIST)
@pytest.mark.parametrize(
    "cover",
    [
        lambda rows: {"items": rows},
        lambda rows: {"value": rows, "nextLink": None},
        lambda rows: {"data": {"items": rows}},
        lambda rows: {"status": "ok", "result": {"data": rows}},
        lambda rows: {"Records": rows},
    ],
    ids=["items", "value", "data.items", "result.data", "Records"],
)
@pytest.mark.parametrize("write", [twins.lines, twins.pretty], ids=["a line", "lines"])
def test_records_within_the_covers_of_apis_are_what_they_are_alone(
    tmp_path: Path, name: str, cover: Any, write: Any
) -> None:
    rows = twins.documents(name)
    assert read(tmp_path, write([cover(rows)])) == read(tmp_path, twins.lines(rows))


def test_a_list_of_items_that_are_no_records_is_a_records_own(tmp_path: Path) -> None:
    rows = [{**row, "items": [{"sku": "a"}], "result": {"text": "x"}} for row in twins.documents("otel-flat.ndjson")]
    assert read(tmp_path, twins.lines(rows)) == read(tmp_path, twins.content("otel-flat.ndjson"))
