"""Folders to work in, which the servers' account can reach, and a price book with every condition that prices know."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests import motley
from tests.checkout import Checkout, three_free_ports
from tests.servers import StoreUrls, migrated, template


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


@pytest.fixture(scope="session")
def motley_book(store_urls: StoreUrls) -> Iterator[Session]:
    """A session on the motley price book, to be read only."""

    def fill(url: str) -> None:
        migrated(url)
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            motley.fill(session)

    url = make_url(store_urls.database).set(database=template(store_urls, "motley", fill))
    with Session(create_engine(url, poolclass=NullPool)) as session:
        yield session
