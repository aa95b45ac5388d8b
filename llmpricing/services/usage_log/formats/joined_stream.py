"""Bytes that were read already, and the stream behind them."""

from __future__ import annotations

import io
from typing import Any


class JoinedStream(io.RawIOBase):
    """Reads the ``head``, then the rest of a stream."""

    def __init__(self, head: bytes, rest: io.BufferedReader) -> None:
        self._head, self._rest = memoryview(head), rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, as far as there is anything."""
        found = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(found) :] if self._head else self._head
        buffer[: len(found)] = found
        return len(found)
