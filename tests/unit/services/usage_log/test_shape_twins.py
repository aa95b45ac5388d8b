"""Usage files as other tools write them again: data frames, spreadsheets, exports given twice."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from tests import usage_twins as twins
from tests.usage_reads import read, told


def written(name: str, found: list[Any]) -> bytes:
    return twins.table(found) if name.endswith(".csv") else twins.lines(found)


def records(folder: Path, *parts: bytes) -> list[UsageRecord]:
    files = []
    for number, data in enumerate(parts):
        path = folder / f"part-{number}"
        path.write_bytes(data)
        files.append(usage_file(path))
    return list(UsageFiles(files).records())


def only(folder: Path, data: bytes) -> UsageRecord:
    (record,) = records(folder, data)
    return record


@pytest.mark.parametrize("name", twins.NAMES)
@pytest.mark.parametrize("word", ["null", "NaN", "\\N", "<NA>"])
def test_words_for_nothing_state_nothing(tmp_path: Path, name: str, word: str) -> None:
    found = [twins.with_nothing_as(word, one) for one in twins.documents(name)]
    assert read(tmp_path, written(name, found)) == read(tmp_path, twins.content(name))


@pytest.mark.parametrize("name", twins.NAMES)
@pytest.mark.parametrize("money", ["${}", "US${}", "USD {}", "{} USD"])
def test_amounts_may_bear_a_dollar_sign(tmp_path: Path, name: str, money: str) -> None:
    found = [twins.with_dollars(money, one) for one in twins.documents(name)]
    assert read(tmp_path, written(name, found)) == read(tmp_path, twins.content(name))


def test_an_amount_of_another_currency_is_no_amount_of_dollars(tmp_path: Path) -> None:
    found = [twins.with_dollars("€{}", one) for one in twins.documents("helicone.csv")]
    kinds = Counter(one.outcome.kind for one in records(tmp_path, twins.table(found)))
    assert kinds[OutcomeKind.UNPRICED] == len(found)


@pytest.mark.parametrize("name", twins.CSV_NAMES)
@pytest.mark.parametrize("divider", [";", "|"])
def test_a_table_may_be_divided_otherwise_and_numbered_by_a_data_frame(tmp_path: Path, name: str, divider: str) -> None:
    rows = [{"": str(place), **row} for place, row in enumerate(twins.documents(name))]
    assert read(tmp_path, twins.table(rows, divider)) == read(tmp_path, twins.content(name))


HELICONE = {"request_created_at": "2026-11-20T10:00:00Z", "model": "claude-haiku-4-5", "provider": "ANTHROPIC"}
LANGSMITH = {"id": "r", "run_type": "llm", "start_time": "2026-11-20T10:01:00", "status": "success", "error": ""}
SPAN = {"timestamp": "2026-11-20T09:01:00Z", "gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
INFERENCE = {"timestamp": "2026-11-20T09:01:00Z", "openinference.span.kind": "LLM", "llm.model_name": "m"}
CALL = {"timestamp": "2026-11-20T09:01:00Z", "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m"}
TEAM_DAY = {"Date": "2026-11-20", "Model": "m", "Spend": "1", "Successful": "4", "Failed": "0"}
TOTALS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("helicone", HELICONE, ("prompt_tokens", "prompt_cache_read_tokens", "completion_tokens", "total_tokens")),
    (
        "otel",
        SPAN,
        tuple(
            f"gen_ai.usage.{n}" for n in ("input_tokens", "cache_read.input_tokens", "output_tokens", "total_tokens")
        ),
    ),
    (
        "openinference",
        INFERENCE,
        tuple(f"llm.token_count.{n}" for n in ("prompt", "prompt_details.cache_read", "completion", "total")),
    ),
    (
        "ai-sdk",
        CALL,
        tuple(f"ai.usage.{n}" for n in ("inputTokens", "cachedInputTokens", "outputTokens", "totalTokens")),
    ),
    ("litellm-ui", TEAM_DAY, ("Prompt Tokens", "Cache Read Input Tokens", "Completion Tokens", "Total Tokens")),
]


@pytest.mark.parametrize(("facts", "names"), [one[1:] for one in TOTALS], ids=[one[0] for one in TOTALS])
@pytest.mark.parametrize(("total", "expected"), [(1100, 1000), (1900, 1800)], ids=["inside", "beside"])
def test_a_total_decides_whether_cached_tokens_lie_inside_the_input(
    tmp_path: Path, facts: dict[str, Any], names: tuple[str, ...], total: int, expected: int
) -> None:
    """1000 in, 800 cached, 100 out: 1000 + 100 = 1100, or 1000 + 800 + 100 = 1900."""
    row = {**facts, **dict(zip(names, (1000, 800, 100, total), strict=True))}
    usage = only(tmp_path, twins.lines([row])).usage
    assert usage is not None
    assert (usage.stated["input_tokens"], usage.stated["cache_read_tokens"]) == (expected, 800)


@pytest.mark.parametrize(("total", "expected"), [(1110, 1000), (1910, 1800)], ids=["inside", "beside"])
def test_langsmiths_total_decides_too(tmp_path: Path, total: int, expected: int) -> None:
    counts = {"prompt_tokens": 1000, "completion_tokens": 110, "total_tokens": total}
    row = {**LANGSMITH, **counts, "prompt_token_details": {"cache_read": 800}, "extra": {}}
    usage = only(tmp_path, twins.lines([row])).usage
    assert usage is not None
    assert usage.stated["input_tokens"] == expected


@pytest.mark.parametrize("is_of_metadata", [False, True])
@pytest.mark.parametrize("empty", [{}, None])
def test_langsmiths_usage_metadata_tells_the_details_that_its_own_leave_empty(
    tmp_path: Path, empty: object, is_of_metadata: bool
) -> None:
    details = {"input_token_details": {"cache_read": 800}, "output_token_details": {"reasoning": 60}}
    said: dict[str, object] = {"usage_metadata": {"input_tokens": 1000, "output_tokens": 110, **details}}
    more = {"extra": {"metadata": said}} if is_of_metadata else {"extra": {}, **said}
    counts = {"prompt_tokens": 1000, "completion_tokens": 110, "total_tokens": 1110}
    row = {**LANGSMITH, **counts, "prompt_token_details": empty, "completion_token_details": empty, **more}
    usage = only(tmp_path, twins.lines([row])).usage
    assert usage is not None
    stated = usage.stated
    assert (stated["input_tokens"], stated["cache_read_tokens"], stated["output_reasoning_tokens"]) == (1000, 800, 60)


_USED = {"input_tokens": 1000, "output_tokens": 110, "total_tokens": 1110}
_USED |= {"input_token_details": {"cache_read": 800}, "output_token_details": {"reasoning": 60}}
_OF_OPENAI: dict[str, Any] = {"prompt_tokens": 1000, "completion_tokens": 110, "total_tokens": 1110}
_OF_OPENAI |= {"prompt_tokens_details": {"cached_tokens": 800}, "completion_tokens_details": {"reasoning_tokens": 60}}
_MESSAGE = {"lc": 1, "type": "constructor", "kwargs": {"content": "yes, of 3 tokens", "usage_metadata": _USED}}
ANSWERS: list[dict[str, Any]] = [
    {"usage_metadata": _USED, "messages": [{"role": "assistant", "content": "yes"}]},
    {"llm_output": {"token_usage": _OF_OPENAI, "model_name": "m"}, "generations": [[{"text": "yes"}]]},
    {"llm_output": None, "generations": [[{"text": "yes", "message": _MESSAGE}]]},
    {"generations": [{"text": "yes", "message": {"content": "yes", "usage_metadata": _USED}}]},
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("own", [{}, {"prompt_tokens": None}, {"prompt_tokens": 0}, {"prompt_tokens": 1000}])
@pytest.mark.parametrize("write", [lambda one: one, json.dumps], ids=["object", "text"])
def test_langsmiths_answers_tell_the_usage_that_its_own_fields_leave_empty(
    tmp_path: Path, answer: dict[str, Any], own: dict[str, Any], write: Any
) -> None:
    own = {**own, "completion_tokens": 110 if own.get("prompt_tokens") else own.get("prompt_tokens", 0)}
    row = {**LANGSMITH, **own, "prompt_token_details": {}, "extra": {}, "outputs": write(answer)}
    for rows in ([row], [{**row, "id": f"r{number}"} for number in range(20)]):
        for found in records(tmp_path, twins.lines(rows)):
            assert found.usage is not None
            assert found.usage.stated["input_tokens"] == 1000
            assert found.usage.stated["output_tokens"] == 110
            assert found.usage.stated["cache_read_tokens"] == 800
            assert found.usage.stated["output_reasoning_tokens"] == 60
            assert not found.codes


_OLD = {"input": 1000, "output": 100, "total": 1100, "unit": "TOKENS", "totalCost": 0.1}


@pytest.mark.parametrize("details", [{}, {"usageDetails": {}}, {"usageDetails": None}])
@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({"usage": _OLD}, ""),
        ({"usage": {"promptTokens": 1000, "completionTokens": 100, "totalTokens": 1100}}, ""),
        ({"usage": None, "promptTokens": 1000, "completionTokens": 100}, ""),
        ({"usage": {**_OLD, "unit": "CHARACTERS"}}, "its unit is characters"),
        ({"usage": {**_OLD, "total": 1900}}, "export it anew, with usageDetails"),
        ({"usage": {**_OLD, "input": None, "output": None}}, "usage is not stated"),
    ],
)
def test_langfuses_usage_of_old_is_read_where_there_are_no_details(
    tmp_path: Path, details: dict[str, Any], usage: dict[str, Any], reason: str
) -> None:
    row = {"id": "o", "traceId": "t", "type": "GENERATION", "startTime": "2026-11-20T10:00:00Z", "model": "m"}
    for number in (1, 20):
        rows = [{**row, **details, **usage, "id": f"o{place}"} for place in range(number)]
        for found in records(tmp_path, twins.lines(rows)):
            assert reason in found.outcome.reason
            if not reason:
                assert found.usage is not None
                assert dict(found.usage.stated) == {"input_tokens": 1000, "output_tokens": 100}
                assert "CACHES_UNTOLD" in found.codes


@pytest.mark.parametrize(("total", "expected"), [(1150, 100), (1200, 150)], ids=["inside", "beside"])
def test_a_total_decides_whether_thoughts_lie_inside_the_output(tmp_path: Path, total: int, expected: int) -> None:
    """1050 in, 100 out, 50 thoughts: 1050 + 100 = 1150, or 1050 + 100 + 50 = 1200."""
    tokens = {"input": 1050, "output": 100, "cached": 0, "thoughts": 50, "tool": 0, "total": total}
    row = {
        "id": "g",
        "timestamp": "2026-11-20T10:00:00Z",
        "type": "gemini",
        "model": "gemini-2.5-pro",
        "tokens": tokens,
    }
    usage = only(tmp_path, twins.lines([row])).usage
    assert usage is not None
    assert usage.stated["output_tokens"] == expected


@pytest.mark.parametrize("name", ["openai-usage-dashboard.csv", "ccusage-daily.json", "azure-cost.csv"])
def test_a_file_that_is_given_twice_is_billed_once(tmp_path: Path, name: str) -> None:
    found = records(tmp_path, twins.content(name), twins.content(name))
    once = records(tmp_path, twins.content(name))
    assert [told(one) for one in found[: len(once)]] == [told(one) for one in once]
    assert {one.outcome.kind for one in found[len(once) :]} == {OutcomeKind.REPEATED}


@pytest.mark.parametrize("name", ["openai-usage-dashboard.csv", "ccusage-daily.json", "azure-cost.csv"])
def test_sums_of_two_exports_that_overlap_are_billed_once(tmp_path: Path, name: str) -> None:
    found = records(tmp_path, twins.content(name), twins.gzipped(twins.content(name)))
    half = len(found) // 2
    once, again = found[:half], found[half:]
    assert not any(one.remark or one.outcome.kind is OutcomeKind.REPEATED for one in once)
    assert any(one.outcome.kind is OutcomeKind.BILLED for one in once)
    assert {one.outcome.kind for one in again if one.usage or one.charged} == {OutcomeKind.REPEATED}


def test_equal_sums_of_one_file_are_no_repeats(tmp_path: Path) -> None:
    (first, *_) = twins.documents("openai-usage-dashboard.csv")
    found = records(tmp_path, twins.table([first, first]))
    assert [(one.outcome.kind, one.remark) for one in found] == [(OutcomeKind.BILLED, "")] * 2


AZURE = {"date": "11/20/2026", "chargeType": "Usage", "meterName": "gpt 4.1 Inp glbl Tokens", "quantity": "1000"}
AZURE |= {"unitOfMeasure": "1K", "costInBillingCurrency": "2", "billingCurrency": "USD"}
GCP: dict[str, Any] = {"billing_account_id": "x", "service": {}, "usage_start_time": "2026-11-20 09:00:00 UTC"}
GCP |= {"sku": {"description": "Gemini 2.5 Flash GA Text Input - Predictions"}, "cost": 3, "usage": {"amount": 7}}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**AZURE, "unitOfMeasure": ""}, "unitOfMeasure is not stated"),
        ({**AZURE, "unitOfMeasure": "Hour"}, "unitOfMeasure is Hour"),
        ({**AZURE, "quantity": ""}, "states no quantity"),
        ({**GCP, "usage": {}}, "states no quantity"),
        ({**GCP, "sku": {}}, "names no SKU"),
    ],
)
def test_a_line_that_charges_and_does_not_tell_how_much_has_no_price(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    record = only(tmp_path, twins.lines([row]))
    assert record.outcome.kind is OutcomeKind.UNPRICED
    assert reason in record.outcome.reason
    assert record.charged == Decimal(row.get("cost", 2))


def test_requests_without_an_id_of_theirs_are_no_repeats(tmp_path: Path) -> None:
    found = twins.documents("codex-session-records.jsonl")
    for one in found:
        one.get("payload", {}).pop("response_id", None)
    kinds = [one.outcome.kind for one in records(tmp_path, twins.lines(found)) if one.usage]
    assert kinds == [OutcomeKind.BILLED] * 3


def test_a_message_is_told_apart_by_its_request_alone(tmp_path: Path) -> None:
    found = twins.documents("claude-code-session.jsonl")
    for one in found:
        if isinstance(one.get("message"), dict):
            one["message"].pop("id", None)
    kinds = Counter(one.outcome.kind for one in records(tmp_path, twins.lines(found)))
    assert kinds[OutcomeKind.REPEATED] == twins.EXPECTED["claude-code-session.jsonl"]["repeated"]


def test_what_is_not_billed_needs_no_counts(tmp_path: Path) -> None:
    cached = {**HELICONE, "prompt_tokens": "", "completion_tokens": "", "status": "200", "cache_reference_id": "a"}
    failed = {**TEAM_DAY, "Successful": "", "Failed": "3", "Spend": "0", "Prompt Tokens": "", "Completion Tokens": ""}
    for row in (cached, failed):
        assert only(tmp_path, twins.table([row])).outcome.kind is OutcomeKind.NOT_BILLED


def test_a_log_without_usage_objects_says_that_caches_are_not_told(tmp_path: Path) -> None:
    row = {"request_id": "q", "call_type": "acompletion", "spend": 0.1, "startTime": "2026-11-20T10:00:00Z"}
    row |= {"model": "claude-haiku-4-5", "prompt_tokens": 1100, "completion_tokens": 10, "metadata": {}}
    row |= {"custom_llm_provider": "anthropic", "cache_hit": "False", "status": "success"}
    untold = only(tmp_path, twins.lines([row]))
    assert "usage_object" in untold.remark
    assert (untold.codes, untold.untold) == (("CACHES_UNTOLD",), ("cache_read_tokens", "cache_write_tokens"))
    beside = {"additional_usage_values": {"cache_read_input_tokens": 1000}}
    assert "usage_object" not in only(tmp_path, twins.lines([{**row, "metadata": beside}])).remark
    nothing = {"additional_usage_values": {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}}
    other = {**row, "model": "gpt-4.1", "custom_llm_provider": "openai", "metadata": nothing}
    assert "usage_object" in only(tmp_path, twins.lines([other])).remark  # of others than Claude they tell nothing


def test_lines_of_another_shape_in_a_file_are_said_and_not_passed_over(tmp_path: Path) -> None:
    """Sessions of two tools joined into one file: what the smaller of them used has no price, and says why."""
    claude, codex = twins.documents("claude-code-session.jsonl"), twins.documents("codex-session.jsonl")
    alone = Counter(one.outcome.kind for one in records(tmp_path, twins.lines(claude)))
    joined = records(tmp_path, twins.lines([*claude, *claude, *codex]))
    foreign = [one for one in joined if "another shape" in one.outcome.reason]
    assert {one.outcome.kind for one in foreign} == {OutcomeKind.UNPRICED}
    assert "codex-sessions" in foreign[0].outcome.reason
    assert len(foreign) == len([one for one in codex if one.get("payload", {}).get("info")])
    assert Counter(one.outcome.kind for one in joined)[OutcomeKind.BILLED] == alone[OutcomeKind.BILLED]


@pytest.mark.parametrize(("family", "row", "names"), TOTALS)
def test_a_total_of_more_than_all_parts_is_not_priced_by_what_is_left_of_them(
    tmp_path: Path, family: str, row: dict[str, Any], names: tuple[str, ...]
) -> None:
    """1,000 in, 900 of a cache, 50 out and a total of 5,000: whichever way they are read, 3,050 are gone."""
    counts = dict(zip(names, (1_000, 900, 50, 5_000), strict=True))
    found = only(tmp_path, twins.lines([{**row, **counts}]))
    assert found.outcome.kind is OutcomeKind.UNPRICED, family
    assert "is 5000 tokens, and all that the record counts are 1950" in found.outcome.reason


@pytest.mark.parametrize(("family", "row", "names"), [one for one in TOTALS if one[0] != "helicone"])
def test_what_was_cached_inside_an_input_that_is_not_stated_has_no_price(
    tmp_path: Path, family: str, row: dict[str, Any], names: tuple[str, ...]
) -> None:
    counts = dict(zip(names, (None, 900, 50, None), strict=True))
    found = only(tmp_path, twins.lines([{**row, **counts}]))
    assert found.outcome.kind is OutcomeKind.UNPRICED, family
    assert "is not stated, and what was cached lies inside it" in found.outcome.reason


def test_reasoning_inside_an_output_that_is_not_stated_has_no_price(tmp_path: Path) -> None:
    counts = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": "", "gen_ai.usage.reasoning_tokens": 5}
    found = only(tmp_path, twins.lines([{**SPAN, **counts}]))
    assert found.outcome.kind is OutcomeKind.UNPRICED
    assert "output is not stated, and reasoning lies inside it" in found.outcome.reason


def test_nan_in_json_is_nothing_as_python_writes_it(tmp_path: Path) -> None:
    """A frame of data written line by line: what no row states is NaN, in its own fields and in texts of JSON."""
    row = {**HELICONE, "request_id": "a", "prompt_tokens": 10, "completion_tokens": 2, "total_tokens": float("nan")}
    run = {**LANGSMITH, "prompt_tokens": 10, "completion_tokens": 2}
    run |= {"prompt_token_details": '{"cache_read": 4, "audio": NaN}', "completion_token_details": "{}", "extra": {}}
    for one in (row, run):
        usage = only(tmp_path, json.dumps(one).encode()).usage
        assert usage is not None
        assert (usage.stated["input_tokens"], usage.stated["output_tokens"]) == (10, 2)


@pytest.mark.parametrize("divider", [";", "\t", "|"])
def test_a_table_as_a_spreadsheet_of_decimal_commas_saves_it_is_the_same(tmp_path: Path, divider: str) -> None:
    """Divided by what the line above the header says, and with a comma in every amount."""
    rows = [{**row, "cost": row["cost"].replace(".", ",")} for row in twins.documents("helicone.csv")]
    data = f"sep={divider}\r\n".encode() + twins.table(rows, divider).replace(b"\n", b"\r\n")
    assert read(tmp_path, data) == read(tmp_path, twins.content("helicone.csv"))


def test_decimal_commas_elsewhere_tell_what_a_comma_parts_that_may_part_thousands(tmp_path: Path) -> None:
    rows = [
        {**HELICONE, "prompt_tokens": "1", "completion_tokens": "2", "cost": cost}
        for cost in ("1,234", "0,123", "3583,896")
    ]
    charged = [one.charged for one in records(tmp_path, twins.table(rows, ";"))]
    assert charged == [Decimal("1.234"), Decimal("0.123"), Decimal("3583.896")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("step", [1, -1])
def test_tables_of_one_tool_joined_into_one_file_are_one_table_in_whatever_order_each_has_its_columns(
    tmp_path: Path, step: int, mark: bytes
) -> None:
    rows = twins.documents("helicone.csv")
    others = [dict(list(row.items())[::step]) for row in rows[2:]]
    joined = twins.table(rows[:2]) + mark + twins.table(others)
    assert read(tmp_path, joined) == read(tmp_path, twins.content("helicone.csv"))
