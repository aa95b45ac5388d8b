"""What models scored at benchmarks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from llmpricing.models.bitemporal import Recorded
from llmpricing.models.meta import Base, Id


class ScoreRow(Recorded, Base):
    """A model's score in the benchmark's own unit; where, when and how it was measured may be unknown."""

    __tablename__ = "score"
    __table_args__ = (
        CheckConstraint("score <> 'NaN'", name="is_a_number"),
        Index("uq_score_current", "model_id", "benchmark", unique=True, postgresql_where=text("upper_inf(recorded)")),
    )

    id: Mapped[Id]
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    benchmark: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric)  # of any size: an Elo has four digits before its point
    measured_on: Mapped[date | None]
    source_url: Mapped[str | None]
    note: Mapped[str | None]
