"""Whether a list's host answers is known in a few seconds, whatever the network does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from llmpricing.sources.reach import reachable
from tests.unplugged.faults import closed_port


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_host_that_listens_is_told_from_a_closed_port_and_from_a_name_that_is_none(listening: int) -> None:
    there = f"https://127.0.0.1:{listening}/list.json"
    asked = [there, f"https://127.0.0.1:{closed_port()}/list.json", "https://lists.invalid/list.json"]
    assert reachable(asked, 20) <= {there}
    assert reachable([there], 20) == {there}


def test_behind_a_proxy_the_proxy_is_asked(monkeypatch: pytest.MonkeyPatch, listening: int) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listening}")
    assert reachable(["https://lists.invalid/a"], 20) == {"https://lists.invalid/a"}
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{closed_port()}")
    assert reachable(["https://lists.invalid/a"], 20) == set()


def test_a_host_that_takes_no_connection_is_not_waited_for() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # fill the queue, so that another connection hangs
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        began = time.monotonic()
        assert reachable([f"https://127.0.0.1:{address[1]}/a"], 0.5) == set()
        assert time.monotonic() - began < 30
        for one in waiting:
            one.close()
