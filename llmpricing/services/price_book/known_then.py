"""What of the price book's tables was known at a time: no row that was learnt later, and each as it was believed then.

Rows on the recorded clock say by themselves since when they were known; what they refer to (sellers, models, sources,
schedules) is known since the first of them. Names of sellers and models and the trust ranks of sources have no history:
they are those of now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, case, exists, func, or_, select

from llmpricing.models import Base

# What each list says now, who waits for a person, and lists as they came: of these only the newest are kept.
OF_NOW = ("newest_observation", "source_failure", "review", "kept_list")
_OFFERING, _PAST = Base.metadata.tables["offering"], Base.metadata.tables["offering_past"]
_SINCE = {"source_fetch": "fetched_at", "offering_past": "until", "offering": "created_at"}
# By table the columns of others by which rows of it are known, and of which tables.
_KNOWN_BY = {
    "provider": (("id", "offering", "provider_id"), ("id", "provider_description", "provider_id")),
    "model": (("id", "offering", "model_id"), ("id", "score", "model_id")),
    "source": (("id", "source_fetch", "source_id"), ("id", "price", "source_id"), ("id", "other_price", "source_id")),
    "schedule": (("key", "price", "schedule_key"),),
}


def known_then(table: Table, columns: Iterable[Column[Any]], at: datetime) -> list[ColumnElement[Any]]:
    """These columns of a table as they were believed at a time."""
    if table.name == "offering":
        return [_as_offered(column, at) for column in columns]
    return [_as_believed(column, at) for column in columns]


def only_known(query: Select[Any], table: Table, at: datetime) -> Select[Any]:
    """The query of a table's rows, of those alone that were known at a time."""
    if (known := _is_known(table, at)) is not None:
        query = query.where(known)
    if table.name != "offering":
        return query
    later = select(func.min(_PAST.c.until)).where(_PAST.c.offering_id == _OFFERING.c.id, _PAST.c.until > at)
    until = later.correlate(_OFFERING).scalar_subquery()
    return query.outerjoin(_PAST, (_PAST.c.offering_id == _OFFERING.c.id) & (_PAST.c.until == until))


def _is_known(table: Table, at: datetime) -> ColumnElement[bool] | None:
    """Whether a row was known; None where all were."""
    if "recorded" in table.c or table.name in _SINCE:
        return _since(table) <= at
    found = []
    for own, name, theirs in _KNOWN_BY.get(table.name, ()):
        other = Base.metadata.tables[name]
        found.append(exists().where(table.c[own] == other.c[theirs], _since(other) <= at))
    if table.name == "schedule":  # an other price names it in its condition
        other = Base.metadata.tables["other_price"]
        found.append(exists().where(func.strpos(other.c.condition_key, table.c.key) > 0, _since(other) <= at))
    return or_(*found) if found else None


def _since(table: Table) -> ColumnElement[datetime]:
    """Since when a row is known."""
    return table.c[_SINCE[table.name]] if table.name in _SINCE else func.lower(table.c.recorded)


def _as_believed(column: Column[Any], at: datetime) -> ColumnElement[Any]:
    if column.name == "recorded":
        until = func.upper(column)
        return func.tstzrange(func.lower(column), case((until <= at, until)))
    return case((column <= at, column)) if column.name == "undone_at" else column


def _as_offered(column: Column[Any], at: datetime) -> ColumnElement[Any]:
    """A fact of an offering: that of the first row of its past that ends later, else its own."""
    if column.name == "updated_at":
        before = select(func.max(_PAST.c.until)).where(_PAST.c.offering_id == _OFFERING.c.id, _PAST.c.until <= at)
        return func.coalesce(before.correlate(_OFFERING).scalar_subquery(), _OFFERING.c.created_at)
    if column.name not in _PAST.c:
        return column
    return case((_PAST.c.until.is_not(None), _PAST.c[column.name]), else_=column)
