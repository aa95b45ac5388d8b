"""Gemini CLI on one's own machine: the chats of its sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, plus, usage_of
from llmpricing.services.usage_log.formats.record import UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RECORD_ID, RecordReader, Shape, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels


class _Chat:
    """Reads one session, whose first line or envelope names it: an id tells messages of one session apart."""

    def __init__(self) -> None:
        self._session = ""

    def read(self, row: Row) -> Iterable[UsageRecord]:
        """The record of a message, if it is an answer."""
        self._session = row.text("sessionId") or self._session
        return each([row], self._message)

    def _message(self, row: Row) -> UsageRecord | None:
        if "type" not in row.raw and row.inner("tokens").raw:
            raise UsageError("type", "is missing: it is not known whose message it is")
        if row.text("type") != "gemini":
            return None
        at, model, tokens = row.instant("timestamp"), row.text("model"), row.inner("tokens")
        record_id = f"{self._session}:{row.text('id')}" if row.text("id") else None
        made = UsageRecord(model, at, None, "google", labels=labels(session=self._session), record_id=record_id)
        if "tokens" not in row.raw:
            return replace(made, outcome=unpriced("usage is not stated: the message has no tokens, not even none"))
        if not tokens.raw:
            return replace(made, outcome=not_billed("states no tokens"))
        usage = _usage(tokens)
        row.close()
        return replace(made, usage=usage)


def _usage(tokens: Row) -> Usage:
    """Cached tokens lie inside the input, thoughts and tool prompts beside it."""
    usage = usage_of(
        {
            "input_tokens": plus(tokens.count("input"), tokens.count("tool")),
            "cache_read_tokens": tokens.count("cached"),
            "output_tokens": tokens.count("output"),
            "output_reasoning_tokens": tokens.count("thoughts"),
        },
        INSIDE,
        reasoning=BESIDE,
        total=tokens.count("total") or None,
    )
    tokens.close_counts()
    return usage


def _chat(_found: object) -> RecordReader:
    return _Chat().read


SHAPES = (
    Shape(
        "gemini-cli-sessions",
        "Gemini CLI's sessions (~/.gemini/tmp/*/chats)",
        "one message, cached inside the input, thoughts and tools beside it",
        signs("id timestamp type tokens", "id timestamp type content", "sessionId projectHash startTime"),
        _chat,
        lambda row: not isinstance(row.get("message"), Mapping) and "traceId" not in row,
        grows=True,
        always={
            "input_tokens": ("tokens.input",),
            "output_tokens": ("tokens.output",),
            "cache_read_tokens": ("tokens.cached",),
            "output_reasoning_tokens": ("tokens.thoughts",),
            RECORD_ID: (),
        },
        of=("Gemini CLI",),
    ),
)
