"""Langfuse's API of model definitions: what is there, one more, one less."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

_PATH = "/api/public/models"
_PAGE = 100
_TIMEOUT_S = 30.0
_AT_HOME = ("localhost", "127.0.0.1", "::1")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class LangfuseError(Exception):
    """Langfuse cannot be used; the message ends with what to do."""


class Langfuse:
    """A project of Langfuse, by the address of its server and the project's two keys."""

    def __init__(self, url: str, public_key: str, secret_key: str) -> None:
        parts = urlsplit(url)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _AT_HOME):
            raise LangfuseError(f"{url} is no https address of a server: set LANGFUSE_BASE_URL to one.")
        line = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._line = line(parts.hostname, parts.port, timeout=_TIMEOUT_S)
        self._url, self._path = url, parts.path.rstrip("/") + _PATH
        keys = base64.b64encode(f"{public_key}:{secret_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {keys}", "Content-Type": "application/json"}

    def rows(self) -> Iterator[dict[str, Any]]:
        """All model definitions, also Langfuse's own."""
        page, last = 1, 1
        while page <= last:
            found = self._ask("GET", f"{self._path}?page={page}&limit={_PAGE}")
            yield from found["data"]
            page, last = page + 1, found["meta"]["totalPages"]

    def create(self, row: dict[str, Any]) -> None:
        self._ask("POST", self._path, _ENCODER.encode(row))

    def delete(self, number: str) -> None:
        self._ask("DELETE", f"{self._path}/{quote(number, safe='')}")

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            self._line.request(method, path, body, self._headers)
            answer = self._line.getresponse()
            data = answer.read()
        except (OSError, HTTPException) as error:
            raise LangfuseError(f"{self._url} does not answer ({error}): is LANGFUSE_BASE_URL right?") from None
        if answer.status in (401, 403):
            raise LangfuseError(
                f"{self._url} refuses the keys: look at LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY of the project."
            )
        if not 200 <= answer.status < 300:
            raise LangfuseError(
                f"{self._url} answers {answer.status} to {method}: {data[:200].decode(errors='replace')}. "
                "Run the command again: it goes on with what is left."
            )
        try:
            return json.loads(data) if data else None
        except ValueError:
            raise LangfuseError(f"{self._url} is no Langfuse: set LANGFUSE_BASE_URL to its server.") from None
