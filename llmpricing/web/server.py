"""The web server: waitress, which drains before it ends and has room for the next client."""

from __future__ import annotations

import ctypes
import errno
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
from waitress import create_server, wasyncore
from waitress.server import BaseWSGIServer

from llmpricing.web.answer_task import HAS_READY_ANSWERS, POSTED_AT_ONCE
from llmpricing.web.channels import Channel, channels
from llmpricing.web.dispatch import Dispatcher
from llmpricing.web.json_body import LARGE_BODIES
from llmpricing.web.metrics import DISPATCHER

STOP_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")  # the last where a terminal closes; Windows has none
POLL_S = 0.1  # while it drains
GRACE_S = 0.3  # what a client had sent when the signal came has arrived by then
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of malloc.h
_LARGE = 64 << 10  # bytes: a page's text
IDLE_S = 1.0  # only who was silent so long makes room for others
LIMITS = {  # beaten by the ini file
    "connection_limit": "1000",
    "asyncore_use_poll": "true",  # select() dies at the 1,024th handle
    "channel_timeout": "20",
    "cleanup_interval": "5",
    "max_request_body_size": str((1 << 20) + 1),  # waitress refuses what is as long as this
}
_NOBODY_SIGNS_IN = (
    "auth.user_header is believed only from trusted_proxy, and [server:main] names no address there.\n"
    "Next: set trusted_proxy in [server:main] to the address of the proxy that signs people in."
)
log = structlog.get_logger()


def make_server(global_config: dict[str, str], **options: Any) -> Callable[[Any], None]:
    """The ``[server:main]`` of ``use = egg:llmpricing``; options are waitress'. Listens at once, serves when called."""
    _allow_many_handles()
    _share_heaps()
    if threading.current_thread() is threading.main_thread():
        # Until it serves there is nothing to drain, and Python would answer Ctrl-C by a traceback out of the start.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    listening = _Listening(LIMITS | options)

    def serve(app: Any) -> None:
        listening.app = app
        registry = getattr(app, "registry", None)  # none behind a filter of the ini file
        settings = registry.settings["llmpricing"] if registry else None
        if settings and settings.auth_user_header and listening.options.trusted_proxy in (None, "*"):
            raise SystemExit(_NOBODY_SIGNS_IN)
        if registry:
            registry[DISPATCHER] = listening.dispatcher
            listening.options.large_bodies = registry.get(LARGE_BODIES, {})
            for server in listening.servers:
                server.has_ready_answers = HAS_READY_ANSWERS in registry
                server.posted_at_once = registry.get(POSTED_AT_ONCE, {})
        Serving(listening).until_stopped(settings.drain_timeout_s if settings else 20)
        for close in registry.get("llmpricing.closing", ()) if registry else ():
            close()
        log.info("stopped")

    return serve


class _Listening:
    """Waitress on its sockets, and the application, which is loaded once they are ours."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.app: Any  # set before the loop begins
        dispatcher = Dispatcher()
        self.sockets: dict[int, Any] = {}
        try:
            made = create_server(self._answer, map=self.sockets, _dispatcher=dispatcher, **options)
        except OSError as error:
            raise SystemExit(_cannot_listen(error, options)) from None
        dispatcher.start(made.adj.threads)
        self.dispatcher, self.options = dispatcher, made.adj
        self.servers = [each for each in self.sockets.values() if isinstance(each, BaseWSGIServer)]
        for server in self.servers:
            server.channel_class, server.is_draining = Channel, False
            server.has_ready_answers, server.posted_at_once = False, {}
        self.addresses = [f"{server.effective_host}:{server.effective_port}" for server in self.servers]

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.app(environ, start_response)


def _cannot_listen(error: OSError, options: dict[str, Any]) -> str:
    where = options.get("listen") or f"{options.get('host', '0.0.0.0')}:{options.get('port', '8080')}"  # noqa: S104
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another program.\nNext: stop it, or choose another port in [server:main]."
    return f"The web server cannot listen on {where}: {error.strerror}.\nNext: correct listen in [server:main]."


class Serving:
    """The loop of a server: serves until a signal, then lets the requests in flight end."""

    def __init__(self, listening: _Listening) -> None:
        self._on = listening
        self._signals: list[str] = []

    def until_stopped(self, drain_timeout_s: float) -> None:
        """Serve until a signal to stop; then no new connections, and ``drain_timeout_s`` for those that are busy.
        A second signal ends the wait.
        """
        if threading.current_thread() is threading.main_thread():
            for name in STOP_SIGNALS:
                number = getattr(signal, name, None)
                if number and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):  # as nohup asks
                    signal.signal(number, self._stop)
        log.info("serving", addresses=self._on.addresses)
        while not self._signals:
            self._poll(self._on.options.asyncore_loop_timeout)
            self._make_room()
        self._drain(drain_timeout_s)
        self._on.dispatcher.shutdown(timeout=POLL_S)
        wasyncore.close_all(self._on.sockets)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(signal.Signals(number).name)
        self._on.servers[0].pull_trigger()  # ends the wait in poll()

    def _poll(self, timeout_s: float) -> None:
        wasyncore.loop(timeout_s, self._on.options.asyncore_use_poll, self._on.sockets, count=1)

    def _make_room(self) -> None:
        """At the connection limit, close those that have been silent for longest, in the middle of a request too."""
        excess = len(self._on.sockets) - self._on.options.connection_limit
        if excess < 0:
            return
        silent_since = time.time() - IDLE_S
        idle = [each for each in channels(self._on.sockets) if not each.is_owed and each.last_activity < silent_since]
        closed = idle[: excess + self._on.options.connection_limit // 20 + 1]
        for channel in closed:
            channel.handle_close()
        if closed:
            log.warning("connections_closed_for_others", closed=len(closed))

    def _drain(self, budget_s: float) -> None:
        started = time.monotonic()
        self._poll(0)  # whoever stands at the door comes in
        for server in self._on.servers:
            server.is_draining = True
            wasyncore.dispatcher.close(server)  # its trigger stays: answers need it
        log.info("draining", signal=self._signals[0], in_flight=self._busy(), budget_s=budget_s)
        while (elapsed_s := time.monotonic() - started) < budget_s and len(self._signals) == 1:
            if elapsed_s > GRACE_S:
                self._close_idle()
                if not channels(self._on.sockets):
                    break
            self._poll(POLL_S)
        elapsed_ms = round((time.monotonic() - started) * 1000)
        say = log.warning if self._busy() else log.info
        say("drained", elapsed_ms=elapsed_ms, dropped=self._busy())

    def _close_idle(self) -> None:
        for channel in channels(self._on.sockets):
            if not channel.is_busy:
                channel.handle_close()

    def _busy(self) -> int:
        return sum(channel.is_busy for channel in channels(self._on.sockets))


def _share_heaps() -> None:
    """Have threads share two heaps, and large texts lie outside them: glibc gives each thread a heap of its own, puts
    ever larger texts there once one was freed, and little of that ever comes back.
    """
    with suppress(OSError, AttributeError):  # another system's library
        allocator = ctypes.CDLL("libc.so.6")
        allocator.mallopt(_ARENA_MAX, 2)
        allocator.mallopt(_MMAP_THRESHOLD, _LARGE)


def _allow_many_handles() -> None:
    """Raise this process' limit of open files to what it may have: 1,000 connections and the stores' need it."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    if soft < wanted and soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
