"""The two clocks of a question: when it was charged, and what was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clocks:
    """``as_of`` picks by the valid range, ``known_at`` by the recorded range; both are aware UTC times."""

    as_of: datetime
    known_at: datetime
