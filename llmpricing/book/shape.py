"""What a book holds: tables named and columned as those of the database, so that both give the same rows.

Left out is what only decisions and imports need: older observations, who decided and why, pins, the audit log, and
what each source says of an offering besides the facts that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

FORMAT = 7  # raise it with every change of SHAPE or of how a kind lies in the file


class Kind(StrEnum):
    """What a column holds. A time is UTC; a span is two times, NAME_from and NAME_until, open where there is none."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    WORD = "word"  # text of which few differ
    TIME = "time"
    DATE = "date"
    DECIMAL = "decimal"
    SPAN = "span"
    JSON = "json"
    TEXTS = "texts"
    INTEGERS = "integers"
    DATES = "dates"
    BYTES = "bytes"


ColumnKinds = Mapping[str, Kind]
PARTS = {Kind.DECIMAL: ("", "_scale"), Kind.SPAN: ("_from", "_until")}  # of the kinds that lie in two columns
# A decimal is an integer and its scale, which keeps 2.50 apart from 2.5: numbers of price lists have 60 digits at most.
DIGITS = 76


class BookSpan(NamedTuple):
    """From when on and until when, exclusive; None is open."""

    lower: datetime | None
    upper: datetime | None

    def __contains__(self, at: object) -> bool:
        if not isinstance(at, datetime):
            return False
        return (self.lower is None or self.lower <= at) and (self.upper is None or at < self.upper)


_RECORDED = {"recorded": Kind.SPAN}
_ON_BOTH_CLOCKS = {"valid": Kind.SPAN, **_RECORDED}
_FACTS = {
    "name": Kind.TEXT,
    "lab": Kind.WORD,
    "mode": Kind.WORD,
    "status": Kind.WORD,
    "region": Kind.WORD,
    "context_window": Kind.INTEGER,
    "max_output_tokens": Kind.INTEGER,
    "capabilities": Kind.TEXTS,
    "input_modalities": Kind.TEXTS,
    "output_modalities": Kind.TEXTS,
    "deprecated_on": Kind.DATE,
    "released_on": Kind.DATE,
    "knowledge_cutoff": Kind.WORD,
    "stated_abilities": Kind.WORD,
}
_ASKED = {
    "meter": Kind.WORD,
    "condition_key": Kind.WORD,
    "state": Kind.WORD,
    "amount": Kind.DECIMAL,
    "currency": Kind.WORD,
    "per_quantity": Kind.INTEGER,
    "minimum_quantity": Kind.DECIMAL,
    "basis": Kind.WORD,
    "bracket_from": Kind.TIME,
    "source_id": Kind.INTEGER,
    "observed_at": Kind.TIME,
    "first_seen": Kind.TIME,
    "superseded_at": Kind.TIME,
    "known_from": Kind.TIME,
    "source_url": Kind.WORD,
    **_ON_BOTH_CLOCKS,
}

# By table its columns; rows are in order of the first, then of the second, then of the table's key.
SHAPE: Mapping[str, ColumnKinds] = {
    "catalogue": {"id": Kind.INTEGER, "evidence_grace_days": Kind.INTEGER},
    "provider": {"id": Kind.INTEGER, "slug": Kind.TEXT, "name": Kind.TEXT, "pricing_urls": Kind.TEXTS},
    "provider_description": {
        "provider_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "source_id": Kind.INTEGER,
        "api_pattern": Kind.TEXT,
        "provider_match": Kind.JSON,
        "model_match": Kind.JSON,
        "fallback_providers": Kind.TEXTS,
        **_RECORDED,
    },
    "model": {"id": Kind.INTEGER, "slug": Kind.TEXT, "name": Kind.TEXT, "lab": Kind.WORD},
    "score": {
        "model_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "benchmark": Kind.WORD,
        "score": Kind.DECIMAL,
        "measured_on": Kind.DATE,
        "source_url": Kind.WORD,
        "note": Kind.WORD,
        **_RECORDED,
    },
    "offering": {
        "id": Kind.INTEGER,
        "slug": Kind.TEXT,
        "provider_id": Kind.INTEGER,
        "api_id": Kind.TEXT,
        "model_id": Kind.INTEGER,
        **_FACTS,
        "created_at": Kind.TIME,
        "updated_at": Kind.TIME,
    },
    "offering_past": {"offering_id": Kind.INTEGER, "until": Kind.TIME, **_FACTS},
    "offering_alias": {
        "offering_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "namespace": Kind.WORD,
        "alias": Kind.TEXT,
        "source_id": Kind.INTEGER,
        **_ON_BOTH_CLOCKS,
    },
    "match_rule": {
        "offering_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "source_id": Kind.INTEGER,
        "position": Kind.INTEGER,
        "clause": Kind.JSON,
        **_RECORDED,
    },
    "schedule": {
        "key": Kind.TEXT,
        "time_zone": Kind.TEXT,
        "weekdays": Kind.INTEGERS,
        "windows": Kind.JSON,
        "holidays": Kind.DATES,
    },
    "price": {
        "offering_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "service_tier": Kind.WORD,
        "region": Kind.WORD,
        "step_above": Kind.INTEGER,
        "step_inclusive": Kind.BOOLEAN,
        "step_marginal": Kind.BOOLEAN,
        "schedule_key": Kind.WORD,
        "extra": Kind.JSON,
        "fresh_from": Kind.TIME,
        "fresh_until": Kind.TIME,
        **_ASKED,
    },
    "other_price": {"offering_id": Kind.INTEGER, "id": Kind.INTEGER, "reason": Kind.WORD, **_ASKED},
    "source": {
        "id": Kind.INTEGER,
        "slug": Kind.TEXT,
        "name": Kind.TEXT,
        "url": Kind.TEXT,
        "licence": Kind.TEXT,
        "trust_rank": Kind.INTEGER,
        "states_dates": Kind.BOOLEAN,
    },
    "source_fetch": {
        "source_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "fetched_at": Kind.TIME,
        "published_at": Kind.TIME,
        "origin": Kind.TEXT,
        "sha256": Kind.TEXT,
        "outcome": Kind.WORD,
        "counts": Kind.JSON,
        "unknown_keys": Kind.JSON,
        "problems": Kind.JSON,
        "undone_at": Kind.TIME,
    },
    "source_failure": {"source_id": Kind.INTEGER, "since": Kind.TIME, "reason": Kind.TEXT},
    "newest_observation": {
        "offering_id": Kind.INTEGER,
        "source_id": Kind.INTEGER,
        "component": Kind.WORD,
        "segment": Kind.INTEGER,
        "time": Kind.TIME,
        "state": Kind.WORD,
        "value": Kind.DECIMAL,
        "currency": Kind.WORD,
        "per_quantity": Kind.INTEGER,
        "stated_from": Kind.TIME,
        "stated_until": Kind.TIME,
        "basis": Kind.WORD,
        "first_seen": Kind.TIME,
        "left_out_at": Kind.TIME,
    },
    "review": {
        "offering_id": Kind.INTEGER,
        "id": Kind.INTEGER,
        "component": Kind.TEXT,
        "source_id": Kind.INTEGER,
        "time": Kind.TIME,
        "closed_at": Kind.TIME,
        "outcome": Kind.WORD,
    },
    "kept_list": {"source_id": Kind.INTEGER, "sha256": Kind.TEXT, "data": Kind.BYTES},
    "own_rate": {
        "id": Kind.INTEGER,
        "provider": Kind.WORD,
        "api_id_glob": Kind.TEXT,
        "discount": Kind.DECIMAL,
        "meter": Kind.WORD,
        "amount": Kind.DECIMAL,
        "currency": Kind.WORD,
        "per_quantity": Kind.INTEGER,
        "note": Kind.TEXT,
        **_ON_BOTH_CLOCKS,
    },
    "exchange_rate": {
        "id": Kind.INTEGER,
        "currency": Kind.WORD,
        "usd": Kind.DECIMAL,
        "source": Kind.TEXT,
        **_ON_BOTH_CLOCKS,
    },
}
