"""Codex on one's own machine: the rollouts of its sessions. What is billed is each request's own count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.record import REPEATED, UsageRecord, not_billed, unpriced
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RECORD_ID, RecordReader, Shape, each, signs
from llmpricing.services.usage_log.formats.told_usage import labels, provider_usage, stated

_RECORD = "token_usage_record"
_COUNTED = ("total_tokens", "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
# Names of model_provider that are no seller's: the models run on one's own machine.
_OWN_MACHINE = frozenset({"oss", "ollama", "ollama-chat", "lmstudio", "lm-studio", "lm_studio", "llama.cpp"})
_IN_ONE_GO = timedelta(milliseconds=500)  # between lines that were copied; a model takes longer to answer
_SELLERS = {"azure": "azure", "openrouter": "openrouter"}


def _has_records(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the file is of the newer kind, in which these records alone count and events repeat them."""
    return any(row.get("type") == _RECORD for row in rows)


class _Session:
    """Reads rollouts in order: their turns name the model, and what their totals have counted so far tells repeats.

    A forked session, also that of a subagent, begins with the lines of the one it was made from, stamped anew: all at
    once, no line a wait for a model behind the one before. They are billed where that session's own file tells them.
    Copies with their own times are known by what they count together: the ``_origin`` is the oldest session whose lines
    stand in the file.
    """

    def __init__(self, has_records: bool) -> None:
        self._has_records = has_records
        self._begin("")

    def _begin(self, session: str, told: Row | None = None) -> None:
        self._session = self._origin = session
        self._project, self._seller = (told.text("cwd"), told.text("model_provider").lower()) if told else ("", "")
        self._older: set[str] = set()
        self._model = ""
        self._counted = -1
        self._copied_at: datetime | None = None  # of the last line of those that were written in one go

    def read(self, row: Row) -> Iterable[UsageRecord]:
        """The record of a line, if it is one."""
        return each([row], self._read)

    def _read(self, row: Row) -> UsageRecord | None:
        kind, payload, is_copied = row.text("type"), row.inner("payload"), self._is_copied(row)
        if kind == "session_meta":
            self._meet(row, payload)
        elif kind == "turn_context":
            self._model = payload.text("model") or self._model
        elif kind == _RECORD:
            return self._copy(row) if is_copied else self._record(row, payload)
        elif kind == "event_msg" and payload.text("type") == "token_count":
            if "info" not in payload.raw:
                raise UsageError("info", "is missing: the event does not say what was used")
            found = self._event(row, payload.inner("info"))
            return self._copy(row) if found and is_copied else found
        return None

    def _meet(self, row: Row, payload: Row) -> None:
        """The session that begins here, or one before it of which it is told: that which its lines were taken from."""
        session, before = payload.text("id"), _before(payload)
        if not session:
            if self._counted < 0:
                self._begin("", payload)
            raise UsageError("id", "is missing: what this session repeats of another is not known, get the file anew")
        if not self._session or (self._counted >= 0 and session not in {self._session, *self._older}):
            self._begin(session, payload)
            self._copied_at = row.instant("timestamp")
        elif session != self._session:
            self._origin = session
        if before:
            self._older.add(before)
            self._origin = before

    def _is_copied(self, row: Row) -> bool:
        """Whether the line was written in one go with the beginning of a session that is forked."""
        if self._copied_at is not None:
            at = row.instant("timestamp")
            self._copied_at = at if timedelta(0) <= at - self._copied_at <= _IN_ONE_GO else None
        return self._copied_at is not None and self._origin != self._session

    def _copy(self, row: Row) -> UsageRecord:
        return UsageRecord(self._model, row.instant("timestamp"), outcome=REPEATED)

    def _record(self, row: Row, payload: Row) -> UsageRecord:
        response = payload.text("response_id")
        record_id = f"{payload.text('session_id') or self._session}:{response}" if response else None
        return self._billed(row, payload.inner("usage"), record_id, payload.text("model"))

    def _event(self, row: Row, info: Row) -> UsageRecord | None:
        if not info.raw:
            return None
        total, last = info.inner("total_token_usage"), info.inner("last_token_usage")
        counted = int(
            total.count("total_tokens") or (total.count("input_tokens") or 0) + (total.count("output_tokens") or 0)
        )
        is_new, self._counted = counted > self._counted, max(counted, self._counted)
        if self._has_records or (total.raw and not is_new):
            return self._copy(row)
        if not last.raw:
            raise UsageError("last_token_usage", "is missing, and the totals hold what other files told")
        return self._billed(row, last, self._id_of(row, total))

    def _id_of(self, row: Row, total: Row) -> str | None:
        """What tells an event wherever it is copied to; by its time where the file names no session."""
        if not total.raw:
            return None
        counts = ":".join(f"{total.raw.get(name)}" for name in _COUNTED)
        return f"{self._origin or row.text('timestamp')}:{counts}"

    def _billed(self, row: Row, usage: Row, record_id: str | None, model: str = "") -> UsageRecord:
        at, model = row.instant("timestamp"), model or self._model
        facts = labels(session=self._session, project=self._project)
        if not model:
            reason = unpriced("no turn before it names a model")
            return UsageRecord("", at, labels=facts, record_id=record_id, outcome=reason)
        if self._seller in _OWN_MACHINE:
            reason = not_billed(f"answered by a model on one's own machine ({self._seller})")
            return UsageRecord(model, at, labels=facts, record_id=record_id, outcome=reason)
        found, where = stated(provider_usage(usage, "codex"))
        seller = _SELLERS.get(self._seller)
        return UsageRecord(model, at, found, seller, None, where, labels=facts, record_id=record_id)


def _before(payload: Row) -> str:
    """The session from whose lines this one begins, empty where it tells of none."""
    spawned = payload.inner("source").inner("subagent").inner("thread_spawn")
    return payload.text("forked_from_id") or spawned.text("parent_thread_id")


def _session(found: object) -> RecordReader:
    return _Session(bool(found)).read


SHAPES = (
    Shape(
        "codex-sessions",
        "Codex's sessions (~/.codex/sessions)",
        "one request by its own count, cached inside the input",
        signs("timestamp type payload"),
        _session,
        lambda row: isinstance(row.get("payload"), Mapping),
        scan=_has_records,
        grows=True,
        always={
            "input_tokens": ("last_token_usage.input_tokens", "payload.usage.input_tokens"),
            "output_tokens": ("last_token_usage.output_tokens", "payload.usage.output_tokens"),
            "cache_read_tokens": ("last_token_usage.cached_input_tokens", "payload.usage.cached_input_tokens"),
            RECORD_ID: (),
        },
        of=("Codex",),
    ),
)
