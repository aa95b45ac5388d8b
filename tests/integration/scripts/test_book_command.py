"""llmpricing book: the price book of the ini's database as one file."""

from __future__ import annotations

import json
import stat

import pytest
from click.testing import CliRunner

from llmpricing.book.file import open_book
from llmpricing.scripts.cli import main
from tests.commands import commands_on


@pytest.fixture
def commands(book_url, redis_url, tmp_path):
    return commands_on(tmp_path, book_url, redis_url)


def test_the_book_is_written_once_and_replaced_only_by_force(commands, tmp_path):
    file = tmp_path / "today.book"
    written = commands.run("book export", str(file))
    assert written.exit_code == 0, written.output
    opened = open_book(file)
    assert opened.digest in written.output
    assert len(opened.tables["price"]) > 5
    refused = commands.run("book export", str(file))
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert commands.run("book export", str(file), "--force").exit_code == 0


def test_contract_rates_leave_only_when_asked(commands, tmp_path):
    added = commands.run("rate add", "acme/*", "--discount", "12.5%", "--from", "2026-01-01")
    assert added.exit_code == 0, added.output
    public, secret = tmp_path / "public.book", tmp_path / "secret.book"
    commands.run("book export", str(public))
    said = commands.run("book export", str(secret), "--with-contract-rates")
    assert "only you may read it" in said.output
    assert (len(open_book(public).tables["own_rate"]), len(open_book(secret).tables["own_rate"])) == (0, 1)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_an_older_book_knows_up_to_then(commands, tmp_path):
    file = tmp_path / "older.book"
    assert commands.run("book export", str(file), "--known-at", "2026-11-22T12:00:00Z").exit_code == 0
    opened = open_book(file)
    assert opened.header.last_change.isoformat() == "2026-11-22T12:00:00+00:00"
    assert len(opened.tables["offering"]) > 0


def test_a_book_of_a_time_before_anything_was_known_is_not_written(commands, tmp_path):
    file = tmp_path / "older.book"
    refused = commands.run("book export", str(file), "--known-at", "2026-11-01")
    assert (refused.exit_code, file.exists()) == (2, False)
    said = " ".join(refused.output.split())
    assert "--known-at is too early: this price book began 2026-11-22T12:00:00Z, and nothing was known before" in said


def test_a_place_that_cannot_be_written_is_told(commands, tmp_path):
    result = commands.run("book export", str(tmp_path / "nowhere" / "today.book"))
    assert result.exit_code == 1
    assert "No such file or directory. Mend that, or name another file." in result.output


def test_a_file_says_what_it_is_without_a_database_and_a_damaged_one_ends_in_1(commands, tmp_path):
    file = tmp_path / "today.book"
    commands.run("book export", str(file))
    show = ["book", "show", str(file)]
    told = CliRunner().invoke(main, show)
    assert told.exit_code == 0, told.output
    opened = open_book(file)
    assert f"version {opened.header.version}, as known 2026-11-22T12:00:00Z" in told.output
    found = json.loads(CliRunner().invoke(main, [*show, "--json"]).stdout)
    assert (found["sha256"], found["rows"]["price"]) == (opened.digest, len(opened.tables["price"]))
    file.write_bytes(file.read_bytes()[:-1])
    broken = CliRunner().invoke(main, show)
    assert broken.exit_code == 1
    assert "is cut or damaged" in broken.output
    assert "llmpricing book export FILE, or without a server: llmpricing book build FILE" in broken.output
