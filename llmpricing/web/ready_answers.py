"""Answers whose bytes are ready: given again before there is a request, for as long as nothing changes them.

What may differ between two askers stands in the key; what changes an answer ends it: another price book, the next
known step, another set of tokens. While the book is stale, and where a proxy signs people in, every answer is made
anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, NamedTuple

from pyramid.config import PHASE3_CONFIG
from pyramid.interfaces import IExecutionPolicy

from llmpricing.book.price_book import PriceBook
from llmpricing.services.decisions.access_tokens import digest_of
from llmpricing.services.decisions.kept_tokens import TokensRead
from llmpricing.services.memory import Memory
from llmpricing.web.access import TOKENS
from llmpricing.web.answer_task import AT_ONCE, HAS_READY_ANSWERS, PASSED_ON, TOLD_BY_PROXIES, NeedsWorker
from llmpricing.web.conditional import LASTING, Lasting, each_time, holds, lifetime_now
from llmpricing.web.held_book import HOLDER
from llmpricing.web.request_log import HEADER, Answered, request_id, tell
from llmpricing.web.transactions import Policy

MOST_BYTES = 6 << 20  # of one process
LARGEST = 1 << 20  # a whole list as CSV is rarely asked for twice
_OWN_BYTES = 3_300  # what an answer takes beside its body, with its question, about
LONGEST_QUESTION = 2_000  # longer ones are asked once
_OF_EACH = ("Cache-Control", HEADER)  # headers that are made anew
_ASKED_BY = ("SCRIPT_NAME", "HTTP_HOST", "wsgi.url_scheme", "HTTP_ACCEPT_ENCODING")
_AT_HOME_BY = ("REMOTE_ADDR", "HTTP_ORIGIN", PASSED_ON, *TOLD_BY_PROXIES)  # asked in development only


class SentAnswer(NamedTuple):
    """An answer as it was sent, without the headers that each has of its own."""

    lasting: Lasting
    tokens: TokensRead
    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    etag: str
    asked: int = 0  # characters of the question, which is kept beside it

    def is_good(self, book: PriceBook, tokens: TokensRead, now: datetime) -> bool:
        """Whether the same question would be answered so now."""
        until = self.lasting.until
        return self.lasting.book is book and (until is None or now < until) and self.tokens == tokens


class ReadyAnswers:
    """Ready answers by what was asked, bounded by their bytes; the one that was not asked for longest goes first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: Memory[Hashable, SentAnswer] = Memory(None, _size, most_bytes=most_bytes)

    def find(self, key: Hashable, book: PriceBook, tokens: TokensRead, now: datetime) -> SentAnswer | None:
        """The answer, where it is good still."""
        found = self._kept.find(key)
        if found is None or found.is_good(book, tokens, now):
            return found
        self._kept.forget(key)
        return None

    def keep(self, key: Hashable, answer: SentAnswer) -> None:
        """Keep an answer in the place of the one before."""
        if len(answer.body) > LARGEST or length(key) > LONGEST_QUESTION:
            return
        self._kept.keep(key, answer._replace(asked=length(key)))


def _size(answer: SentAnswer) -> int:
    return len(answer.body) + answer.asked + _OWN_BYTES


def length(key: Hashable) -> int:
    """How many characters the texts of a question have."""
    return sum(len(part) for part in key if isinstance(part, str)) if isinstance(key, tuple) else 0


def telling_apart(registry: Any, *asked: str) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """What of an environ tells two askers apart who might be answered otherwise, beside what is ``asked``."""
    is_development = registry.settings["llmpricing"].environment == "development"
    names = asked + _ASKED_BY + (_AT_HOME_BY if is_development else ())

    def key(environ: dict[str, Any]) -> tuple[Any, ...]:
        stated = environ.get("HTTP_AUTHORIZATION")
        return (*map(environ.get, names), digest_of(stated) if stated else None)

    return key


class Given:
    """An answer of ready bytes, as a WSGI application."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self._status, self._headers, self._body = status, headers, body

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(self._status, self._headers)
        return [self._body]


class ReadyFirst:
    """The execution policy that answers by ready bytes where it can, and keeps what another one answers."""

    def __init__(self, policy: Policy, registry: Any) -> None:
        self._policy, self._registry = policy, registry
        self._holder, self._tokens = registry[HOLDER], registry[TOKENS]
        self._answers = ReadyAnswers()
        self._key = telling_apart(registry, "PATH_INFO", "QUERY_STRING")

    def __call__(self, environ: dict[str, Any], router: Any) -> Any:
        started = perf_counter()
        held = self._holder.held if environ["REQUEST_METHOD"] == "GET" else None
        if held is None or held.stale_since is not None or "app.dbsession" in environ:
            return self._make(environ, router)
        tokens = self._tokens.peek(0)
        if tokens is None:
            return self._make(environ, router)
        key = self._key(environ)
        if found := self._find(environ.get("HTTP_IF_NONE_MATCH", ""), key, held.book, tokens):
            return self._give(environ, found, started)
        response = self._make(environ, router)
        self._keep(key, tokens, environ.get(LASTING), response)
        return response

    def _make(self, environ: dict[str, Any], router: Any) -> Any:
        """What the other policy answers; since that may take its time, nothing where an answer is wanted at once."""
        if environ.get(AT_ONCE):
            raise NeedsWorker
        return self._policy(environ, router)

    def _find(self, stated: str, key: tuple[Any, ...], book: PriceBook, tokens: TokensRead) -> SentAnswer | None:
        now = datetime.now(UTC)
        if stated:
            unchanged = self._answers.find((304, *key), book, tokens, now)
            if unchanged and holds(stated, unchanged.etag):
                return unchanged
        found = self._answers.find((200, *key), book, tokens, now)
        return None if found and stated and holds(stated, found.etag) else found

    def _give(self, environ: dict[str, Any], found: SentAnswer, started: float) -> Given:
        lasting, asked = found.lasting, request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        answered = Answered(lasting.route, lasting.caller, int(found.status[:3]), len(found.body))
        tell(self._registry, environ, answered, perf_counter() - started, request_id=asked)
        private = lasting.is_private
        for_how_long = each_time(private) if lasting.is_page else lifetime_now(lasting.until, private)
        own = [(HEADER, asked), ("Cache-Control", for_how_long)]
        return Given(found.status, [*found.headers, *own], found.body)

    def _keep(self, key: tuple[Any, ...], tokens: TokensRead, lasting: Lasting | None, response: Any) -> None:
        etag = response.headers.get("ETag")
        if lasting is None or not etag or response.status_int not in (200, 304):
            return
        headers = tuple(pair for pair in response.headerlist if pair[0] not in _OF_EACH)
        answer = SentAnswer(lasting, tokens, response.status, headers, response.body, etag)
        self._answers.keep((response.status_int, *key), answer)


def includeme(config: Any) -> None:
    """Answer from ready bytes where there is a book in memory, before all that makes a request."""
    settings = config.registry.settings["llmpricing"]
    if settings.book_dir is not None and not settings.auth_user_header:
        # After the deadline, whose policy it wraps.
        config.action("llmpricing.ready_answers", _answer_first, (config.registry,), order=PHASE3_CONFIG + 2)


def _answer_first(registry: Any) -> None:
    registry[HAS_READY_ANSWERS] = True
    registry.registerUtility(ReadyFirst(registry.getUtility(IExecutionPolicy), registry), IExecutionPolicy)
