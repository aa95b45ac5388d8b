"""Other exports of tools that are known: tables of costs, days by an API, traces by Tempo, Jaeger and Zipkin."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.reading import may_mean_money
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.own_columns import own_shape
from llmpricing.services.usage_log.formats.record import FREE, OutcomeKind, UsageRecord
from tests import usage_twins as twins
from tests.usage_reads import read, told
from tests.usage_twins import FOLDER


def records(folder: Path, data: bytes) -> list[UsageRecord]:
    path = folder / "upload"
    path.write_bytes(data)
    return list(UsageFiles([usage_file(path)]).records())


def only(folder: Path, data: bytes) -> UsageRecord:
    (record,) = records(folder, data)
    return record


def counted(record: UsageRecord) -> dict[str, Any]:
    assert record.usage is not None, record.outcome
    return {name: number for name, number in record.usage.stated.items() if number}


COSTS = {
    "start_time": "1795132800",
    "end_time": "1795219200",
    "start_time_iso": "2026-11-20T00:00:00+00:00",
    "end_time_iso": "2026-11-21T00:00:00+00:00",
    "amount_value": "0.0802",
    "amount_currency": "usd",
    "line_item": "gpt-4.1-mini-2025-04-14, cached input",
    "project_id": "proj_1",
    "organization_id": "org-1",
    "organization_name": "Personal",
}
EMPTY_DAY = {**dict.fromkeys(COSTS, ""), **{name: COSTS[name] for name in list(COSTS)[:4]}}


def test_openais_costs_as_a_table_are_amounts_without_a_price_of_their_own(tmp_path: Path) -> None:
    record = only(tmp_path, twins.table([EMPTY_DAY, COSTS]))
    assert (record.model, record.charged, record.currency) == ("gpt-4.1-mini-2025-04-14", Decimal("0.0802"), "USD")
    assert (record.at, record.span) == (datetime(2026, 11, 20, tzinfo=UTC), timedelta(days=1))
    assert record.labels == {"project": "proj_1", "organization": "Personal"}
    assert record.outcome.reason.startswith("cost only")


def test_a_quantity_in_openais_table_of_costs_is_priced(tmp_path: Path) -> None:
    assert counted(only(tmp_path, twins.table([{**COSTS, "quantity": "1500000"}]))) == {
        "input_tokens": 1500000,
        "cache_read_tokens": 1500000,
    }


def test_an_amount_of_openais_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    record = only(tmp_path, twins.table([{**COSTS, "amount_value": "much"}]))
    assert record.outcome.kind is OutcomeKind.UNPRICED
    assert "much" in record.outcome.reason


def test_a_day_on_which_nobody_asked_openai_anything_is_not_billed(tmp_path: Path) -> None:
    row = twins.documents("openai-usage-dashboard.csv")[0]
    none = {name: "0" if name.endswith(("_tokens", "_requests")) else cell for name, cell in row.items()}
    record = only(tmp_path, twins.table([none]))
    assert (record.outcome.kind, record.outcome.reason) == (OutcomeKind.NOT_BILLED, "no request was made")


DAY = {
    "date": "2026-11-20",
    "model": "openai/gpt-4.1-mini",
    "model_permaslug": "openai/gpt-4.1-mini-2025-04-14",
    "endpoint_id": "550e8400",
    "provider_name": "OpenAI",
    "usage": 0.015,
    "byok_usage_inference": 0,
    "requests": 5,
    "prompt_tokens": 500,
    "completion_tokens": 125,
    "reasoning_tokens": 25,
}


@pytest.mark.parametrize("write", [lambda row: twins.lines([{"data": [row]}]), lambda row: twins.table([row])])
def test_a_day_of_openrouters_api_is_a_sum_whose_caches_are_untold(tmp_path: Path, write: Any) -> None:
    record = only(tmp_path, write(DAY))
    assert (record.model, record.provider) == ("openai/gpt-4.1-mini-2025-04-14", "openrouter")
    assert counted(record) == {
        "input_tokens": 500,
        "output_tokens": 125,
        "output_reasoning_tokens": 25,
        "requests": 5,
    }
    assert (record.charged, record.span, record.codes) == (Decimal("0.015"), timedelta(days=1), ("CACHES_UNTOLD",))


@pytest.mark.parametrize(
    ("stated", "kind", "reason"),
    [
        ({"byok_usage_inference": 0.3}, OutcomeKind.NOT_BILLED, "your own key"),
        ({"byok_usage_inference": 0.3, "usage": 0}, OutcomeKind.NOT_BILLED, "your own key"),
        ({"byok_usage_inference": 0.01}, OutcomeKind.UNPRICED, "some of its calls were by your own key"),
        ({"model": "meta-llama/llama-3.3-70b-instruct:free", "usage": 0}, FREE.kind, ""),
    ],
)
def test_own_keys_and_free_models_of_a_day_are_not_priced(
    tmp_path: Path, stated: dict[str, Any], kind: OutcomeKind, reason: str
) -> None:
    outcome = only(tmp_path, twins.lines([{"data": [{**DAY, **stated}]}])).outcome
    assert outcome.kind is kind
    assert reason in outcome.reason


RUN = {"id": "r", "run_type": "llm", "start_time": "2026-11-20T10:01:00", "status": "success", "error": None}
OF_FLEX = {
    **RUN,
    "prompt_tokens": 1000,
    "completion_tokens": 300,
    "prompt_token_details": {"flex": 400, "flex_cache_read": 600},
    "completion_token_details": {"flex": 100, "flex_reasoning": 200},
    "extra": {"metadata": {"ls_model_name": "gpt-5-mini", "ls_provider": "openai"}},
}


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_a_run_tells_its_tier_by_the_names_of_its_parts(tmp_path: Path, tier: str) -> None:
    record = only(tmp_path, json.dumps(OF_FLEX).replace("flex", tier).encode())
    assert record.context.service_tier == tier
    assert counted(record) == {
        "input_tokens": 1000,
        "output_tokens": 300,
        "cache_read_tokens": 600,
        "output_reasoning_tokens": 200,
    }


def test_a_run_of_which_a_part_was_served_otherwise_has_no_price(tmp_path: Path) -> None:
    record = only(tmp_path, twins.lines([{**OF_FLEX, "prompt_tokens": 1500}]))
    assert "does not say that all of the input was served by flex" in record.outcome.reason


SPAN = {
    "timestamp": "2026-11-20T09:01:00Z",
    "traceId": "0af7651916cd43dd8448eb211c80319c",
    "spanId": "b7ad6b7169203331",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 2,
    "gen_ai.usage.cache_read.input_tokens": 0,
}
INFERENCE = {
    "timestamp": "2026-11-20T09:01:00Z",
    "openinference.span.kind": "LLM",
    "llm.model_name": "m",
    "llm.token_count.prompt": 10,
    "llm.token_count.completion": 2,
}


@pytest.mark.parametrize(
    ("span", "name"),
    [
        (SPAN, "gen_ai.usage.cost"),
        (SPAN, "operation.cost"),
        (SPAN, "gen_ai.usage.cost_usd"),
        (INFERENCE, "llm.cost.total"),
    ],
)
def test_what_a_span_was_reckoned_to_cost_is_what_was_charged(tmp_path: Path, span: dict[str, Any], name: str) -> None:
    assert only(tmp_path, twins.lines([{**span, name: 0.0123}])).charged == Decimal("0.0123")
    many = records(tmp_path, twins.lines([{**span, "spanId": f"{n:016x}", name: n / 1000} for n in range(1, 200)]))
    assert sum(one.charged or 0 for one in many) == Decimal("19.9")


def test_a_span_that_sums_up_others_charges_nothing(tmp_path: Path) -> None:
    agent = {**SPAN, "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.cost": 5}
    assert [one.charged for one in records(tmp_path, twins.lines([agent]))] == [None]


(RESOURCES,) = twins.documents("otel-spans.json")


def in_base64(value: Any) -> Any:
    """The same with ids as Tempo writes them."""
    if isinstance(value, dict):
        ids = ("traceId", "spanId", "parentSpanId")
        return {
            name: base64.b64encode(bytes.fromhex(one)).decode() if name in ids and one else in_base64(one)
            for name, one in value.items()
        }
    return [in_base64(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("write", [twins.lines, twins.pretty])
@pytest.mark.parametrize(
    "cover",
    [
        lambda spans: {"batches": spans},
        lambda spans: {"trace": {"resourceSpans": spans}},
        lambda spans: {"trace": {"batches": spans}, "metrics": {"inspectedBytes": 7}},
    ],
)
def test_traces_of_tempo_say_the_same(tmp_path: Path, cover: Any, write: Any) -> None:
    data = write([in_base64(cover(RESOURCES["resourceSpans"]))])
    assert read(tmp_path, data) == read(tmp_path, twins.content("otel-spans.json"))
    ids, wanted = (
        [one.record_id for one in records(tmp_path, some)] for some in (data, twins.content("otel-spans.json"))
    )
    assert ids == wanted


def spans() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The spans of the sample and their attributes."""
    return [
        (span, {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]})
        for resource in RESOURCES["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def jaeger() -> dict[str, Any]:
    """The sample as one trace of Jaeger's for each span."""

    def one(span: dict[str, Any], tags: dict[str, Any]) -> dict[str, Any]:
        trace = span["traceId"]
        around = [{"refType": "CHILD_OF", "traceID": trace, "spanID": span.get("parentSpanId")}]
        found = {
            "traceID": trace,
            "spanID": span["spanId"],
            "operationName": span["name"],
            "references": around if span.get("parentSpanId") else [],
            "startTime": int(span["startTimeUnixNano"]) // 1000,
            "duration": 5000,
            "tags": [{"key": key, "type": "string", "value": value} for key, value in tags.items()],
            "logs": [],
            "processID": "p1",
            "warnings": None,
        }
        return {"traceID": trace, "spans": [found], "processes": {"p1": {"serviceName": "shop", "tags": []}}}

    return {"data": [one(*each) for each in spans()], "total": 0, "limit": 0, "offset": 0, "errors": None}


def zipkin() -> list[Any]:
    """The sample as Zipkin's list of traces."""
    return [
        [
            {
                "traceId": span["traceId"],
                "id": span["spanId"],
                "parentId": span.get("parentSpanId"),
                "name": span["name"],
                "timestamp": int(span["startTimeUnixNano"]) // 1000,
                "duration": 5000,
                "localEndpoint": {"serviceName": "shop"},
                "tags": {key: str(value) for key, value in tags.items()},
            }
        ]
        for span, tags in spans()
    ]


@pytest.mark.parametrize(("name", "document"), [("jaeger", jaeger()), ("zipkin", zipkin())])
@pytest.mark.parametrize("write", [twins.lines, twins.pretty])
def test_traces_of_jaeger_and_zipkin_say_the_same(tmp_path: Path, name: str, document: Any, write: Any) -> None:
    shape, found = read(tmp_path, write([document]))
    wanted = records(tmp_path, twins.content("otel-spans.json"))
    assert shape == name
    assert found == sorted(map(told, wanted))
    ids = {one.record_id and one.record_id.split(":")[1] for one in records(tmp_path, write([document]))}
    assert ids == {one.record_id and one.record_id.split(":")[1] for one in wanted}
    assert {one.labels["service"] for one in records(tmp_path, write([document]))} == {"shop"}


def test_a_span_that_failed_is_not_billed_by_jaeger(tmp_path: Path) -> None:
    document = jaeger()
    document["data"] = document["data"][:1]
    document["data"][0]["spans"][0]["tags"] = [
        {"key": "gen_ai.operation.name", "type": "string", "value": "chat"},
        {"key": "gen_ai.request.model", "type": "string", "value": "m"},
        {"key": "otel.status_code", "type": "string", "value": "ERROR"},
    ]
    assert only(tmp_path, twins.lines([document])).outcome.reason == "failed"


def vertex(**usage: Any) -> dict[str, Any]:
    """A row of LiteLLM's of a call to Vertex."""
    (row,) = (one for one in twins.documents("litellm-spendlogs.json")[0] if one["request_id"] == "req-0011")
    metadata = {**row["metadata"], "usage_object": {**row["metadata"]["usage_object"], **usage}}
    return {**row, "metadata": metadata}


@pytest.mark.parametrize("name", ["trafficType", "traffic_type"])
@pytest.mark.parametrize(
    ("word", "tier"),
    [("ON_DEMAND", "standard"), ("", None), ("ON_DEMAND_PRIORITY", "priority"), ("ON_DEMAND_FLEX", "flex")],
)
def test_vertex_tells_litellm_the_tier_by_its_type_of_traffic(
    tmp_path: Path, name: str, word: str, tier: str | None
) -> None:
    row = vertex()
    beside = {**row, "metadata": {**row["metadata"], name: word}}
    for one in (vertex(**{name: word}), beside):
        assert only(tmp_path, twins.lines([one])).context.service_tier == tier


@pytest.mark.parametrize("name", ["trafficType", "traffic_type"])
def test_provisioned_throughput_that_litellm_tells_of_is_paid_already(tmp_path: Path, name: str) -> None:
    usage = only(tmp_path, twins.lines([vertex(**{name: "PROVISIONED_THROUGHPUT"})])).usage
    assert usage is not None
    assert usage.told is not None
    assert usage.told.by_subscription


COMPACTED = [
    {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500, "cache_read_input_tokens": 40},
    {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000, "cache_read_input_tokens": 50},
]


def test_iterations_that_litellm_hands_through_are_each_a_request(tmp_path: Path) -> None:
    """Its prompt holds what was cached, the iterations have it beside their input; compaction stands only there."""
    counts = {"prompt_tokens": 23_050, "completion_tokens": 1_000, "total_tokens": 24_050}
    row = vertex()
    row["metadata"]["usage_object"] = {
        **counts,
        "prompt_tokens_details": {"cached_tokens": 50},
        "iterations": COMPACTED,
    }
    usage = only(tmp_path, twins.lines([row])).usage
    assert usage is not None
    assert usage.told is not None
    assert [part.stated["input_tokens"] for part in usage.told.parts] == [180_040, 23_050]
    assert (usage.stated["input_tokens"], usage.stated["cache_read_tokens"]) == (203_090, 90)
    assert usage.stated["output_tokens"] == 4_500


def test_an_iteration_of_another_model_leaves_its_record_without_a_price_and_offers_no_flag(tmp_path: Path) -> None:
    """A fallback's or an advisor's tokens cost what that model does: to ignore them would bill too little."""
    row = vertex()
    other = {"type": "fallback_message", "model": "claude-opus-4-8", "input_tokens": 9, "output_tokens": 1}
    row["metadata"]["usage_object"]["iterations"] = [*COMPACTED, other]
    one = only(tmp_path, twins.lines([row]))
    assert one.outcome.kind is OutcomeKind.UNPRICED
    assert one.outcome.reason == (
        "iterations[2] is a fallback_message of claude-opus-4-8, which has prices of its own: "
        "give each iteration as a record of its own, with its model"
    )


@pytest.mark.parametrize(
    "name", ["service_type", "serviceType", "traffic_type", "capacity_type", "billing_type", "x.pricing_mode"]
)
def test_a_kind_of_service_that_nobody_reads_is_asked_about(name: str) -> None:
    assert may_mean_money(name, "provisioned")
    assert not may_mean_money(name, "on_demand")
    assert not may_mean_money(name, "pay-as-you-go")


@pytest.mark.parametrize("name", ["type", "run_type", "content_type", "x.type", "object", "model_version", "call_type"])
def test_the_kind_of_a_thing_means_no_money(name: str) -> None:
    assert not may_mean_money(name, "provisioned")
    assert not may_mean_money(name, 3)


def test_a_day_that_was_no_batch_rules_out_the_batch_alone(tmp_path: Path) -> None:
    """The dashboard's flag beside an empty tier: it may have been flex all the same."""
    head, row, *_ = (FOLDER / "openai-usage-dashboard.csv").read_text("utf-8").splitlines()
    silent = row.replace(",False,default,", ",False,,")
    assert silent != row
    said = only(tmp_path, f"{head}\n{silent}\n".encode()).context
    assert (said.service_tier, said.ruled_out) == (None, ("batch",))
    assert only(tmp_path, f"{head}\n{row}\n".encode()).context == context("standard")
    assert only(tmp_path, f"{head}\n{silent.replace('False', 'True')}\n".encode()).context == context("batch")


def test_a_type_of_traffic_that_is_not_known_has_no_price(tmp_path: Path) -> None:
    outcome = only(tmp_path, twins.lines([vertex(trafficType="ON_MOON")])).outcome
    assert outcome.reason == "trafficType is ON_MOON, of which it is not known how it is billed"


def test_a_field_that_is_not_understood_is_told_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(twins.lines([vertex(prompt_tokens_details={"video_calls": 7}, holo_tokens=41)]))
    with pytest.raises(LogError) as told_of:
        list(UsageFiles([usage_file(path)]).records())
    assert "metadata.usage_object.holo_tokens (such as 41)" in str(told_of.value)
    assert "metadata.usage_object.prompt_tokens_details.video_calls (such as 7)" in str(told_of.value)


def test_a_row_that_lacks_a_column_of_ones_own_table_is_told_so(tmp_path: Path) -> None:
    described = tmp_path / "map.toml"
    described.write_text('model = "m"\nat = "t"\n[counts]\ninput_tokens = "i"\noutput_tokens = "o"\n', "utf-8")
    rows = [{"m": "gpt-4o", "t": "2026-11-20", "i": 5, "o": 1}, {"m": "gpt-4o", "t": "2026-11-20", "i": 5}]
    path = tmp_path / "rows.ndjson"
    path.write_bytes(twins.lines(rows))
    files = UsageFiles([usage_file(path, own_shape(described))])
    assert [one.remark for one in files.records()] == [
        "",
        "no output tokens: the row has no column o, as your map of columns calls that; write 0 for none",
    ]


class TooLate(Exception):
    """The time is over."""


@pytest.mark.parametrize("looks", [50, 1500])
def test_reading_can_end_in_the_midst_of_one_document(tmp_path: Path, looks: int) -> None:
    children = [{**RUN, "id": f"c{number}", "prompt_tokens": 1, "completion_tokens": 1} for number in range(1000)]
    path = tmp_path / "upload"
    path.write_bytes(twins.lines([{**RUN, "run_type": "chain", "prompt_tokens": 5, "child_runs": children}]))
    asked = 0

    def each() -> None:
        nonlocal asked
        asked += 1
        if asked == looks:
            raise TooLate

    with pytest.raises(TooLate):
        list(UsageFiles([usage_file(path)], each_row=each).records())
    assert asked == looks


@pytest.mark.parametrize(
    ("name", "field", "word"),
    [
        ("openrouter-generations.ndjson", "is_byok", "1.0"),
        ("litellm-spendlogs.ndjson", "cache_hit", "1.0"),
    ],
)
def test_a_data_frames_word_for_true_is_one(tmp_path: Path, name: str, field: str, word: str) -> None:
    row = twins.documents(name)[0]
    row = {"data": {**row["data"], field: word}} if "data" in row else {**row, field: word}
    assert only(tmp_path, twins.lines([row])).outcome.kind is OutcomeKind.NOT_BILLED


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("openrouter-generations.ndjson", "is_byok"),
        ("openai-usage-dashboard.csv", "batch"),
        ("litellm-spendlogs.ndjson", "cache_hit"),
        ("cloudflare-ai-gateway.json", "cached"),
        ("anthropic-claude-code-analytics.json", "customer_type"),
        ("litellm-spendlogs.ndjson", "status"),
        ("vercel-gateway-report.json", "credential_type"),
    ],
)
def test_a_word_of_which_it_is_not_known_whether_it_is_billed_leaves_its_record_without_a_price(
    tmp_path: Path, name: str, field: str
) -> None:
    def asked(value: Any) -> Any:
        if isinstance(value, list):
            return [asked(one) for one in value]
        if isinstance(value, dict):
            return {key: "whatever" if key == field else asked(one) for key, one in value.items()}
        return value

    found = records(tmp_path, twins.lines([asked(one) for one in twins.documents(name)]))
    assert OutcomeKind.BILLED not in {one.outcome.kind for one in found}
    assert any(field in one.outcome.reason for one in found)


def bucket(**result: Any) -> dict[str, Any]:
    """A bucket of OpenAI's usage API, whose result may lack what kind it is of."""
    counts = {"input_tokens": 1000, "output_tokens": 20, "input_cached_tokens": 0, "num_model_requests": 2}
    results = [{**result, **counts, "model": "gpt-4.1-mini", "batch": False}]
    return {"object": "bucket", "start_time": 1795132800, "end_time": 1795219200, "results": results}


TOLD_KIND = bucket(object="organization.usage.completions.result")


@pytest.mark.parametrize("cover", [lambda rows: [{"data": rows}], lambda rows: rows], ids=["a page", "lines"])
@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        ([bucket()], ["UNPRICED"]),
        ([TOLD_KIND, bucket()], ["BILLED", "UNPRICED"]),
        ([bucket(), TOLD_KIND], ["UNPRICED", "BILLED"]),
        ([{**bucket(), "results": []}, bucket()], ["UNPRICED"]),
    ],
)
def test_a_result_of_openais_that_tells_no_kind_is_said(
    tmp_path: Path, rows: list[Any], kinds: list[str], cover: Any
) -> None:
    found = records(tmp_path, twins.lines(cover(rows)))
    assert [one.outcome.kind.name for one in found] == kinds
    assert all("object is not stated" in one.outcome.reason for one in found if one.usage is None)


def test_a_bucket_of_openais_whose_results_were_cut_is_said(tmp_path: Path) -> None:
    cut = {name: value for name, value in TOLD_KIND.items() if name != "results"}
    assert [one.usage is None for one in records(tmp_path, twins.lines([TOLD_KIND, cut]))] == [False, True]


def test_a_session_of_codex_without_its_id_is_said(tmp_path: Path) -> None:
    rows = twins.documents("codex-session.jsonl")
    for row in rows:
        row["payload"].pop("id", None)
    found = records(tmp_path, twins.lines(rows))
    metas = [row for row in rows if row["type"] == "session_meta"]
    assert [one.outcome.reason[:13] for one in found if one.outcome.kind is OutcomeKind.UNPRICED] == (
        ["id is missing"] * len(metas)
    )
