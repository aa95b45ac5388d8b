"""An address that the small price book answers, for each route that is read."""

from __future__ import annotations

from typing import Any

from webtest import TestApp

EXAMPLES = {
    "health_live": "/api/health/live",
    "health_ready": "/api/health/ready",
    "health": "/api/health",
    "providers": "/api/v1/providers",
    "models": "/api/v1/models?limit=3",
    "models_csv": "/api/v1/models.csv?limit=3",
    "model": "/api/v1/models/acme/acme-large",
    "provider": "/api/v1/providers/acme",
    "history": "/api/v1/history/acme/acme-large",
    "changes": "/api/v1/changes",
    "compare": "/api/v1/compare?models=acme/acme-large,acme/acme-small",
    "calculator": "/api/v1/calculator?preset=large&batch_share=0.5",
    "resolve": "/api/v1/resolve?model=acme-large&provider=acme",
    "quote": "/api/v1/quote?model=acme/acme-large&input_tokens=1000&at=2026-01-01",
    "sources": "/api/v1/sources",
    "disagreements": "/api/v1/disagreements",
    "metrics": "/metrics",
    "openapi": "/api/v1/openapi.json",
    "reference": "/api/docs",
    "home": "/",
    "benchmarks": "/api/v1/benchmarks",
    "best_value": "/api/v1/best-value?weight_mmlu=0.5&floor=0.1",
    "frontier": "/api/v1/frontier",
    "page_best_value": "/best-value?as_of=2026-01-01",
    "page_chart_frontier": "/charts/frontier.csv",
    "page_bill": "/bill",
    "page_docs": "/docs",
    "page_doc": "/docs/how-prices",
    "page_changes": "/changes?days=7&model=acme/acme-large",
    "page_sources": "/sources",
    "page_provider": "/providers/acme",
    "page_chart_agreement": "/charts/agreement.csv",
    "page_chart_costs": "/charts/costs.csv?models=acme/acme-large,acme/acme-small&preset=large",
    "page_chart_scores": "/charts/scores.csv?models=acme/acme-large",
    "page_chart_history": "/charts/history.csv?model=acme/acme-dated",
    "page_model": "/models/acme/acme-large",
    "page_calculator": "/calculator?model=acme/acme-large&input_tokens=1000&output_tokens=500&requests=10",
    "page_calculator_csv": "/calculator.csv?input_tokens=1000&output_tokens=500&requests=10",
    "page_compare": "/compare?models=acme/acme-large,acme/acme-small",
}

# Files for other programs: 503 until the lists are imported over which the published prices are laid.
FEEDS = {
    "feed_litellm": "/api/v1/export/litellm.json",
    "feed_litellm_sha256": "/api/v1/export/litellm.json.sha256",
    "feed_litellm_report": "/api/v1/export/litellm/report",
    "feed_genai_prices": "/api/v1/export/genai-prices.json",
    "feed_genai_prices_sha256": "/api/v1/export/genai-prices.json.sha256",
    "feed_genai_prices_report": "/api/v1/export/genai-prices/report",
    "feed_models_dev": "/api/v1/export/models.dev/api.json",
    "feed_models_dev_sha256": "/api/v1/export/models.dev/api.json.sha256",
    "feed_models_dev_report": "/api/v1/export/models-dev/report",
    "ratio_config": "/api/ratio_config",
    "ratio_config_report": "/api/ratio_config/report",
    "prices_csv": "/api/v1/prices.csv",
    "prices_parquet": "/api/v1/prices.parquet",
    "changes_json": "/changes.json",
    "changes_atom": "/changes.atom",
}
# Pages that take a file and keep nothing of it.
UPLOADS = {
    "page_best_value_own": "/best-value/own",
    "page_bill_audit": "/bill/audit",
    "page_bill_rows": "/bill/rows",
    "page_bill_report": "/bill/report",
}
# Pages of operators, and what their forms are sent to.
ADMIN = {
    "admin": "/admin",
    "admin_sign_in": "/admin/sign-in",
    "admin_reviews": "/admin/reviews",
    "admin_pins": "/admin/pins",
    "admin_prices": "/admin/prices",
    "admin_rates": "/admin/rates",
    "admin_aliases": "/admin/aliases",
    "admin_benchmarks": "/admin/benchmarks",
    "admin_sources": "/admin/sources",
    "admin_log": "/admin/log",
    "admin_log_csv": "/admin/log.csv",
}
ADMIN_FORMS = {
    "admin_sign_in_try": "/admin/sign-in/try",
    "admin_sign_out": "/admin/sign-out",
    "admin_reviews_judge": "/admin/reviews/judge",
    "admin_pins_hold": "/admin/pins/hold",
    "admin_pins_let_go": "/admin/pins/let-go",
    "admin_prices_enter": "/admin/prices/enter",
    "admin_prices_take_back": "/admin/prices/take-back",
    "admin_benchmarks_upload": "/admin/benchmarks/upload",
    "admin_sources_trust": "/admin/sources/trust",
    "admin_sources_clear": "/admin/sources/clear",
    "admin_sources_read": "/admin/sources/read",
    "admin_rates_add": "/admin/rates/add",
    "admin_rates_end": "/admin/rates/end",
    "admin_aliases_add": "/admin/aliases/add",
    "admin_aliases_end": "/admin/aliases/end",
}


def walked(app: TestApp, address: str, **asked: str) -> list[Any]:
    """All rows of a list, page by page to its end."""
    rows = list[Any]()
    page = app.get(address, asked).json
    while page["meta"]["next"]:
        rows += page["data"]
        page = app.get(address, asked | {"cursor": page["meta"]["next"]}).json
    rows += page["data"]
    assert len(rows) == page["meta"]["count"]
    return rows
