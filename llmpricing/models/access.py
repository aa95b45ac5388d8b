"""Who may ask, and who works on the pages of /admin: only digests and hashes of secrets are kept."""

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


class OperatorPasswordRow(Base):
    """The password of somebody who works on the pages of /admin, as an argon2 hash."""

    __tablename__ = "operator_password"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class OperatorSessionRow(Base):
    """Somebody who is signed in at /admin until ``ends_at``, by the SHA-256 digest of what the browser holds.

    It counts while the password by which it began, known by the digest of its hash, is that name's.
    """

    __tablename__ = "operator_session"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_digest: Mapped[str]
    begun_at: Mapped[datetime]
    ends_at: Mapped[datetime]
