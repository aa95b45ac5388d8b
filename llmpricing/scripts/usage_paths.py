"""Which files a command line means: files, globs, folders, and what comes in by standard input."""

from __future__ import annotations

import glob
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_PACKED = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".zip")
_OF_CLOUDWATCH = re.compile(r"\d{6}\.gz")  # as its exports to S3 number their files
STANDARD_INPUT = "-"


class _Spooled(type(Path())):  # type: ignore[misc] # the class of paths here
    """The file into which standard input was written: told as what the person named, opened where it lies."""

    def __str__(self) -> str:
        return STANDARD_INPUT

    def __fspath__(self) -> str:
        return str(Path(*self.parts))


@contextmanager
def usage_paths(words: Sequence[str]) -> Iterator[tuple[list[Path], bool]]:
    """The files that these words mean, each once, and whether any came out of a folder; raises click.UsageError.

    Standard input (``-``) becomes a file of its own, which is gone afterwards.
    """
    found: dict[Path, None] = {}
    has_folder = False
    with tempfile.TemporaryDirectory(prefix="llmpricing-") as folder:
        for word in words:
            if word == STANDARD_INPUT:
                found[_spooled(_Spooled(folder, "standard-input"))] = None
                continue
            paths, is_folder = _expanded(word)
            has_folder |= is_folder
            found.update(dict.fromkeys(paths))
        yield list(found), has_folder


def _spooled(path: Path) -> Path:
    if path.exists():
        raise click.UsageError("Standard input (-) can be read only once.")
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def _expanded(word: str) -> tuple[list[Path], bool]:
    path = Path(word).expanduser()
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if _may_hold_usage(one))
        if not files:
            raise click.UsageError(f"{word} holds no file that ends in {', '.join(_ENDINGS)}.")
        return files, True
    if path.exists():
        return [path], False
    if glob.has_magic(word) and (files := sorted(map(Path, glob.glob(str(path), recursive=True)))):
        return [one for one in files if one.is_file()], True
    raise click.BadParameter(f"File {word!r} does not exist.", param_hint="'FILES...'")


def _may_hold_usage(path: Path) -> bool:
    endings = [one.lower() for one in path.suffixes]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    is_named = bool(endings) and endings[-1] in _ENDINGS
    return (is_named or _OF_CLOUDWATCH.fullmatch(path.name) is not None) and path.is_file()
