"""The addresses below /admin."""

from __future__ import annotations

from typing import Any

from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.operators import AdminView, for_operators, kept_private
from llmpricing.web.site.admin import aliases, benchmarks, home, log, pins, prices, rates, reviews, sign_in, sources
from llmpricing.web.site.admin.posting import does


def includeme(config: Any) -> None:
    _page(config, "admin", "", for_operators(home.show), "home")
    _page(config, "admin_sign_in", "/sign-in", kept_private(sign_in.show), "sign_in")
    _form(config, "admin_sign_in_try", "/sign-in/try", kept_private(sign_in.sign_in), "sign_in")
    _form(config, "admin_sign_out", "/sign-out", kept_private(sign_in.sign_out), "sign_in")
    _page(config, "admin_reviews", "/reviews", for_operators(reviews.show), "reviews")
    _form(config, "admin_reviews_judge", "/reviews/judge", does(reviews.judge, reviews.show_refused), "reviews")
    _page(config, "admin_pins", "/pins", for_operators(pins.show), "pins")
    _form(config, "admin_pins_hold", "/pins/hold", does(pins.hold, pins.show_refused), "pins")
    _form(config, "admin_pins_let_go", "/pins/let-go", does(pins.let_go, pins.show_refused), "pins")
    _page(config, "admin_prices", "/prices", for_operators(prices.show), "prices")
    _form(config, "admin_prices_enter", "/prices/enter", does(prices.enter, prices.show_refused), "prices")
    _form(config, "admin_prices_take_back", "/prices/take-back", does(prices.undo, prices.show_refused), "prices")
    _page(config, "admin_rates", "/rates", for_operators(rates.show, needs="rates"), "rates")
    _form(config, "admin_rates_add", "/rates/add", does(rates.add, rates.show_refused, needs="rates"), "rates")
    _form(config, "admin_rates_end", "/rates/end", does(rates.end, rates.show_refused, needs="rates"), "rates")
    _page(config, "admin_aliases", "/aliases", for_operators(aliases.show), "aliases")
    _form(config, "admin_aliases_add", "/aliases/add", does(aliases.add, aliases.show_refused), "aliases")
    _form(config, "admin_aliases_end", "/aliases/end", does(aliases.end, aliases.show_refused), "aliases")
    _page(config, "admin_benchmarks", "/benchmarks", for_operators(benchmarks.show), "benchmarks")
    taking = does(benchmarks.take_in, benchmarks.show_refused)
    _form(config, "admin_benchmarks_upload", "/benchmarks/upload", taking, "benchmarks")
    _page(config, "admin_sources", "/sources", for_operators(sources.show), "sources")
    _form(config, "admin_sources_trust", "/sources/trust", does(sources.rank, sources.show_refused), "sources")
    config.include("llmpricing.web.site.admin.sources")
    _form(config, "admin_sources_read", "/sources/read", does(sources.read, sources.show_refused), "sources")
    _form(config, "admin_sources_clear", "/sources/clear", does(sources.clear, sources.show_refused), "sources")
    _page(config, "admin_log", "/log", for_operators(log.show), "log")
    config.add_route("admin_log_csv", f"{ADMIN_PATH}/log.csv")
    config.add_view(for_operators(log.show_csv), route_name="admin_log_csv")


def _page(config: Any, name: str, path: str, view: AdminView, template: str) -> None:
    """An address that is only read."""
    config.add_route(name, f"{ADMIN_PATH}{path}")
    config.add_view(view, route_name=name, renderer=f"llmpricing.web:templates/admin_{template}.jinja2")


def _form(config: Any, name: str, path: str, view: AdminView, template: str) -> None:
    """An address that a form is sent to."""
    config.add_route(name, f"{ADMIN_PATH}{path}")
    renderer = f"llmpricing.web:templates/admin_{template}.jinja2"
    config.add_view(view, route_name=name, renderer=renderer, methods=("POST",))
