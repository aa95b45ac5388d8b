"""A book that holds but the lists of its installation takes over today's where there is a network, else says a line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from llmpricing.local_stores.opening import OpenStore, OpenStores
from llmpricing.scripts.first_lists import fetch_first_lists
from tests.commands import commands_on
from tests.https_server import certificate, connect_proxy, https_server
from tests.lists import small_list
from tests.unplugged.faults import closed_port

ADDRESS = "/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"


@pytest.fixture
def book(tmp_path: Path, book_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, OpenStores]:
    """The small price book, of a bundled list, and no proxy."""
    commands = commands_on(tmp_path, book_url, redis_url)
    for name, value in (commands.environ | {"LLMPRICING_SEED": "bundled"}).items():
        monkeypatch.setenv(name, value)
    for name in ("HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return commands.ini, OpenStores(OpenStore(make_url(book_url), None), OpenStore(make_url(redis_url), None))


def test_without_a_network_it_is_one_line(
    book: tuple[Path, OpenStores], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    fetch_first_lists(*book)
    assert capfd.readouterr().out == (
        "Today's price lists could not be fetched: no network. "
        "Next: llmpricing import --all, when there is a network. --offline leaves this out.\n"
    )
    monkeypatch.setenv("LLMPRICING_SEED", "none")  # a book that is to begin empty
    fetch_first_lists(*book)
    assert capfd.readouterr().out == ""


def test_what_can_be_fetched_is_imported_once_and_each_failure_is_a_line(
    book: tuple[Path, OpenStores], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    trusted = certificate(tmp_path, "DNS:raw.githubusercontent.com,DNS:models.dev")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with (
        https_server(trusted) as server,
        connect_proxy(port_for_all=int(server.url.rpartition(":")[2])) as (url, asked),
    ):
        monkeypatch.setenv("https_proxy", url)
        server.serve(ADDRESS, small_list() + b" ")
        fetch_first_lists(*book)
        assert len(asked) == 4
        fetch_first_lists(*book)
        assert len(asked) == 4, "never again"
    said = capfd.readouterr()
    assert re.fullmatch(r"Fetching today's price lists \.\.\.\ngenai-prices, published .*: imported\n", said.out)
    failed = re.findall(r"^([\w-]+): failed\. ", said.err, re.MULTILINE)
    assert failed == ["model-prices", "litellm", "models-dev"]
    with create_engine(book[1].database.url, poolclass=NullPool).connect() as connection:
        assert connection.scalar(text("select count(*) from source_fetch where origin like 'https:%'")) == 1
