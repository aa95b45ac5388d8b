"""A disk of one's own that can be full: in memory, mounted where this machine lets us."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
_SIZE = 1024 * MIB  # it takes what lies on it, not more


@dataclass(frozen=True)
class SmallDisk:
    """A folder on a disk of its own."""

    folder: Path

    @contextmanager
    def without_room(self) -> Iterator[None]:
        """The disk is hardly larger than what lies on it."""
        self._resize(shutil.disk_usage(self.folder).used + MIB)
        try:
            yield
        finally:
            self._resize(_SIZE)

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self.folder))


@contextmanager
def small_disk() -> Iterator[SmallDisk | None]:
    """A disk for the block; None where nothing may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="llmpricing-disk-"))
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0711", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        folder.rmdir()
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", str(folder))
        folder.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
