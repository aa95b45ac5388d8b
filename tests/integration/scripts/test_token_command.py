"""llmpricing token: made, shown once, listed and revoked; the database keeps digests only."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import AccessTokenRow, AuditEvent
from llmpricing.services.decisions import access_tokens
from tests.commands import Commands, commands_on


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


@pytest.fixture
def rows(empty_book_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    yield engine
    engine.dispose()


def made(commands: Commands, *words: str) -> str:
    """The token that `token add` shows."""
    done = commands.run("token add", *words)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()[0].rpartition(" ")[2]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(commands: Commands, rows: Engine) -> None:
    token = made(commands, "ci", "--scope", "rates", "--as", "ada", "--note", "for the pipeline")
    with Session(rows) as session:
        row = session.scalars(select(AccessTokenRow)).one()
        everything = [str(value) for value in vars(row).values()]
    assert (row.name, row.scope, row.made_by, row.note) == ("ci", "rates", "ada", "for the pipeline")
    assert row.digest == sha256(token.encode()).hexdigest()
    assert not any(token in value for value in everything)
    assert token not in commands.run("token list").output


def test_the_list_tells_who_made_and_who_revoked_what(commands: Commands) -> None:
    assert commands.run("token list").output.startswith("There are none.")
    made(commands, "old", "--as", "ada")
    made(commands, "new", "--scope", "feed", "--as", "ada")
    commands.run("token revoke", "old", "--as", "bob")
    listed = commands.run("token list").output.splitlines()
    assert [line.split("  ")[:2] for line in listed] == [["new", "feed"], ["old", "read"]]
    assert "by ada" in listed[0]
    assert "revoked" not in listed[0]
    assert listed[1].endswith("by bob")
    told: Any = commands.json("token list")["tokens"]
    assert [(one["name"], one["scope"], one["revoked_by"]) for one in told] == [
        ("new", "feed", None),
        ("old", "read", "bob"),
    ]


def test_each_is_an_event_under_the_name_of_who_did_it(commands: Commands, rows: Engine) -> None:
    made(commands, "ci", "--as", "ada")
    commands.run("token revoke", "ci", "--as", "bob", "--note", "leaked")
    with Session(rows) as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(one.actor, one.action, one.subject, one.details) for one in events] == [
        ("ada", "token_added", "ci", {"scope": "read"}),
        ("bob", "token_revoked", "ci", {"scope": "read", "note": "leaked"}),
    ]


def test_a_name_has_one_token_at_a_time(commands: Commands) -> None:
    first = made(commands, "ci")
    twice = commands.run("token add", "ci")
    assert twice.exit_code == 1
    assert "llmpricing token revoke ci" in twice.output
    last = commands.run("token revoke", "ci")
    assert "It was the last one" in last.output
    assert made(commands, "ci") != first
    assert commands.run("token revoke", "nobody").exit_code == 1


@pytest.mark.parametrize("name", ["a:b", "two words", "x" * 65, "", "ü", ".hidden"])
def test_a_name_that_no_setting_could_hold_is_refused(commands: Commands, name: str) -> None:
    assert commands.run("token add", name).exit_code == 1
    assert commands.json("token list") == {"tokens": []}


def test_there_are_no_more_tokens_than_a_request_compares(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_tokens, "MOST", 1)
    made(commands, "one")
    full = commands.run("token add", "two")
    assert full.exit_code == 1
    assert "llmpricing token list" in full.output
    commands.run("token revoke", "one")
    made(commands, "two")


def test_the_house_opens_again_only_when_nobody_has_a_token(commands: Commands, rows: Engine) -> None:
    made(commands, "ci")
    refused = commands.run("token open")
    assert refused.exit_code == 1
    assert "llmpricing token list" in refused.output
    commands.run("token revoke", "ci")
    assert commands.run("token open", "--as", "ada").exit_code == 0
    with Session(rows) as session:
        assert session.scalars(select(AccessTokenRow)).all() == []
        last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    assert (last.actor, last.action, last.details) == ("ada", "tokens_forgotten", {"count": 1})
