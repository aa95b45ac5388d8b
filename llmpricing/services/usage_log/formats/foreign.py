"""Rows of another shape in a file: joined files whose smaller part would else be passed over without a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats import spans
from llmpricing.services.usage_log.formats.registry import SHAPES
from llmpricing.services.usage_log.formats.row import Row, Unread
from llmpricing.services.usage_log.formats.shape import Shape


def foreign_shape(own: Shape, fields: Mapping[str, Any]) -> Shape | None:
    """The other shape that a row is of, in which its reader found nothing; None where it tells of no usage."""
    seen = {**fields, **spans.flat(fields)}
    if own.likeness(seen):
        return None
    return next((one for one in SHAPES if one is not own and one.likeness(seen) and _tells(one, fields)), None)


def _tells(shape: Shape, fields: Mapping[str, Any]) -> bool:
    try:
        return any(True for _ in shape.reader(None)(Row(fields, Unread())))
    except UsageError:
        return True
