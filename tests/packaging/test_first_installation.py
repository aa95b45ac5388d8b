"""The first installation on a machine whose network does not reach a package index."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.unplugged.faults import closed_port

ROOT = Path(__file__).parents[2]


def test_without_a_network_make_says_what_to_check(tmp_path: Path) -> None:
    offline = {"PIP_INDEX_URL": f"http://127.0.0.1:{closed_port()}/", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    ended = subprocess.run(
        ["make", "run", f"VENV={tmp_path / 'venv'}", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env=os.environ | offline,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode != 0
    assert "The packages could not be installed" in ended.stdout
    assert "Next: check the network" in ended.stdout
    assert not (tmp_path / "venv" / ".run").exists()
