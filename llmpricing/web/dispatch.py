"""Which request a worker takes next: big bodies stand in a line of their own, so that small questions pass them."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, NamedTuple

from waitress.task import ThreadedTaskDispatcher

BIG_BYTES = 16 << 10  # of a body: about a hundred questions
SHARE = 4  # of the workers, one in so many works on big bodies

# Waitress writes a line for each request that waits, which is what a gauge is for.
_SILENT = logging.Logger("llmpricing.queue", logging.CRITICAL + 1)


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress ships no types
    """Waitress' line of requests beside one for big bodies, of which ``most_big`` are worked on at once."""

    def __init__(self) -> None:
        super().__init__()
        self.queue_logger = _SILENT
        self.most_big = 1
        self._big = 0
        self._waiting: deque[_Big] = deque()

    def start(self, threads: int) -> None:
        """Begin with this many workers."""
        self.most_big = max(1, threads // SHARE)
        self.set_thread_count(threads)

    @property
    def waiting(self) -> int:
        """How many requests no worker has taken yet."""
        return len(self.queue) + len(self._waiting)

    def add_task(self, task: Any) -> None:
        """Give a channel's first request to a worker, as soon as one may have it; what a channel reads just now it
        answers itself where it can.
        """
        if task.is_reading:
            task.is_due = True
            return
        if body_bytes(task) <= BIG_BYTES:
            super().add_task(task)
            return
        big = _Big(self, task)
        with self.lock:
            if self._big >= self.most_big:
                self._waiting.append(big)
                return
            self._big += 1
        super().add_task(big)

    def big_is_done(self) -> None:
        """Let the next big body follow one that is answered."""
        with self.lock:
            if not self._waiting:
                self._big -= 1
                return
            following = self._waiting.popleft()
        super().add_task(following)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End the workers; who still waits is turned away."""
        with self.lock:
            self.queue.extend(self._waiting)
            self._waiting.clear()
        stopped: bool = super().shutdown(cancel_pending, timeout)
        return stopped


class _Big(NamedTuple):
    """A channel whose first request has a big body, as a task."""

    dispatcher: Dispatcher
    channel: Any

    def service(self) -> None:
        try:
            self.channel.service()
        finally:
            self.dispatcher.big_is_done()

    def cancel(self) -> None:
        self.channel.cancel()


def body_bytes(channel: Any) -> int:
    """The length of the first request's body, which has arrived; 0 where the server itself refuses the request."""
    request = channel.requests[0]
    return 0 if request.error or request.body_rcv is None else len(request.body_rcv)
