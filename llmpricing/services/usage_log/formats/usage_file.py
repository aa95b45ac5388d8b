"""A usage file with its shape, and what else is known of it before its records are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.pages import ApiPage
from llmpricing.services.usage_log.formats.shape import Shape


@dataclass(frozen=True)
class TakenFor:
    """By field what it says: a meter, several where a count lies beside another, ``time``, ``model``, ``charged`` and
    so on. Nothing hangs on the ``others`` in the rows that were looked at.
    """

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    others: Sequence[str] = ()


@dataclass(frozen=True)
class UsageFile:
    """A file, its shape, the ``signs`` in numbers of a table that are not all plain, the ``pages`` of an answer that
    says there are others, and which rows are ``totals``; ``taken`` tells what its fields are taken for, where asked.
    """

    path: Path
    shape: Shape
    taken: TakenFor = TakenFor()
    signs: NumberSigns | None = None
    pages: Sequence[ApiPage] = ()
    totals: Collection[int] = ()
