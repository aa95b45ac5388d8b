"""What is kept: answers in Redis, by book, version and shape; static files in browsers, by their content's hash."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from hashlib import sha256
from typing import TypeVar, cast

import msgspec
from pyramid.path import AssetResolver
from pyramid.request import Request
from pyramid.static import QueryStringCacheBuster

from llmpricing.web.conditional import stale_since

Shape = TypeVar("Shape")


def cached(
    request: Request, name: str, question: str, ttl_s: float, shape: type[Shape], build: Callable[[], Shape]
) -> Shape:
    """What ``build`` answers, kept for ``ttl_s`` seconds at most under name, question, book, version, period and shape.

    What lies under the key counts only where it reads as ``shape``: a strict type, of structs that forbid unknown
    fields. A new field is a new key, so releases that run side by side never read each other's answers. What is
    answered from a stale book is not kept.
    """
    if stale_since(request):
        return build()
    read: list[Shape] = []

    def is_sound(raw: bytes) -> bool:
        try:
            read.append(msgspec.json.decode(raw, type=shape))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return True

    book, start = request.book, request.period.start
    key = f"{name}:{_digest(cast(Hashable, shape))}:{book.book}:{book.version}:{start:%Y%m%dT%H%M%S%f}:{question}"
    raw = request.cache.remember(key, ttl_s, lambda: msgspec.json.encode(build()), is_sound)
    return read[-1] if read else msgspec.json.decode(raw, type=shape)


@cache
def _digest(shape: Hashable) -> str:
    """A digest of a type's fields and their types: it changes when they do."""
    return sha256(msgspec.json.encode(msgspec.json.schema(shape), order="sorted")).hexdigest()[:12]


class ContentHash(QueryStringCacheBuster):  # type: ignore[misc]  # Pyramid ships no types
    """Puts a digest of a static file's content into its address, so that browsers may keep it for good."""

    def tokenize(self, request: Request, subpath: str, kw: dict[str, str]) -> str:
        """The digest; files do not change under a running process."""
        return _content_digest(kw["pathspec"])


@cache
def _content_digest(pathspec: str) -> str:
    with AssetResolver().resolve(pathspec).stream() as file:
        return sha256(file.read()).hexdigest()[:12]
