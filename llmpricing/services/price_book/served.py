"""Which price book a database had when it was asked last, kept beside the files: a start without it serves that one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog
from sqlalchemy import make_url

from llmpricing.whole_files import write_whole

_NAME = "served.json"
log = structlog.get_logger(__name__)


def note_served(folder: Path, database_url: str, book: str) -> None:
    """Write down that the database holds this price book; of its URL no more than where it is."""
    known, place = _known(folder), _place(database_url)
    if known.get(place) == book:
        return
    try:
        write_whole(folder / _NAME, msgspec.json.encode(known | {place: book}), 0o600)
    except OSError as error:
        log.warning("served_book_not_noted", folder=str(folder), error=error.strerror)


def last_served(folder: Path, database_url: str) -> str | None:
    """The price book that the database held when it was asked last; None where nobody wrote it down here."""
    return _known(folder).get(_place(database_url))


def _known(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=dict[str, str])
    except (OSError, ValueError):  # also bytes that are no UTF-8
        return {}


def _place(database_url: str) -> str:
    url = make_url(database_url)
    host = url.query.get("host", url.host)
    return f"{host}:{url.query.get('port', url.port or 5432)}/{url.database}"
