"""A proxy's sign-in on the real server: who it names is believed from its own address alone."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import AuditEvent
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.web.forms import FORM_FIELD
from llmpricing.web.operators import FORM_COOKIE
from tests.servers import StoreUrls, new_database
from tests.unplugged.faults import closed_port, wait_until
from tests.unplugged.serving import INI

PROXY, STRANGER = "127.0.0.2", "127.0.0.3"
SIGN_IN = {
    "auth.user_header": "X-Forwarded-User",
    "auth.groups_header": "X-Forwarded-Groups",
    "auth.groups": "engineers:read finance:rates team%20a:feed role:boss:admin",
}
SERVER = "trusted_proxy = 127.0.0.2\ntrusted_proxy_headers = x-forwarded-for\n"
PAGE = "/api/v1/providers"
QUOTE = "/api/v1/quote?model=acme/acme-large&input_tokens=1000000"
TOKEN = "a-token-of-the-settings"


class Served(NamedTuple):
    """A server behind a proxy, and what it says."""

    port: int
    log: Path

    def ask(self, path: str, headers: Mapping[str, str], source: str = PROXY) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON for one who asks from this address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0))
        with closing(connection):
            connection.request("GET", path, headers={"Accept": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), json.loads(answer.read())

    def status(self, headers: Mapping[str, str], source: str = PROXY) -> int:
        return self.ask(PAGE, headers, source)[0]

    def status_of_lines(self, *lines: tuple[str, str]) -> int:
        """The status for who sends these headers through the proxy, in this order and some twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(PROXY, 0))
        with closing(connection):
            connection.putrequest("GET", PAGE)
            for name, text in lines:
                connection.putheader(name, text)
            connection.endheaders()
            return connection.getresponse().status


@pytest.fixture(scope="module")
def agreed_book(store_urls: StoreUrls, small_book: str) -> Iterator[str]:
    """The small price book, of which half was agreed for one seller."""
    with new_database(store_urls, small_book) as url:
        engine = create_engine(url, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            by, since = Decider("me", datetime.now(UTC)), datetime(2026, 1, 1, tzinfo=UTC)
            add_contract_rates(session, by, "acme", "*", [RateValue(discount=Decimal("0.5"))], since)
        engine.dispose()
        yield url


@contextmanager
def started(folder: Path, settings: Mapping[str, str], server: str) -> Iterator[Served]:
    """pserve with more lines in [server:main]."""
    port, log = closed_port(), folder / "pserve.log"
    lines = "\n".join(f"{key} = {value}" for key, value in settings.items()).replace("%", "%%")
    ini = folder / "behind.ini"
    ini.write_text(INI.format(settings=lines, port=port, threads=4) + server)
    command = [sys.executable, "-m", "pyramid.scripts.pserve", str(ini)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=folder) as process:
        try:
            wait_until(lambda: "serving" in log.read_text() or process.poll() is not None, patience_s=30)
            yield Served(port, log)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, agreed_book: str, redis_url: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("signed-in")
    words = f"own:rates:{sha256(TOKEN.encode()).hexdigest()}"
    urls = {"sqlalchemy.url": agreed_book, "redis.url": redis_url, "llmpricing.environment": "development"}
    with started(folder, urls | SIGN_IN | {"auth.tokens": words}, SERVER) as found:
        yield found


def user(name: str, groups: str = "", **more: str) -> dict[str, str]:
    return {"X-Forwarded-User": name, "X-Forwarded-Groups": groups, **more}


def test_whom_the_proxy_names_may_see_what_the_groups_may(served: Served) -> None:
    assert served.status(user("ada", "engineers")) == 200
    assert served.status(user("ada", "others, engineers")) == 200
    assert served.status(user("ada", "role:boss")) == 200
    status, _, refused = served.ask(PAGE, user("ada", "team a"))
    assert (status, refused["error"]["code"]) == (403, "FORBIDDEN")
    assert served.status(user("ada", "others")) == 403
    assert served.status(user("ada")) == 403
    assert served.status({}) == 401


def test_contract_rates_are_for_groups_of_their_scope(served: Served) -> None:
    for groups, share in (("engineers", 1), ("finance", 2), ("engineers,finance", 2)):
        data = served.ask(QUOTE, user("ada", groups))[2]["data"]
        assert Decimal(data["total"]) * share == Decimal(data["list_total"])


@pytest.mark.parametrize("forged", ["127.0.0.2", "10.0.0.1"])
def test_a_forged_header_from_another_address_names_nobody(served: Served, forged: str) -> None:
    headers = user("root", "role:boss", **{"X-Forwarded-For": forged, "Forwarded": f"for={forged}"})
    assert served.status(headers, STRANGER) == 401
    assert served.status(headers, "127.0.0.1") == 401


def test_behind_the_proxy_the_client_s_own_address_may_be_any(served: Served) -> None:
    assert served.status(user("ada", "engineers", **{"X-Forwarded-For": "203.0.113.9"})) == 200
    assert "client=203.0.113.9" in served.log.read_text()


@pytest.mark.parametrize("name", ["root, ada", "x" * 201, " ", "\u00ad", "\u00ff"], ids=ascii)
def test_what_is_no_one_name_names_nobody(served: Served, name: str) -> None:
    assert served.status({"X-Forwarded-User": name.encode("latin-1"), "X-Forwarded-Groups": "engineers"}) == 401


@pytest.mark.parametrize("again", ["X-Forwarded-Groups", "x-forwarded-groups", "X-Forwarded-User"])
def test_a_header_that_a_proxy_adds_to_a_forged_one_signs_nobody_in(served: Served, again: str) -> None:
    told = {"X-Forwarded-User": "ada", "X-Forwarded-Groups": "engineers"}
    assert served.status_of_lines(*told.items()) == 200
    forged = "ada" if again == "X-Forwarded-User" else "role:boss"
    assert served.status_of_lines((again, forged), *told.items()) == 401
    assert served.status_of_lines(*told.items(), (again, forged)) == 401
    assert served.status_of_lines(*told.items(), ("X-Other", "1"), ("X-Other", "2")) == 200


def test_an_underscore_is_no_way_around(served: Served) -> None:
    assert served.status({"X_Forwarded_User": "root", "X_Forwarded_Groups": "role:boss"}, STRANGER) == 401
    assert served.status({"X_Forwarded_User": "root", "X_Forwarded_Groups": "role:boss"}) == 401


def test_tokens_count_beside_the_sign_in_and_a_foreign_bearer_does_not_hide_it(served: Served) -> None:
    assert served.status({"Authorization": f"Bearer {TOKEN}"}, STRANGER) == 200
    assert served.status(user("ada", "engineers", Authorization="Bearer of-the-proxy's-own")) == 200


def test_who_is_signed_in_is_who_decided(served: Served, agreed_book: str) -> None:
    token = "a" * 32
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"{FORM_COOKIE}={token}"}
    body = urlencode({FORM_FIELD: token, "name": "our-model", "offering": "acme/acme-large", "note": "ours"})
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=30, source_address=(PROXY, 0))) as line:
        line.request("POST", "/admin/aliases/add", body, user("ada", "role:boss", **form))
        assert line.getresponse().status == 303
    engine = create_engine(agreed_book, poolclass=NullPool)
    with Session(engine) as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "alias_added")).one()
        assert (event.actor, event.subject) == ("ada", "our-model")
    engine.dispose()


def test_the_log_names_who_asked_and_no_browser_shows_it_to_the_next(served: Served) -> None:
    _, headers, _ = served.ask("/api/v1/models?limit=1", user("zo\u00eb".encode().decode("latin-1"), "engineers"))
    assert "zo\u00eb" in served.log.read_text()
    assert headers["Cache-Control"].startswith("private")
    assert {"Authorization", "Cookie", "X-Forwarded-User"} <= set(headers["Vary"].split(", "))


def test_probes_and_files_need_no_sign_in(served: Served) -> None:
    assert served.ask("/api/health/live", {}, STRANGER)[0] == 200
    health = served.ask("/api/health", {}, STRANGER)[2]
    assert (health["status"], health["checks"], "data" in health) == ("healthy", {}, False)
    assert served.ask("/api/health", user("ada", "engineers"))[2]["checks"]["database"]


@pytest.mark.parametrize("server", ["", "trusted_proxy = *\ntrusted_proxy_headers = x-forwarded-for\n"])
def test_a_sign_in_that_anybody_could_forge_does_not_start(
    tmp_path: Path, agreed_book: str, redis_url: str, server: str
) -> None:
    urls = {"sqlalchemy.url": agreed_book, "redis.url": redis_url, "llmpricing.environment": "development"}
    with started(tmp_path, urls | SIGN_IN, server) as site:
        said = site.log.read_text()
    assert "Next: set trusted_proxy in [server:main]" in said
    assert "Traceback" not in said
