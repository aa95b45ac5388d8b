"""Rows of a usage log, some thousand at a time, as its reader hands them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmpricing.domain.usage.formats import Usage, UsageError
from llmpricing.services.usage_log.layout import Layout

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Broken(NamedTuple):
    """A row that is no row: where it stands, why, and its text as it was."""

    line: int
    reason: str
    text: bytes


@dataclass(frozen=True)
class Batch:
    """``table`` has one row per request and the log's columns; ``lines`` tells where each stands in the log, from 1.
    ``write`` makes the rows as the log writes them, each behind a line end, where it is a text; ``usage`` is what they
    used, or why that cannot be read, where the log states it in a provider's words. Of rows ``of_records`` it was said
    already what is empty.
    """

    layout: Layout
    table: pa.Table
    lines: Numbers
    write: Callable[[], pa.StringArray] | None = None
    broken: Sequence[Broken] = ()
    usage: Sequence[Usage | UsageError] | None = None
    of_records: bool = False

    @property
    def written(self) -> pa.StringArray | None:
        """What ``write`` makes."""
        return self.write() if self.write else None
