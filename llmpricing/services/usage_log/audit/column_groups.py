"""By what records in columns are told apart: the same values as of each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from llmpricing.domain.times import EPOCH
from llmpricing.services.usage_log.audit.groups import LABELS, NOT_STATED, USED_AT, label_of
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.priced_columns import PricedColumns
from llmpricing.services.usage_log.times import DAY
from llmpricing.services.usage_log.vectors import combined, distinct

_Coded = tuple[Numbers, list[str]]


def key_codes(columns: PricedColumns, rows: Numbers, ways: Sequence[str]) -> tuple[Numbers, list[tuple[str, ...]]]:
    """Which of the keys each of these priced rows has: its value by each of the ways."""
    coded = [_coded(columns, rows, way) for way in ways]
    places, _, first = distinct(combined([(codes, max(len(texts), 1)) for codes, texts in coded]))
    keys = [tuple(texts[codes[row]] or NOT_STATED for codes, texts in coded) for row in first.tolist()]
    return places, keys


def _coded(columns: PricedColumns, rows: Numbers, way: str) -> _Coded:
    """A number for each row, and the text of each number."""
    if way in ("day", "month") and USED_AT in columns.columns.labels:
        codes, texts = _of_labels(columns, rows, [USED_AT])
        return codes, [text[: 10 if way == "day" else 7] for text in texts]
    if way in ("day", "month"):
        codes, days, _ = distinct(columns.at[rows] // DAY)
        texts = [(EPOCH + timedelta(days=day)).isoformat()[:10] for day in days.tolist()]
        return codes, [text[:7] for text in texts] if way == "month" else texts
    if way in ("model", "provider"):
        return _of_offering(columns, rows, way)
    if set(LABELS[way]) & columns.columns.labels.keys():
        return _of_labels(columns, rows, LABELS[way])
    return columns.which[rows], [label_of(head.record, way) for head in columns.columns.heads]


def _of_offering(columns: PricedColumns, rows: Numbers, way: str) -> _Coded:
    heads, answers = columns.columns.heads, columns.priced.answers
    codes, pairs, _ = distinct(columns.which[rows] * len(answers) + columns.priced.which[rows])
    texts = []
    for head, answer in (divmod(pair, len(answers)) for pair in pairs.tolist()):
        offering, record = answers[answer].offering, heads[head].record
        texts.append(
            offering or record.model if way == "model" else offering.partition("/")[0] or record.provider or ""
        )
    return codes, texts


def _of_labels(columns: PricedColumns, rows: Numbers, names: Sequence[str]) -> _Coded:
    """By the first of these labels that a record has, which may differ from one to the next."""
    found: list[str | None] = [None] * len(rows)
    heads = [head.record.labels for head in columns.columns.heads]
    which, places = columns.which[rows].tolist(), columns.rows[rows].tolist()
    for name in names:
        varying = columns.columns.labels.get(name)
        for row, text in enumerate(found):
            if text is None:
                own = varying[places[row]] if varying is not None else None
                found[row] = own or heads[which[row]].get(name)
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(text or "", len(known)) for text in found], np.int64)
    return codes, list(known)
