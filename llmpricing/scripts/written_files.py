"""Files that commands write where they are told to."""

from __future__ import annotations

from pathlib import Path

import click

from llmpricing.whole_files import write_whole


def put_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write the file whole or not at all, so that nobody ever reads half of it; ``mode`` None is that of any new file.
    Raises ClickException.
    """
    try:
        write_whole(path, data, mode)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}. Mend that, or name another file.") from None
