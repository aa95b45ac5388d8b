"""The progress bar of commands that publish."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

STEPS = 50  # lines of a whole work


@contextmanager
def progress_bar(label: str, *, as_lines: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error, nothing elsewhere; yields what is told (done, total). ``as_lines`` writes
    ``1200 of 5958`` instead, a line for each step, for a program that reads it.
    """
    if as_lines:
        yield _step_by_step()
        return
    bar = click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        yield progress


def _step_by_step() -> Callable[[int, int], None]:
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        if (step := done * STEPS // max(total, 1)) != told:
            told = step
            click.echo(f"{done} of {total}", err=True)

    return progress
