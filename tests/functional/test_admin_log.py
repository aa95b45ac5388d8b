"""The audit log at /admin/log: filters, CSV without formulas, and strange questions."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.decisions.audit import note_event

PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def logged(testapp: TestApp, engine: Engine) -> TestApp:
    """The application of a price book in which three people decided something."""
    with Session(engine) as session, session.begin():
        for day, (actor, subject) in enumerate((("ada", "acme/a"), ("=bob()", "=2+5"), ("<b>eve", "bazaar/c")), 1):
            at = datetime(2026, 11, day, tzinfo=UTC)
            note_event(session, at, actor, "pin_added", subject, note="<script>", price="-2.50")
    return testapp


def rows(app: TestApp, query: str = "") -> list[list[str]]:
    return list(csv.reader(app.get(f"/admin/log.csv{query}").text.splitlines()))


def test_the_page_shows_the_newest_first_and_runs_nothing(logged: TestApp) -> None:
    page = logged.get("/admin/log")
    assert [row.th.text for row in page.html.find("tbody").find_all("tr")] == ["bazaar/c", "=2+5", "acme/a"]
    assert "<script>" not in page
    assert "<b>eve" not in page


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("?by=ada", ["acme/a"]),
        ("?about=bazaar/", ["bazaar/c"]),
        ("?since=2026-11-02", ["bazaar/c", "'=2+5"]),
        ("?action=pin_removed", []),
        ("?about=%25", []),
    ],
)
def test_filters_mean_the_same_on_the_page_and_in_the_csv(logged: TestApp, query: str, subjects: list[str]) -> None:
    assert [row[3] for row in rows(logged, query)[1:]] == subjects
    assert logged.get(f"/admin/log{query}").text.count('<tr role="row">') == (len(subjects) + 1 if subjects else 0)


def test_no_cell_of_the_csv_is_a_formula(logged: TestApp) -> None:
    answer = logged.get("/admin/log.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert rows(logged)[0] == ["at", "actor", "action", "subject", "details"]
    assert [row[1] for row in rows(logged)[1:]] == ["<b>eve", "'=bob()", "ada"]
    assert not [cell for row in rows(logged) for cell in row if cell[:1] in "=+-@\t" and cell]


@pytest.mark.parametrize("path", ["/admin/log", "/admin/log.csv"])
@pytest.mark.parametrize(
    ("query", "field"),
    [("surely_not=1", "surely_not"), ("since=never", "since"), (f"by={'x' * 301}", "by"), ("about=%00", "about"),
     ("by=a&by=b", "by")],
)  # fmt: skip
def test_a_strange_question_is_a_400_that_names_the_field(testapp: TestApp, path: str, query: str, field: str) -> None:
    answer = testapp.get(f"{path}?{query}", headers=PROGRAM, status=400)
    assert answer.json["error"]["details"]["field"] == field
