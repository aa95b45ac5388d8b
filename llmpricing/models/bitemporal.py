"""Rows on two clocks: ``valid`` when something held, ``recorded`` while we believed it. Nothing is changed in place.

Who learns better closes the row's ``recorded`` and adds a row that states it anew, so that every past answer stays.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, Session

_OWN = frozenset({"id", "recorded"})


class Recorded:
    """A row that we believed for a time."""

    recorded: Mapped[Range[datetime]]

    if TYPE_CHECKING:
        id: Mapped[Any]

        def __init__(self, **columns: Any) -> None: ...

    @classmethod
    def current(cls) -> ColumnElement[bool]:
        """Whether the row is believed now."""
        return func.upper_inf(cls.recorded)

    @classmethod
    def believed_at(cls, known_at: datetime) -> ColumnElement[bool]:
        """Whether the row was believed at a time."""
        return cls.recorded.contains(known_at)

    @classmethod
    def close_all(cls, session: Session, ids: Collection[int], recorded: datetime) -> None:
        """Believe the rows of these ids no longer from ``recorded`` on; each began at a time of its own."""
        if ids:
            closed = (
                update(cls).where(cls.id.in_(ids)).values(recorded=func.tstzrange(func.lower(cls.recorded), recorded))
            )
            session.execute(closed, execution_options={"synchronize_session": False})

    def close(self, session: Session, recorded: datetime) -> None:
        """Believe this row no longer from ``recorded`` on. Flushes: what replaces it would overlap."""
        self.recorded = Range(self.recorded.lower, recorded)
        session.flush()

    def supersede(self, session: Session, recorded: datetime, **changes: Any) -> Self:
        """Close this row and state it anew with the changes, believed from ``recorded`` on; returns the new row."""
        columns: Any = self.__table__.columns  # type: ignore[attr-defined]  # of the mapped class
        stated = {column.key: getattr(self, column.key) for column in columns if column.key not in _OWN}
        self.close(session, recorded)
        anew = type(self)(**stated | changes, recorded=since(recorded))
        session.add(anew)
        session.flush()
        return anew


class Bitemporal(Recorded):
    """A row that held for a time, and that we believed for a time."""

    valid: Mapped[Range[datetime]]

    @classmethod
    def at(cls, as_of: datetime, known_at: datetime) -> ColumnElement[bool]:
        """Whether the row held at one time by what was known at another."""
        return cls.valid.contains(as_of) & cls.believed_at(known_at)

    def reaches(self, at: datetime) -> bool:
        """Whether the row holds at ``at`` or later."""
        return self.valid.upper is None or self.valid.upper > at

    def end(self, session: Session, at: datetime, recorded: datetime) -> None:
        """Believe from ``recorded`` on that the row ends at ``at``, or never held if that is before its beginning."""
        if self.valid.lower is None or self.valid.lower < at:
            until: Range[datetime] = Range(self.valid.lower, at)
            self.supersede(session, recorded, valid=until)
        else:
            self.close(session, recorded)


def since(recorded: datetime) -> Range[datetime]:
    """The recorded range of what is believed from a time on."""
    return Range(recorded, None)
