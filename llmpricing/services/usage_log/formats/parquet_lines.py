"""Parquet as JSON lines, written by a process of its own that may take only so much memory and time: a small file of it
may claim any size.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import IO

import msgspec
import pyarrow as pa

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.parquet_rows import parquet_rows

MOST_MEMORY = 2 << 30  # addresses of the process, what its libraries reserve included
MOST_S = 10
_UNREADABLE, _TOO_MUCH = 3, 4


def write_lines(packed: IO[bytes], lines: IO[bytes], most_bytes: int) -> None:
    """Write the rows of the Parquet file ``packed`` to ``lines``, which is empty; raises LogError where they are not to
    be read, or take more than is given.
    """
    handles = (packed.fileno(), lines.fileno())
    environ = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", __name__, *map(str, handles), str(most_bytes)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environ,
            timeout=2 * MOST_S,
            check=False,
            pass_fds=handles,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(most_bytes) from None
    if done.returncode == _UNREADABLE:
        raise LogError("The Parquet file cannot be read: get it anew.")
    if done.returncode:
        raise _too_much(most_bytes)


def _too_much(most_bytes: int) -> LogError:
    return LogError(
        f"The rows of the Parquet file take more than {most_bytes >> 20} MiB, "
        "or more memory or time than a page gives them."
    )


def main(packed: int, lines: int, most_bytes: int) -> int:
    """Write the lines of one open file to another within the bounds; the exit code tells what went wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_S, MOST_S))
    written = 0
    try:
        with os.fdopen(packed, "rb") as rows, os.fdopen(lines, "wb") as file:
            for row in parquet_rows(rows):
                line = msgspec.json.encode(row.fields) + b"\n"
                written += len(line)
                if written > most_bytes:
                    return _TOO_MUCH
                file.write(line)
    except MemoryError:  # Arrow's too
        return _TOO_MUCH
    except (pa.ArrowException, OSError, ValueError, TypeError):
        return _UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
