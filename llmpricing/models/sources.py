"""Sources, their fetches, and their observations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from llmpricing.domain.observations import READ, Basis, FetchOutcome, State
from llmpricing.models.meta import Base, EnumText, Id


class Source(Base):
    """A public price list. The lower the trust rank, the sooner it is believed."""

    __tablename__ = "source"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str | None]
    licence: Mapped[str | None]
    trust_rank: Mapped[int]
    states_dates: Mapped[bool]


class ProviderTrust(Base):
    """The trust rank of a source on the prices of one provider, in place of the source's own."""

    __tablename__ = "provider_trust"
    __table_args__ = (CheckConstraint("trust_rank > 0", name="trust_rank_positive"),)

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    trust_rank: Mapped[int]


class SourceFetch(Base):
    """One reading of a source. ``published_at`` is when the source published it, ``fetched_at`` when it was recorded.

    Append-only, but for ``undone_at``, when a person took it back. ``outcome`` is imported, unchanged (the digest was
    known) or described; ``counts`` holds new, changed, withdrawn and unchanged components, the list's entries, and the
    offerings that could be read and had prices. A source's last observation is as fresh as its latest imported or
    unchanged fetch.
    """

    __tablename__ = "source_fetch"
    __table_args__ = (
        Index("ix_source_fetch_source_id_published_at", "source_id", "published_at"),
        Index("ix_source_fetch_undone", "id", postgresql_where=text("undone_at is not null")),
    )

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    fetched_at: Mapped[datetime]
    published_at: Mapped[datetime]
    origin: Mapped[str]  # bundled 0.2.3, a file's name, or a URL
    etag: Mapped[str | None]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[FetchOutcome] = mapped_column(EnumText(FetchOutcome))
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    unknown_keys: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    # Ids of the offerings that an imported list priced: tells a withdrawn price from a list that left the offering out.
    listed: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), deferred=True)
    # Ids of those of which it stated but zeros that may mean nothing: it takes none of their prices back.
    zeroed: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), deferred=True, server_default=text("'{}'::bigint[]"))

    undone_at: Mapped[datetime | None]

    source: Mapped[Source] = relationship()

    @classmethod
    def is_reading(
        cls, known_at: datetime | None = None, outcomes: Collection[FetchOutcome] = READ
    ) -> ColumnElement[bool]:
        """Whether it counted at ``known_at`` (None: now): as a reading of prices, or by the ``outcomes`` asked for."""
        read = cls.outcome.in_(outcomes)
        if known_at is None:
            return and_(read, cls.undone_at.is_(None))
        return and_(read, cls.fetched_at <= known_at, or_(cls.undone_at.is_(None), cls.undone_at > known_at))


class SourceFailure(Base):
    """Why the list of a source could not be had after its last reading: since when, and when it was tried last."""

    __tablename__ = "source_failure"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    since: Mapped[datetime]
    tried_at: Mapped[datetime]
    reason: Mapped[str]


class KeptList(Base):
    """A list as it came, compressed, by its digest: one of the newest of a source over which feeds lay our prices."""

    __tablename__ = "kept_list"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(deferred=True)


class ObservedSegment:
    """The columns of one dated price of an observation."""

    state: Mapped[State] = mapped_column(EnumText(State))
    value: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int] = mapped_column(BigInteger)
    minimum_quantity: Mapped[Decimal | None]
    stated_from: Mapped[datetime | None]
    stated_until: Mapped[datetime | None]
    basis: Mapped[Basis] = mapped_column(EnumText(Basis))
    source_url: Mapped[str | None]
    raw: Mapped[str | None]
    first_seen: Mapped[datetime | None]


class ObservationRow(ObservedSegment, Base):
    """An observation: what a source stated for one component of an offering, when that changed.

    Append-only; several dated segments take several rows. Withdrawn is an observation without segments: the source
    still lists the offering with prices, but no longer this one. On a server with TimescaleDB a hypertable by ``time``.
    """

    __tablename__ = "model_pricing_history"
    __table_args__ = (Index("ix_model_pricing_history_offering_id_time", "offering_id", text("time DESC")),)

    time: Mapped[datetime] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)  # meter|condition_key
    segment: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    fetch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        """Whether nobody took back the list that it was read in."""
        return cls.fetch_id.not_in(select(SourceFetch.id).where(SourceFetch.undone_at.is_not(None)))


class NewestObservationRow(ObservedSegment, Base):
    """The newest observation that stands of each source and component, as model_pricing_history holds it too: what is
    asked of now is read here, however long the history grows. ``time`` is when its source said so first,
    ``left_out_at`` the first of the source's last lists, in an unbroken row, that price the offering no more: the list
    before it is the last that said so. None: the source's newest list still says so.
    """

    __tablename__ = "newest_observation"
    __table_args__ = (Index("ix_newest_observation_offering_id", "offering_id"),)

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)  # meter|condition_key
    segment: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    time: Mapped[datetime]
    fetch_id: Mapped[int] = mapped_column(BigInteger)
    left_out_at: Mapped[datetime | None]
