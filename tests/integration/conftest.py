"""Folders to work in, which the servers' account can reach."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout, three_free_ports


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that user nobody may pass through, as a checkout under /srv or /home/someone would be."""
    folder = Path(tempfile.mkdtemp(prefix="llmpricing-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def checkout(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    checkout = Checkout(place, *three_free_ports())
    monkeypatch.chdir(place)
    for name in [name for name in os.environ if name.startswith("LLMPRICING_")]:
        monkeypatch.delenv(name)
    checkout.write_ini()
    yield checkout
    checkout.command("stores", "down")
