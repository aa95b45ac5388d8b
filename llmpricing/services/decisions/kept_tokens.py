"""Who may ask, kept beside the price book's files: a server that starts while the database is away knows it by them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from llmpricing.setting_values import AccessToken
from llmpricing.whole_files import write_whole

_NAME = "access_tokens.json"
log = structlog.get_logger(__name__)


class TokensRead(NamedTuple):
    """What the database said: the tokens that open something, and whether one was ever made."""

    tokens: tuple[AccessToken, ...]
    was_made: bool


def keep_tokens(folder: Path, found: TokensRead) -> None:
    """Write them down for the account of this process alone: names, scopes and digests, no token."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder / _NAME, msgspec.json.encode(found), 0o600)
    except OSError as error:
        log.warning("tokens_not_kept", folder=str(folder), error=error.strerror)


def kept_tokens(folder: Path) -> TokensRead | None:
    """What was written down last; None where nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=TokensRead)
    except (OSError, ValueError):  # also bytes that are no UTF-8
        return None
