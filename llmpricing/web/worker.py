"""One of several serving processes, which share listening sockets: started by ``llmpricing serve``, ends with it.

python -m llmpricing.web.worker INI HANDLE...
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import plaster

from llmpricing.web.server import make_server

NOT_STARTED = 3  # exit code: it never served, and another attempt would not either
_OF_SOCKETS = ("use", "listen", "host", "port", "unix_socket", "ipv4", "ipv6")


def main() -> None:
    """Serve the application of this ini file on these sockets until a signal, or until who started us is gone."""
    ini, *handles = sys.argv[1:]
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        _serve(Path(ini), [socket.socket(fileno=int(handle)) for handle in handles])
    except SystemExit as error:
        print(error.code, file=sys.stderr)
        sys.exit(NOT_STARTED)


def _serve(ini: Path, sockets: Sequence[socket.socket]) -> None:
    try:
        serve, app = _made(ini, sockets)
    except Exception:  # noqa: BLE001 - told, with where it happened
        raise SystemExit(traceback.format_exc()) from None
    serve(app)  # ends by SystemExit where the settings do not fit each other


def _made(ini: Path, sockets: Sequence[socket.socket]) -> tuple[Callable[[Any], None], Any]:
    """The server and the application, as pserve makes them."""
    loader = plaster.get_loader(str(ini), protocols=["wsgi"])
    loader.setup_logging()
    app = loader.get_wsgi_app()
    stated = loader.get_settings("server:main")
    options = {name: value for name, value in stated.items() if name not in _OF_SOCKETS}
    return make_server({}, sockets=list(sockets), **options), app


def _end_with_parent() -> None:
    """Its end of our input closes when it is gone, however that came."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
