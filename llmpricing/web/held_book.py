"""Requests that are answered from the price book in memory: no connection, no transaction, no wait for the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyramid.events import ContextFound
from pyramid.exceptions import URLDecodeError
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request

from llmpricing.services.memory.budget import BUDGET, MIB
from llmpricing.services.price_book import Reads
from llmpricing.services.price_book.holder import BookHolder, HeldBook
from llmpricing.services.price_book.preparing import Preparing
from llmpricing.settings import Settings
from llmpricing.web.prepared import REST, prepare_lists

HOLDER = "llmpricing.book_holder"  # in the registry, where a folder is set
_ROUTES = "llmpricing.book_routes"  # in the registry: names of the routes that ask nothing but the book


def includeme(config: Any) -> None:
    """Give requests ``held`` (the book that answers, None where the database does) and ``reads``, where prices are
    read from; routes ``config.asks_the_book(name)``.
    """
    settings: Settings = config.registry.settings["llmpricing"]
    config.registry[_ROUTES] = set()
    BUDGET.most_bytes = settings.memory_mib * MIB
    config.add_directive("asks_the_book", _asks_the_book)
    config.add_request_method(_held, "held", reify=True)
    config.add_request_method(_reads, "reads", reify=True)
    config.add_settings({"tm.activate_hook": _needs_transaction})
    if settings.book_dir is None:
        return
    holder = BookHolder(settings, Path(settings.book_dir), Preparing(prepare_lists, REST))
    config.registry[HOLDER] = holder
    config.registry.setdefault("llmpricing.closing", []).append(holder.close)
    config.action("llmpricing.book_holder", holder.start)
    config.add_subscriber(_look_after_writing, ContextFound)


def _look_after_writing(event: Any) -> None:
    """Who decides something here sees it as soon as it can be, not when the next look at the book comes round."""
    request = event.request
    if not request.reads_only:
        holder: BookHolder = request.registry[HOLDER]
        request.add_finished_callback(lambda _request: holder.look_now())  # which comes after the commit


def _asks_the_book(config: Any, route_name: str) -> None:
    config.registry[_ROUTES].add(route_name)


def _held(request: Request) -> HeldBook | None:
    holder: BookHolder | None = request.registry.get(HOLDER)
    if holder is None or "app.dbsession" in request.environ:
        return None
    route = request.matched_route
    if route is None:  # asked before the router came to it, in a tween
        try:
            route = request.registry.getUtility(IRoutesMapper)(request)["route"]
        except URLDecodeError:  # the page that tells of it asks too
            return None
    return holder.held if route is not None and route.name in request.registry[_ROUTES] else None


def _reads(request: Request) -> Reads:
    held: HeldBook | None = request.held
    if held is not None:
        return held.book
    reads: Reads = request.dbsession
    return reads


def _needs_transaction(request: Request) -> bool:
    return request.held is None
