"""pserve that adds its full collections of garbage to a file: milliseconds of processor time, one a line.

python -m benchmarks.watched FILE INI
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from time import thread_time
from typing import Any

_OLDEST = 2  # generation


def main() -> None:
    """Watch and serve."""
    path = sys.argv.pop(1)
    began = [0.0]

    def note(phase: str, info: dict[str, Any]) -> None:
        if info["generation"] < _OLDEST:
            return
        if phase == "start":
            began[0] = thread_time()
            return
        with open(path, "a") as file:
            file.write(f"{(thread_time() - began[0]) * 1000:.1f}\n")

    gc.callbacks.append(note)
    import_module("pyramid.scripts.pserve").main()


if __name__ == "__main__":
    main()
