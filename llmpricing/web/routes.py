"""Every address of the service, on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from llmpricing.web import openapi
from llmpricing.web.api import (
    best_value,
    calculator,
    change_feeds,
    compare,
    disagreements,
    feeds,
    health,
    history,
    models,
    names,
    providers,
    quotes,
    rate_files,
    ratio_config,
    reference,
    sources,
)
from llmpricing.web.caching import ContentHash
from llmpricing.web.conditional import conditional
from llmpricing.web.errors import Refused
from llmpricing.web.operations import Operation
from llmpricing.web.site import best_value as best_value_page
from llmpricing.web.site import bill as bill_page
from llmpricing.web.site import calculator as calculator_page
from llmpricing.web.site import changes as changes_page
from llmpricing.web.site import compare as compare_page
from llmpricing.web.site import docs, home, pages
from llmpricing.web.site import sources as sources_page
from llmpricing.web.site.charts import compared
from llmpricing.web.site.charts import views as charts
from llmpricing.web.site.month_refused import PAGES, month_refused

OPERATIONS = (
    health.LIVE,
    health.READY,
    health.HEALTH,
    providers.PROVIDERS,
    providers.PROVIDER,
    models.MODELS,
    models.MODELS_CSV,
    models.MODEL,
    history.HISTORY,
    history.CHANGES,
    compare.COMPARE,
    calculator.CALCULATOR,
    names.RESOLVE,
    names.COVERAGE,
    quotes.QUOTE,
    quotes.QUOTES,
    sources.SOURCES_READ,
    disagreements.DISAGREEMENTS,
    *feeds.FEEDS,
    ratio_config.RATIO_CONFIG,
    ratio_config.RATIO_REPORT,
    *rate_files.RATE_FILES_READ,
    best_value.BENCHMARKS_READ,
    best_value.BEST_VALUE,
    best_value.FRONTIER,
)


def includeme(config: Any) -> None:
    for operation in OPERATIONS:
        _serve(config, operation)
    config.registry[reference.DOCUMENT] = msgspec.json.encode(openapi.document(OPERATIONS))
    _get(config, "openapi", "/api/v1/openapi.json", reference.show_document)
    _get(config, "reference", "/api/docs", reference.show_page, renderer="llmpricing.web:templates/reference.jinja2")
    _page(config, "home", "/", "home", home.home)
    _page(config, "page_model", "/models/{id:.+}", "model", pages.model)
    _page(config, "page_compare", "/compare", "compare", compare_page.show)
    _page(config, "page_calculator", "/calculator", "calculator", calculator_page.show)
    _get(config, "page_calculator_csv", "/calculator.csv", conditional(calculator_page.show_csv, is_page=True))
    config.asks_the_book("page_calculator_csv")
    config.include("llmpricing.web.site.charts.views")
    _chart(config, "history", charts.history)
    _chart(config, "frontier", best_value_page.chart)
    _chart(config, "costs", compared.costs)
    _chart(config, "scores", compared.scores)
    _chart(config, "agreement", sources_page.agreement)
    _best_value(config)
    for page in PAGES:
        config.add_exception_view(month_refused, context=Refused, route_name=page)
    _bill(config)
    _page(config, "page_changes", "/changes", "changes", changes_page.show)
    for form, view in (("json", change_feeds.show_json), ("atom", change_feeds.show_atom)):
        _get(config, f"changes_{form}", f"/changes.{form}", view)
        config.asks_the_book(f"changes_{form}")
    _page(config, "page_sources", "/sources", "sources", sources_page.show_sources)
    _page(config, "page_provider", "/providers/{id:.+}", "provider", sources_page.show_provider)
    for name, pattern, view in (("page_docs", "/docs", docs.show_all), ("page_doc", "/docs/{name:.+}", docs.show_one)):
        _get(config, name, pattern, view, renderer="llmpricing.web:templates/docs.jinja2")
    config.include("llmpricing.web.site.admin.routes")
    config.include("llmpricing.web.api.reference")
    # A slash behind a file's name names no file: without the predicate Pyramid takes it away.
    config.add_static_view("static", "llmpricing.web:static", cache_max_age=365 * 86400, path_info=".*[^/]$")
    config.add_cache_buster("llmpricing.web:static", ContentHash())


def _serve(config: Any, operation: Operation) -> None:
    """An address of the API. One that is posted to answers a question and writes nothing."""
    config.add_route(operation.name, operation.pattern)
    if operation.method == "POST":
        config.only_reads(operation.name)
    if operation.asks_the_book:
        config.asks_the_book(operation.name)
    methods = ("POST",) if operation.method == "POST" else None
    config.add_view(operation.served, route_name=operation.name, renderer="json", methods=methods)


def _page(config: Any, name: str, pattern: str, template: str, view: Callable[..., Any]) -> None:
    renderer = f"llmpricing.web:templates/{template}.jinja2"
    _get(config, name, pattern, conditional(view, is_page=True), renderer=renderer)
    config.asks_the_book(name)


def _best_value(config: Any) -> None:
    """The page, and the same with scores that are sent along: a question too, of which nothing is kept."""
    template = "llmpricing.web:templates/best_value.jinja2"
    _page(config, "page_best_value", "/best-value", "best_value", best_value_page.show)
    config.add_route("page_best_value_own", "/best-value/own")
    config.only_reads("page_best_value_own")
    config.asks_the_book("page_best_value_own")
    own = best_value_page.show_with_own
    config.add_view(own, route_name="page_best_value_own", renderer=template, methods=("POST",))


def _bill(config: Any) -> None:
    """The page, and the same with the audit of a file that is sent along, from the book in memory where it is held."""
    template = "llmpricing.web:templates/bill.jinja2"
    _get(config, "page_bill", "/bill", bill_page.show, renderer=template)
    config.add_route("page_bill_audit", bill_page.PATH)
    bill_page.take_large_files(config.registry)
    config.only_reads("page_bill_audit")
    config.add_view(bill_page.show_audit, route_name="page_bill_audit", renderer=template, methods=("POST",))
    config.add_route("page_bill_rows", bill_page.ROWS_PATH)
    config.only_reads("page_bill_rows")
    config.add_view(bill_page.show_rows, route_name="page_bill_rows", methods=("POST",))
    config.add_route("page_bill_report", bill_page.REPORT_PATH)
    config.only_reads("page_bill_report")
    report = template.replace("bill.", "bill_report.")
    config.add_view(bill_page.show_report, route_name="page_bill_report", renderer=report, methods=("POST",))
    for name in ("page_bill", "page_bill_audit", "page_bill_rows", "page_bill_report"):
        config.asks_the_book(name)


def _chart(config: Any, name: str, view: Callable[..., Any]) -> None:
    """A chart in each of its forms."""
    pattern = f"/charts/{name}.{{form:{charts.FORMS}}}"
    _get(config, f"page_chart_{name}", pattern, conditional(view, is_page=True))
    config.asks_the_book(f"page_chart_{name}")


def _get(config: Any, name: str, pattern: str, view: Callable[..., Any], renderer: str = "json") -> None:
    """An address that is only read."""
    config.add_route(name, pattern)
    config.add_view(view, route_name=name, renderer=renderer)
