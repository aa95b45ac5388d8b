"""Spans, events and metrics of OpenTelemetry in one file: each call is billed once, and what else it holds is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests import usage_twins as twins

SPANS, LOGS, METRICS = twins.documents("otlp.jsonl")
OVERLAP = "SHAPES_OVERLAP"


def read(path: Path, *documents: Any, indent: int | None = None) -> list[UsageRecord]:
    """The records of a file with these documents."""
    path.write_text("\n".join(json.dumps(one, default=str, indent=indent) for one in documents))
    return list(UsageFiles([usage_file(path)]).records())


def told(records: list[UsageRecord]) -> list[tuple[str, str, bool]]:
    """By record its model, what becomes of it, and whether it may be told twice; in an order of their own."""
    return sorted((one.model, one.outcome.kind.value, OVERLAP in one.codes) for one in records)


IN_ALL = [
    ("", "not_billed", False),
    ("", "unpriced", False),
    ("claude-haiku-4-5-20251001", "billed", False),
    ("claude-haiku-4-5-20251001", "billed", True),
    ("claude-haiku-4-5-20251001", "repeated", False),
    ("gpt-4.1-mini", "billed", False),
    ("gpt-4.1-mini", "repeated", False),
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_one_document_of_all_signals_is_read_as_several_are(
    tmp_path: Path, order: tuple[int, ...], indent: int | None
) -> None:
    signals = [(SPANS, LOGS, METRICS)[place] for place in order]
    apart = read(tmp_path / "apart.json", *signals, indent=indent)
    one = {name: found for signal in signals for name, found in signal.items()}
    together = read(tmp_path / "one.json", one, indent=indent)
    assert told(apart) == told(together) == IN_ALL


def test_a_span_and_an_event_of_one_request_with_other_counts_are_both_billed_and_say_so(tmp_path: Path) -> None:
    logs = json.loads(json.dumps(LOGS, default=str).replace('"intValue": "20"', '"intValue": "21"'))
    found = [one for one in read(tmp_path / "x.json", SPANS, logs) if one.model.startswith("claude")]
    assert [(one.outcome.kind, OVERLAP in one.codes) for one in found] == [
        (OutcomeKind.BILLED, False),
        (OutcomeKind.BILLED, True),
        (OutcomeKind.BILLED, True),
    ]


def test_claude_codes_spans_count_its_caches_beside_the_input(tmp_path: Path) -> None:
    first = read(tmp_path / "x.json", SPANS)[0]
    assert first.usage is not None
    assert (first.usage.stated["input_tokens"], first.provider, first.codes) == (1210, "anthropic", ())


def test_events_alone_and_spans_alone_are_of_their_own_shapes(tmp_path: Path) -> None:
    for document, shape in ((SPANS, "otlp-json"), (LOGS, "otlp-logs")):
        (path := tmp_path / "x.json").write_text(json.dumps(document, default=str))
        assert usage_file(path).shape.name == shape
    (path := tmp_path / "x.json").write_text(json.dumps(METRICS, default=str))
    with pytest.raises(UnknownShape, match=r"sums without requests: give its events"):
        usage_file(path)


DAY = {"date": "2026-11-20", "modelBreakdowns": [], "inputTokens": 1, "outputTokens": 1, "totalCost": 1}
MONTH = {**DAY, "month": "2026-11"}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_document_of_two_lists_of_records_is_refused_with_their_names(tmp_path: Path, indent: int | None) -> None:
    for names in (("daily", "monthly"), ("monthly", "daily")):
        with pytest.raises(LogError, match=f"two lists of records, {names[0]} and {names[1]}.*take one of them out"):
            read(tmp_path / "x.json", {names[0]: [DAY], names[1]: [MONTH]}, indent=indent)
    assert read(tmp_path / "x.json", {"monthly": [], "daily": [DAY], "totals": {}}, indent=indent)
