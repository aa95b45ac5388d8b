"""Who may ask: tokens of which only a digest is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from llmpricing.models.meta import Base, Id


class AccessTokenRow(Base):
    """A token by its SHA-256 digest; it opens nothing once ``revoked_at`` is set."""

    __tablename__ = "access_token"
    __table_args__ = (Index("uq_access_token_name", "name", unique=True, postgresql_where=text("revoked_at is null")),)

    id: Mapped[Id]
    name: Mapped[str]
    scope: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    note: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
