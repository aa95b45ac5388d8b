"""Every address of the service, on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmpricing.web.api import health, models, names, providers, quotes, sources
from llmpricing.web.caching import ContentHash
from llmpricing.web.site import pages


def includeme(config: Any) -> None:
    _get(config, "health_live", "/api/health/live", health.live)
    _get(config, "health", "/api/health", health.health)
    _get(config, "providers", "/api/v1/providers", providers.list_providers)
    _get(config, "models", "/api/v1/models", models.list_models)
    _get(config, "model", "/api/v1/models/{id:.+}", models.show_model)
    _get(config, "resolve", "/api/v1/resolve", names.resolve)
    _get(config, "quote", "/api/v1/quote", quotes.get_quote)
    _post(config, "quotes", "/api/v1/quotes", quotes.post_quotes)
    _post(config, "coverage", "/api/v1/coverage", names.post_coverage)
    _get(config, "sources", "/api/v1/sources", sources.list_sources)
    _get(config, "disagreements", "/api/v1/disagreements", sources.list_disagreements)
    _get(config, "home", "/", pages.home, renderer="llmpricing.web:templates/home.jinja2")
    _get(config, "page_model", "/models/{id:.+}", pages.model, renderer="llmpricing.web:templates/model.jinja2")
    config.add_static_view("static", "llmpricing.web:static", cache_max_age=365 * 86400)
    config.add_cache_buster("llmpricing.web:static", ContentHash())


def _get(config: Any, name: str, pattern: str, view: Callable[..., Any], renderer: str = "json") -> None:
    """An address that is only read."""
    config.add_route(name, pattern)
    config.add_view(view, route_name=name, renderer=renderer)


def _post(config: Any, name: str, pattern: str, view: Callable[..., Any]) -> None:
    """An address that answers a posted question and writes nothing."""
    config.add_route(name, pattern)
    config.only_reads(name)
    config.add_view(view, route_name=name, renderer="json", methods=("POST",))
