"""The forms of /admin: what is done there counts at once, says who did it and why, and names what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.testing import DummyRequest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import Form, TestApp, TestResponse, Upload

from llmpricing.models import AuditEvent
from llmpricing.web.access import Caller
from llmpricing.web.errors import Refused
from llmpricing.web.operators import for_operators
from llmpricing.web.site.admin import aliases, benchmarks, pins, prices, rates, sources
from tests.conftest import running_app
from tests.functional.addresses import ADMIN_FORMS
from tests.functional.test_access import WORDS, bearing
from tests.operators import forget_attempts, let_in, sign_in
from tests.servers import StoreUrls, new_database

PROGRAM, BROWSER = {"Accept": "application/json"}, {"Accept": "text/html"}
MODEL, RESOLVE = "/api/v1/models/acme/acme-large", "/api/v1/resolve?model=my-gpt"
WHY = "our contract <b>"
FORMS = (
    pins.HOLD, pins.LET_GO, rates.ADD, rates.END, aliases.ADD, aliases.END, prices.ENTER, prices.TAKE_BACK,
    benchmarks.UPLOAD, sources.TRUST, sources.CLEAR, sources.READ,
)  # fmt: skip
RIGHT = {
    "offering": "acme/acme-large", "meter": "input_tokens", "amount": "9.5", "note": WHY, "provider": "acme",
    "valid_from": "2026-01-01", "name": "my-gpt", "rate": "1", "number": "1",
    "source": "https://acme.example/prices", "scores": "model,benchmark,score\nacme-large,mmlu,80\n", "rank": "1",
}  # fmt: skip
# What each field may never take, whatever form it is in.
HOSTILE = {
    "offering": ["x" * 301, "a\0b", "no/such <b>"],
    "meter": ["tokens", "' or 1=1"],
    "amount": ["-1", "1e9", "NaN", "9" * 16, "1,5", "١"],
    "per": ["0", "1.5", "9" * 30],
    "currency": ["usd", "$", "EURO"],
    "conditions": ["tier=no-such", "a\nb", "x" * 301],
    "until": ["never", "0001-01-01T00:00:00+14:00", "2026-02-30"],
    "valid_from": ["never", "99999-01-01"],
    "at": ["soon", "2026-13-01"],
    "note": ["x" * 501, "a\x1bb"],
    "reach": ["all"],
    "provider": ["x" * 301, "nobody", "a\0"],
    "glob": ["x" * 301, "\t*\x07"],
    "discount": ["101", "-1", "1e1", "x"],
    "name": ["x" * 301, "a\u2028b"],
    "rate": ["0", "x", "9" * 25],
    "number": ["0", "x", "9" * 25, "999999"],
    "source": ["x" * 301, "a\0b"],
    "rank": ["0", "100", "x"],
    "scores": ["a,b\n1,2", 'model,benchmark,score\n"', "x" * 5, "a\n" * 2000],
    "benchmark": ["no-such"],
    "source_url": ["x" * 301],
    "model_column": ["a\0b", "x" * 301],
    "score_column": ["a\0b"],
    "factor": ["x", "-1"],
    "act": ["else"],
}
WRONG = [
    (form, field, value)
    for form in FORMS
    for field in form.readers
    for value in HOSTILE[field]
    if (form, value) != (pins.LET_GO, "tier=no-such")  # nothing is pinned there, whatever is at fault
]


@pytest.fixture
def ada(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """The application for ada, who is signed in."""
    let_in(book_url)
    forget_attempts(redis_url)
    with running_app(book_url, redis_url) as app:
        sign_in(app, status=303)
        yield app


@pytest.fixture(scope="module")
def refused(store_urls: StoreUrls, small_book: str) -> Iterator[tuple[TestApp, Engine]]:
    """The same of a price book that nothing in these tests may change."""
    with new_database(store_urls, small_book) as url:
        let_in(url)
        forget_attempts(store_urls.redis)
        engine = create_engine(url, poolclass=NullPool)
        with running_app(url, store_urls.redis) as app:
            sign_in(app, status=303)
            yield app, engine
        assert events(engine) == []
        engine.dispose()


def send(app: TestApp, path: str, fields: dict[str, str], status: int, headers: dict[str, str] = PROGRAM) -> Any:
    token = app.get("/admin/aliases").forms[0]["csrf_token"].value
    return app.post(path, {"csrf_token": token, **fields}, headers=headers, status=status)


def filled(form: Any) -> dict[str, str]:
    """What the form must have."""
    needed = {field.name: RIGHT[field.name] for field in form.fields if field.required}
    if form in (sources.TRUST, sources.CLEAR, sources.READ):
        needed["source"] = "genai-prices"
    return needed | ({"discount": "10"} if form is rates.ADD else {})


def events(engine: Engine) -> list[AuditEvent]:
    with Session(engine) as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.actor == "ada").order_by(AuditEvent.id)))


def form_to(page: TestResponse, action: str) -> Form:
    return next(form for form in page.forms.values() if form.action == action)


def price(app: TestApp) -> str:
    return str(app.get(MODEL).json["data"]["input_per_mtok"])


def test_a_pin_holds_a_price_at_once_and_lets_it_go(ada: TestApp, engine: Engine) -> None:
    form = ada.get("/admin/pins").forms[1]
    form["offering"], form["amount"], form["note"] = "acme/acme-large", "9.5", WHY
    page = form.submit(status=303).follow()
    assert "The price is pinned." in page
    assert WHY not in page.text
    assert "ada: our contract &lt;b&gt;" in page.text
    assert "genai-prices: $2.50 per million tokens" in page
    assert price(ada) == "9.5"
    row = form_to(page, pins.LET_GO.action)
    row["note"] = "it ended"
    assert "Nothing is pinned." in row.submit(status=303).follow()
    assert price(ada) == "2.5"
    told = [(one.action, one.subject, one.details["note"]) for one in events(engine)]
    about = "acme/acme-large input_tokens|"
    assert told == [("pin_added", about, WHY), ("pin_removed", about, "it ended")]


def test_why_rates_and_own_names_begin_and_end_is_logged(ada: TestApp, engine: Engine) -> None:
    forms = (rates.ADD, rates.END, aliases.ADD, aliases.END)
    for form in forms:
        send(ada, form.action, filled(form) | {"note": f"why: {form.action}"}, 303)
    assert [one.details.get("note") for one in events(engine)] == [f"why: {form.action}" for form in forms]


def test_a_pin_can_be_undone_for_the_past_too(ada: TestApp, engine: Engine) -> None:
    send(ada, pins.HOLD.action, filled(pins.HOLD), 303)
    send(ada, pins.LET_GO.action, filled(pins.LET_GO) | {"reach": "undone"}, 303)
    assert [one.action for one in events(engine)] == ["pin_added", "pin_voided"]


def test_the_form_of_a_pin_is_filled_by_its_address(refused: tuple[TestApp, Engine]) -> None:
    ada, _ = refused
    form = ada.get("/admin/pins?offering=acme/acme-large&meter=output_tokens&amount=7&per=1000").forms[1]
    assert [form[name].value for name in ("offering", "meter", "amount", "per")] == [
        "acme/acme-large", "output_tokens", "7", "1000"
    ]  # fmt: skip


def test_a_price_of_the_past_is_entered_beside_others_and_taken_back(ada: TestApp, engine: Engine) -> None:
    then = f"{MODEL}?as_of=2024-03-01"
    before = ada.get(then).json["data"]["input_per_mtok"]
    form = ada.get("/admin/prices").forms[1]
    form["offering"], form["amount"], form["source"] = "acme/acme-large", "4.25", "https://acme.example/<old>"
    form["valid_from"], form["until"], form["note"] = "2024-01-01", "2024-06-01", WHY
    page = form.submit(status=303).follow()
    assert "The price is entered." in page
    assert "ada: https://acme.example/&lt;old&gt;: our contract &lt;b&gt;" in page.text
    assert ada.get(then).json["data"]["input_per_mtok"] == "4.25" != before
    assert price(ada) == "2.5"
    over = filled(prices.ENTER) | {"valid_from": "2024-05-01", "until": "2024-07-01"}
    refused = send(ada, prices.ENTER.action, over, 409)
    assert refused.json["error"]["details"]["field"] == "valid_from"
    assert "nothing is overwritten" in refused.json["error"]["message"]
    send(ada, prices.ENTER.action, over | {"valid_from": "2024-06-01"}, 303)
    row = form_to(ada.get("/admin/prices"), prices.TAKE_BACK.action)
    row["note"] = "wrong month"
    page = row.submit(status=303).follow()
    assert page.text.count("acme-large</a>") == 1
    assert ada.get(then).json["data"]["input_per_mtok"] == "4.25"  # the other one stands
    assert [one.action for one in events(engine)] == ["pin_added", "pin_added", "pin_voided"]


def test_a_source_is_believed_otherwise_on_one_seller(ada: TestApp, engine: Engine) -> None:
    page = ada.get("/admin/sources")
    assert "llmpricing import litellm" in page
    form = page.forms[1]
    form["source"], form["provider"], form["rank"], form["note"] = "genai-prices", "acme", "7", WHY
    page = form.submit(status=303).follow()
    assert re.search(r"The rank is set; \d+ offerings? published anew", page.text)
    row = page.forms[2]
    row["note"] = "it agrees again"
    assert "Every source has its usual rank everywhere." in row.submit(status=303).follow()
    assert [(one.action, one.subject) for one in events(engine)] == [
        ("trust_set", "acme genai-prices"), ("trust_cleared", "acme genai-prices")
    ]  # fmt: skip


def test_scores_are_looked_at_then_kept_and_failed_rows_are_there_to_download(ada: TestApp, engine: Engine) -> None:
    file = (
        b"model,benchmark,score,source_url\nacme-large,mmlu,80,https://a.example/\n"
        b'acme-small,mmlu,101,https://a.example/\n=cmd(),mmlu,"<b>,\xc3\xa9",https://a.example/\n'
    )
    form = ada.get("/admin/benchmarks").forms[1]
    form["scores"], form["note"] = Upload("scores.csv", file), WHY
    look = form.submit()
    assert "2 new scores, 0 changed, 0 known already; 1 row cannot be read." in look
    assert "acme-small: 101 at mmlu" in look
    assert WHY not in look.text
    assert events(engine) == []
    failed = look.forms[1].submit("act", value="failed")
    assert failed.content_type == "text/csv"
    assert failed.text.splitlines()[1].startswith('\'=cmd(),mmlu,"<b>,é",https://a.example/,4,')
    page = look.forms[1].submit("act", value="keep", status=303).follow()
    assert "2 new scores and 0 changed were kept; 0 were known, 1 row left out." in page
    told = [(one.action, one.details["new"], one.details["note"]) for one in events(engine)]
    assert told == [("scores_imported", 2, WHY)]
    again = ada.get("/admin/benchmarks").forms[1]
    again["scores"], again["note"] = Upload("scores.csv", file), WHY
    assert "0 new scores, 0 changed, 2 known already" in again.submit()


def test_own_names_are_given_and_ended(ada: TestApp, engine: Engine) -> None:
    form = ada.get("/admin/aliases").forms[1]
    form["name"], form["offering"], form["note"] = "my-gpt", "acme/acme-large", WHY
    page = form.submit(status=303).follow()
    assert "The name is added." in page
    assert ada.get(RESOLVE).json["data"]["id"] == "acme/acme-large"
    row = form_to(page, aliases.END.action)
    row["note"] = "it ended"
    page = row.submit(status=303).follow()
    assert "The name is ended." in page
    assert len(page.forms) == 2  # none to end it once more
    ada.get(RESOLVE, status=404)
    assert [(one.action, one.subject) for one in events(engine)] == [
        ("alias_added", "my-gpt"),
        ("alias_ended", "my-gpt"),
    ]


def test_rates_are_agreed_and_ended(ada: TestApp, engine: Engine) -> None:
    form = ada.get("/admin/rates").forms[1]
    form["provider"], form["glob"], form["discount"] = "acme", "acme-l*", "12.5"
    form["valid_from"], form["note"] = "2026-01-01", WHY
    page = form.submit(status=303).follow()
    assert re.search(r"The rate is added; it is for \d+ offerings? now", page.text)
    assert "12.5 % off" in page
    assert WHY not in page.text
    fields = {"meter": "output_tokens", "amount": "3", "currency": "EUR"}
    page = send(ada, rates.ADD.action, filled(rates.ADD) | {"discount": ""} | fields, 303).follow(headers=BROWSER)
    assert "output tokens at EUR\xa03.00 per million tokens" in page
    row = form_to(page, rates.END.action)
    row["note"] = "it ended"
    row["at"] = "2025-01-01"  # before its beginning: it never was
    row.submit(status=303)
    assert len(ada.get("/admin/rates").forms) == 3
    assert [one.action for one in events(engine)] == ["rate_added", "rate_added", "rate_ended"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"discount": ""}, "discount"),
        ({"amount": "3"}, "discount"),
        ({"discount": "", "amount": "3"}, "meter"),
        ({"discount": "", "meter": "output_tokens"}, "amount"),
        ({"until": "2025-01-01"}, "until"),
    ],
)
def test_a_rate_is_one_thing_for_a_time(refused: tuple[TestApp, Engine], more: dict[str, str], field: str) -> None:
    ada, _ = refused
    fields = filled(rates.ADD) | more
    token = ada.get("/admin/aliases").forms[0]["csrf_token"].value
    answer = ada.post(rates.ADD.action, {"csrf_token": token, **fields}, headers=PROGRAM, expect_errors=True)
    assert answer.status_int in (400, 409)
    assert answer.json["error"]["details"]["field"] == field


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.action)
def test_what_a_form_needs_is_asked_for_by_name(refused: tuple[TestApp, Engine], form: Any) -> None:
    ada, _ = refused
    for field in form.fields:
        if field.required:
            fields = filled(form) | {field.name: " "}
            answer = send(ada, form.action, fields, 400)
            assert answer.json["error"]["details"]["field"] == field.name
            assert answer.json["error"]["message"] == field.required


def test_whatever_a_field_is_sent_it_is_named_and_kept_and_nothing_changes(refused: tuple[TestApp, Engine]) -> None:
    ada, engine = refused
    token = ada.get("/admin/aliases").forms[0]["csrf_token"].value
    for form, field, value in WRONG:
        fields = {"csrf_token": token, **filled(form), field: value}
        answer = ada.post(form.action, fields, headers=PROGRAM, expect_errors=True)
        assert answer.status_int in (400, 409), (form.action, field, value)
        assert answer.json["error"]["details"]["field"] == field, (form.action, field, value)
    assert events(engine) == []


def test_a_refused_form_comes_back_as_it_was_typed_with_the_field_marked(refused: tuple[TestApp, Engine]) -> None:
    ada, _ = refused
    fields = filled(pins.HOLD) | {"offering": 'acme/"><script>', "amount": "7.25"}
    page = send(ada, pins.HOLD.action, fields, 409, BROWSER)
    form = page.forms[1]
    assert form["offering"].value == 'acme/"><script>'
    assert form["amount"].value == "7.25"
    assert form["note"].value == WHY
    assert "<script>" not in page
    assert page.html.find(id="hold-offering")["aria-invalid"] == "true"
    assert page.html.find(id="hold-offering")["aria-describedby"] == "problem"
    assert "No offering is called" in page.html.find(id="problem").text


def test_a_slip_of_the_pen_is_told_what_is_nearest(refused: tuple[TestApp, Engine]) -> None:
    ada, _ = refused
    fields = filled(pins.HOLD) | {"offering": "acme/acme-lrage"}
    assert "Near it are acme/acme-large" in send(ada, pins.HOLD.action, fields, 409, BROWSER)


def test_an_address_below_admin_that_is_none_is_a_page_with_the_request_id(refused: tuple[TestApp, Engine]) -> None:
    page = refused[0].get("/admin/nowhere", headers=BROWSER, status=404)
    assert "There is nothing at this address." in page
    assert page.headers["X-Request-Id"] in page


def test_a_refused_form_of_a_row_stands_open(ada: TestApp) -> None:
    send(ada, aliases.ADD.action, filled(aliases.ADD), 303)
    page = send(ada, aliases.END.action, {"name": "my-gpt", "at": "soon", "note": "x"}, 400, BROWSER)
    row = page.html.find("details", open=True)
    assert row.find("input", attrs={"name": "at"})["value"] == "soon"


def test_strange_fields_files_and_large_forms_are_refused(refused: tuple[TestApp, Engine]) -> None:
    ada, _ = refused
    for form in FORMS:
        answer = send(ada, form.action, filled(form) | {"surely_not": "1"}, 400)
        assert answer.json["error"]["details"]["field"] == "surely_not"
        send(ada, form.action, filled(form) | {"note": "x" * (1 << 20)}, 413)
        token = ada.get("/admin/aliases").forms[0]["csrf_token"].value
        files = [("note", "a.txt", b"x")]
        answer = ada.post(form.action, {"csrf_token": token}, upload_files=files, headers=PROGRAM, status=400)
        assert answer.json["error"]["details"]["field"] == "note"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/admin/pins?surely_not=1", "surely_not"),
        ("/admin/pins?offering=%00", "offering"),
        ("/admin/pins?done=everything", "done"),
        ("/admin/pins?amount=a&amount=b", "amount"),
        ("/admin/aliases?name=%1b", "name"),
        ("/admin/rates?count=-1", "count"),
    ],
)
def test_a_strange_address_is_a_400_that_names_the_field(
    refused: tuple[TestApp, Engine], path: str, field: str
) -> None:
    assert refused[0].get(path, headers=PROGRAM, status=400).json["error"]["details"]["field"] == field


def test_what_is_wrong_in_a_form_is_told_by_the_words_of_its_field(refused: tuple[TestApp, Engine]) -> None:
    form = refused[0].get("/admin/prices").forms[1]
    form["offering"], form["amount"] = "acme/acme-large", "2.50"
    page = form.submit(status=400)
    assert "(field: From)" in page.html.find(id="problem").get_text()


def test_a_form_of_whoever_may_only_read_does_nothing(book_url: str, redis_url: str) -> None:
    with running_app(book_url, redis_url, **{"auth.tokens": WORDS}) as app:
        token = app.get("/admin/aliases", headers=bearing("admin")).forms[0]["csrf_token"].value
        for path in ADMIN_FORMS.values():
            if not path.startswith("/admin/sign-"):
                answer = app.post(path, {"csrf_token": token}, headers=PROGRAM | bearing("read"), status=403)
                assert answer.json["error"]["details"]["scope"] == "admin"


def test_contract_rates_need_their_own_scope_too() -> None:
    """The widest scope holds it today; the page asks for it all the same."""
    request = DummyRequest()
    request.caller = Caller("ada", ("feed", "read", "admin"), is_guarded=True)
    with pytest.raises(Refused) as refused:
        for_operators(lambda _: {"rates": "secret"}, needs="rates")(request)
    assert (refused.value.status, refused.value.details["scope"]) == (403, "rates")


def test_only_who_signed_in_by_a_password_can_sign_out(
    refused: tuple[TestApp, Engine], book_url: str, redis_url: str
) -> None:
    assert "Sign out" in refused[0].get("/admin")
    with running_app(book_url, redis_url) as app:
        assert "Sign out" not in app.get("/admin")  # who develops, on this machine
    with running_app(book_url, redis_url, **{"auth.tokens": WORDS}) as app:
        assert "Sign out" not in app.get("/admin", headers=bearing("admin"))
