"""All shapes that are known, and which of them a file is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from llmpricing.services.usage_log.formats import (
    agent_events,
    anthropic,
    aws_bill,
    azure,
    batch_results,
    bedrock_log,
    ccusage_codex,
    claude_code,
    claude_code_analytics,
    cloudflare,
    codex,
    gateways,
    gcp,
    gemini_cli,
    langsmith,
    litellm,
    litellm_reports,
    observability,
    openai,
    opencode,
    openrouter_days,
    otlp,
    portkey,
    span_exports,
    span_shapes,
)
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.span_fields import flat
from llmpricing.services.usage_log.formats.tool_names import likeness_by_names

SHAPES: tuple[Shape, ...] = (
    *litellm.SHAPES,
    *litellm_reports.SHAPES,
    *openai.SHAPES,
    *anthropic.SHAPES,
    *claude_code_analytics.SHAPES,
    *claude_code.SHAPES,
    *codex.SHAPES,
    *ccusage_codex.SHAPES,
    *opencode.SHAPES,
    *gemini_cli.SHAPES,
    *span_shapes.SHAPES,
    *span_exports.SHAPES,
    *agent_events.SHAPES,
    *otlp.SHAPES,
    *observability.SHAPES,
    *langsmith.SHAPES,
    *gateways.SHAPES,
    *openrouter_days.SHAPES,
    *portkey.SHAPES,
    *cloudflare.SHAPES,
    *batch_results.SHAPES,
    *bedrock_log.SHAPES,
    *aws_bill.SHAPES,
    *azure.SHAPES,
    *gcp.SHAPES,
)
BY_NAME: Mapping[str, Shape] = {shape.name: shape for shape in SHAPES}
SAMPLE = 200  # rows at the beginning of a file that tell its shape


def recognised(rows: Iterable[Mapping[str, Any]]) -> Shape | None:
    """The shape that most of these rows are of, by the more keys where several are, as their names are written or, if
    none is like that, by the names of its tool; None where none is.
    """
    rows = list(rows)
    return _most_like([{**row, **flat(row)} for row in rows], Shape.likeness) or _most_like(rows, likeness_by_names)


def _most_like(
    rows: Iterable[Mapping[str, Any]], likeness_of: Callable[[Shape, Mapping[str, Any]], int]
) -> Shape | None:
    liked: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for row in rows:
        for shape in SHAPES:
            if likeness := likeness_of(shape, row):
                liked[shape.name] += 1
                keys[shape.name] = max(keys[shape.name], likeness)
    found = max(SHAPES, key=lambda shape: (liked[shape.name], keys[shape.name]))
    return found if liked[found.name] else None
