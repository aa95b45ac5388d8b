"""Single quotes answered before there is a request: to who was answered before, all but the price is known.

What surrounds a quote (its headers, who asks, whether they see contract rates) is that of an answer which the same
asker got from the view, and good for as long as the tokens are. Whatever is not as usual goes to the view: errors, a
stale book, many items, a proxy's sign-in. The server's own loop answers what was asked before and quick then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import msgspec
from pyramid.config import PHASE3_CONFIG
from pyramid.interfaces import IExecutionPolicy
from pyramid.request import Request

from llmpricing.book.price_book import PriceBook
from llmpricing.services.decisions.kept_tokens import TokensRead
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.document import quote_document
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from llmpricing.web.access import TOKENS, is_private
from llmpricing.web.answer_task import AT_ONCE, POSTED_AT_ONCE, NeedsWorker
from llmpricing.web.api.quote_questions import QuoteBody, question, question_in_address
from llmpricing.web.asked import released
from llmpricing.web.conditional import lifetime_now, tag_of
from llmpricing.web.delivery import SMALLEST, pack, takes_packed
from llmpricing.web.errors import Refused
from llmpricing.web.held_book import HOLDER
from llmpricing.web.json_body import body_value, shaped
from llmpricing.web.quote_refusals import Place
from llmpricing.web.ready_answers import LONGEST_QUESTION, Given, length, telling_apart
from llmpricing.web.request_log import HEADER, Answered, request_id, tell
from llmpricing.web.transactions import Policy

POSTED, ADDRESSED = "/api/v1/quotes", "/api/v1/quote"
MOST_BYTES = 8_000  # of a question: one usage object takes some hundred
QUICK_S = 0.001  # of a thread's processor time; most take a tenth
_MOST_ASKERS, _MOST_KINDS = 256, 4096
_ASKER = "llmpricing.quote_asker"  # in the environ of a request whose quote may be surrounded alike again
_OF_EACH = ("Content-Length", "Content-Encoding", "ETag", "Cache-Control", HEADER)
EACH_TIME = "private, no-cache"  # of a quote that tells the moment it was asked at
_ASKED_AS = ("PATH_INFO", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING")
_OK = 200
_PLACE, _encoder = Place(), msgspec.json.Encoder()


class Asker(NamedTuple):
    """By which route a quote was asked for and by whom, what they may see, and whether it is for them alone."""

    route: str
    caller: str | None
    scopes: tuple[str, ...]
    sees_rates: bool
    is_private: bool


class QuoteFrame(NamedTuple):
    """What stands around every quote of an asker while the ``tokens`` are these; ``is_packed`` where it is long."""

    asker: Asker
    tokens: TokensRead
    headers: tuple[tuple[str, str], ...]
    is_packed: bool


class QuickQuestion(NamedTuple):
    """A question as it was read, and what its address states in its own words; None where it was posted."""

    asked: Asked
    stated: list[tuple[str, str]] | None


_Answer = tuple[bytes, list[tuple[str, str]]]  # its body, and the headers by which it may be kept
_QuestionReader = Callable[[dict[str, Any], datetime, Asker], QuickQuestion]


def leave_word(request: Request) -> None:
    """Say that the answer is a quote of the book in memory, and whose."""
    caller = request.caller
    route, sees_rates = request.matched_route.name, caller.sees_rates
    request.environ[_ASKER] = Asker(route, caller.name, caller.scopes, sees_rates, is_private(request))


class QuickQuotes:
    """The execution policy that quotes by itself where it can, and learns from what the one behind it answers."""

    def __init__(self, policy: Policy, registry: Any) -> None:
        self._policy, self._registry = policy, registry
        self._holder, self._tokens = registry[HOLDER], registry[TOKENS]
        self._key = telling_apart(registry, *_ASKED_AS)
        self._known: Memory[Hashable, QuoteFrame] = Memory(_MOST_ASKERS)
        self._quick = _QuickKinds()

    def __call__(self, environ: dict[str, Any], router: Any) -> Any:
        if (read := _reader(environ)) is None:
            return self._policy(environ, router)
        started, held, tokens = perf_counter(), self._holder.held, self._tokens.peek(0)
        if held is None or held.stale_since is not None or tokens is None or "app.dbsession" in environ:
            return self._policy(environ, router)
        key = self._key(environ)
        known = self._known.recall((key,)).get(key)
        if known and known.tokens == tokens and (quick := self._quote(environ, held.book, known.asker, read)):
            return self._give(environ, known, quick, started)
        response = self._policy(environ, router)
        self._learn(key, tokens, environ, response)
        return response

    def _quote(self, environ: dict[str, Any], book: PriceBook, asker: Asker, read: _QuestionReader) -> _Answer | None:
        """The answer; None where the view has more to say."""
        try:
            asked, stated = read(environ, datetime.now(UTC), asker)
        except (Refused, UnicodeDecodeError):
            return None
        if environ.get(AT_ONCE) and not self._quick.knows(book, _kind(asked)):
            raise NeedsWorker
        began = None if environ.get(AT_ONCE) else thread_time()  # a call of the system, which the loop spares
        body = _quoted(book, asked)
        if body is None:
            return None
        if began is not None:
            self._quick.note(book, _kind(asked), thread_time() - began)
        return body, _lasting(stated, asker, book)

    def _give(self, environ: dict[str, Any], known: QuoteFrame, answer: _Answer, started: float) -> Given:
        body, lasting = answer
        own = [(HEADER, request_id(environ.get("HTTP_X_REQUEST_ID", ""))), *lasting]
        if known.is_packed and len(body) >= SMALLEST:
            body = pack(body)
            own.append(("Content-Encoding", "gzip"))
        own.append(("Content-Length", str(len(body))))
        answered = Answered(known.asker.route, known.asker.caller, _OK, len(body))
        tell(self._registry, environ, answered, perf_counter() - started, request_id=own[0][1])
        return Given("200 OK", [*known.headers, *own], body)

    def _learn(self, key: Hashable, tokens: TokensRead, environ: dict[str, Any], response: Any) -> None:
        asker: Asker | None = environ.get(_ASKER)
        if asker is not None and response.status_int == _OK and length(key) <= LONGEST_QUESTION:
            headers = tuple(pair for pair in response.headerlist if pair[0] not in _OF_EACH)
            self._known.keep(key, QuoteFrame(asker, tokens, headers, takes_packed(environ)))


class _QuickKinds:
    """Kinds of questions that one price book answered quickly the last time."""

    def __init__(self) -> None:
        self._book: PriceBook | None = None
        self._kinds: set[int] = set()

    def knows(self, book: PriceBook, kind: int) -> bool:
        return self._book is book and kind in self._kinds

    def note(self, book: PriceBook, kind: int, took_s: float) -> None:
        if self._book is not book or len(self._kinds) >= _MOST_KINDS:
            self._book, self._kinds = book, set()
        if took_s <= QUICK_S:
            self._kinds.add(kind)
        else:
            self._kinds.discard(kind)


def _quoted(book: PriceBook, asked: Asked) -> bytes | None:
    """The quote as it is sent; None where there is none."""
    (answer,) = quote_many(book, [asked])
    if not isinstance(answer, Quoted):
        return None
    return _encoder.encode({"data": quote_document(answer), "meta": {"catalogue_version": book.version}})


def _kind(asked: Asked) -> int:
    """All of a question that decides how long it takes, as far as it is not what takes long the first time alone: as a
    number, for thousands are kept and a question may be long. Two that share one cost the loop a slow answer at worst.
    """
    usage = asked.usage
    told = usage.told.usage_format if usage.told else None
    seldom = asked.known_at, asked.price_ids, asked.rate_ids, usage.service_tier, usage.region
    return hash((asked.name, asked.provider, usage.keys, told, asked.context, asked.currency, seldom))


def _reader(environ: dict[str, Any]) -> _QuestionReader | None:
    """How this question is read, where it is a small one of ours."""
    path, method = environ.get("PATH_INFO"), environ["REQUEST_METHOD"]
    if path == POSTED and method == "POST" and not environ.get("QUERY_STRING"):
        stated = environ.get("CONTENT_LENGTH") or ""
        return _posted if stated.isdecimal() and 0 < int(stated) <= MOST_BYTES else None
    if path != ADDRESSED or method != "GET" or "HTTP_IF_NONE_MATCH" in environ:  # a 304 is the view's
        return None
    return _addressed if len(environ.get("QUERY_STRING", "")) <= MOST_BYTES else None


def _posted(environ: dict[str, Any], now: datetime, asker: Asker) -> QuickQuestion:
    text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"].seek(0)  # for the view
    body = shaped(body_value(text), QuoteBody)
    return QuickQuestion(question(body, now, _PLACE, sees_rates=asker.sees_rates), None)


def _addressed(environ: dict[str, Any], now: datetime, asker: Asker) -> QuickQuestion:
    with released(environ):
        given = Request(environ).GET
        stated, by_name = list(given.items()), given.dict_of_lists()
    return QuickQuestion(question_in_address(by_name, now, sees_rates=asker.sees_rates), stated)


def _lasting(stated: list[tuple[str, str]] | None, asker: Asker, book: PriceBook) -> list[tuple[str, str]]:
    """For how long the answer is good, and by which ETag, as ``conditional_where_dated`` tells it."""
    if stated is None or not any(name == "at" and value.strip() for name, value in stated):
        return [("Cache-Control", EACH_TIME)]
    tag = tag_of(asker.scopes, book_state(book), None, None, ADDRESSED, stated)
    return [("ETag", tag), ("Cache-Control", lifetime_now(None, asker.is_private))]


def includeme(config: Any) -> None:
    """Quote before all that makes a request, where there is a book in memory and no proxy signs people in."""
    settings = config.registry.settings["llmpricing"]
    if settings.book_dir is not None and not settings.auth_user_header:
        # After the ready answers, whose policy it wraps.
        config.action("llmpricing.quick_quotes", _quote_first, (config.registry,), order=PHASE3_CONFIG + 3)


def _quote_first(registry: Any) -> None:
    registry.setdefault(POSTED_AT_ONCE, {})[POSTED] = MOST_BYTES
    registry.registerUtility(QuickQuotes(registry.getUtility(IExecutionPolicy), registry), IExecutionPolicy)
