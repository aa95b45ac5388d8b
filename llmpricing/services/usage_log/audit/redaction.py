"""Records without the names of people, teams and keys: each replaced by a keyed hash, whose key nobody keeps."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

from llmpricing.services.usage_log.audit.groups import USED_AT
from llmpricing.services.usage_log.formats.record import UsageRecord

_DIGITS = 12


def redaction() -> Callable[[UsageRecord], UsageRecord]:
    """What takes the labels and ids out of a record: the same one always becomes the same hash, in this run only."""
    key = secrets.token_bytes(32)

    def hashed(text: str) -> str:
        return hashlib.blake2b(text.encode(errors="replace"), key=key, digest_size=_DIGITS // 2).hexdigest()

    def applied(record: UsageRecord) -> UsageRecord:
        labels = {name: text if name == USED_AT else hashed(text) for name, text in record.labels.items()}
        return replace(record, labels=labels, record_id=record.record_id and hashed(record.record_id))

    return applied
