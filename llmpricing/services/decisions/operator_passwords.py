"""Passwords of those who work on the pages of /admin: set, removed and checked. Only argon2 hashes are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import OperatorPasswordRow
from llmpricing.services.decisions.access_tokens import NAME
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.setting_values import OperatorPassword

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 12, 1000  # characters
_OF_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$g5P60KqzqILVl+8DvaN74Q$C8oigb28JdnNeht/ajl9tbdvoUXRqoZ8F5a4gijqpsw"
_places = BoundedSemaphore(2)  # checks at once: each takes 64 MiB


@cache
def _hasher() -> PasswordHasher:
    """RFC 9106's second recommended choice; one for all, so that checking takes as long whoever is named."""
    from argon2 import PasswordHasher  # by the first password: most processes check none

    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16)


@dataclass(frozen=True, slots=True)
class PasswordRecord:
    """Whose password is in the database, and who set it."""

    name: str
    set_at: datetime
    set_by: str


def hash_of(name: str, password: str) -> str:
    """The hash that is kept of a password; raises DecisionRefused where name or password will not do."""
    if not NAME.fullmatch(name):
        raise DecisionRefused("An operator's name has 1 to 64 letters, digits, dots and dashes. Choose another.")
    password = password.strip()  # as the form reads it
    if not LEAST <= len(password) <= MOST:
        raise DecisionRefused(f"A password has {LEAST} to {MOST} characters. Choose a longer one, such as five words.")
    made: str = _hasher().hash(password)
    return made


def set_password(session: Session, by: Decider, name: str, password: str) -> None:
    """Let this password sign that name in, in place of any before; whoever was signed in by that is so no more."""
    row = session.scalar(select(OperatorPasswordRow).where(OperatorPasswordRow.name == name).with_for_update())
    if row is None:
        row = OperatorPasswordRow(name=name)
        session.add(row)
    row.hash, row.set_at, row.set_by = hash_of(name, password), by.at, by.name
    session.flush()
    note_event(session, by.at, by.name, "password_set", name, note=by.note)


def remove_password(session: Session, by: Decider, name: str) -> None:
    """Let nobody sign in by that name any more; raises DecisionRefused where it has no password in the database."""
    row = session.scalar(select(OperatorPasswordRow).where(OperatorPasswordRow.name == name).with_for_update())
    if row is None:
        raise DecisionRefused(f"{name[:64]} has no password in the database. See: llmpricing admin list")
    session.delete(row)
    note_event(session, by.at, by.name, "password_removed", name, note=by.note)


def list_passwords(session: Session) -> Sequence[PasswordRecord]:
    """Whose passwords are in the database, by name."""
    rows = session.scalars(select(OperatorPasswordRow).order_by(OperatorPasswordRow.name))
    return [PasswordRecord(row.name, row.set_at, row.set_by) for row in rows]


def known_passwords(session: Session, stated: Iterable[OperatorPassword]) -> dict[str, OperatorPassword]:
    """All passwords by name: those of the settings, which count first, and those of the database."""
    rows = session.execute(select(OperatorPasswordRow.name, OperatorPasswordRow.hash))
    return {name: OperatorPassword(name, kept) for name, kept in rows} | {one.name: one for one in stated}


def is_right(known: OperatorPassword | None, password: str) -> bool:
    """Whether this is the known password; takes as long where there is none to know."""
    from argon2.exceptions import VerifyMismatchError

    with _places:
        try:
            _hasher().verify(known.hash if known else _OF_NOBODY, password)
        except VerifyMismatchError:
            return False
    return known is not None
