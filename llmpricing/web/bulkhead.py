"""Workers kept free of the database: while all who may wait for it do, the others still answer, health above all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.web.errors import Refused

STUCK_AFTER_S = 0.5
FREE_PATHS = ("/api/health", "/static/", "/metrics")  # they never use the requests' database connections

Handler = Callable[[Request], Response]


class DatabaseBusy(Refused):
    """Every request that may wait on the database already does."""

    def __init__(self) -> None:
        super().__init__(503, "UNAVAILABLE", "The database does not keep up. Try again in a few seconds.")


class Slots:
    """As many places as requests may be at the database at once."""

    def __init__(self, count: int, patience_s: float) -> None:
        self._count = count
        self._patience_s = patience_s
        self._since: dict[object, float] = {}  # who holds a place since when, the oldest first
        self._last_success = 0.0
        self._changed = Condition()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold a place for the block, which calls ``succeed``. Raises DatabaseBusy when no place becomes free."""
        holder = object()
        with self._changed:
            self._wait_for_place()
            self._since[holder] = monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._since[holder]
                self._changed.notify()

    def succeed(self) -> None:
        """Say that the database answers, so that waiting for a place is worth while."""
        self._last_success = monotonic()

    def _wait_for_place(self) -> None:
        limit = monotonic() + self._patience_s
        while len(self._since) >= self._count:
            # Who waits here is a worker too. So nobody does while the holders are stuck: neither has one of them
            # succeeded lately, nor is the oldest new.
            oldest = next(iter(self._since.values()))
            left_s = min(limit, max(self._last_success, oldest) + STUCK_AFTER_S) - monotonic()
            if left_s <= 0:
                raise DatabaseBusy
            self._changed.wait(left_s)


def tween_factory(handler: Handler, registry: Any) -> Handler:
    """Let a request pass with a place in hand, or without one where it does not need the database."""
    settings = registry.settings["llmpricing"]
    slots = Slots(settings.database_slots, settings.pool_timeout_s)

    def tween(request: Request) -> Response:
        if request.path_info.startswith(FREE_PATHS) or request.held is not None:
            return handler(request)
        with slots.hold():
            response = handler(request)
            if response.status_int < 500:
                slots.succeed()
            return response

    return tween


def includeme(config: Any) -> None:
    # Around the transaction, whose end waits on the database too.
    config.add_tween("llmpricing.web.bulkhead.tween_factory", over="pyramid_tm.tm_tween_factory")
