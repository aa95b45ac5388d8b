"""llmpricing admin: passwords of operators are set, listed and removed; the settings' own words are made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from llmpricing.scripts.cli import main
from llmpricing.settings import read_settings
from tests.commands import Commands, commands_on
from tests.operators import PASSWORD


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


def test_a_password_is_set_listed_and_removed_each_by_somebody(commands: Commands) -> None:
    assert "set-password NAME" in commands.run("admin list").output
    done = commands.run("admin set-password", "ada", "--as", "bob", "--note", "first day", data=PASSWORD.encode())
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    (told,) = commands.json("admin list")["operators"]
    assert (told["name"], told["set_by"]) == ("ada", "bob")
    assert commands.run("admin remove", "ada", "--as", "bob").exit_code == 0
    assert commands.json("admin list") == {"operators": []}
    logged = commands.json("decisions log")["decisions"]
    assert [(one["actor"], one["action"], one["subject"]) for one in logged] == [
        ("bob", "password_removed", "ada"),
        ("bob", "password_set", "ada"),
    ]


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("set-password", "ada"), "short", "12 to 1000 characters"),
        (("set-password", "ada"), "   blank around it   "[:12], "12 to 1000 characters"),
        (("set-password", "a da"), PASSWORD, "letters, digits"),
        (("remove", "nobody"), "", "llmpricing admin list"),
    ],
)
def test_what_will_not_do_is_refused_with_the_next_step(
    commands: Commands, words: tuple[str, str], typed: str, told: str
) -> None:
    done = commands.run(f"admin {words[0]}", words[1], data=typed.encode())
    assert done.exit_code == 1
    assert told in done.output


def test_words_for_the_settings_are_read_there(commands: Commands) -> None:
    done = CliRunner().invoke(main, ["admin", "hash-password", "grace"], input=PASSWORD)
    words = done.output.strip().rpartition(" ")[2]
    urls = {"sqlalchemy.url": commands.environ["LLMPRICING_DATABASE_URL"], "redis.url": "redis://localhost:6379/0"}
    ini = {**urls, "llmpricing.environment": "development", "auth.passwords": words}
    assert [one.name for one in read_settings(ini, {}).auth_passwords] == ["grace"]
    commands.environ["LLMPRICING_AUTH_PASSWORDS"] = words
    refused = commands.run("admin set-password", "grace", data=PASSWORD.encode())
    assert (refused.exit_code, "auth.passwords" in refused.output) == (1, True)
