"""What one client may take from the others: connections, and room for its bodies."""

from __future__ import annotations

import http.client
import json
import resource
import socket
import time
from contextlib import ExitStack, closing
from itertools import count
from select import select

import pytest

from llmpricing.web.large_bodies import MOST_LARGE, MOST_OF_ONE
from tests.unplugged.serving import serving

LIVE, QUOTE = "/api/health/live", "/api/v1/quote?model=nobody/nothing&input_tokens=1"
MANY = 1_100
MIB = 1 << 20


@pytest.fixture(scope="module")
def site(make_settings, tmp_path_factory):
    settings = make_settings()
    urls = {"sqlalchemy.url": settings.database_url, "redis.url": settings.redis_url, "llmpricing.log_format": "json"}
    with serving(tmp_path_factory.mktemp("limits"), urls) as found:
        yield found


@pytest.fixture
def many_handles():
    """This process may have as many sockets as it holds here."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(4096, before[1])), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def exchange(port, request, timeout_s=30):
    """What comes back for these bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.decode().partition("\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "first_words",
    [
        b"",
        f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
        f"GET {LIVE} HTTP/1.1\r\nHost: loc".encode(),
        b"POST /api/v1/quotes HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["nothing", "a whole request", "half a head", "half a body"],
)
def test_1100_idle_connections_of_one_client_leave_room_for_the_next(site, many_handles, first_words):
    with ExitStack() as open_connections:
        for _ in range(MANY):
            connection = socket.create_connection(("127.0.0.1", site.port), timeout=10)
            open_connections.enter_context(connection)
            connection.sendall(first_words)
        live, quote = site.get(LIVE), site.get(QUOTE)
        assert live.status == 200
        assert quote.json["error"]["code"] == "MODEL_NOT_FOUND"
        assert live.elapsed_s < 10
        assert quote.elapsed_s < 10
    assert site.process.poll() is None
    time.sleep(0.5)
    assert site.get(LIVE).elapsed_s < 1


def test_a_connection_goes_on_after_an_answer_that_has_no_body_and_ends_where_the_client_wants_that(site):
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        tag, places = "", set()
        for status in (200, 304, 304, 200):
            connection.request("GET", "/api/v1/providers", headers={"If-None-Match": tag} if status == 304 else {})
            places.add(connection.sock.getsockname())
            with closing(connection.getresponse()) as response:
                response.read()
                tag = response.headers["ETag"]
                assert (response.status, response.headers["Connection"]) == (status, None)
        assert len(places) == 1
        connection.request("GET", "/api/v1/providers", headers={"If-None-Match": tag, "Connection": "close"})
        with closing(connection.getresponse()) as response:
            assert (response.status, response.headers["Connection"]) == (304, "close")


def test_a_person_at_a_browser_whose_file_is_too_large_is_told_so_by_a_page(site):
    head = f"POST /bill/audit HTTP/1.1\r\nHost: h\r\nAccept: text/html,*/*;q=0.8\r\nContent-Length: {300 * MIB}\r\n\r\n"
    answer, body = exchange(site.port, head.encode())
    assert answer.startswith("HTTP/1.1 413 ")
    assert "Content-Type: text/html; charset=utf-8" in answer
    assert "The file is larger than 64 MiB" in body
    assert "Pack it by gzip. On the command line: llmpricing audit FILE" in body
    assert '<a href="/bill">' in body


@pytest.mark.parametrize("length", [MIB + 1, 300 * MIB])
def test_a_body_over_1_mib_is_refused_before_it_is_sent_in_the_one_error_shape(site, length):
    head = (
        f"POST /api/v1/quotes HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    answer, body = exchange(site.port, head.encode())
    assert answer.startswith("HTTP/1.1 413 ")
    assert_one_shape(answer, body, "BODY_TOO_LARGE")
    event = refused(site, body)
    assert (event["method"], event["path"], event["status"]) == ("POST", "/api/v1/quotes", 413)


def test_a_body_of_1_mib_is_read(site):
    padding = b" " * (MIB - 2)
    head = f"POST /api/v1/quotes HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {MIB}\r\n"
    answer, body = exchange(site.port, head.encode() + b"Connection: close\r\n\r\n{" + padding + b"}")
    assert answer.startswith("HTTP/1.1 400 ")
    assert json.loads(body)["error"]["details"]["field"] == "model"


def usage_file(length):
    """The head of a form that brings so many bytes of a usage file."""
    head = f"POST /bill/audit HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\nContent-Length: {length}\r\n"
    return f"{head}Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n\r\n".encode()


def test_a_usage_file_may_be_larger_than_other_bodies_up_to_its_own_limit(site):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + b"a,b\n" * (MIB // 2)
    answer, said = exchange(site.port, usage_file(len(body) + 9) + body + b"\r\n--x--\r\n")
    assert answer.startswith("HTTP/1.1 400 ")
    assert "no shape that is known" in json.loads(said)["error"]["message"]
    answer, said = exchange(site.port, usage_file(65 * MIB))
    assert answer.startswith("HTTP/1.1 413 ")
    assert "64 MiB" in json.loads(said)["error"]["message"]


def test_only_so_many_usage_files_are_on_their_way_at_once(site):
    def answered(sent):
        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
            connection.sendall(sent)
            return connection.recv(65536).decode()

    def sent():
        client = (f"127.0.0.{next(number) // MOST_OF_ONE + 1}", 0)
        connection = socket.create_connection(("127.0.0.1", site.port), timeout=10, source_address=client)
        connection.sendall(usage_file(5 * MIB) + b"--x\r\n")
        return open_connections.enter_context(connection)

    number, until = count(), time.monotonic() + 60
    with ExitStack() as open_connections:
        waiting = {sent() for _ in range(MOST_LARGE + 1)}
        while refused_ones := select(waiting, [], [], 20 if len(waiting) > MOST_LARGE else 1)[0]:
            for connection in refused_ones:  # also in a place that a body before still had
                refusal = connection.recv(65536).decode()
                assert refusal.startswith("HTTP/1.1 503 ")
                assert "Retry-After: 5" in refusal
            waiting -= set(refused_ones)
            time.sleep(0.2)
            waiting |= {sent() for _ in range(MOST_LARGE - len(waiting))}
            assert time.monotonic() < until
        assert len(waiting) == MOST_LARGE
        assert answered(usage_file(10) + b"1234567890").startswith("HTTP/1.1 400 ")  # a small one needs no place
        assert site.get(LIVE).status == 200
    until = time.monotonic() + 20
    large = usage_file(2 * MIB) + b"x" * (2 * MIB)
    while not (answer := answered(large)).startswith("HTTP/1.1 400 "):
        assert time.monotonic() < until, answer
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /" + b"a" * (262_144 - 5), 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET http://[a/ HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST"),  # a host that is no address
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "NOT_IMPLEMENTED"),
    ],
)
def test_what_the_server_itself_refuses_has_the_one_error_shape(site, request_bytes, status, code):
    answer, body = exchange(site.port, request_bytes)
    assert answer.split()[1] == str(status)
    assert_one_shape(answer, body, code)
    event = refused(site, body)
    assert (event["client"], event["status"], event["bytes"]) == ("127.0.0.1", status, len(body))


def refused(site, body):
    """The line of the log about a request that was answered with this body."""
    request_id = json.loads(body)["request_id"]
    (event,) = [event for event in events_of(site) if event.get("request_id") == request_id]
    assert event["event"] == "request_refused"
    return event


def events_of(site):
    return [json.loads(line) for line in site.log.read_text().splitlines() if not line.startswith("Starting server")]


def assert_one_shape(answer, body, code):
    shown = json.loads(body)
    assert shown.keys() == {"error", "request_id"}
    assert shown["error"].keys() == {"code", "message", "details"}
    assert shown["error"]["code"] == code
    assert f"X-Request-Id: {shown['request_id']}" in answer


def test_each_line_of_the_log_is_json_and_says_who_asked_for_what_and_how_much_came_back(site):
    answer = site.get("/api/v1/models?q=%22%0A%1B" + "x" * 2000)
    event = next(event for event in reversed(events_of(site)) if event["event"] == "request")
    assert (event["path"], event["client"], event["status"]) == ("/api/v1/models", "127.0.0.1", answer.status)
    assert event["query"].startswith("q=%22%0A%1Bxxx")
    assert len(event["query"]) == 500
    assert event["bytes"] == len(answer.text)
