"""Is the web server's port free, and if not, who has it?"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

import click

from llmpricing.scripts.ini import listen_addresses, server_options

SUPERVISOR = "LLMPRICING_SUPERVISOR"  # set in a web server's environment: the process id of its `llmpricing run`


def claim_web_port(ini: Path) -> str:
    """The address to open in a browser; ends the left-over web server of a killed run, refuses any other's port."""
    addresses = listen_addresses(ini)
    for host, port in addresses:
        if _taken(host, port) and not _ended_orphan(port):
            holder = _holder(port)
            whose = f"process {holder.pid} ({' '.join(holder.cmdline())[:90]})" if holder else "another program"
            raise click.ClickException(
                f"Port {port} is taken by {whose}, so the web server cannot start.\n"
                f"Next: stop that program, or choose another port in [server:main] of {ini.name}: "
                f"listen = localhost:{port + 1}"
            )
    host, port = addresses[0]
    return f"http://{'localhost' if host in ('', '*', '0.0.0.0', '::') else host}:{port}"  # noqa: S104


def serves(pid: int, host: str, port: int) -> bool:
    """Whether the process listens there, or something that we may not look at does."""
    try:
        with socket.create_connection(("localhost" if host in ("", "*") else host, port), timeout=1):
            holder = _holder(port)
    except OSError:
        return False
    return holder is None or holder.pid == pid


def listening(ini: Path) -> list[socket.socket]:
    """Sockets that listen on all that the ini's web server names; raises ClickException."""
    options = server_options(ini)
    if options.get("use") != "egg:llmpricing" or "unix_socket" in options:
        raise click.ClickException(
            f"[server:main] of {ini.name} is no web server that several processes can share.\n"
            "Next: write use = egg:llmpricing and listen = HOST:PORT there."
        )
    claim_web_port(ini)
    sockets = []
    for host, port in listen_addresses(ini):
        for family, address in _resolved(host, port):
            try:
                one = _bound(family, address)
            except OSError as error:
                raise click.ClickException(
                    f"The web server cannot listen on {host}:{port}: {error.strerror}.\n"
                    f"Next: correct listen in [server:main] of {ini.name}."
                ) from None
            one.listen(int(options.get("backlog", "1024")))
            sockets.append(one)
    return sockets


def _taken(host: str, port: int) -> bool:
    return any(_bind_error(family, address) == errno.EADDRINUSE for family, address in _resolved(host, port))


def _resolved(host: str, port: int) -> list[tuple[int, Any]]:
    """The families and addresses that a host and port mean."""
    try:
        found = socket.getaddrinfo(
            None if host in ("", "*") else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror:
        raise click.ClickException(
            f"The web server cannot listen on {host}: the name is not known.\n"
            "Next: write localhost in [server:main] of the ini file."
        ) from None
    return [(family, address) for family, _, _, _, address in found]


def _bind_error(family: int, address: Any) -> int | None:
    try:
        _bound(family, address).close()
    except OSError as error:
        return error.errno
    return None


def _bound(family: int, address: Any) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one


def _holder(port: int) -> Any:
    """The process that listens on the port, as far as we may see it, else None."""
    try:
        import psutil  # comes with the extra "stores"
    except ImportError:
        return None
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:
        return None
    return None


def _ended_orphan(port: int) -> bool:
    """End the port's holder if it is a web server whose `llmpricing run` is gone (it has another parent now)."""
    holder = _holder(port)
    if holder is None or holder.uids().real != os.getuid():
        return False
    if holder.environ().get(SUPERVISOR, str(holder.ppid())) == str(holder.ppid()):
        return False
    click.echo(f"Ending a web server that a killed run left behind (process {holder.pid}).")
    holder.terminate()
    holder.wait(timeout=30)
    return True
