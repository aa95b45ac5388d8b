"""Records without the names of people, teams and keys: each replaced by a keyed hash, whose key nobody keeps."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import replace

from llmpricing.services.usage_log.audit.groups import USED_AT
from llmpricing.services.usage_log.audit.public_names import PublicNames
from llmpricing.services.usage_log.formats.record import UsageRecord, not_of_usage
from llmpricing.services.usage_log.formats.record_columns import RecordChange, RecordColumns
from llmpricing.services.usage_log.pricer import LogPricer

_DIGITS = 12


def hashing() -> Callable[[str], str]:
    """What hashes texts by a new key that nobody keeps: the same text becomes the same hash, in this run only."""
    key = secrets.token_bytes(32)
    return lambda text: hashlib.blake2b(text.encode(errors="replace"), key=key, digest_size=_DIGITS // 2).hexdigest()


def hiding() -> Callable[[str], str]:
    """What hides names of models that the price book does not know: they are whatever words an invoice has."""
    hashed = hashing()
    return lambda name: f"unknown model {hashed(name)}" if name else ""


# Where reasons and remarks repeat what the file says: to the last sign that may end it, for the file's own words may
# hold any sign.
_TOLD = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?<=[\s(])(?:'.*'|\".*\")",
        r"(?<=not understood: ).+",
        r"(?<=failed \()(?!status \d+\)).*(?=\))",
        r"(?<=\bis )(?!not ).+(?=, (?:of which|a kind|not a (?:whole )?(?:number|count)))",
        r"(?<=its unit is ).+(?=, not tokens)",
        r"(?<=on one's own machine \().*(?=\))",
    )
)


def without_told(text: str) -> str:
    """A reason or a remark without what it repeats of the file."""
    for pattern in _TOLD:
        text = pattern.sub("...", text)
    return text


def redaction(pricer: LogPricer) -> RecordChange:
    """What takes the labels and ids out of records, the owners out of names of models, and the file's own words out of
    what is said of them.
    """
    hashed = hashing()
    names = PublicNames(pricer, hashed)

    def of_record(record: UsageRecord) -> UsageRecord:
        labels = {name: text if name == USED_AT else hashed(text) for name, text in record.labels.items()}
        own = record.record_id and hashed(record.record_id)
        beside, outcome, usage = record.outcome.beside, record.outcome, record.usage
        model, provider = names.of(record)
        return replace(
            record,
            model=model,
            provider=provider,
            labels=labels,
            record_id=own,
            context=record.context._replace(service_tier=names.tier(record, record.context.service_tier)),
            usage=usage and usage._replace(service_tier=names.tier(record, usage.service_tier)),
            charged_as=beside,
            outcome=not_of_usage(beside) if beside else outcome._replace(reason=without_told(outcome.reason)),
            remark=without_told(record.remark),
            credited=tuple(("credit", part) for _, part in record.credited),
        )

    def of_columns(columns: RecordColumns) -> RecordColumns:
        return replace(
            columns,
            heads=[replace(head, record=of_record(head.record)) for head in columns.heads],
            ids=[one and hashed(one) for one in columns.ids],
            labels={
                name: texts if name == USED_AT else [text and hashed(text) for text in texts]
                for name, texts in columns.labels.items()
            },
        )

    return RecordChange(of_record, of_columns)
