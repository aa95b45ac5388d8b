"""Files without a name: whatever ends the process, nothing of them is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

_HANDLES = Path("/proc/self/fd")


@contextmanager
def unnamed_file() -> Iterator[tuple[IO[bytes], Path]]:
    """Such a file, gone afterwards, and the path by which this process can open it anew.

    Where the system shows no open files, it has a name in a folder of its own until then.
    """
    if _HANDLES.is_dir():
        with TemporaryFile() as file:
            yield file, _HANDLES / str(file.fileno())
        return
    with TemporaryDirectory(prefix="llmpricing-") as folder:
        path = Path(folder) / "file"
        with path.open("w+b") as file:
            yield file, path
