"""Rows of another shape in a file: joined files whose smaller part would else be passed over without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.registry import SHAPES
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.span_fields import flat
from llmpricing.services.usage_log.formats.unread import Unread

_MOST_KEPT = 8_000  # characters of the names of a row


def foreign_shape(own: Shape, fields: Mapping[str, Any]) -> Shape | None:
    """The other shape that a row is of, in which its reader found nothing; None where it tells of no usage."""
    seen, signed = _signed(own, fields)
    return next((one for one in signed if one is not own and one.likeness(seen) and _tells(one, fields)), None)


def may_be_foreign(own: Shape, fields: Mapping[str, Any]) -> bool:
    """Whether a row of the same names may be of another shape, whatever it states."""
    return any(one is not own for one in _signed(own, fields)[1])


def _signed(own: Shape, fields: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[Shape]]:
    """The row with what its attributes hold, and the shapes of which its names are a sign; none if it is of its own."""
    seen = {**fields, **flat(fields)}
    is_short = sum(len(name) for name in seen if isinstance(name, str)) <= _MOST_KEPT
    signed = (_signed_by if is_short else _signed_by.__wrapped__)(frozenset(seen))
    return seen, () if own.likeness(seen) else signed


@lru_cache(maxsize=500)  # the rows of a file have few sets of names
def _signed_by(names: frozenset[Any]) -> tuple[Shape, ...]:
    """The shapes of which these names are a sign."""
    return tuple(shape for shape in SHAPES if any(sign <= names for sign in shape.signs))


def _tells(shape: Shape, fields: Mapping[str, Any]) -> bool:
    try:
        return any(True for _ in shape.reader(None)(Row(fields, Unread())))
    except UsageError:
        return True
