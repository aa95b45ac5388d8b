"""A plain table of one's own, whose columns have the names by which quotes ask for usage: ``price`` reads it too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from llmpricing.services.usage_log.columns import ALSO_CALLED, LogError
from llmpricing.services.usage_log.formats.own_columns import OwnColumns, shape_of_columns
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.tool_columns import CHARGED, QUOTE_TABLE
from llmpricing.services.usage_log.formats.tool_names import by_tool_names
from llmpricing.services.usage_log.layout import AT, MODEL, ColumnRoles

_ROLES = ("provider", "service_tier", "region", "currency")
_IDS = ("request_id",)
_ANY = Shape(QUOTE_TABLE, "", "", (), lambda _: lambda _: ())


def quote_table(names: Iterable[str], now: datetime | None) -> Shape | None:
    """The shape of a table with columns of these names, also in capitals or with other signs between their words; None
    where it is no such table: it lacks a model, a count or (without a ``now``) a time, or may hold them under a name
    that quotes do not know.
    """
    try:
        given = tuple(by_tool_names(_ANY, dict.fromkeys(names, "")))
        meters = ColumnRoles().layout(given).meters
    except LogError:
        return None
    if MODEL not in given or (AT not in given and now is None):
        return None
    roles = {role: role for role in (MODEL, AT, *_ROLES) if role in given}
    for role, others in (("charged", CHARGED), ("id", _IDS)):
        if found := [name for name in others if name in given]:
            roles[role] = found[0]
    columns = OwnColumns(roles, {meter: name for name, meter in meters.items()}, now=now)
    shape = shape_of_columns(QUOTE_TABLE, "a plain table with the columns of a quote", columns)
    return replace(shape, always={meter: (meter, *_also(meter)) for meter in ("input_tokens", "output_tokens")})


def _also(meter: str) -> list[str]:
    return [name for name, called in ALSO_CALLED.items() if called == meter]
