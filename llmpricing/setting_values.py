"""What settings may say, read out of their text. A reader raises ValueError, whose words follow the setting's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

SCOPES = ("feed", "read", "rates", "admin")  # each holds those before it


class AccessToken(NamedTuple):
    """Who may ask, by a token of which only the SHA-256 digest is kept."""

    name: str
    scope: str
    digest: str


class OperatorPassword(NamedTuple):
    """Who works on the pages of /admin, by a password of which only the argon2 hash is kept."""

    name: str
    hash: str


class GroupScope(NamedTuple):
    """What a group of the proxy's sign-in may see; the group ``*`` is everybody who is signed in."""

    group: str
    scope: str


def words(raw: str) -> tuple[str, ...]:
    """Words with blanks or commas between them."""
    return tuple(word for word in raw.replace(",", " ").split() if word)


def hosts(raw: str) -> tuple[str, ...]:
    """The names of hosts, lowered."""
    return tuple(host.lower() for host in words(raw))


def seeds(raw: str) -> tuple[str, ...]:
    """The names of price lists; ``none``: no list."""
    if raw == "none":
        return ()
    return words(raw)


def folder(raw: str) -> str | None:
    """A folder's path; ``none``: no folder."""
    return None if raw == "none" else raw


def tokens(raw: str) -> tuple[AccessToken, ...]:
    """Words NAME:SCOPE:DIGEST; ``none``: nobody."""
    if raw == "none":
        return ()
    found = [_TOKEN.fullmatch(word) for word in words(raw)]
    if not all(found):
        raise ValueError("takes words such as NAME:SCOPE:DIGEST, as llmpricing token new shows them")
    return tuple(AccessToken(*match.groups()) for match in found if match)


def passwords(raw: str) -> tuple[OperatorPassword, ...]:
    """Words NAME:HASH with blanks between them; ``none``: nobody."""
    if raw == "none":
        return ()
    found = [_PASSWORD.fullmatch(word) for word in raw.split()]  # a hash holds commas
    if not all(found):
        raise ValueError("takes words such as NAME:HASH, as llmpricing admin hash-password shows them")
    return tuple(OperatorPassword(*match.groups()) for match in found if match)


def groups(raw: str) -> tuple[GroupScope, ...]:
    """Words GROUP:SCOPE, the group percent-encoded."""
    found = [word.rpartition(":") for word in words(raw)]
    if not all(group and scope in SCOPES for group, _, scope in found):
        raise ValueError(f"takes words such as GROUP:SCOPE, where SCOPE is one of {', '.join(SCOPES)}")
    return tuple(GroupScope(unquote(group), scope) for group, _, scope in found)


def address(raw: str) -> tuple[str, int] | None:
    """A host, also in brackets, and a port; ``none``: no address."""
    if raw == "none":
        return None
    host, _, port = raw.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("takes an address and a port such as 127.0.0.1:9464")
    return host, int(port)


def header(raw: str) -> str:
    """The name of a header that no client sends by itself; ``none``: an empty one."""
    if raw == "none":
        return ""
    if not _HEADER.fullmatch(raw) or raw.lower() in _CLIENTS_OWN:
        raise ValueError("takes the name of a header that the proxy sets, such as X-Forwarded-User")
    return raw


_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_CLIENTS_OWN = ("authorization", "cookie", "host", "origin", "referer", "user-agent", "x-request-id")
# Of one strength, so that checking one takes as long as another.
_PASSWORD = re.compile(
    r"([A-Za-z0-9._-]{1,64}):(\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43})"
)
_TOKEN = re.compile(rf"([A-Za-z0-9._-]{{1,64}}):({'|'.join(SCOPES)}):([0-9a-f]{{64}})")


def integer(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds, both included."""

    def read(raw: str) -> int:
        try:
            value = int(raw)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return read


def limit(low: int, high: int) -> Callable[[str], int | None]:
    """The same, or ``none`` for no limit."""
    return lambda raw: None if raw == "none" else integer(low, high)(raw)


def seconds(low: float, high: float) -> Callable[[str], float]:
    """A reader of seconds within bounds, both included."""

    def read(raw: str) -> float:
        try:
            value = float(raw)  # seconds, never money
        except ValueError:
            raise ValueError("must be a number of seconds") from None
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high} seconds")
        return value

    return read


def choice(*allowed: str) -> Callable[[str], str]:
    """A reader of one of these words."""

    def read(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return raw

    return read
