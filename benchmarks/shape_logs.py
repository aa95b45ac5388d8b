"""Made-up logs in the shapes that tools write, with the fields that they always have, and what a peer reads of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from pyarrow import parquet

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
_MODELS = (("openai", "gpt-4.1-mini", 0.4, 0.1, 1.6), ("anthropic", "claude-haiku-4-5", 1.0, 0.1, 5.0))
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Call:
    """One made-up request; ``cached`` of its ``inputs`` came from a cache."""

    number: int
    seller: str
    model: str
    inputs: int
    cached: int
    output: int
    cost: float

    @property
    def at(self) -> str:
        """When it was made, as most tools write it."""
        moment = UNTIL - timedelta(minutes=1 + self.number % 20_000, milliseconds=self.number % 1000)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def tokens(self) -> int:
        """All of it."""
        return self.inputs + self.output


def calls(rows: int) -> Iterator[Call]:
    """So many requests, the same in every run."""
    rng = Random(3)
    for number in range(rows):
        seller, model, taken, read, made = _MODELS[number % len(_MODELS)]
        inputs, output = rng.randint(5_001, 90_000), rng.randint(101, 4_000)
        cached = rng.randint(2_001, inputs - 1_000)
        cost = ((inputs - cached) * taken + cached * read + output * made) / 1_000_000
        yield Call(number, seller, model, inputs, cached, output, cost)


def litellm(call: Call) -> dict[str, Any]:
    """A row of LiteLLM_SpendLogs with all columns of its table, without prompts."""
    details = {"cached_tokens": call.cached, "text_tokens": None, "audio_tokens": None}
    usage = {
        "completion_tokens": call.output,
        "prompt_tokens": call.inputs,
        "total_tokens": call.tokens,
        "prompt_tokens_details": details,
    }
    return {
        "request_id": f"chatcmpl-{call.number:012x}",
        "call_type": "acompletion",
        "api_key": f"hash-{call.number % 40}",
        "spend": call.cost,
        "total_tokens": call.tokens,
        "prompt_tokens": call.inputs,
        "completion_tokens": call.output,
        "startTime": call.at,
        "endTime": call.at,
        "completionStartTime": call.at,
        "model": call.model,
        "model_id": f"m{call.number % 2}",
        "model_group": call.model,
        "custom_llm_provider": call.seller,
        "api_base": "https://gateway.example.com",
        "user": f"u-{call.number % 300}",
        "metadata": {
            "status": "success",
            "user_api_key_alias": f"key-{call.number % 40}",
            "usage_object": usage,
            "model_map_information": {"model_map_key": call.model, "model_map_value": None},
            "additional_usage_values": {"cache_read_input_tokens": call.cached},
        },
        "cache_hit": "False",
        "cache_key": "Cache OFF",
        "request_tags": [],
        "team_id": f"team-{call.number % 7}",
        "end_user": "",
        "requester_ip_address": "",
        "messages": {},
        "response": {},
        "session_id": f"s-{call.number // 5}",
        "status": "success",
    }


def langfuse(call: Call) -> dict[str, Any]:
    """An observation as Langfuse's blob storage has it: the parts lie beside one another."""
    parts = {"input": call.inputs - call.cached, "input_cached_tokens": call.cached, "output": call.output}
    return {
        "id": f"obs-{call.number}",
        "trace_id": f"trace-{call.number // 5}",
        "type": "GENERATION",
        "name": "answer",
        "start_time": call.at[:-1].replace("T", " "),
        "end_time": call.at[:-1].replace("T", " "),
        "level": "DEFAULT",
        "environment": "default",
        "provided_model_name": call.model,
        "usage_details": {**parts, "total": call.tokens},
        "cost_details": {"total": call.cost},
        "total_cost": call.cost,
    }


def openrouter(call: Call) -> dict[str, Any]:
    """A row of OpenRouter's activity export."""
    return {
        "generation_id": f"gen-{call.number}",
        "created_at": call.at[:-1].replace("T", " "),
        "cost_total": f"{call.cost:.9f}",
        "cost_web_search": 0,
        "cost_cache": 0,
        "cost_file_processing": 0,
        "byok_usage_inference": 0,
        "tokens_prompt": call.inputs,
        "tokens_completion": call.output,
        "tokens_reasoning": 0,
        "tokens_cached": call.cached,
        "model_permaslug": f"{call.seller}/{call.model}",
        "provider_name": call.seller,
        "variant": "standard",
        "cancelled": "false",
        "streamed": "true",
        "user": "",
        "finish_reason_raw": "stop",
        "finish_reason_normalized": "stop",
        "generation_time_ms": 900 + call.number % 4000,
        "time_to_first_token_ms": 120 + call.number % 700,
        "app_name": "shop",
        "api_key_name": f"key-{call.number % 40}",
    }


def portkey(call: Call) -> dict[str, Any]:
    """A log of Portkey, whose counts are the seller's own answer."""
    usage = {
        "prompt_tokens": call.inputs,
        "completion_tokens": call.output,
        "total_tokens": call.tokens,
        "prompt_tokens_details": {"cached_tokens": call.cached},
    }
    return {
        "id": f"pk-{call.number}",
        "trace_id": f"tr-{call.number // 5}",
        "created_at": call.at,
        "request": {"url": "https://api.example.com/v1/chat/completions", "body": {"model": call.model}},
        "response": {"status": 200, "body": {"model": call.model, "usage": usage}},
        "is_success": True,
        "ai_org": call.seller,
        "ai_model": call.model,
        "req_units": call.inputs,
        "res_units": call.output,
        "total_units": call.tokens,
        "cost": call.cost * 100,
        "cost_currency": "USD",
        "response_time": 800 + call.number % 4000,
        "response_status_code": 200,
        "mode": "single",
        "config": None,
        "metadata": {},
    }


def otel(call: Call) -> dict[str, Any]:
    """A span by OpenTelemetry's names, its attributes beside its own fields."""
    return {
        "timestamp": call.at,
        "trace_id": f"{call.number // 5:032x}",
        "span_id": f"{call.number:016x}",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.seller,
        "gen_ai.request.model": call.model,
        "gen_ai.response.model": call.model,
        "gen_ai.usage.input_tokens": call.inputs,
        "gen_ai.usage.output_tokens": call.output,
        "gen_ai.usage.cache_read.input_tokens": call.cached,
    }


def bedrock(call: Call) -> dict[str, Any]:
    """An entry of Bedrock's invocation log: what was cached lies beside the input."""
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": call.at,
        "accountId": "111122223333",
        "identity": {"arn": f"arn:aws:sts::111122223333:assumed-role/app/i-{call.number % 40}"},
        "region": "us-east-1",
        "requestId": f"bed-{call.number}",
        "operation": "Converse",
        "modelId": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "input": {
            "inputContentType": "application/json",
            "inputTokenCount": call.inputs - call.cached,
            "cacheReadInputTokenCount": call.cached,
            "cacheWriteInputTokenCount": 0,
        },
        "output": {"outputContentType": "application/json", "outputTokenCount": call.output},
        "inferenceRegion": "us-west-2",
    }


def claude_code(call: Call) -> dict[str, Any]:
    """A message of a session of Claude Code, with as much text as a short answer has."""
    usage = {
        "input_tokens": call.inputs - call.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": call.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": call.output,
        "service_tier": "standard",
    }
    return {
        "parentUuid": f"u-{call.number - 1}",
        "isSidechain": False,
        "userType": "external",
        "cwd": "/home/dev/shop",
        "sessionId": f"s-{call.number // 200}",
        "version": "2.0.1",
        "gitBranch": "main",
        "message": {
            "id": f"msg_{call.number}",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-4-5-20251001",
            "content": [{"type": "text", "text": "word " * 200}],
            "stop_reason": None,
            "usage": usage,
        },
        "requestId": f"req_{call.number}",
        "type": "assistant",
        "uuid": f"u-{call.number}",
        "timestamp": call.at,
    }


def lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows as CSV, what is nested as JSON in a cell, as databases write it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(_packed(row))


def columns(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows as Parquet, what is nested as texts of JSON."""
    made = map(_packed, rows)
    first = pa.Table.from_pylist(list(islice(made, _AT_ONCE)))
    with parquet.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        while some := list(islice(made, _AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(some, first.schema))


def _packed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(cell) if isinstance(cell, dict | list) else cell for name, cell in row.items()}


@dataclass(frozen=True)
class ShapeLog:
    """How a log is made: a file with the ``ending``, of rows of a ``shape``; ``wanted`` are the fields that count for
    a bill, those that are ``nested`` with the names inside that do.
    """

    name: str
    shape: str
    ending: str
    row: Callable[[Call], dict[str, Any]]
    write: Callable[[Path, Iterable[Mapping[str, Any]]], None]
    wanted: tuple[str, ...]
    nested: Mapping[str, Any]


_LITELLM = (
    *("request_id", "call_type", "spend", "prompt_tokens", "completion_tokens", "startTime", "model"),
    *("custom_llm_provider", "user", "cache_hit", "team_id", "session_id", "status"),
)
_USAGE = {"prompt_tokens": int, "completion_tokens": int, "total_tokens": int}
_DETAILED = {**_USAGE, "prompt_tokens_details": {"cached_tokens": int}}
_METADATA = {"metadata": {"status": str, "user_api_key_alias": str, "usage_object": _DETAILED}}
LOGS = (
    ShapeLog("LiteLLM, CSV", "litellm-spend-logs", ".csv", litellm, table, _LITELLM, _METADATA),
    ShapeLog("LiteLLM, Parquet", "litellm-spend-logs", ".parquet", litellm, columns, _LITELLM, _METADATA),
    ShapeLog("LiteLLM, JSON lines", "litellm-spend-logs", ".ndjson", litellm, lines, _LITELLM, _METADATA),
    ShapeLog(
        "Langfuse, JSON lines",
        "langfuse",
        ".jsonl",
        langfuse,
        lines,
        ("id", "trace_id", "type", "start_time", "provided_model_name", "total_cost"),
        {"usage_details": {"input": int, "input_cached_tokens": int, "output": int, "total": int}},
    ),
    ShapeLog(
        "OpenRouter's activity, CSV",
        "openrouter-activity",
        ".csv",
        openrouter,
        table,
        (
            *("generation_id", "created_at", "cost_total", "cost_web_search", "cost_file_processing"),
            *("byok_usage_inference", "tokens_prompt", "tokens_completion", "tokens_reasoning", "tokens_cached"),
            *("model_permaslug", "variant", "user", "app_name", "api_key_name"),
        ),
        {},
    ),
    ShapeLog(
        "Portkey, JSON lines",
        "portkey",
        ".jsonl",
        portkey,
        lines,
        ("id", "trace_id", "created_at", "is_success", "ai_org", "ai_model", "cost", "response_status_code"),
        {"response": {"body": {"model": str, "usage": _DETAILED}}},
    ),
    ShapeLog("OpenTelemetry spans, JSON lines", "otel-spans", ".ndjson", otel, lines, tuple(otel(next(calls(1)))), {}),
    ShapeLog(
        "Bedrock's invocation log, JSON lines",
        "bedrock-invocation-log",
        ".ndjson",
        bedrock,
        lines,
        ("timestamp", "accountId", "region", "requestId", "modelId"),
        {
            "identity": {"arn": str},
            "input": {"inputTokenCount": int, "cacheReadInputTokenCount": int, "cacheWriteInputTokenCount": int},
            "output": {"outputTokenCount": int},
        },
    ),
    ShapeLog(
        "Claude Code's sessions, JSON lines",
        "claude-code-sessions",
        ".jsonl",
        claude_code,
        lines,
        ("timestamp", "cwd", "sessionId", "gitBranch", "isSidechain", "requestId", "type"),
        {
            "message": {
                "id": str,
                "model": str,
                "usage": {
                    "input_tokens": int,
                    "cache_creation_input_tokens": int,
                    "cache_read_input_tokens": int,
                    "output_tokens": int,
                },
            }
        },
    ),
)
