"""What is written of audited records in columns, right ones or such of which nothing was logged: the cells of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.mistakes.causes import NOT_LOGGED
from llmpricing.services.usage_log import cost_columns
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns
from llmpricing.services.usage_log.priced_columns import PricedColumns
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.vectors import distinct
from llmpricing.services.usage_log.write.records import warnings_of

_OF_RECORD: dict[str, Callable[[UsageRecord], str | None]] = {
    "provider": lambda one: one.provider,
    "model": lambda one: one.model or None,
    "service_tier": lambda one: one.context.service_tier,
    "region": lambda one: one.context.region,
    "charged_currency": lambda one: one.currency,
    "outcome": lambda one: one.outcome.kind.value,
    "reason": lambda one: one.outcome.reason or None,
}
_OF_ANSWER: dict[str, Callable[[RowAnswer], str | None]] = {
    "currency": lambda one: one.currency,
    "state": lambda one: one.state or "free",
    "offering": lambda one: one.offering or None,
    "price_ids": lambda one: one.price_ids or None,
}
_NEVER = ("span_seconds", "causes", "detail")  # right records of single requests have none
_ENCODER = msgspec.json.Encoder()


def right_cells(columns: PricedColumns, rows: Numbers) -> pa.Table:
    """The cells of these priced rows, by the names of the columns that an audit writes; each is charged in USD, priced,
    and right.
    """
    found, own = columns.columns, columns.rows[rows]
    charged = [one for row in own.tolist() if (one := found.charged[row]) is not None]
    units = columns.priced.units[rows]
    logged = _texts(map(to_text, charged))
    differences = (WIDE.subtract(one, money(other)) for one, other in zip(charged, units.tolist(), strict=True))
    of_charge = {"charged": logged, "logged_usd": logged, "difference_usd": _texts(map(to_text, differences))}
    return _cells(columns, rows, of_charge)


def unlogged_cells(columns: PricedColumns, rows: Numbers) -> pa.Table:
    """The same of rows that state no charge."""
    units = columns.priced.units[rows]
    nothing = pa.nulls(len(rows), pa.string())
    of_charge = dict.fromkeys(("charged", "charged_currency", "logged_usd"), nothing)
    differences = _texts(to_text(WIDE.minus(money(one))) for one in units.tolist())
    causes = _texts(NOT_LOGGED if one else None for one in units.tolist())
    return _cells(columns, rows, {**of_charge, "difference_usd": differences, "causes": causes})


def _cells(columns: PricedColumns, rows: Numbers, of_charge: Mapping[str, pa.Array]) -> pa.Table:
    found, own = columns.columns, columns.rows[rows]
    which, answer = columns.which[rows], columns.priced.which[rows]
    heads, cost = [head.record for head in found.heads], cost_columns.texts(columns.priced.units[rows], {})
    return pa.table(
        {
            **{name: _taken(map(text, heads), which) for name, text in _OF_RECORD.items()},
            **{name: _taken(map(text, columns.priced.answers), answer) for name, text in _OF_ANSWER.items()},
            **dict.fromkeys(_NEVER, pa.nulls(len(rows), pa.string())),
            "warnings": _warnings(heads, columns.priced.answers, which, answer),
            "at": _texts(one.isoformat() for one in found.moments(own)),
            "usage": _usage(found, own),
            "record_id": _texts(found.ids[row] for row in own.tolist()),
            "labels": _texts(_labels(found, own.tolist())),
            "cost": cost,
            "cost_usd": cost,
            **of_charge,
        }
    )


def _texts(texts: Iterable[str | None]) -> pa.Array:
    return pa.array(list(texts), pa.string())


def _taken(texts: Iterable[str | None], which: Numbers) -> pa.Array:
    return _texts(texts).take(pa.array(which))


def _warnings(heads: Sequence[UsageRecord], answers: Sequence[RowAnswer], which: Numbers, answer: Numbers) -> pa.Array:
    """The codes of each row, of its answer and of its head."""
    places, pairs, _ = distinct(which * len(answers) + answer)
    found = (divmod(pair, len(answers)) for pair in pairs.tolist())
    return _taken([warnings_of(heads[head], answers[one]) for head, one in found], places)


def _usage(columns: RecordColumns, rows: Numbers) -> pa.Array:
    """The counts of each row as JSON, in the order of its head."""
    which = columns.which[rows]
    order, parts = [np.zeros(0, np.int64)], [_texts([])]
    for number in np.unique(which).tolist():
        places = np.flatnonzero(which == number)
        order.append(places)
        parts.append(_json_of_counts(columns, columns.heads[number].meters, rows[places]))
    return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order))))


def _json_of_counts(columns: RecordColumns, meters: Sequence[str], rows: Numbers) -> pa.Array:
    if not meters:
        return pa.nulls(len(rows), pa.string())
    parts: list[pa.Array | str] = []
    for place, meter in enumerate(meters):
        parts += [f'{"," if place else "{"}"{meter}":', pa.array(columns.counts[meter][rows]).cast(pa.string())]
    return compute.binary_join_element_wise(*parts, "}", "")


def _labels(columns: RecordColumns, rows: Sequence[int]) -> Iterator[str | None]:
    own, names = [head.record.labels for head in columns.heads], list(columns.labels)
    known: dict[tuple[Any, ...], str | None] = {}
    varying = ([texts[row] for row in rows] for texts in columns.labels.values())
    for key in zip(columns.which[rows].tolist(), *varying, strict=True):
        if key not in known:
            labels = {**own[key[0]]} | {name: text for name, text in zip(names, key[1:], strict=True) if text}
            known[key] = _ENCODER.encode(labels).decode() if labels else None
        yield known[key]
