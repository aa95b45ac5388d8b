"""The sockets that several serving processes share are those that [server:main] names, or the reason is said."""

from __future__ import annotations

import socket
from pathlib import Path

import click
import pytest

from llmpricing.scripts.web_port import listening


def ini(folder: Path, server: str) -> Path:
    path = folder / "site.ini"
    path.write_text(f"[app:main]\nuse = egg:llmpricing\n[server:main]\n{server}\n")
    return path


def test_sockets_listen_where_the_ini_says(tmp_path: Path) -> None:
    (found,) = listening(ini(tmp_path, "use = egg:llmpricing\nlisten = 127.0.0.1:0"))
    with found, socket.create_connection(found.getsockname(), timeout=10):
        accepted, _ = found.accept()
        accepted.close()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(click.ClickException, match=rf"Port {port} is taken .*\nNext: stop that program"):
            listening(ini(tmp_path, f"use = egg:llmpricing\nlisten = 127.0.0.1:{port}"))


def test_another_web_server_than_ours_cannot_be_shared(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=r"that several processes can share\.\nNext: write use"):
        listening(ini(tmp_path, "use = egg:waitress\nlisten = 127.0.0.1:0"))
