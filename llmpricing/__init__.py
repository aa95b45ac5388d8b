"""llmpricing, the price book of the LLM market."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from llmpricing.settings import read_settings


def main(global_config: dict[str, str] | None, **ini: Any) -> Router:
    """The WSGI application: settings, then includes, then routes. Raises SettingsError with every problem."""
    settings = read_settings(ini)
    with Configurator(settings=ini | {"llmpricing": settings}) as config:
        config.include("llmpricing.models")  # request.dbsession
        config.include("llmpricing.cache")  # request.cache
        config.include("llmpricing.web")
        return config.make_wsgi_app()
