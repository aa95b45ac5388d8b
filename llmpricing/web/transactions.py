"""How a request meets the database: which requests only read, how often one is tried, how long it may wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.config import PHASE3_CONFIG
from pyramid.httpexceptions import HTTPMethodNotAllowed
from pyramid.interfaces import IExecutionPolicy, IRoutesMapper
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.outages import deadline
from llmpricing.web.asked import released

SAFE_METHODS = ("GET", "HEAD")
READING_ROUTES = "llmpricing.reading_routes"  # in the registry: names of the routes that only read by any method

View = Callable[[Any, Request], Response]
Policy = Callable[[dict[str, Any], Any], Response]


def includeme(config: Any) -> None:
    """Give requests ``reads_only`` and a deadline, routes ``config.only_reads(name)``, views ``methods=``."""
    settings = config.registry.settings["llmpricing"]
    config.registry[READING_ROUTES] = set()
    config.add_directive("only_reads", _only_reads)
    config.add_request_method(_reads_only, "reads_only", reify=True)
    config.add_view_deriver(_taking_methods)
    config.add_settings({"retry.attempts": settings.retry_attempts + 1})
    # After pyramid_retry, whose policy it wraps.
    arguments = (config.registry, settings.request_deadline_s)
    config.action("llmpricing.deadline", _bound_policy, arguments, order=PHASE3_CONFIG + 1)


def _only_reads(config: Any, route_name: str) -> None:
    """Say that a route answers questions: its method may be POST, its transaction is READ ONLY."""
    config.registry[READING_ROUTES].add(route_name)


def _reads_only(request: Request) -> bool:
    """Whether the request's transaction is READ ONLY, by method and route alone: known before a view is found."""
    if request.method in (*SAFE_METHODS, "OPTIONS"):
        return True
    route = request.matched_route
    if route is None:  # asked before the router came to it, in a tween
        route = request.registry.getUtility(IRoutesMapper)(request)["route"]
    return route is not None and route.name in request.registry[READING_ROUTES]


def _taking_methods(view: View, info: Any) -> View:
    """A view takes GET and HEAD, or its ``methods``; others get 405 with Allow. Error views take all."""
    methods = info.options.get("methods") or SAFE_METHODS
    if info.exception_only:
        return view

    def taking(context: Any, request: Request) -> Response:
        if request.method not in methods:
            raise HTTPMethodNotAllowed(headers={"Allow": ", ".join(methods)})
        return view(context, request)

    return taking


_taking_methods.options = ("methods",)  # type: ignore[attr-defined]  # how Pyramid learns a deriver's option


def _bound_policy(registry: Any, seconds: float) -> None:
    registry.registerUtility(within_deadline(registry.getUtility(IExecutionPolicy), seconds), IExecutionPolicy)


def within_deadline(policy: Policy, seconds: float) -> Policy:
    """An execution policy under one deadline: all attempts of a request, and its clean-up, share ``seconds``."""

    def bounded(environ: dict[str, Any], router: Any) -> Response:
        with released(environ), deadline(seconds), _copies_closed(environ):
            return policy(environ, router)

    return bounded


@contextmanager
def _copies_closed(environ: dict[str, Any]) -> Iterator[None]:
    """Close what the request's body was copied into so that every attempt could read it: a large one lies in a file."""
    given = environ.get("wsgi.input")
    try:
        yield
    finally:
        copy = environ.get("wsgi.input")
        if copy is not None and copy is not given:
            copy.close()
            environ["wsgi.input"] = given  # whoever asks again with the same environ finds a body that is open
