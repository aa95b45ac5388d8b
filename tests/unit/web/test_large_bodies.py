"""Places for large bodies: so many at once, two of one client, and none for who sends too slowly."""

from __future__ import annotations

from typing import Any

import pytest
from waitress.adjustments import Adjustments

from llmpricing.web import large_bodies
from llmpricing.web.large_bodies import MOST_LARGE, MOST_OF_ONE, PATIENCE_S, SLOWEST_RATE, RequestParser

MIB = 1 << 20


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(large_bodies, "monotonic", found)
    return found


@pytest.fixture
def adj() -> Any:
    found = Adjustments(
        max_request_body_size=MIB + 1, trusted_proxy="10.0.0.1", trusted_proxy_headers="x-forwarded-for"
    )
    found.large_bodies = {"/bill/audit": 64 * MIB}
    return found


def begun(
    adj: Any, client: str, length: int | None = 5 * MIB, path: str = "/bill/audit", more: str = ""
) -> RequestParser:
    """A request whose head has come; without a ``length`` its body comes in chunks."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    request = RequestParser(adj, client)
    request.received(f"POST {path} HTTP/1.1\r\nHost: h\r\n{size}\r\n{more}\r\n".encode())
    return request


def code(request: RequestParser) -> int | None:
    return request.error.code if request.error else None


def test_one_client_has_two_places_and_others_have_theirs(adj: Any) -> None:
    held = [begun(adj, "192.0.2.1") for _ in range(MOST_OF_ONE)]
    assert [code(one) for one in held] == [None, None]
    assert code(begun(adj, "192.0.2.1")) == 503
    assert code(begun(adj, "192.0.2.2")) is None
    assert code(begun(adj, "192.0.2.1", None)) == 503
    held.pop()
    assert code(begun(adj, "192.0.2.1")) is None


def test_all_places_together_are_as_many_as_are_told(adj: Any) -> None:
    held = [begun(adj, f"192.0.2.{number}") for number in range(MOST_LARGE)]
    assert {code(one) for one in held} == {None}
    assert code(begun(adj, "192.0.2.99")) == 503


def test_bodies_of_up_to_1_mib_need_no_place(adj: Any) -> None:
    held = [begun(adj, "192.0.2.1") for _ in range(MOST_OF_ONE)]
    assert code(begun(adj, "192.0.2.1", MIB)) is None
    assert code(begun(adj, "192.0.2.1", MIB + 1)) == 503
    assert code(begun(adj, "192.0.2.1", 5 * MIB, path="/other")) == 413
    assert held


def test_behind_a_proxy_a_client_is_whom_it_names(adj: Any) -> None:
    named = [f"X-Forwarded-For: 192.0.2.9, 198.51.100.{number}\r\n" for number in (1, 1, 1, 2)]
    held = [begun(adj, "10.0.0.1", more=one) for one in named]
    assert [code(one) for one in held] == [None, None, 503, None]


def test_who_sends_too_slowly_is_told_so_and_loses_the_place(adj: Any, clock: Clock) -> None:
    slow, quick = (begun(adj, "192.0.2.1") for _ in range(MOST_OF_ONE))
    for request, piece in ((slow, b"x"), (quick, b"x" * (SLOWEST_RATE * 2))):
        request.received(piece)
    clock.seconds += PATIENCE_S + 1
    for request in (slow, quick):
        request.received(b"x")
    assert (code(slow), slow.completed, code(quick)) == (408, True, None)
    assert code(begun(adj, "192.0.2.1")) is None


def test_no_body_takes_longer_than_all_may(adj: Any, clock: Clock) -> None:
    request = begun(adj, "192.0.2.1", 64 * MIB)
    request.received(b"x" * (30 * MIB))
    clock.seconds += large_bodies.MOST_SENDING_S - 1
    request.received(b"x")
    assert code(request) is None
    clock.seconds += 2
    request.received(b"x")
    assert code(request) == 408
    request.close()  # as the server does; so large a one lies in a file
