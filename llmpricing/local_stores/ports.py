"""Ports of this machine's loopback addresses."""

from __future__ import annotations

import errno
import socket

from llmpricing.local_stores.errors import StoreError

LOOPBACK = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))


def is_free(port: int) -> bool:
    """Whether a server of ours could listen on the port, on IPv4 and (where there is one) IPv6 loopback."""
    return not (is_listened_to(port) or any(_held(host, family, port) for host, family in LOOPBACK))


def is_listened_to(port: int) -> bool:
    """Whether a server answers there; a port that is the near end of a connection is not free either."""
    return any(_listens(host, family, port) for host, family in LOOPBACK)


def free_port_after(port: int, favourite: int | None = None) -> int:
    """The favourite if it is free, else the next free port above ``port``."""
    if favourite is not None and is_free(favourite):
        return favourite
    for candidate in range(port + 1, min(port + 200, 65536)):
        if is_free(candidate):
            return candidate
    raise StoreError(f"No free port was found above {port}.\nNext: name a free port in the ini file.")


def any_free_port() -> int:
    """A free port that the system chooses."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if is_free(port):
            return port


def _listens(host: str, family: socket.AddressFamily, port: int) -> bool:
    # Where SO_REUSEADDR lets one bind beside a wildcard listener (macOS), only a connection shows it.
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            return probe.connect_ex((host, port)) == 0
        except OSError:
            return False


def _held(host: str, family: socket.AddressFamily, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False
