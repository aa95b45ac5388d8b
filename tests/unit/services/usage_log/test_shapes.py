"""One contract for all shapes of usage files: recognised by content, read alike however they are written, none lost."""

from __future__ import annotations

import itertools
import json
import re
import tracemalloc
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.columns import LogError, UncountedError
from llmpricing.services.usage_log.formats.files import UnknownShape, UsageFiles, usage_file
from llmpricing.services.usage_log.formats.json_records import records_of
from llmpricing.services.usage_log.formats.json_stream import JsonStream
from llmpricing.services.usage_log.formats.own_columns import own_shape
from llmpricing.services.usage_log.formats.record import OutcomeKind
from llmpricing.services.usage_log.formats.registry import BY_NAME, SHAPES
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.unread import Unread
from tests import usage_twins as twins
from tests.usage_reads import read, told

SHAPE_OF = {
    "agent-events.ndjson": "agent-events",
    "anthropic-batch.jsonl": "anthropic-batch",
    "bedrock-batch.jsonl": "bedrock-batch",
    "gemini-batch.jsonl": "gemini-batch",
    "litellm-daily-activity.json": "litellm-daily-activity",
    "litellm-spend.json": "litellm-spend",
    "openai-batch.jsonl": "openai-batch",
    "otlp-logs.jsonl": "otlp-logs",
    "otlp.jsonl": "otlp",
    "anthropic-claude-code-analytics.json": "claude-code-analytics",
    "anthropic-console-cost.csv": "anthropic-console-cost",
    "anthropic-console-usage.csv": "anthropic-console-usage",
    "anthropic-cost-report.json": "anthropic-cost-report",
    "anthropic-usage-report.json": "anthropic-usage-report",
    "aws-cur-legacy.csv": "aws-cur-legacy",
    "aws-cur2.csv": "aws-cur",
    "aws-focus.csv": "aws-focus",
    "azure-cost.csv": "azure-cost",
    "azure-focus.csv": "azure-focus",
    "bedrock-invocation-log.ndjson": "bedrock-invocation-log",
    "ccusage-blocks.json": "ccusage-blocks",
    "ccusage-codex.json": "ccusage-codex",
    "ccusage-daily.json": "ccusage",
    "ccusage-session.json": "ccusage",
    "claude-code-session.jsonl": "claude-code-sessions",
    "cloudflare-ai-gateway.json": "cloudflare-ai-gateway",
    "codex-session-records.jsonl": "codex-sessions",
    "codex-session.jsonl": "codex-sessions",
    "gcp-billing.ndjson": "gcp-billing",
    "gemini-cli-session.json": "gemini-cli-sessions",
    "gemini-cli-session.jsonl": "gemini-cli-sessions",
    "github-copilot-premium.csv": "github-copilot-premium",
    "helicone.csv": "helicone",
    "langfuse-blob.jsonl": "langfuse",
    "langfuse-observations.csv": "langfuse",
    "langfuse-observations.json": "langfuse",
    "langsmith-runs.csv": "langsmith",
    "litellm-spendlogs.csv": "litellm-spend-logs",
    "litellm-spendlogs.json": "litellm-spend-logs",
    "litellm-spendlogs.ndjson": "litellm-spend-logs",
    "litellm-ui-usage.csv": "litellm-ui-usage",
    "openai-costs.json": "openai-costs",
    "openai-usage-dashboard.csv": "openai-dashboard",
    "opencode-messages.ndjson": "opencode-messages",
    "opencode-session.json": "opencode-messages",
    "openinference.ndjson": "openinference",
    "openrouter-activity.csv": "openrouter-activity",
    "openrouter-generations.ndjson": "openrouter-generations",
    "otel-flat.ndjson": "otel-spans",
    "otel-old-names.ndjson": "otel-spans",
    "jaeger.json": "jaeger",
    "openai-costs.csv": "openai-costs",
    "openrouter-days.json": "openrouter-days",
    "otel-spans.json": "otlp-json",
    "zipkin.json": "zipkin",
    "portkey.jsonl": "portkey",
    "vercel-ai-sdk.ndjson": "vercel-ai-sdk",
    "vercel-gateway-generations.ndjson": "vercel-gateway-generations",
    "vercel-gateway-report.json": "vercel-gateway-report",
}
IN_ORDER = ("codex",)  # their lines mean something by those before them only


@pytest.mark.parametrize("name", twins.NAMES)
def test_a_file_is_recognised_by_its_content_and_counts_what_it_should(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(twins.content(name))
    file = usage_file(path)
    assert file.shape.name == SHAPE_OF.get(name, "openai-usage")
    kinds = Counter(record.outcome.kind for record in UsageFiles([file]).records())
    expected = twins.EXPECTED[name]
    assert sum(kinds.values()) == expected["rows"]
    assert kinds[OutcomeKind.NOT_BILLED] == expected["not_billed"]
    assert kinds[OutcomeKind.REPEATED] == expected["repeated"]


@pytest.mark.parametrize("name", twins.NAMES)
@pytest.mark.parametrize("written", [twins.gzipped, twins.zstandard, twins.crlf, twins.marked])
def test_packing_line_ends_and_marks_change_nothing(tmp_path: Path, name: str, written: twins.Text) -> None:
    assert read(tmp_path, written(twins.content(name))) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", twins.NAMES)
@pytest.mark.parametrize("written", [twins.lines, twins.pretty, twins.array])
def test_the_arrangement_of_documents_changes_nothing(tmp_path: Path, name: str, written: Any) -> None:
    assert read(tmp_path, written(twins.documents(name))) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", [*twins.LINES, *twins.DOCUMENTS])
@pytest.mark.parametrize("changed", [twins.reversed_keys, twins.numbers_as_texts, twins.with_unknown_text])
@pytest.mark.parametrize("written", [twins.lines, twins.pretty])
def test_the_order_of_names_and_the_form_of_numbers_change_nothing(
    tmp_path: Path, name: str, changed: Any, written: Any
) -> None:
    found = [changed(one) for one in twins.documents(name)]
    assert read(tmp_path, written(found)) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", twins.CSV_NAMES)
@pytest.mark.parametrize("written", [twins.tabbed, twins.as_parquet])
def test_a_table_may_be_divided_by_tabs_or_be_parquet(tmp_path: Path, name: str, written: Any) -> None:
    assert read(tmp_path, written(twins.documents(name))) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", ["helicone.csv", "langsmith-runs.csv", "otel-flat.ndjson"])
def test_a_table_of_one_column_of_structs_is_read_as_these(tmp_path: Path, name: str) -> None:
    structs = [{"data": one} for one in twins.documents(name)]
    assert read(tmp_path, twins.as_parquet(structs)) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", twins.DOCUMENTS)
def test_pages_and_bare_records_are_what_their_list_is(tmp_path: Path, name: str) -> None:
    (whole,) = twins.documents(name)
    if isinstance(whole, list):
        assert read(tmp_path, twins.lines(whole)) == read(tmp_path, twins.content(name))
        return
    key = next(key for key, value in whole.items() if isinstance(value, list))
    pages = [{**whole, key: whole[key][:1]}, {**whole, key: whole[key][1:]}]
    expected = read(tmp_path, twins.content(name))
    for written in (twins.lines(pages), twins.pretty(pages), twins.array(pages), twins.lines(whole[key])):
        assert read(tmp_path, written) == expected


@pytest.mark.parametrize("name", [name for name in twins.NAMES if not name.startswith(IN_ORDER)])
def test_the_order_and_the_split_of_a_file_change_nothing(tmp_path: Path, name: str) -> None:
    found = twins.documents(name)
    if len(found) == 1:
        found = found[0] if isinstance(found[0], list) else next(v for v in found[0].values() if isinstance(v, list))
    expected = read(tmp_path, twins.lines(found))
    assert read(tmp_path, twins.lines(list(reversed(found)))) == expected
    # Spans and events in files of their own are of two shapes, which say that they may tell of the same.
    if len(found) > 1 and not name.startswith(("gemini-cli-session.jsonl", "claude-code", "otlp.jsonl")):
        half = len(found) // 2 or 1
        assert read(tmp_path, twins.lines(found[:half]), twins.lines(found[half:])) == expected


# A line of a cloud's bill has one quantity, whatever further columns the bill has.
ONE_QUANTITY = ("aws-cur", "aws-cur-legacy", "aws-focus", "azure-cost", "azure-focus", "gcp-billing")
COUNTED = [name for name in twins.NAMES if twins.EXPECTED[name]["priced"] and not name.startswith(ONE_QUANTITY)]


@pytest.mark.parametrize("name", COUNTED)
def test_a_count_that_nobody_knows_stops_the_file_with_its_name(tmp_path: Path, name: str) -> None:
    """Beside the counts that are known, wherever these stand."""
    documents = [beside_counts(one) for one in twins.documents(name)]
    path = tmp_path / "upload"
    path.write_bytes(twins.lines(documents))
    with pytest.raises(UncountedError, match=r"cached_mystery_tokens.*\n?.*probably cache_read_tokens"):
        list(UsageFiles([usage_file(path, now=twins.DAY)]).records())
    kept = list(UsageFiles([usage_file(path, now=twins.DAY)], ["cached_mystery_tokens"]).records())
    assert sorted(map(told, kept)) == read(tmp_path, twins.content(name))[1]


SOME_COUNT = frozenset(
    {"input_tokens", "prompt_tokens", "inputTokens", "uncached_input_tokens", "inputTokenCount", "num_sessions"}
    | {"characters", "seconds", "quantity", "tokens_prompt", "native_tokens_prompt", "usage_input_tokens_no_cache"}
    | {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.inputTokens"}
    | {"ai.usage.promptTokens", "Prompt Tokens", "req_units", "tool", "cache_creation", "line_item", "amount"}
    | {"line_item_usage_amount", "PricingQuantity", "input_cached_tokens", "cost_type", "ai.usage.tokens", "reasoning"}
    | {"tokens_in", "promptTokenCount", "input_token_count"}
)


def beside_counts(value: Any) -> Any:
    """The document with an unknown count in each object that holds known ones."""
    if isinstance(value, list):
        return [beside_counts(one) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("key"), str) and "value" in value:
        return value
    found = {name: beside_counts(one) for name, one in value.items()}
    if isinstance(value.get("attributes"), list):
        more = {"key": "gen_ai.usage.cached_mystery_tokens", "value": {"intValue": "7"}}
        return {**found, "attributes": [*value["attributes"], more]}
    if isinstance(value.get("tags"), list) and "spanID" in value:
        return {**found, "tags": [*value["tags"], {"key": "gen_ai.usage.cached_mystery_tokens", "value": 7}]}
    for name in ("usageDetails", "usage_details"):
        if isinstance(found.get(name), str):
            return {**found, name: json.dumps({**json.loads(found[name]), "cached_mystery_tokens": 7})}
    scalars = {name for name, one in value.items() if not isinstance(one, dict | list)}
    return {**found, "cached_mystery_tokens": 7} if scalars & SOME_COUNT or "unit" in value else found


def test_a_file_of_no_known_shape_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("deployment,at,words\nx,2026-11-20T10:00:00Z,5\n")
    with pytest.raises(UnknownShape, match="llmpricing formats"):
        usage_file(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"data": [{"id": "a"', "ends in the middle|no JSON"),
        (b"[" * 100_000, "nested too deeply|no JSON"),
        (b'[{"a": 1} {"b":\n nonsense}]', "no JSON"),
        (b"\xff\xfea\x00,\x00b\x00", "UTF-16"),
        (b"a,b\n\xff\xfe,1\n", "UTF-8"),
        (b"\x1f\x8b\x08\x00broken", "unpacked"),
        (b"\x28\xb5\x2f\xfdbroken", "unpacked"),
        (b"PAR1broken", "unpacked"),
        (b"a,a\n1,2\n", "several columns"),
    ],
)
def test_a_broken_file_is_a_clear_error(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(LogError, match=message):
        usage_file(path)


def test_a_broken_line_is_a_record_without_a_price_and_the_rest_is_read(tmp_path: Path) -> None:
    name = "litellm-spendlogs.ndjson"
    path = tmp_path / "upload"
    path.write_bytes(twins.content(name) + b'{"request_id": "req-99", "spe')
    kinds = Counter(record.outcome.kind for record in UsageFiles([usage_file(path)]).records())
    assert sum(kinds.values()) == twins.EXPECTED[name]["rows"] + 1
    assert kinds[OutcomeKind.UNPRICED] == 1


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just({}), st.just([]), st.just([1])
)


@pytest.mark.hypothesis
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@given(data=st.data())
def test_whatever_a_field_holds_a_record_is_reported_and_nothing_breaks(shape: Any, data: st.DataObject) -> None:
    examples = [name for name in twins.NAMES if SHAPE_OF.get(name, "openai-usage") == shape.name]
    document = twins.documents(data.draw(st.sampled_from(examples)))
    for row in rows_of(document):
        broken = mutated(row, data)
        records = []
        with suppress(UsageError):  # which who reads files reports with the line
            records = list(BY_NAME[shape.name].reader(None)(Row(broken, Unread())))
        assert shape.may_lack_time or all(record.usage is None or record.at is not None for record in records)


def rows_of(document: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in records_of(document)]


def mutated(value: Any, data: st.DataObject) -> Any:
    """The row with one of its fields, at any depth, replaced by anything."""
    if isinstance(value, dict) and value:
        name = data.draw(st.sampled_from(sorted(value)))
        inner = value[name]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            return {**value, name: mutated(inner, data)}
        return {**value, name: data.draw(JUNK)}
    if isinstance(value, list) and value:
        return [mutated(value[0], data), *value[1:]]
    return data.draw(JUNK)


class Endless:
    """A document that is made while it is read: ``head``, then an item again and again, then ``tail``."""

    def __init__(self, head: str, item: str, times: int, tail: str) -> None:
        self._parts = itertools.chain([head], itertools.repeat(item, times), [tail])
        self._rest = ""

    def read(self, size: int) -> str:
        while len(self._rest) < size and (part := next(self._parts, None)) is not None:
            self._rest += part
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


@pytest.mark.parametrize(
    ("head", "item", "tail"),
    [
        ("[", '{"id": "a", "text": "' + "x" * 5000 + '"},\n', '{"id": "z"}]'),
        ('{"object": "page", "data": [', '{"start_time": 1, "results": [{"a": "' + "x" * 5000 + '"}]},', '{"b": 1}]}'),
        ("", '{"id": "a",\n "text": "' + "x" * 5000 + '"}\n', '{"id": "z"}'),
    ],
    ids=["array", "page", "documents"],
)
def test_a_document_of_any_length_is_read_in_constant_memory(head: str, item: str, tail: str) -> None:
    times = 5000
    tracemalloc.start()
    try:
        found = sum(1 for _ in JsonStream(Endless(head, item, times, tail)).records())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == times + 1
    assert peak < 4 * 2**20 < len(item) * times / 4


def test_the_page_of_usage_files_tells_of_every_shape_and_of_no_other() -> None:
    page = (Path(__file__).parents[4] / "docs" / "usage-files.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)) == sorted(BY_NAME)


def test_the_pages_example_of_a_map_is_understood(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "usage-files.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "map.toml").write_text(example)
    shape = own_shape(tmp_path / "map.toml")
    row = {"deployment": "m", "when": "2026-11-20", "prompt": "1.5", "completion": 2, "cached": 0.5, "team": "a"}
    (record,) = shape.reader(None)(Row(row, Unread()))
    assert record.usage is not None
    assert record.usage.stated["input_tokens"] == 2000
    assert dict(record.labels) == {"team": "a"}
