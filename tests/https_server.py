"""A real HTTPS server on the loopback, with a certificate that only this test run trusts, and a proxy before it."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class ListServer:
    """Serves each path by a function; remembers the headers of every request."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer ``path`` with this; underscores in names of headers are hyphens. Returns the full URL."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            known = request.headers.get("If-None-Match")
            unchanged = known is not None and known == headers.get("ETag")
            request.send_response(304 if unchanged else status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            if not unchanged:
                request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            if not unchanged:
                request.wfile.write(body)

        return self.answer(path, answer)

    def answer(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.url + path


def certificate(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1") -> Path:
    """A new certificate for these names with its key, in one file."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@contextmanager
def trusted_server(certificate_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    """A server whose certificate this process trusts, reached without a proxy."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_file))
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with https_server(certificate_file) as server:
        yield server


@contextmanager
def https_server(certificate_file: Path) -> Iterator[ListServer]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(dict(self.headers))
            found = served.answers.get(self.path)
            if found is None:
                self.send_error(404)
            else:
                found(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # clients hang up on purpose here

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        served = ListServer(f"https://localhost:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def connect_proxy(*, refuses: bool = False, port_for_all: int = 0) -> Iterator[tuple[str, list[str]]]:
    """An HTTP proxy for CONNECT: its URL, and where it was asked to connect to. One that refuses wants a password;
    with ``port_for_all`` every host is found there, on this machine.
    """
    asked: list[str] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side hung up

    def handle(client: socket.socket) -> None:
        with client:
            request = b""
            while b"\r\n\r\n" not in request and (more := client.recv(65536)):
                request += more
            if not request:
                return  # somebody looked whether we are here
            target = request.split()[1].decode()
            asked.append(target)
            if refuses:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            host, _, port = f"127.0.0.1:{port_for_all}".rpartition(":") if port_for_all else target.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = Thread(target=pump, args=(server, client))
                back.start()
                pump(client, server)
                back.join()

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            Thread(target=handle, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
