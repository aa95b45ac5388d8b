"""llmpricing, the price book of the LLM market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyramid.router import Router

    from llmpricing.pricer import Inquiry, Pricer

__all__ = ("Inquiry", "Pricer", "main")


def __getattr__(name: str) -> Any:
    """What a library's user needs, loaded when it is asked for: the commands start without it."""
    if name in ("Inquiry", "Pricer"):
        from llmpricing import pricer

        return getattr(pricer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main(global_config: dict[str, str] | None, **ini: Any) -> Router:
    """The WSGI application: settings, then includes, then routes. Bad settings end the start with one message."""
    from llmpricing.services.memory import rare_collections

    with rare_collections():  # of garbage, of which loading modules makes none to speak of
        return _application(global_config, ini)


def _application(global_config: dict[str, str] | None, ini: dict[str, Any]) -> Router:
    # Here, so that what needs no web (the domain, the commands) does not load it.
    from pyramid.config import Configurator

    from llmpricing.local_stores.moved import at_our_servers
    from llmpricing.settings import read_settings
    from llmpricing.settings_error import SettingsError
    from llmpricing.sources import registry

    try:
        settings = read_settings(ini, lists=registry.BUNDLED)
    except SettingsError as error:
        raise SystemExit(str(error)) from None  # pserve would bury the list of problems under a traceback
    ini_file = (global_config or {}).get("__file__")
    if ini_file:
        settings = at_our_servers(settings, Path(ini_file))
    given = ini | {"llmpricing": settings, "llmpricing.ini_file": ini_file}
    with Configurator(settings=given) as config:
        config.include("llmpricing.models")  # request.dbsession
        config.include("llmpricing.cache")  # request.cache
        config.include("llmpricing.web")
        return config.make_wsgi_app()
