"""What fails, told without the names of files: people and customers give names to folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click


def numbered(paths: Iterable[Path | str], what: str = "file") -> Mapping[str, str]:
    """By name what stands for each of these files: ``file 1`` and so on."""
    return {name: f"{what} {number}" for number, name in enumerate(dict.fromkeys(map(str, paths)), 1)}


@contextmanager
def names_hidden(names: Mapping[str, str], *, is_asked: bool = True) -> Iterator[None]:
    """Tell of none of these names in a click.ClickException, if that ``is_asked``, but of what stands for it."""
    try:
        yield
    except click.ClickException as error:
        if not is_asked:
            raise
        kind = click.UsageError if isinstance(error, click.UsageError) else click.ClickException
        raise kind(_without(error.message, names)) from None


def _without(text: str, names: Mapping[str, str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![\w./-]){re.escape(name)}(?![\w-]|[./]\w)", names[name], text)
    return text
