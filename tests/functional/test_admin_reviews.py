"""The review queue at /admin/reviews: what is decided there is published at once, with who decided and why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.models import AuditEvent
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book import holder
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site.admin import reviews
from tests.conftest import running_app
from tests.lists import small_list
from tests.operators import forget_attempts, let_in, sign_in
from tests.unplugged.faults import wait_until

PAGE, JUDGE = "/admin/reviews", "/admin/reviews/judge"
PROGRAM = {"Accept": "application/json"}
MODEL = "/api/v1/models/acme/acme-large"


@pytest.fixture
def held(book_url: str, redis_url: str, engine: Engine) -> Iterator[TestApp]:
    """The application for ada, who is signed in; a list asks a thousand times as much for acme-large's input."""
    dearer = small_list().replace(b'"input_mtok": 2.5,', b'"input_mtok": 2500,')
    with Session(engine) as session, session.begin():
        reading = ReadList(dearer, datetime(2026, 11, 20, tzinfo=UTC), datetime.now(UTC), "a test")
        import_lists(session, [(SOURCES["genai-prices"], reading)])
    let_in(book_url)
    forget_attempts(redis_url)
    with running_app(book_url, redis_url) as app:
        sign_in(app, status=303)
        yield app


def price(app: TestApp) -> str:
    return str(app.get(MODEL).json["data"]["input_per_mtok"])


def test_who_decides_on_a_page_waits_for_no_next_look_at_the_book(held, book_url, redis_url, tmp_path, monkeypatch):
    monkeypatch.setattr(holder, "EVERY_S", 3600.0)
    monkeypatch.setattr(holder, "PATIENCE_S", 30.0)  # a look that fails is not done again within the hour
    with running_app(book_url, redis_url, book_dir=tmp_path / "books") as app:
        wait_until(lambda: app.get("/api/health/ready", status="*").json["book"] is not None, 60)
        sign_in(app, status=303)
        time.sleep(1)  # so that the first looks are over
        assert price(app) == "2.5"
        decide(app, "accepted", "their own page says so")
        wait_until(lambda: price(app) == "2500", 60)


def events(engine: Engine) -> list[AuditEvent]:
    with Session(engine) as session:
        return list(
            session.scalars(select(AuditEvent).where(AuditEvent.action.like("review%")).order_by(AuditEvent.id))
        )


def decide(app: TestApp, verdict: str, note: str, page: str = PAGE) -> Any:
    """Choose all prices of the first group, say why, and answer yes to what it would move."""
    form = app.get(page).forms[1]
    form["note"] = note
    for box in form.fields["review"]:
        box.checked = True
    look = form.submit("verdict", value=verdict)
    assert note in look
    return look.forms[1].submit(status=303).follow()


def test_an_accepted_price_is_published_at_once_and_the_log_says_by_whom_and_why(held: TestApp, engine: Engine) -> None:
    assert price(held) == "2.5"
    page = decide(held, "accepted", "their own page says so")
    assert "accepted by ada" in page
    assert "Nothing waits." in page
    assert price(held) == "2500"
    assert "2,500.00" in held.get("/models/acme/acme-large")
    found = events(engine)
    assert {(one.actor, one.action, one.details["note"]) for one in found} == {
        ("ada", "review_accepted", "their own page says so")
    }


def test_a_look_at_what_would_move_decides_nothing(held: TestApp, engine: Engine) -> None:
    form = held.get(PAGE).forms[1]
    form["note"] = "only looking"
    look = form.submit("verdict", value="accepted")
    assert "acme/acme-large" in look
    assert "2,500.00" in look
    assert price(held) == "2.5"
    assert events(engine) == []
    assert len(held.get(PAGE).forms) == 2  # of the sign-out, and of the group


def test_a_rejected_price_does_not_come_and_can_be_reopened(held: TestApp, engine: Engine) -> None:
    decide(held, "rejected", "a slip of three digits")
    assert price(held) == "2.5"
    assert "Rejected by ada" in held.get(f"{PAGE}?state=decided")
    assert "reopened by ada" in decide(held, "reopened", "too hasty", f"{PAGE}?state=decided")
    assert [one.action for one in events(engine)][-1] == "review_reopened"
    assert len(held.get(PAGE).forms) == 2


def test_a_price_that_waits_can_be_pinned_instead_at_what_stands(held: TestApp, engine: Engine) -> None:
    link = next(one for one in held.get(PAGE).html.select(".reviews a") if "input tokens" in one.text)
    form = held.get(link["href"]).forms[1]
    assert [form[name].value for name in ("offering", "meter", "amount", "per")] == [
        "acme/acme-large", "input_tokens", "2.5", "1000000"
    ]  # fmt: skip
    form["note"] = "until they answer"
    form.submit(status=303)
    assert price(held) == "2.5"
    with Session(engine) as session:
        pinned = session.scalars(select(AuditEvent).where(AuditEvent.action == "pin_added")).one()
    assert (pinned.actor, pinned.details["note"]) == ("ada", "until they answer")


def test_what_stands_before_a_decision_is_the_published_price_in_the_queue_as_in_the_look(held: TestApp) -> None:
    asked = "$2.50 per million tokens → $2,500.00 per million tokens"
    assert asked in words(held.get(PAGE).html.select_one(".reviews li label"))
    form = held.get(PAGE).forms[1]
    form["note"] = "only looking"
    assert asked in words(form.submit("verdict", value="accepted").html.select_one("#moves li"))
    pin = {"offering": "acme/acme-large", "meter": "input_tokens", "amount": "3", "per": "1000000", "note": "for now"}
    form = held.get("/admin/pins").forms[1]
    for name, value in pin.items():
        form[name] = value
    form.submit(status=303)
    (waiting,) = held.get(f"{PAGE}?offering=acme/acme-large").html.select(".reviews li")
    assert "$3.00 per million tokens → $2,500.00 per million tokens" in words(waiting)


def words(tag: Any) -> str:
    return " ".join(tag.text.split())


def test_the_groups_are_those_of_the_filters(held: TestApp) -> None:
    for query, count in (
        ("provider=acme", 2),
        ("provider=bazaar", 1),
        ("source=genai-prices", 2),
        ("source=litellm", 1),
    ):
        assert len(held.get(f"{PAGE}?{query}").forms) == count, query
    assert "Nothing of that kind waits." in held.get(f"{PAGE}?since=2026-11-21")


@pytest.mark.parametrize(
    ("query", "field"),
    [("surely_not=1", "surely_not"), ("since=never", "since"), ("state=else", "state"), ("rule=a&rule=b", "rule"),
     ("provider=%00", "provider"), (f"offering={'x' * 301}", "offering"), ("done=<b>", "done"), ("count=-1", "count")],
)  # fmt: skip
def test_a_strange_address_is_a_400_that_names_the_field(held: TestApp, query: str, field: str) -> None:
    answer = held.get(f"{PAGE}?{query}", headers=PROGRAM, status=400)
    assert answer.json["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": "accepted", "note": "x"}, "review"),
        ({"review": "1", "note": "x"}, "verdict"),
        ({"review": "1", "verdict": "accepted"}, "note"),
        ({"review": "1", "verdict": "else", "note": "x"}, "verdict"),
        ({"review": "-1", "verdict": "accepted", "note": "x"}, "review"),
        ({"review": "9" * 40, "verdict": "accepted", "note": "x"}, "review"),
        ({"review": "1", "verdict": "accepted", "note": "x" * 501}, "note"),
        ({"review": "1", "verdict": "accepted", "note": "a\0b"}, "note"),
        ({"review": "1", "verdict": "accepted", "note": "x", "more": "y"}, "more"),
    ],
)
def test_a_strange_form_is_a_400_that_names_the_field(held: TestApp, fields: dict[str, str], field: str) -> None:
    token = held.get(PAGE).forms[0]["csrf_token"].value
    answer = held.post(JUDGE, {"csrf_token": token, **fields}, headers=PROGRAM, status=400)
    assert answer.json["error"]["details"]["field"] == field
    page = held.post(JUDGE, {"csrf_token": token, **fields}, headers={"Accept": "text/html"}, status=400)
    assert ("Why, for the audit log" if field == "note" else field) in page.html.find(id="problem").text


def test_a_review_says_what_it_was_measured_against_as_the_pages_write_prices(held: TestApp) -> None:
    said = " ".join(held.get(PAGE).html.find(class_="reviews").get_text().split())
    assert "Against 1,000 USD per million tokens; suspected slip" in said
    of_itself = SimpleNamespace(
        against="genai-prices", source="genai-prices", currency="USD", per=1, said_before=Decimal("2.5")
    )
    assert reviews.against(of_itself) == "what genai-prices said before: $2.50"  # type: ignore[arg-type]
    of_meter = SimpleNamespace(against="input_tokens at 0.5", source="genai-prices", currency="USD", per=1_000_000)
    assert reviews.against(of_meter) == "input tokens at $0.50 per million tokens"  # type: ignore[arg-type]
    of_bound = SimpleNamespace(against="other sellers of the model", source="genai-prices", currency="USD", per=1)
    assert reviews.against(of_bound) == "other sellers of the model"  # type: ignore[arg-type]


def test_a_decision_that_does_not_fit_is_a_409_and_changes_nothing(held: TestApp, engine: Engine) -> None:
    token = held.get(PAGE).forms[0]["csrf_token"].value
    fields = {"csrf_token": token, "review": "999999", "verdict": "accepted", "note": "x", "sure": "yes"}
    assert "There is no review 999999" in held.post(JUDGE, fields, headers={"Accept": "text/html"}, status=409)
    assert held.post(JUDGE, fields, headers=PROGRAM, status=409).json["error"]["code"] == "REFUSED"
    assert events(engine) == []


def test_a_file_in_the_place_of_a_text_and_a_large_form_are_refused(held: TestApp) -> None:
    token = held.get(PAGE).forms[0]["csrf_token"].value
    answer = held.post(
        JUDGE, {"csrf_token": token}, upload_files=[("note", "a.txt", b"x")], headers=PROGRAM, status=400
    )
    assert answer.json["error"]["details"]["field"] == "note"
    held.post(JUDGE, {"csrf_token": token, "note": "x" * (1 << 20)}, headers=PROGRAM, status=413)
