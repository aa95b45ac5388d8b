"""The process that draws: a Vega-Lite specification a line comes in, a line with its SVG goes out.

It holds the JavaScript engine, which would weigh on the web server for good; idle, it ends by itself.
"""

from __future__ import annotations

import json
import resource
import select
import sys
from importlib import import_module
from pathlib import Path

IDLE_S = 60.0


def main() -> None:
    """Draw until nobody asks any more; ``memory_mb`` in an answer is the most that this process ever held."""
    draw = import_module("vl_convert").vegalite_to_svg
    while select.select([sys.stdin], [], [], IDLE_S)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        try:
            answer = {"svg": draw(json.loads(line), allowed_base_urls=[])}
        except ValueError as error:
            answer = {"error": str(error)[:500]}
        print(json.dumps({**answer, "memory_mb": _most_held_kb() // 1024}), flush=True)


def _most_held_kb() -> int:
    """The most memory that this program held. Linux counts in ``ru_maxrss`` what the server held that started it."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


if __name__ == "__main__":
    main()
