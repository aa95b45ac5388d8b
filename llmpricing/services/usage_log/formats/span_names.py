"""The names under which spans state counts, times and places, by the family of their attributes."""

from __future__ import annotations

USAGE = "gen_ai.usage."
SERVED = ("openai.response.service_tier", "gen_ai.openai.response.service_tier")
# https://opentelemetry.io/docs/specs/semconv/gen-ai: the names of today before those of old, one count each; "details"
# are those of Pydantic AI (https://ai.pydantic.dev/api/usage), its own names and those that it hands through.
OTEL = {
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "cache_read_tokens": (
        *("cache_read.input_tokens", "cache_read_input_tokens", "cached_input_tokens"),
        *("details.cache_read_tokens", "details.cache_read_input_tokens", "details.cached_tokens"),
        *("details.cached_content_tokens", "cache_read_tokens", "input_cached_tokens"),
    ),
    "cache_write_tokens": (
        *("cache_creation.input_tokens", "cache_creation_input_tokens"),
        *("cache_write_tokens", "cache_write_input_tokens"),  # Pydantic AI's, and those of AWS Strands
        *("details.cache_write_tokens", "details.cache_creation_input_tokens"),
    ),
    "output_reasoning_tokens": (
        *("reasoning.output_tokens", "reasoning_tokens", "reasoning_output_tokens"),
        *("details.reasoning_tokens", "details.thinking_tokens", "details.thoughts_tokens"),
    ),
    "input_audio_tokens": ("details.input_audio_tokens",),
    "cache_audio_read_tokens": ("details.cache_audio_read_tokens",),
    "output_audio_tokens": ("details.output_audio_tokens",),
}
# What a seller calls input and output leaves out what it counts apart; predictions lie within the output, text in both.
OTEL_HARMLESS = tuple(
    f"{USAGE}details.{name}"
    for name in (
        *("input_tokens", "output_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"),
        *("text_prompt_tokens", "text_cache_tokens", "text_candidates_tokens"),
    )
)
CALLS = "llm.token_count."
# https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
OPENINFERENCE = {
    "input_tokens": "prompt",
    "output_tokens": "completion",
    "cache_read_tokens": "prompt_details.cache_read",
    "cache_write_tokens": "prompt_details.cache_write",
    "input_audio_tokens": "prompt_details.audio",
    "output_audio_tokens": "completion_details.audio",
    "output_reasoning_tokens": "completion_details.reasoning",
}
# https://ai-sdk.dev/docs/ai-sdk-core/telemetry, versions 4 to 6
AI_SDK = {
    "input_tokens": ("inputTokens", "promptTokens", "tokens"),
    "output_tokens": ("outputTokens", "completionTokens"),
    "cache_read_tokens": ("cachedInputTokens", "inputTokenDetails.cacheReadTokens"),
    "cache_write_tokens": ("inputTokenDetails.cacheWriteTokens", "cacheCreationInputTokens"),
    "output_reasoning_tokens": ("reasoningTokens", "outputTokenDetails.reasoningTokens"),
}
AI_SDK_NAMES = {
    meter: (*(f"ai.usage.{name}" for name in names), *(USAGE + name for name in OTEL[meter]))
    for meter, names in AI_SDK.items()
}
# https://code.claude.com/docs/en/monitoring-usage: the spans of Claude Code, whose counts bear the names of its events.
CLAUDE_CODE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_creation_tokens",
}
SPAN_NAME = ("name", "span_name", "spanName", "SpanName")
# What a span was reckoned to cost, in USD: OpenLIT and others, OpenInference, Logfire, OpenObserve.
COST = (f"{USAGE}cost", "llm.cost.total", "operation.cost", f"{USAGE}cost_usd", f"{USAGE}total_cost")
STARTED = (
    *("startTimeUnixNano", "start_time_unix_nano", "timestamp", "start_time", "startTime", "Timestamp"),
    "start_timestamp",  # Logfire
)
TRACE = ("traceId", "trace_id", "TraceId", "context.trace_id")
SPAN_ID = ("spanId", "span_id", "SpanId", "context.span_id")
SESSION = ("session.id", "gen_ai.conversation.id")
PARENT = ("parentSpanId", "parent_span_id", "ParentSpanId", "parent_id", "context.parent_id")
