"""Who may ask, while the database that holds the tokens is away."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from llmpricing.local_stores import RunningStores
from llmpricing.services.decisions.access_tokens import digest_of
from tests.commands import commands_on
from tests.unplugged.conftest import MakeSettings
from tests.unplugged.faults import closed_port, proxied, wait_until
from tests.unplugged.serving import Site, serving

FREE = "/api/v1/openapi.json"  # it asks no store


def ask(site: Site, path: str, token: str = "") -> tuple[int, Any]:
    """Status and JSON, asked with a token."""
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture
def urls(stores: RunningStores) -> dict[str, str]:
    return {"redis.url": stores.redis_url, "llmpricing.environment": "development"}


def test_what_was_known_goes_on_to_count_and_nothing_opens(
    tmp_path: Path, stores: RunningStores, urls: dict[str, str]
) -> None:
    commands = commands_on(tmp_path, stores.database_url, stores.redis_url)
    done = commands.run("token add", "desk")
    token = done.output.splitlines()[0].rpartition(" ")[2]
    try:
        with proxied(stores.database_url) as proxy, serving(tmp_path, urls | {"sqlalchemy.url": proxy.url}) as site:
            assert ask(site, FREE, token)[0] == 200
            proxy.go_silent()
            wait_until(lambda: "tokens_not_read" in site.log.read_text(), 20)
            assert ask(site, FREE, token)[0] == 200
            assert ask(site, FREE, "wrong")[0] == 401
            assert ask(site, FREE)[0] == 401
            commands.run("token revoke", "desk")
            proxy.pass_again()
            proxy.cut()
            wait_until(lambda: ask(site, FREE, token)[0] == 401, 20)
            assert token not in site.log.read_text()
    finally:  # the other tests of these stores ask without a token
        commands.run("token revoke", "desk")
        assert commands.run("token open").exit_code == 0


def test_a_database_that_lost_its_tables_opens_nothing(
    tmp_path: Path, stores: RunningStores, urls: dict[str, str]
) -> None:
    commands = commands_on(tmp_path, stores.database_url, stores.redis_url)
    token = commands.run("token add", "desk").output.splitlines()[0].rpartition(" ")[2]
    of_book = urls | {"sqlalchemy.url": stores.database_url, "llmpricing.book_dir": str(tmp_path / "books")}
    engine = create_engine(stores.database_url, isolation_level="AUTOCOMMIT")

    def rename(old: str, new: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(f"alter table {old} rename to {new}"))

    try:
        with serving(tmp_path, of_book) as site:
            assert ask(site, FREE)[0] == 401
            rename("access_token", "lost_token")
            try:
                wait_until(lambda: "tokens_not_read" in site.log.read_text(), 20)
                assert (ask(site, FREE)[0], ask(site, FREE, token)[0]) == (401, 200)
                with serving(tmp_path, of_book) as later:  # which knows it by what the other wrote down
                    assert (ask(later, FREE)[0], ask(later, FREE, token)[0]) == (401, 200)
            finally:
                rename("lost_token", "access_token")
            wait_until(lambda: "tokens_read" in site.log.read_text(), 20)
            assert (ask(site, FREE)[0], ask(site, FREE, token)[0]) == (401, 200)
    finally:
        engine.dispose()
        commands.run("token revoke", "desk")
        assert commands.run("token open").exit_code == 0


def test_while_nobody_knows_who_may_ask_nobody_may(
    tmp_path: Path, make_settings: MakeSettings, urls: dict[str, str]
) -> None:
    away = make_settings(database_port=closed_port()).database_url
    words = f"own:read:{digest_of('of-the-settings')}"
    with serving(tmp_path, urls | {"sqlalchemy.url": away, "auth.tokens": words}) as site:
        assert ask(site, FREE, "of-the-settings")[0] == 200
        status, body = ask(site, FREE, "perhaps of the database")
        assert (status, body["error"]["code"]) == (503, "UNAVAILABLE")
        assert ask(site, "/api/health/live")[0] == 200
        assert ask(site, "/api/health")[1]["checks"] == {}


def test_without_any_token_probes_tell_what_is_wrong_and_the_rest_waits_for_the_database(
    tmp_path: Path, make_settings: MakeSettings, urls: dict[str, str]
) -> None:
    with serving(tmp_path, urls | {"sqlalchemy.url": make_settings(database_port=closed_port()).database_url}) as site:
        assert ask(site, FREE)[0] == 503
        assert ask(site, "/api/health")[1]["checks"]["database"]["error"].startswith("refused")
