"""Who is signed in on the pages of /admin: kept in the database, so that signing out ends it for whoever has a copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from llmpricing.models import OperatorSessionRow
from llmpricing.services.decisions.access_tokens import digest_of
from llmpricing.services.decisions.operator_passwords import known_passwords
from llmpricing.setting_values import OperatorPassword

LASTS = timedelta(hours=12)


def begin_session(session: Session, known: OperatorPassword, now: datetime) -> str:
    """Sign somebody in; returns what the browser is to show, of which only the digest is kept."""
    session.execute(delete(OperatorSessionRow).where(OperatorSessionRow.ends_at <= now))
    shown = token_urlsafe(32)
    session.add(
        OperatorSessionRow(
            digest=digest_of(shown),
            name=known.name,
            password_digest=_digest(known),
            begun_at=now,
            ends_at=now + LASTS,
        )
    )
    return shown


def signed_in_by(session: Session, stated: Iterable[OperatorPassword], shown: str, now: datetime) -> str | None:
    """Who is signed in by what the browser shows; None where that is nobody, any more, or the password is another."""
    query = select(OperatorSessionRow).where(OperatorSessionRow.digest == digest_of(shown))
    row = session.scalar(query.where(OperatorSessionRow.ends_at > now))
    if row is None:
        return None
    known = known_passwords(session, stated).get(row.name)
    return row.name if known is not None and _digest(known) == row.password_digest else None


def end_session(session: Session, shown: str) -> None:
    """Sign out whoever shows this."""
    session.execute(delete(OperatorSessionRow).where(OperatorSessionRow.digest == digest_of(shown)))


def _digest(known: OperatorPassword) -> str:
    return sha256(known.hash.encode()).hexdigest()
