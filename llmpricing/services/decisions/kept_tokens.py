"""Who may ask, kept beside the price book's files: a server that starts while the database is away knows it by them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from llmpricing.settings import AccessToken

_NAME = "access_tokens.json"
log = structlog.get_logger(__name__)


class TokensRead(NamedTuple):
    """What the database said: the tokens that open something, and whether one was ever made."""

    tokens: tuple[AccessToken, ...]
    was_made: bool


def keep_tokens(folder: Path, found: TokensRead) -> None:
    """Write them down for the account of this process alone: names, scopes and digests, no token."""
    part = folder / f".{_NAME}.{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(found))
        part.replace(folder / _NAME)
    except OSError as error:
        part.unlink(missing_ok=True)
        log.warning("tokens_not_kept", folder=str(folder), error=error.strerror)


def kept_tokens(folder: Path) -> TokensRead | None:
    """What was written down last; None where nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=TokensRead)
    except (OSError, msgspec.MsgspecError):
        return None
