"""Tokens and their scopes; contract rates are a secret."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.scripts.cli import main as command_line
from llmpricing.services.decisions import known_tokens
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.setting_values import SCOPES
from llmpricing.web.operators import FORM_COOKIE
from tests.commands import Commands, commands_on
from tests.conftest import running_app
from tests.functional.addresses import ADMIN, ADMIN_FORMS, EXAMPLES, FEEDS
from tests.functional.test_every_route import POSTED, assert_one_error
from tests.operators import let_in
from tests.servers import StoreUrls, new_database, read_only_database, template
from tests.unplugged.faults import wait_until
from tests.unplugged.serving import serving

QUOTE = "/api/v1/quote?model=acme/acme-large&input_tokens=1000000"
FORM = "application/x-www-form-urlencoded"
OPEN = ("health", "health_live", "health_ready")
TOKENS = {scope: f"secret-{scope}-{'x' * 30}" for scope in SCOPES}

WORDS = " ".join(f"{scope}er:{scope}:{sha256(token.encode()).hexdigest()}" for scope, token in TOKENS.items())


@pytest.fixture(scope="module")
def agreed_book(store_urls: StoreUrls, small_book: str) -> str:
    """Name of a template: the small price book, of which half was agreed for one seller."""

    def agree(url: str) -> None:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            by = Decider("me", datetime.now(UTC))
            half = [RateValue(discount=Decimal("0.5"))]
            add_contract_rates(session, by, "acme", "*", half, datetime(2026, 1, 1, tzinfo=UTC))

    return template(store_urls, "agreed", agree, small_book)


@pytest.fixture
def agreed_url(store_urls: StoreUrls, agreed_book: str) -> Iterator[str]:
    """A database of one's own with that book."""
    with new_database(store_urls, agreed_book) as url:
        yield url


@pytest.fixture(scope="module")
def guarded_app(store_urls: StoreUrls, agreed_book: str) -> Iterator[TestApp]:
    """The application over that book with a token of each scope, which takes no writes: one for all that only read."""
    with (
        read_only_database(store_urls, agreed_book) as url,
        running_app(url, store_urls.redis, **{"auth.tokens": WORDS}) as found,
    ):
        yield found


@pytest.fixture
def guarded(guarded_app: TestApp) -> TestApp:
    """The same as if nobody had asked it before."""
    guarded_app.reset()
    return guarded_app


def bearing(scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[scope]}"}


def as_basic(token: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'anybody:{token}'.encode()).decode()}"}


def totals(answer: Any) -> tuple[str, str, set[int | None]]:
    data = answer.json["data"]
    return data["total"], data["list_total"], {line["rate_id"] for line in data["lines"]}


def test_a_page_for_those_who_may_ask_says_how_and_leads_nowhere_in_vain(guarded: TestApp) -> None:
    page = guarded.get("/models/acme/acme-large?tokens=20M", headers={"Accept": "text/html"}, status=401)
    assert page.html.title.get_text().startswith("For those who may ask")
    assert "write the token as the password; any name does" in page.html.find("main").get_text()
    links = [link["href"] for link in page.html.select("main a")]
    assert links == ["/models/acme/acme-large?tokens=20M", "/admin"]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in OPEN])
def test_each_address_needs_a_token_and_none_tells_why_it_is_wrong(guarded: TestApp, name: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nobody"}, as_basic("nobody"), {"Authorization": "Basic %%%"}):
        answer = guarded.get(EXAMPLES[name], headers={"Accept": "application/json", **headers}, status=401)
        assert_one_error(answer, 401, "UNAUTHORIZED")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    guarded.get(EXAMPLES[name], headers=bearing("read"), status=200)
    guarded.get(EXAMPLES[name], headers=as_basic(TOKENS["read"]), status=200)
    guarded.get(EXAMPLES[name], headers=bearing("feed"), status=403)


def test_no_other_spelling_of_an_address_lets_a_stranger_in(guarded: TestApp) -> None:
    """What is open stays so; everything else is unknown or closed, however it is written."""
    for name, address in (EXAMPLES | FEEDS).items():
        if name in (*OPEN, "home"):
            continue
        around = ("/static/..", "/api/health/..", "/api/healthx", "/admin/..", "/.", "/")
        for spelled in (address, *(f"{before}{address}" for before in around), address.upper(), f"{address}/"):
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
                answer = guarded.request(spelled, method=method, expect_errors=True)
                assert answer.status_int in (401, 404, 405), (method, spelled)


@pytest.mark.parametrize("has_passwords", [False, True])
def test_nothing_of_admin_is_told_to_who_is_no_operator(agreed_url: str, redis_url: str, has_passwords: bool) -> None:
    """However an address is written: a refusal, or the way to the sign-in."""
    if has_passwords:
        let_in(agreed_url)
    with running_app(agreed_url, redis_url, **{"auth.tokens": WORDS}) as app:
        assert_nothing_is_told(app)


def assert_nothing_is_told(guarded: TestApp) -> None:
    guarded.set_cookie(FORM_COOKIE, "a" * 32)  # the form is in order: who sends it is not
    requests = product(
        [path for name, path in (ADMIN | ADMIN_FORMS).items() if not name.startswith("admin_sign_")],
        ("{}", "{}/", "/static/..{}"),
        (("GET", "text/html"), ("GET", "application/json"), ("HEAD", "*/*"), ("POST", "*/*")),
        ({}, bearing("read"), bearing("rates")),
    )
    for path, way, (method, accept), who in requests:
        stated: dict[str, Any] = {"method": method, "headers": {**who, "Accept": accept}}
        if method == "POST":
            stated |= {"body": b"csrf_token=" + b"a" * 32, "content_type": FORM}
        answer = guarded.request(way.format(path), **stated, expect_errors=True)
        assert leads_nowhere(answer, way.format(path)), (method, accept, way, path, who.keys(), answer.status)


def leads_nowhere(answer: Any, asked: str) -> bool:
    """Whether it was refused, unknown, or sent to the sign-in."""
    if answer.status_int in (401, 403, 404, 405):
        return True
    if answer.status_int == 301:  # to the same address without the slash at its end
        return bool(asked == f"{urlsplit(answer.location).path}/")
    return answer.status_int == 303 and bool(urlsplit(answer.location).path == "/admin/sign-in")


def test_what_is_posted_needs_a_token_too(guarded: TestApp) -> None:
    for path, body in POSTED.values():
        guarded.post_json(path, body, status=401)
        guarded.post_json(path, body, headers=bearing("read"), status=200)


def test_probes_and_files_need_none_and_details_of_health_do(guarded: TestApp) -> None:
    guarded.get("/api/health/live", status=200)
    guarded.get("/static/base.css", status=200)
    health = guarded.get("/api/health").json
    assert (health["status"], health["checks"], "data" in health) == ("healthy", {}, False)
    assert "version" not in health
    known = guarded.get("/api/health", headers=bearing("feed")).json
    assert known["checks"]["database"]
    assert known["data"]


def test_contract_rates_are_shown_to_their_scope_alone(guarded: TestApp) -> None:
    shown, listed, ids = totals(guarded.get(QUOTE, headers=bearing("rates")))
    assert Decimal(shown) * 2 == Decimal(listed)
    assert None not in ids
    assert totals(guarded.get(QUOTE, headers=bearing("read"))) == (listed, listed, {None})
    body = {"model": "acme/acme-large", "usage": {"input_tokens": 1_000_000}}
    assert totals(guarded.post_json("/api/v1/quotes", body, headers=bearing("read"))) == (listed, listed, {None})
    batch = guarded.post_json("/api/v1/quotes", {"items": [body]}, headers=bearing("read")).json["data"]["items"]
    assert (batch[0]["total"], batch[0]["lines"][0]["rate_id"]) == (listed, None)
    stated = {**body, "rate_ids": sorted(ids)}
    assert_one_error(guarded.post_json("/api/v1/quotes", stated, headers=bearing("read"), status=403), 403, "FORBIDDEN")
    assert totals(guarded.post_json("/api/v1/quotes", stated, headers=bearing("admin")))[0] == shown


def test_each_scope_has_etags_of_its_own_and_no_shared_cache_keeps_them(guarded: TestApp) -> None:
    for address in ("/api/v1/models", "/", "/models/acme/acme-large"):
        read, rates = (guarded.get(address, headers=bearing(scope)) for scope in ("read", "rates"))
        assert read.headers["ETag"] != rates.headers["ETag"]
        stated = {**bearing("rates"), "If-None-Match": read.headers["ETag"]}
        guarded.get(address, headers=stated, status=200)
        guarded.get(address, headers={"If-None-Match": read.headers["ETag"]}, status=401)
        for answer in (read, rates, guarded.get(QUOTE, headers=bearing("rates"))):
            assert answer.headers["Cache-Control"].startswith("private")
            assert "Authorization" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Host": "localhost:80, elsewhere.example"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Via": "1.1 gate"},
    ],
    ids=lambda headers: "-".join(*headers.items()),
)
def test_without_tokens_contract_rates_are_for_who_develops_on_this_machine(
    agreed_url: str, redis_url: str, headers: dict[str, str]
) -> None:
    with running_app(agreed_url, redis_url) as app:
        shown, listed, _ = totals(app.get(QUOTE))
        assert shown != listed
        assert totals(app.get(QUOTE, headers=headers)) == (listed, listed, {None})
        far = app.get(QUOTE, extra_environ={"REMOTE_ADDR": "192.0.2.1"})
        assert totals(far) == (listed, listed, {None})


def test_whoever_comes_through_a_proxy_on_this_machine_sees_no_contract_rates_though_the_server_hides_its_headers(
    tmp_path: Path, agreed_url: str, redis_url: str
) -> None:
    urls = {"sqlalchemy.url": agreed_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    with serving(tmp_path, urls) as site:
        for headers, share in (({}, 2), ({"X-Forwarded-For": "192.0.2.1"}, 1), ({"Forwarded": "for=1"}, 1), ({}, 2)):
            with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as connection:
                connection.request("GET", QUOTE, headers=headers)
                data = json.loads(connection.getresponse().read())["data"]
            assert Decimal(data["total"]) * share == Decimal(data["list_total"])
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as connection:
            connection.request("GET", "/admin/rates", headers={"X-Forwarded-For": "192.0.2.1"})
            assert connection.getresponse().status != 200


def test_in_production_nobody_sees_contract_rates_without_a_token(agreed_url: str, redis_url: str) -> None:
    with running_app(agreed_url, redis_url) as app:
        kept = app.app.registry.settings  # production refuses the password of these stores
        kept["llmpricing"] = replace(kept["llmpricing"], environment="production")
        shown, listed, ids = totals(app.get(QUOTE))
        assert (shown, ids) == (listed, {None})


def test_nothing_of_a_token_is_in_the_log(tmp_path: Path, book_url: str, redis_url: str) -> None:
    urls = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    with serving(tmp_path, urls | {"auth.tokens": WORDS}) as site:
        stated = [bearing("read"), as_basic(TOKENS["rates"]), {"Authorization": "Bearer wrong-one"}]
        statuses = []
        for headers in stated:
            with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as connection:
                connection.request("GET", "/api/v1/providers", headers=headers)
                statuses.append(connection.getresponse().status)
        said = site.log.read_text()
    assert statuses == [200, 200, 401]
    assert said.count("path=/api/v1/providers") == 3
    for headers in stated:
        assert headers["Authorization"].split()[1] not in said
    assert TOKENS["rates"] not in said


def test_a_made_token_opens_what_its_words_say(book_url: str, redis_url: str) -> None:
    done = CliRunner().invoke(command_line, ["token", "new", "ci", "--scope", "read"])
    assert done.exit_code == 0, done.output
    token, words = (line.rpartition(" ")[2] for line in done.output.splitlines())
    assert token not in words
    with running_app(book_url, redis_url, **{"auth.tokens": words}) as app:
        app.get("/api/v1/providers", status=401)
        app.get("/api/v1/providers", headers={"Authorization": f"Bearer {token}"}, status=200)


def made_in_database(commands: Commands, *words: str) -> dict[str, str]:
    """A header with the token that `token add` made."""
    done = commands.run("token add", *words)
    assert done.exit_code == 0, done.output
    return {"Authorization": f"Bearer {done.output.splitlines()[0].rpartition(' ')[2]}"}


def test_tokens_of_the_database_count_beside_those_of_the_settings(
    tmp_path: Path, agreed_url: str, redis_url: str
) -> None:
    stated = made_in_database(commands_on(tmp_path, agreed_url, redis_url), "desk", "--scope", "rates")
    with running_app(agreed_url, redis_url, **{"auth.tokens": WORDS}) as app:
        shown, listed, _ = totals(app.get(QUOTE, headers=stated))
        assert Decimal(shown) * 2 == Decimal(listed)
        app.get(QUOTE, headers=bearing("read"), status=200)
        app.get(QUOTE, status=401)


def test_a_running_server_closes_with_the_first_token_and_forgets_a_revoked_one(
    tmp_path: Path, book_url: str, redis_url: str
) -> None:
    commands, page = commands_on(tmp_path, book_url, redis_url), "/api/v1/providers"
    with running_app(book_url, redis_url) as app:
        app.get(page, status=200)
        stated = made_in_database(commands, "desk")
        wait_until(lambda: app.get(page, expect_errors=True).status_int == 401, 20)
        assert app.get("/api/health").json["checks"] == {}
        app.get(page, headers=stated, status=200)
        assert commands.run("token revoke", "desk").exit_code == 0
        wait_until(lambda: app.get(page, headers=stated, expect_errors=True).status_int == 401, 20)
        app.get(page, status=401)  # who revokes the last one does not open the house
        assert commands.run("token open").exit_code == 0
        wait_until(lambda: app.get(page, expect_errors=True).status_int == 200, 20)


def test_what_is_revoked_is_asked_for_often_enough() -> None:
    assert known_tokens.EVERY_S <= 1
