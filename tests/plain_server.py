"""A plain server of files, as any web server is one: what `feed publish` writes lies behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """A plain server of the folder's files, as any web server is one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetch(address: str, name: str) -> bytes:
    """What a plain client is given."""
    line = HTTPConnection(address.removeprefix("http://"), timeout=30)
    line.request("GET", f"/{name}")
    data = line.getresponse().read()
    line.close()
    return data
