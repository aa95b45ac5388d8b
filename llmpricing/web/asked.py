"""Requests: all of one class, and none holds itself when it is answered.

What refers to itself waits for the collector of garbage. A full collection settles what is alive when it comes, and
looks through none of it again (``services.memory.short_collections``): a request that was being answered then would
never go, with the rows of the page that it showed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.config import PHASE3_CONFIG
from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request

_MADE = "llmpricing.requests"  # in the environ: the requests that were made of it, one an attempt
_REFERS_TO_ITSELF = "webob._parsed_query_vars"  # in the environ: parameters, which know the environ


class AskedRequest(Request):  # type: ignore[misc]  # Pyramid ships no types
    """A request that ``released`` knows of."""

    def __init__(self, environ: dict[str, Any], **more: Any) -> None:
        super().__init__(environ, **more)
        environ.setdefault(_MADE, []).append(self)


@contextmanager
def released(environ: dict[str, Any]) -> Iterator[None]:
    """Take from the requests of this environ, once the block answered them, what refers to them again: the error that
    one ended with, whose trace holds all that its views had in hand, and its parameters.
    """
    try:
        yield
    finally:
        for request in environ.pop(_MADE, ()):
            vars(request).pop("exc_info", None)
            error = vars(request).pop("exception", None)
            while error is not None:  # one of whose frames knows it
                error.__traceback__, error = None, error.__context__
        environ.pop(_REFERS_TO_ITSELF, None)


def includeme(config: Any) -> None:
    """Give all requests one class. Pyramid makes each a class of its own to put properties on, which takes time and
    refers to itself.
    """
    config.action("llmpricing.one_class", _one_class, (config.registry,), order=PHASE3_CONFIG + 1)


def _one_class(registry: Any) -> None:
    factory, extensions = registry.getUtility(IRequestFactory), registry.getUtility(IRequestExtensions)
    registry.registerUtility(type(factory.__name__, (factory,), dict(extensions.descriptors)), IRequestFactory)
    extensions.descriptors.clear()
