"""The folder that keeps a price book's files: one a version, the last three, written once by whoever comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from llmpricing.book.shape import FORMAT
from llmpricing.domain.times import micros
from llmpricing.services.price_book import BookState, book_state

try:
    import fcntl
except ImportError:
    _LOCKS = False  # Windows: two processes may write the same file, which does no harm
else:
    _LOCKS = True

KEPT = 3
PATIENCE_S = 10.0  # for another process that writes
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def file_of(folder: Path, state: BookState) -> Path:
    """Where the file of this version is, or will be. Of a database that was set back another last change tells."""
    return folder / f"{_stem(state.book)}{state.version:09}-{micros(state.last_change)}.book"


def _stem(book: str) -> str:
    return f"{book}-{FORMAT}-"


def newest_files(folder: Path, book: str | None = None) -> list[Path]:
    """The files of a price book (None: of any) that this release reads, the one that was written last first."""
    named = f"{_stem(book)}*.book" if book else f"*-{FORMAT}-*.book"
    files = [path for path in folder.glob(named) if not path.name.startswith(".")]
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def written_at(path: Path) -> datetime:
    """When a file was written: then it was the newest version."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def keep_book(engine: Engine, folder: Path) -> Path | None:
    """Have a file of the newest version in the folder; None where there is no price book yet. Raises OSError.

    Who else wants to write it meanwhile waits, and finds it there. It holds contract rates, so only its owner reads it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(folder), Session(engine) as session:
        session.connection(execution_options=_SNAPSHOT)
        state = book_state(session)
        if not state.version:
            return None
        path = file_of(folder, state)
        if not path.exists():
            from llmpricing.services.price_book.export import export_book  # Arrow, which takes a while

            export_book(session, path, own_terms=True)
            _leave_the_last(folder, state.book)
        return path


def _leave_the_last(folder: Path, book: str) -> None:
    versions = sorted(folder.glob(f"{_stem(book)}*.book"), key=lambda path: path.name)
    for path in versions[:-KEPT]:
        with suppress(OSError):
            path.unlink()


@contextmanager
def alone(folder: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Only one process at a time; raises TimeoutError where another one takes longer than ``patience_s``."""
    until = monotonic() + patience_s
    with (folder / ".writing").open("w") as lock:
        while not _is_ours(lock):
            if monotonic() > until:
                raise TimeoutError(f"another process has been writing a file into {folder} for long")
            sleep(0.05)
        yield


def _is_ours(lock: IO[str]) -> bool:
    if not _LOCKS:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_being_written(folder: Path) -> bool:
    """Whether another process writes a file here."""
    with suppress(FileNotFoundError), (folder / ".writing").open("r+") as lock:
        return not _is_ours(lock)
    return False


def take_seat(folder: Path, name: str) -> IO[str] | None:
    """A place of which the folder has one by this name, ours until it is closed; None where another process has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seat = (folder / f".{name}").open("w")
    if _is_ours(seat):
        return seat
    seat.close()
    return None
