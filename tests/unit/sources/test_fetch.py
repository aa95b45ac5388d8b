"""Fetching lists from a real HTTPS server on the loopback: bounded, and only from hosts that the settings name."""

from __future__ import annotations

import gzip
import http.server
import lzma
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from llmpricing.settings import Settings, read_settings
from llmpricing.sources.compression import unpacked
from llmpricing.sources.errors import FetchError, SourceError
from llmpricing.sources.fetch import Fetched, fetch
from tests.https_server import ListServer, certificate, connect_proxy, https_server, trusted_server

LIST = b'{"a": 1}'


def settings(**given: str) -> Settings:
    urls = {"sqlalchemy.url": "postgresql+psycopg2://a:b@localhost/c", "redis.url": "redis://localhost"}
    fetching = {"fetch_hosts": "localhost", "fetch_timeout_s": "5", "fetch_max_mib": "1"} | given
    return read_settings(urls | {f"llmpricing.{name}": value for name, value in fetching.items()}, {})


@pytest.fixture(scope="module")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    with trusted_server(certificate_file, monkeypatch) as found:
        yield found


def refusal(url: str, **given: str) -> str:
    with pytest.raises(SourceError) as caught:
        fetch(url, settings(**given))
    return str(caught.value)


def test_a_list_comes_with_its_etag(server: ListServer) -> None:
    url = server.serve("/list.json", LIST, ETag='"one"')
    assert fetch(url, settings()) == Fetched(LIST, '"one"')


def test_an_unchanged_list_is_not_sent_again(server: ListServer) -> None:
    url = server.serve("/list.json", LIST, ETag='"one"')
    assert fetch(url, settings(), '"one"') == Fetched(None, '"one"')
    assert fetch(url, settings(), '"another"').data == LIST


def test_gzip_is_asked_for_and_unpacked(server: ListServer) -> None:
    url = server.serve("/list.json", gzip.compress(LIST), Content_Encoding="gzip")
    assert fetch(url, settings()).data == LIST
    assert server.asked[0]["Accept-Encoding"] == "gzip"


def test_a_host_that_the_settings_do_not_name_is_never_asked(server: ListServer) -> None:
    url = server.serve("/list.json", LIST)
    said = refusal(url, fetch_hosts="models.dev")
    assert "localhost, which is not among" in said
    assert "LLMPRICING_FETCH_HOSTS" in said
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/list.json",
        "file:///etc/passwd",
        "ftp://localhost/list.json",
        "https://user:password@localhost/list.json",
        "https://localhost@evil.example/list.json",
        "https://localhost.evil.example/list.json",
        "https://evil.example#@localhost/",
        "https://localhost:nowhere/list.json",
        "https:///list.json",
        "https://localhost/a b",
        "https://localhost/a\r\nHost: evil.example",
        "//localhost/list.json",
        "",
    ],
)
def test_no_other_kind_of_address_is_fetched(url: str) -> None:
    with pytest.raises(FetchError):
        fetch(url, settings())


def test_a_redirect_on_the_list_is_followed(server: ListServer) -> None:
    server.serve("/list.json", LIST)
    url = server.serve("/old.json", b"", 302, Location="/list.json")
    assert fetch(url, settings()).data == LIST


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://evil.example/list.json", "localhost sends us on to evil.example"),
        ("http://localhost/list.json", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https://127.0.0.1/list.json", "sends us on to 127.0.0.1"),
    ],
)
def test_no_redirect_leaves_the_list(server: ListServer, location: str, words: str) -> None:
    assert words in refusal(server.serve("/list.json", b"", 301, Location=location))


def test_redirects_in_a_circle_end(server: ListServer) -> None:
    url = server.serve("/list.json", b"", 301, Location="/list.json")
    assert "on and on" in refusal(url)
    assert len(server.asked) < 10


@pytest.mark.parametrize(("status", "word"), [(404, "not there"), (403, "let us in"), (500, "later"), (304, "later")])
def test_another_status_is_told_with_the_next_step(server: ListServer, status: int, word: str) -> None:
    said = refusal(server.serve("/list.json", b"", status))
    assert f"status {status}" in said
    assert word in said
    assert said.endswith("llmpricing import SOURCE FILE")


def test_a_list_beyond_the_bound_is_not_read_to_its_end(server: ListServer) -> None:
    sent = 0

    def endless(request: http.server.BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        for _ in range(1000):
            sent += request.wfile.write(b" " * 2**20)

    assert "LLMPRICING_FETCH_MAX_MIB" in refusal(server.answer("/list.json", endless))
    assert sent < 100 * 2**20


@pytest.mark.parametrize("packed", [gzip.compress(bytes(2**24)), lzma.compress(bytes(2**24))], ids=["gzip", "xz"])
def test_a_list_that_unpacks_beyond_the_bound_is_refused(server: ListServer, packed: bytes) -> None:
    assert "larger than 1 MiB" in refusal(server.serve("/list.json", packed))


def drip(where: str) -> Iterator[bytes]:
    """Bytes that never stop nor ever end what they belong to."""
    yield b"HTTP/1.0 200 OK\r\n"
    if where == "body":
        yield b"\r\n"
    for number in range(1000):
        yield b"%d: x\r\n" % number if where == "header" else b" "


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_list_that_drips_is_given_up_in_time(server: ListServer, where: str) -> None:
    def dripping(request: http.server.BaseHTTPRequestHandler) -> None:
        for piece in drip(where):
            request.wfile.write(piece)
            time.sleep(0.05)

    started = time.monotonic()
    assert "longer than 1 s" in refusal(server.answer("/list.json", dripping), fetch_timeout_s="1")
    assert time.monotonic() - started < 2.5


def test_a_silent_server_is_given_up_in_time(certificate_file: Path, server: ListServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        refusal(f"https://localhost:{silent.getsockname()[1]}/list.json", fetch_timeout_s="1")
        assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("length", ["100", "1000000"])
def test_an_answer_that_breaks_off_is_no_list(server: ListServer, length: str) -> None:
    def cut(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", length)
        request.end_headers()
        request.wfile.write(LIST)

    assert "broke off" in refusal(server.answer("/list.json", cut))


def test_a_certificate_of_an_unknown_authority_is_refused(server: ListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "SSL_CERT_FILE" in refusal(server.serve("/list.json", LIST))
    assert server.asked == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = certificate(tmp_path, "DNS:elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(others))
    with https_server(others) as server:
        assert "not trusted" in refusal(server.serve("/list.json", LIST))
        assert server.asked == []


def test_a_closed_port_is_told(server: ListServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "cannot be reached" in refusal(f"https://localhost:{port}/list.json")


def test_a_server_that_speaks_no_tls_is_told(server: ListServer) -> None:
    def greet() -> None:
        client, _ = plain.accept()
        with client:
            client.sendall(b"220 this is another protocol\r\n")

    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = Thread(target=greet)
        thread.start()
        assert "does not speak TLS" in refusal(f"https://localhost:{plain.getsockname()[1]}/list.json")
        thread.join()


def test_an_unknown_name_is_told(server: ListServer) -> None:
    said = refusal("https://nowhere.invalid/list.json", fetch_hosts="nowhere.invalid")
    assert "No address is known for nowhere.invalid" in said


def test_the_environments_proxy_is_used(server: ListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.serve("/list.json", LIST)
    with connect_proxy() as (proxy, asked):
        monkeypatch.setenv("https_proxy", proxy)
        assert fetch(url, settings()).data == LIST
        assert asked == [url.removeprefix("https://").removesuffix("/list.json")]
        monkeypatch.setenv("no_proxy", "localhost")
        assert fetch(url, settings()).data == LIST
        assert len(asked) == 1


def test_a_proxy_that_refuses_is_told(server: ListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.serve("/list.json", LIST)
    with connect_proxy(refuses=True) as (proxy, _):
        monkeypatch.setenv("https_proxy", proxy)
        assert "proxy does not let us through" in refusal(url)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_file_that_was_cut_short_is_refused(pack) -> None:  # type: ignore[no-untyped-def]
    packed = pack(LIST * 1000)
    assert unpacked(packed, 2**20) == LIST * 1000
    for length in (len(packed) - 1, len(packed) // 2, 8):
        with pytest.raises(SourceError, match="cut short"):
            unpacked(packed[:length], 2**20)
