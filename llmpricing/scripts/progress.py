"""The progress bar of commands that publish."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error, nothing elsewhere; yields what is told (done, total)."""
    bar = click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        yield progress
