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
        ("?action=pin+added", ["bazaar/c", "'=2+5", "acme/a"]),
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


def test_the_page_says_in_words_what_was_decided_and_the_csv_as_it_is_kept(testapp: TestApp, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        at, subject = datetime(2026, 11, 1, tzinfo=UTC), "acme/a input_tokens|tier=batch"
        told = {"published": "2026-10-26T18:46:35+00:00", "rule": "zero_where_priced", "new": "0"}
        note_event(session, at, "ada", "review_rejected", subject, **told)
        note_event(session, at, "ada", "review_rejected", "acme/b output_tokens|")
    base, batch = testapp.get("/admin/log").html.find("tbody").find_all("tr")
    assert base.th.get_text() == "acme/b output tokens"
    assert "service tier: batch" in batch.th.get_text()
    assert batch.find_all("td")[-1].get_text() == ("new: 0; published: 2026-10-26 18:46 UTC; rule: zero where priced")
    assert rows(testapp)[2][3:] == [
        subject,
        '{"new":"0","published":"2026-10-26T18:46:35+00:00","rule":"zero_where_priced"}',
    ]
