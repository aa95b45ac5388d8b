"""Who sells what, under which names: providers, models, offerings, aliases and match rules."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from llmpricing.models.bitemporal import Bitemporal, Recorded
from llmpricing.models.meta import Base, Id

_EMPTY = text("'{}'::text[]")


class BookVersion(Base):
    """One row: the version of all that is published. Whatever changes an answer raises it in the same transaction.

    ``book`` tells this price book from any other, so that a cache that has seen two never mixes their versions.
    ``rules`` is the version of the rules by which its prices were chosen last, ``evidence_grace_days`` for how long a
    source then spoke on after its last list.
    """

    __tablename__ = "catalogue"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    book: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
    rules: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    evidence_grace_days: Mapped[int] = mapped_column(BigInteger, server_default=text("45"))


class Provider(Base):
    """A seller. Ids are genai-prices' where it knows the seller."""

    __tablename__ = "provider"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    pricing_urls: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_EMPTY)


class ProviderDescription(Recorded, Base):
    """How a source says that a seller, its models and its stand-ins are recognised, and when that was believed."""

    __tablename__ = "provider_description"
    __table_args__ = (
        Index(
            "uq_provider_description_current",
            "provider_id",
            "source_id",
            unique=True,
            postgresql_where=text("upper_inf(recorded)"),
        ),
    )

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    api_pattern: Mapped[str | None]
    provider_match: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    model_match: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    fallback_providers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_EMPTY)


class Model(Base):
    """What a lab made, whoever sells it; the slug is the model's name without seller, e.g. ``gpt-4o``."""

    __tablename__ = "model"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    lab: Mapped[str | None]


class Offering(Base):
    """A model as one provider sells it. The slug, ``provider/api-id``, is its public id; the API id may hold slashes.

    Null means that no source says; it never means none. Facts come from the best-ranked source that has them.
    """

    __tablename__ = "offering"
    __table_args__ = (Index("ix_offering_capabilities", "capabilities", postgresql_using="gin"),)

    id: Mapped[Id]
    # Byte order, so that pages and cursors agree on every server whatever its locale.
    slug: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    api_id: Mapped[str]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"), index=True)
    name: Mapped[str]
    lab: Mapped[str | None]
    mode: Mapped[str | None]
    status: Mapped[str | None]
    region: Mapped[str | None]
    context_window: Mapped[int | None] = mapped_column(BigInteger)
    max_output_tokens: Mapped[int | None] = mapped_column(BigInteger)
    capabilities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    input_modalities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    output_modalities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    deprecated_on: Mapped[date | None]
    released_on: Mapped[date | None]
    knowledge_cutoff: Mapped[str | None]  # a month or a day, as ISO 8601
    stated_abilities: Mapped[str | None]  # which list says what of them: domain/choice/abilities.py
    # What each source says, {source: {"published_at": ..., "name": ...}}: the columns above are picked from it by rank.
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"), deferred=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    provider: Mapped[Provider] = relationship()


class OfferingPast(Base):
    """What was believed of an offering ``until`` a recorded time, where something else was recorded then.

    The row that counts at a time is the first one that ends later; where none does, the offering itself.
    """

    __tablename__ = "offering_past"
    __table_args__ = (Index("ix_offering_past_until", "until"),)

    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    name: Mapped[str]
    lab: Mapped[str | None]
    mode: Mapped[str | None]
    status: Mapped[str | None]
    region: Mapped[str | None]
    context_window: Mapped[int | None] = mapped_column(BigInteger)
    max_output_tokens: Mapped[int | None] = mapped_column(BigInteger)
    capabilities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    input_modalities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    output_modalities: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    deprecated_on: Mapped[date | None]
    released_on: Mapped[date | None]
    knowledge_cutoff: Mapped[str | None]  # a month or a day, as ISO 8601
    stated_abilities: Mapped[str | None]  # which list says what of them: domain/choice/abilities.py


class OfferingAlias(Bitemporal, Base):
    """Another name for an offering, for a time. ``source_id`` is null for names that this installation gave itself."""

    __tablename__ = "offering_alias"
    __table_args__ = (
        ExcludeConstraint(
            ("namespace", "="),
            ("alias", "="),
            ("valid", "&&"),
            ("recorded", "&&"),
            name="ex_offering_alias_no_overlap",
        ),
    )

    id: Mapped[Id]
    namespace: Mapped[str]
    alias: Mapped[str] = mapped_column(index=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))


class MatchRule(Recorded, Base):
    """An operator tree by which a source recognises names of an offering; rules are tried in order of position."""

    __tablename__ = "match_rule"
    __table_args__ = (Index("ix_match_rule_offering_id", "offering_id"),)

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    position: Mapped[int]
    clause: Mapped[dict[str, Any]] = mapped_column(JSONB)
