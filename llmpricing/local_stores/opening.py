"""Opening the stores: servers that answer are used, servers of our own start where none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from llmpricing.local_stores import ports
from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.home import Home
from llmpricing.local_stores.probes import ask_patiently, claim_cache
from llmpricing.local_stores.processes import ServerProcess, working_folder
from llmpricing.local_stores.wanted import LOCAL_HOSTS, WantedStore, wanted_stores
from llmpricing.settings import Settings, environment_name

Say = Callable[[str], None]


@dataclass(frozen=True)
class OpenStore:
    """A server that answered, and the process if it is our own."""

    url: URL
    server: ServerProcess | None

    @property
    def text(self) -> str:
        """The URL with its password, for programs."""
        return self.url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class OpenStores:
    """Both stores, ready to be used."""

    database: OpenStore
    cache: OpenStore

    def environment(self) -> dict[str, str]:
        """Variables by which a child process finds these stores."""
        return {
            environment_name("sqlalchemy.url"): self.database.text,
            environment_name("redis.url"): self.cache.text,
        }

    def check(self) -> None:
        """StoreError in plain words if a server of our own has ended."""
        for store in (self.database, self.cache):
            if store.server is not None and store.server.pid is None:
                raise StoreError(
                    f"{store.server.how_it_ended()}\n"
                    "Nothing committed is lost. Next: read these lines, then run the command again."
                )


@contextmanager
def used_stores(settings: Settings, home: Home, say: Say, *, only_own: bool = False) -> Iterator[OpenStores]:
    """Stores for as long as they are needed; our own servers end with their last user, unless they are kept. With
    ``only_own`` no server of anybody else is used, such as one that another checkout started on the same port.

    StoreError says which store cannot be used, why, and what to do next; nothing was started then.
    """
    pairs = list(zip(wanted_stores(settings), (home.postgres, home.valkey), strict=True))
    answers = [ask_patiently(server.ask, wanted.url, say) for wanted, server in pairs]
    for (wanted, server), answer in zip(pairs, answers, strict=True):
        if wanted.refusal and (only_own or not answer.ready):
            reason = answer.reason or "it is not of this folder"
            raise StoreError(f"{server.label} at {wanted.place} cannot be used: {reason}.\n{wanted.refusal}")
    if all(answer.ready for answer in answers) and home.idle and not only_own:
        yield _opened(pairs, say)  # other people's servers need no folder of ours
        return
    home.create()
    with home.joined() as am_last:
        try:
            with home.locked(say):
                opened = _opened(pairs, say, only_own=only_own)
                home.remember_moved(_moved(pairs, opened))
            yield opened
        finally:
            with home.locked(say):
                _leave(home, am_last, say)


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _opened(pairs: list[tuple[WantedStore, ServerProcess]], say: Say, *, only_own: bool = False) -> OpenStores:
    database, cache = (_open(wanted, server, say, only_own=only_own) for wanted, server in pairs)
    claim_cache(cache.url)
    return OpenStores(database, cache)


def _moved(pairs: list[tuple[WantedStore, ServerProcess]], opened: OpenStores) -> dict[str, tuple[int, int]]:
    ports = [(wanted.key, wanted.url.port or 0) for wanted, _ in pairs]
    used = (opened.database.url.port or 0, opened.cache.url.port or 0)
    return {key: (named, taken) for (key, named), taken in zip(ports, used, strict=True) if named != taken}


def _leave(home: Home, am_last: Callable[[], bool], say: Say) -> None:
    if home.kept:
        say("The embedded servers go on until `llmpricing stores down`.")
    elif not am_last():
        say("The embedded servers go on: another llmpricing command uses them.")
    elif stopped := home.stop():
        say(f"Stopped {' and '.join(stopped)}; the data stays in {shown(home.folder)}.")


def _open(wanted: WantedStore, server: ServerProcess, say: Say, *, only_own: bool) -> OpenStore:
    """The server that the settings name; where one of ours runs on another port, or ``only_own`` asks for it, ours."""
    answer = server.ask(wanted.url)
    runs = server.pid is not None
    own = runs and server.port == wanted.url.port
    if answer.ready and (own or wanted.refusal or not (runs or only_own)):
        say(f"{server.label}: using the server at {wanted.place}{_whose(server) if own else ''}.")
        if not own and (other := another_folder(wanted, server)):
            say(f"  llmpricing started it for another folder, whose data are shared: {other}")
            say("  For servers and a price book of this folder alone: llmpricing run --own-stores")
        return OpenStore(wanted.url, server if own else None)
    moved = wanted.url.set(port=server.port or wanted.url.port)
    if server.pid is not None and server.admits(moved):
        say(f"{server.label}: using the server at {moved.host}:{moved.port}{_whose(server)}.")
        return OpenStore(moved, server)
    if server.stop():
        say(f"{server.label}: our server did not answer, so it was ended and starts anew.")
    return _start(wanted, server, answer.reason, say)


def _start(wanted: WantedStore, server: ServerProcess, reason: str, say: Say) -> OpenStore:
    """Our server on the port that the settings name, or where that is taken, on one above it."""
    named, tries = wanted.url.port or server.default_port, 3
    while True:
        url, port = wanted.url, named
        if not ports.is_free(port):
            port = ports.free_port_after(port, server.port)
            url, why = url.set(port=port), reason or "another folder's"
            say(f"{server.label}: the server at {wanted.place} is not ours ({why}); ours takes port {port}.")
            say(f"  Commands find it by themselves; for pserve set {wanted.variable} to the same URL with port {port}.")
        try:
            _begin(wanted, server, port, url)
        except StoreError:
            tries -= 1
            server.stop()
            if not tries or ports.is_free(port):
                raise  # else another server took the port while ours began, which takes seconds at the first start
        else:
            say(f"{server.label}: started at {url.host}:{port}, data in {shown(server.folder)}.")
            return OpenStore(url, server)


def _begin(wanted: WantedStore, server: ServerProcess, port: int, url: URL) -> None:
    """Start it; StoreError where it does not, or does not answer, as where somebody has the port of one address."""
    server.start(port, url)
    answer = server.ask(url)
    if not answer.ready:
        raise StoreError(
            f"The embedded {server.label} ran at {url.host}:{url.port}, but {answer.reason}.\n"
            f"Next: compare {wanted.key} in the ini file; `llmpricing stores status` shows what runs."
        )


def another_folder(wanted: WantedStore, server: ServerProcess) -> Path | None:
    """Where the data of a server lie that llmpricing started for another folder on this machine."""
    if wanted.url.host not in LOCAL_HOSTS:
        return None
    found = working_folder(wanted.url.port or server.default_port)
    return found if found and found.name == server.folder.name else None


def _whose(server: ServerProcess) -> str:
    return f", started earlier by llmpricing (process {server.pid}, data in {shown(server.folder)})"
