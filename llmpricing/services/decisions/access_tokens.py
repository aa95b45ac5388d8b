"""Tokens in the database: made, listed and revoked, each with who did it. The token itself is never kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from llmpricing.models import AccessTokenRow
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused

MOST = 1000  # that open something: each request compares them all
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is known of a token; ``revoked_at`` is None while it opens what its scope says."""

    name: str
    scope: str
    made_at: datetime
    made_by: str
    note: str | None
    revoked_at: datetime | None
    revoked_by: str | None


def make_token() -> str:
    """A token that nobody can guess: 256 random bits, and letters by which scanners of secrets know it."""
    return f"llmp_{token_urlsafe(32)}"


def digest_of(token: str) -> str:
    """The SHA-256 of a token, in hexadecimal digits: what is kept of it."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def add_token(session: Session, by: Decider, name: str, scope: str) -> str:
    """Make a token that opens ``scope`` and return it; raises DecisionRefused.

    Neither this nor a revocation changes the price book, or waits for an import.
    """
    if not NAME.fullmatch(name):
        raise DecisionRefused("A token's name has 1 to 64 letters, digits, dots and dashes. Choose another.")
    if _count(session) >= MOST:
        raise DecisionRefused(f"There are {MOST} tokens. Revoke what nobody uses: llmpricing token list")
    token = make_token()
    row = AccessTokenRow(name=name, scope=scope, digest=digest_of(token), made_at=by.at, made_by=by.name, note=by.note)
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        message = f"{name} has a token. Choose another name, or end that: llmpricing token revoke {name}"
        raise DecisionRefused(message) from None
    note_event(session, by.at, by.name, "token_added", name, scope=scope, note=by.note)
    return token


def revoke_token(session: Session, by: Decider, name: str) -> None:
    """Let the token of this name open nothing any more; raises DecisionRefused where there is none."""
    query = select(AccessTokenRow).where(AccessTokenRow.name == name, AccessTokenRow.revoked_at.is_(None))
    row = session.scalar(query.with_for_update())
    if row is None:
        raise DecisionRefused(f"No token in the database is called {name[:64]}. See: llmpricing token list")
    row.revoked_at, row.revoked_by = by.at, by.name
    note_event(session, by.at, by.name, "token_revoked", name, scope=row.scope, note=by.note)


def forget_tokens(session: Session, by: Decider) -> None:
    """Forget all revoked tokens, so that the database names nobody who may ask; raises DecisionRefused while one opens
    something. The audit log remembers them.
    """
    if _count(session):
        raise DecisionRefused("Tokens of the database open something still. Revoke them first: llmpricing token list")
    forgotten = session.scalars(delete(AccessTokenRow).returning(AccessTokenRow.id)).all()
    note_event(session, by.at, by.name, "tokens_forgotten", "all", count=len(forgotten), note=by.note)


def list_tokens(session: Session) -> Sequence[TokenRecord]:
    """All tokens, those that open something first, then by name."""
    query = select(AccessTokenRow).order_by(
        AccessTokenRow.revoked_at.is_not(None), AccessTokenRow.name, AccessTokenRow.id
    )
    return [
        TokenRecord(row.name, row.scope, row.made_at, row.made_by, row.note, row.revoked_at, row.revoked_by)
        for row in session.scalars(query)
    ]


def _count(session: Session) -> int:
    query = select(func.count()).select_from(AccessTokenRow).where(AccessTokenRow.revoked_at.is_(None))
    return session.scalar(query) or 0
