"""The price book of who has none: made once of the installed lists, kept in the user's cache folder, its age said."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click

from llmpricing.domain.times import day
from llmpricing.local_stores import StoreError
from llmpricing.scripts.terminal import say
from llmpricing.services.imports.fetches import ReadList
from llmpricing.settings import Settings
from llmpricing.sources.bundled_scores import bundled_scores
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import FetchError
from llmpricing.sources.fetch import fetch
from llmpricing.sources.registry import SOURCES, bundled_lists

_TOLD = "LLMPRICING_SEED"  # the only setting that counts here: which of the lists


def default_book(*, fresh: bool, environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the book, made if there is none of this release, and anew of today's public lists if ``fresh``; what
    is done is said on standard error. Raises click.ClickException, SourceError, ImportRefused and DBAPIError.
    """
    from llmpricing.scripts.book_building import default_settings  # with Arrow

    settings = default_settings({name: text for name, text in environ.items() if name == _TOLD})
    file = _cache_folder(environ) / f"prices-{_release(settings)}.book"
    if fresh or not _is_whole(file):
        _make(file, settings, fresh=fresh)
    made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    say(f"Prices: a book made {day(made)} ({file}); --fresh makes it anew of today's public lists.", err=True)
    return file


def _cache_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llmpricing"


def _release(settings: Settings) -> str:
    """What tells apart books that are made of other lists, or by other rules."""
    from llmpricing.book.shape import FORMAT

    bundled = [info.bundled.name for info in bundled_lists(settings.seed) if info.bundled]
    versions = [f"{name} {_version(name)}" for name in ("llmpricing", *bundled)]
    return hashlib.sha256("\n".join([str(FORMAT), *versions, bundled_scores()]).encode()).hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _is_whole(file: Path) -> bool:
    from llmpricing.book.file import BookFileError, open_book

    try:
        open_book(file)
    except BookFileError:
        return False
    return True


def _make(file: Path, settings: Settings, *, fresh: bool) -> None:
    """Make the book beside its place, and put it there when it is whole."""
    from llmpricing.scripts.book_building import build_book

    lists = [(info, _fetched(info, settings)) for info in SOURCES.values()] if fresh else []
    say(
        "There is no price book here: one is made of the installed lists, which takes a while ..."
        if not fresh
        else "A price book is made of today's lists, which takes a while ...",
        err=True,
    )
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        build_book(part, lists, settings, seeding=True)
        part.replace(file)
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or file}: {error.strerror}. Mend that, set XDG_CACHE_HOME to a folder of yours, or name "
            "a book with --book."
        ) from None
    except StoreError as error:
        raise click.ClickException(f"{error}\nOr name a book that was made elsewhere with --book.") from None
    finally:
        part.unlink(missing_ok=True)


def _fetched(info: SourceInfo, settings: Settings) -> ReadList:
    try:
        found, now = fetch(info.url, settings), datetime.now(UTC)
    except FetchError as error:
        raise click.ClickException(
            f"{error}\nNext: run this again without --fresh, which asks the installed lists; or make a book of a file: "
            f"llmpricing book build prices.book --list {info.slug}=FILE, then this with --book prices.book"
        ) from None
    return replace(ReadList(found.data or b"", now, now, info.url), etag=found.etag)
