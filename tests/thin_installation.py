"""The wheel alone beside few packages, as clusters and notebooks have them: `python -m tests.thin_installation`.

Makes a book and an environment for the oldest and the newest packages that count, installs the wheel there without its
dependencies, and asks the book (thin_use.py). Needs Python 3.11 or 3.12, for which the oldest packages are made.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = {"oldest": ("pyarrow==14.0.2", "numpy==1.26.4"), "newest": ("pyarrow", "numpy")}
BESIDE = ("msgspec", "google-re2")
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def main() -> None:
    """Say what each environment answers; raises CalledProcessError where one does not."""
    with TemporaryDirectory(prefix="llmpricing-thin-") as name:
        folder = Path(name)
        wheel = ("-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir", folder)
        _run(sys.executable, *wheel, ROOT)
        (built,) = folder.glob("llmpricing-*.whl")
        _run(Path(sys.executable).with_name("llmpricing"), "book", "build", folder / "prices.book")
        for end, packages in ENVIRONMENTS.items():
            venv.create(folder / end, with_pip=True)
            python = folder / end / "bin" / "python"
            _run(python, *PIP, *packages, *BESIDE)
            _run(python, *PIP, "--no-deps", built)
            answer = _run(python, "-I", "-W", "error", ROOT / "tests" / "thin_use.py", folder / "prices.book")
            print(f"{end} ({' '.join(packages)}): {' '.join(answer.split())}", flush=True)


def _run(*command: str | Path) -> str:
    """What the command writes, run where no checkout lies."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd="/").stdout


if __name__ == "__main__":
    main()
