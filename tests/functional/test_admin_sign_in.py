"""Signing in on the pages of /admin: who may, by what, how often, and what a form must bring."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from redis import Redis
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.models import AuditEvent, OperatorSessionRow
from llmpricing.services.decisions import operator_passwords
from llmpricing.services.decisions.operator_passwords import hash_of
from llmpricing.settings import read_settings
from llmpricing.web.operators import THROTTLE
from tests.commands import commands_on
from tests.conftest import running_app
from tests.functional.addresses import ADMIN, ADMIN_FORMS
from tests.functional.test_access import TOKENS, WORDS, bearing
from tests.operators import PASSWORD, forget_attempts, let_in, sign_in
from tests.unplugged.faults import closed_port
from tests.unplugged.serving import serving

PROGRAM = {"Accept": "application/json"}
FAR = {"REMOTE_ADDR": "192.0.2.1"}
PAGES = [path for path in ADMIN.values() if path != "/admin/sign-in"]


@pytest.fixture
def far(redis_url: str) -> str:
    """An address of which nobody has tried to sign in; names of other tests are forgotten."""
    forget_attempts(redis_url)
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


@pytest.fixture
def app(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """The application, where ada may sign in."""
    let_in(book_url)
    with running_app(book_url, redis_url) as found:
        yield found


def test_a_password_signs_in_and_out_and_a_copy_of_the_cookie_ends_with_it(app: TestApp, far: str) -> None:
    asked = app.get("/admin", extra_environ=FAR, status=303)
    assert asked.location == "http://localhost/admin/sign-in?next=/admin"
    assert sign_in(app, address=far, status=303).location == "http://localhost/admin"
    page = app.get("/admin", extra_environ=FAR)
    assert "ada" in page
    copy = app.cookies["llmpricing_operator"]
    app.get("/admin/sign-in", status=303)
    assert page.forms[0].submit(status=303).location == "http://localhost/admin/sign-in"
    app.set_cookie("llmpricing_operator", copy)
    app.get("/admin", status=303)


def test_the_cookie_is_for_these_pages_alone_and_no_script(app: TestApp, far: str) -> None:
    def cookie() -> str:
        return next(c for c in sign_in(app, address=far).headers.getall("Set-Cookie") if "operator" in c)

    shown = cookie()
    assert "Secure" not in shown
    assert all(word in shown for word in ("HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=43200"))
    app.reset()
    kept = app.app.registry.settings  # production refuses the password of these stores
    kept["llmpricing"] = replace(kept["llmpricing"], environment="production")
    assert "; secure" in cookie().lower()


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "another password"), ("nobody", PASSWORD), ("", ""), ("ada", "")]
)
def test_a_refusal_says_the_same_whatever_is_wrong_and_checks_as_much(
    app: TestApp, book_url: str, far: str, monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    let_in(book_url, in_earnest=True)
    checked = []
    right = operator_passwords._hasher().verify

    class Watched:
        def verify(self, kept: str, typed: str) -> bool:
            checked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return right(kept, typed)

    monkeypatch.setattr(operator_passwords, "_hasher", Watched)
    answer = sign_in(app, name, password, address=far, status=403)
    assert "That name and that password do not belong together." in answer
    assert checked == ["$argon2id$v=19$m=65536,t=3,p=4"]
    assert "llmpricing_operator" not in app.cookies
    assert not password or password not in answer


def test_too_many_attempts_wait_whoever_is_named_and_a_right_password_too(app: TestApp, far: str) -> None:
    nobody = f"nobody-{secrets.token_hex(4)}"
    sign_in(app, nobody, "wrong password", address=far, status=403)
    for _ in range(9):
        assert app.app.registry[THROTTLE].wait_s(nobody, far) == 0
    answer = sign_in(app, "ada", PASSWORD, address=far, status=429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    sign_in(app, "ada", PASSWORD, address=far.replace("::1", "::2"), status=429)  # of the same network
    sign_in(app, nobody, "wrong password", address="192.0.2.77", status=429)
    sign_in(app, "ada", PASSWORD, address=f"2001:db8:{secrets.token_hex(2)}:1::1", status=303)


def test_an_ipv4_address_in_ipv6_s_form_is_the_client_that_it_is_and_no_other(app: TestApp, far: str) -> None:
    throttle, nobody = app.app.registry[THROTTLE], f"nobody-{secrets.token_hex(4)}"
    for number in range(10):
        assert throttle.wait_s(nobody, ("192.0.2.31", "::ffff:192.0.2.31")[number % 2]) == 0
    assert throttle.wait_s("ada", "192.0.2.31") > 0
    assert throttle.wait_s("ada", "::ffff:192.0.2.31") > 0
    assert throttle.wait_s("ada", "::ffff:192.0.2.32") == 0


def test_attempts_that_redis_forgot_are_counted_still(app: TestApp, far: str, redis_url: str) -> None:
    throttle, nobody = app.app.registry[THROTTLE], f"nobody-{secrets.token_hex(4)}"
    assert [throttle.wait_s(nobody, far) for _ in range(10)] == [0] * 10
    with Redis.from_url(redis_url) as store:
        for key in store.scan_iter("llmpricing:sign-in*"):
            store.delete(key)
    assert throttle.wait_s(nobody, far) > 0


def test_without_redis_nobody_is_let_in_and_who_is_in_goes_on(book_url: str, redis_url: str, far: str) -> None:
    let_in(book_url)
    with running_app(book_url, redis_url) as app:
        sign_in(app, address=far)
        shown = app.cookies["llmpricing_operator"]
    with running_app(book_url, f"redis://127.0.0.1:{closed_port()}/0") as app:
        assert "Redis does not answer" in sign_in(app, address=far, status=503)
        app.get("/", status=200)
        app.set_cookie("llmpricing_operator", shown)
        app.get("/admin", status=200)


def test_another_password_a_removed_one_and_time_end_what_was_begun(
    app: TestApp, far: str, engine: Engine, book_url: str, redis_url: str, tmp_path: Path
) -> None:
    sign_in(app, address=far)
    let_in(book_url, "ada", "quite another one")
    app.get("/admin", status=303)
    sign_in(app, password="quite another one", address=far)
    app.get("/admin", status=200)
    with engine.begin() as connection:
        connection.execute(update(OperatorSessionRow).values(ends_at=datetime.now(UTC) - timedelta(seconds=1)))
    app.get("/admin", status=303)
    sign_in(app, password="quite another one", address=far)
    commands_on(tmp_path, book_url, redis_url).run("admin remove", "ada")
    app.get("/admin", extra_environ=FAR, status=403)
    with Session(engine) as session:
        assert len(session.scalars(select(OperatorSessionRow)).all()) == 1  # what has ended is forgotten


def test_only_digests_and_hashes_are_kept(app: TestApp, far: str, engine: Engine) -> None:
    sign_in(app, address=far)
    shown = app.cookies["llmpricing_operator"]
    with engine.connect() as connection:
        kept = [str(row) for table in ("operator_password", "operator_session", "audit_event")
                for row in connection.exec_driver_sql(f"select * from {table}")]  # fmt: skip
    assert len(kept) == 3
    assert not [row for row in kept if shown in row or PASSWORD in row]


def test_the_settings_may_name_who_signs_in(book_url: str, redis_url: str, far: str) -> None:
    words = f"grace:{hash_of('grace', PASSWORD)}"
    with running_app(book_url, redis_url, **{"auth.passwords": words}) as app:
        sign_in(app, "ada", address=far, status=403)
        sign_in(app, "grace", address=far, status=303)
        assert "grace" in app.get("/admin")


def test_words_of_the_settings_of_another_strength_are_refused(book_url: str, redis_url: str) -> None:
    urls = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    weak = hash_of("grace", PASSWORD).replace("t=3", "t=1")
    with pytest.raises(Exception, match=r"auth\.passwords .* as llmpricing admin hash-password shows them"):
        read_settings({**urls, "auth.passwords": f"grace:{weak}"}, {})


def test_where_nobody_can_sign_in_the_pages_are_for_who_develops_on_this_machine(testapp: TestApp) -> None:
    for path in PAGES:
        page = testapp.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert {"Cookie", "Authorization"} <= set(re.split(r",\s*", page.headers["Vary"]))
        for far in ({"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_HOST": "elsewhere.example"}, {"HTTP_X_FORWARDED_FOR": "::1"}):
            assert "llmpricing admin set-password NAME" in testapp.get(path, extra_environ=far, status=403)
    assert "llmpricing admin set-password NAME" in testapp.get("/admin/sign-in", status=403)


def test_a_token_of_scope_admin_opens_the_pages_and_no_other(book_url: str, redis_url: str) -> None:
    with running_app(book_url, redis_url, **{"auth.tokens": WORDS}) as app:
        for path in PAGES:
            app.get(path, headers=bearing("admin"), status=200)
            for scope in ("feed", "read", "rates"):
                assert "scope admin" in app.get(path, headers=bearing(scope), status=403)
            asked = app.get(path, headers={"Authorization": "Bearer nobody"}, status=401)
            assert asked.headers["WWW-Authenticate"].startswith("Basic")
            assert not [token for token in TOKENS.values() if token in asked]


@pytest.mark.parametrize("sent", ["nothing", "another", "no cookie", "elsewhere", "garbage"])
def test_a_form_that_this_browser_was_not_shown_does_nothing(testapp: TestApp, sent: str) -> None:
    token = testapp.get("/admin/aliases").forms[0]["csrf_token"].value
    headers = {}
    if sent in ("no cookie", "garbage"):
        testapp.reset()
    if sent == "elsewhere":
        headers["Sec-Fetch-Site"] = "cross-site"
    if sent == "garbage":
        headers["Cookie"] = "llmpricing_form=\u00e9\u00ff; llmpricing_operator=\u00e9"
    fields = {"nothing": {}, "another": {"csrf_token": "0" * 32}}.get(sent, {"csrf_token": token})
    for path in ADMIN_FORMS.values():
        answer = testapp.post(path, fields, headers=PROGRAM | headers, status=400)
        assert answer.json["error"]["details"]["field"] == "csrf_token"


def test_a_list_for_a_spreadsheet_is_led_back_to(app: TestApp) -> None:
    assert "/admin/log.csv" in app.get("/admin/sign-in", {"next": "/admin/log.csv?about=a..b"}, status=200)


def test_the_address_behind_the_sign_in_is_one_of_these_pages(app: TestApp) -> None:
    for after in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/",
        "/admin/../",
        "/administrator",
        "/admin\\x",
    ):
        answer = app.get("/admin/sign-in", {"next": after}, headers=PROGRAM, status=400)
        assert answer.json["error"]["details"]["field"] == "next"


def test_nothing_of_a_password_or_a_session_is_in_the_log(
    tmp_path: Path, book_url: str, redis_url: str, far: str
) -> None:
    let_in(book_url)
    ini = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    with serving(tmp_path, ini) as site:
        shown = signed_in_over_http(f"http://127.0.0.1:{site.port}/admin")
        log = site.log.read_text()
    assert "operator=ada" in log
    assert "caller=ada" in log
    assert not [secret for secret in (PASSWORD, PASSWORD.replace(" ", "+"), shown) if secret in log]


def signed_in_over_http(admin: str) -> str:
    """Sign in on a real server and look at a page, as a browser does; returns what it shows from then on."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    with browser.open(f"{admin}/sign-in") as page:
        token = re.findall(r'name="csrf_token" value="([0-9a-f]{32})"', page.read().decode())[0]
    fields = urlencode({"csrf_token": token, "name": "ada", "password": PASSWORD}).encode()
    with browser.open(f"{admin}/sign-in/try", fields) as page:
        assert page.url == admin
    return next(cookie.value or "" for cookie in jar if cookie.name == "llmpricing_operator")


def test_a_right_password_is_logged_by_its_name_and_each_change_by_who_made_it(app: TestApp, engine: Engine) -> None:
    with Session(engine) as session:
        event = session.scalars(select(AuditEvent)).one()
    assert (event.actor, event.action, event.subject) == ("me", "password_set", "ada")
