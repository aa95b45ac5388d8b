"""What each route asks of the database once the process knows the names: few statements, on the first ask and again."""

from __future__ import annotations

from webtest import TestApp

from tests.functional.addresses import EXAMPLES
from tests.functional.test_every_route import POSTED
from tests.queries import Queries, recorded

# Statements on the first ask, and again; health asks over a connection of its own, which is not counted.
BUDGETS = {
    "health_live": (0, 0),
    "health_ready": (0, 0),
    "health": (0, 0),
    "providers": (3, 2),
    "models": (7, 2),
    "models_csv": (7, 2),
    "model": (15, 13),
    "provider": (3, 3),  # its regions, as the page has them
    "history": (3, 3),
    "changes": (3, 3),
    "compare": (11, 11),
    "resolve": (2, 2),
    "quote": (7, 2),
    "calculator": (10, 1),
    "sources": (4, 4),
    "disagreements": (2, 1),
    "metrics": (0, 0),
    "openapi": (0, 0),
    "reference": (0, 0),
    "home": (13, 8),
    "page_model": (22, 22),
    "page_calculator": (10, 8),
    "page_calculator_csv": (10, 8),
    "page_compare": (16, 16),
    "benchmarks": (2, 2),
    "best_value": (6, 6),
    "frontier": (6, 6),
    "page_best_value": (12, 12),
    "page_bill": (0, 0),
    "page_docs": (0, 0),
    "page_doc": (0, 0),
    "page_changes": (7, 7),
    "page_sources": (6, 5),
    "page_provider": (9, 9),
    "page_chart_history": (5, 3),  # once a version all models: since one is there its prices count
    "page_chart_frontier": (7, 7),
    "page_chart_agreement": (1, 1),
    "page_chart_costs": (10, 10),
    "page_chart_scores": (12, 12),
    "quotes": (2, 2),
    "coverage": (3, 3),
}
MOST_ROWS = 40  # twice what these answers show, as each price is read with its evidence; a whole book has more


def asking(app: TestApp, name: str) -> Queries:
    with recorded() as queries:
        if name in POSTED:
            app.post_json(*POSTED[name])
        else:
            app.get(EXAMPLES[name])
    return queries


def test_each_route_keeps_its_budget(testapp: TestApp) -> None:
    assert BUDGETS.keys() == EXAMPLES.keys() | POSTED.keys()
    asking(testapp, "resolve")
    for name, (first, again) in BUDGETS.items():
        asking(testapp, name).within(first, MOST_ROWS)
        asking(testapp, name).within(again, MOST_ROWS)
