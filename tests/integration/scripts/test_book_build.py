"""llmpricing book build: a book's file on a machine without a database, and who points to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from llmpricing.book.file import open_book
from llmpricing.local_stores import StoreError
from llmpricing.scripts import book_building
from llmpricing.scripts.cli import main
from tests.commands import commands_on
from tests.lists import cost_map, small_list
from tests.unplugged.faults import wait_until

NOWHERE = "postgresql+psycopg2://prices:secret@127.0.0.1:1/prices"  # no server listens on port 1
LOG = Path(__file__).parents[3] / "examples" / "litellm-spendlogs.ndjson"
READING = {
    "quote": ["openai/gpt-4o", "--input", "5"],
    **{name: [str(LOG)] for name in ("audit", "price", "outlook", "elsewhere", "names")},
}


@pytest.fixture
def temporary(place, tmp_path, monkeypatch):
    """The temporary folder of what is built, in which nothing may be left; tmp_path has its own place before that."""
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def build(*words: str):
    return CliRunner().invoke(main, ["book", "build", *words], env={"LLMPRICING_DATABASE_URL": NOWHERE})


def servers(folder: Path) -> list[int]:
    """The process ids that the folder's PostgreSQL wrote down: one, once it has begun."""
    files = folder.glob("*/pgdata/postmaster.pid")
    return [int(lines[0]) for file in files if (lines := file.read_text().splitlines())]


def hears_interrupts() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored, and all that they start would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_book_of_two_lists_answers_quotes_and_no_server_stays(temporary, tmp_path):
    file, first, second = tmp_path / "prices.book", tmp_path / "small.json", tmp_path / "map.json"
    first.write_bytes(small_list())
    second.write_bytes(cost_map(**{"acme-only-here": 7}))
    lists = ["--list", f"genai-prices={first}", "--list", f"litellm={second}@2026-02-03"]
    built = build(str(file), "--no-seed", *lists)
    assert built.exit_code == 0, built.output
    assert open_book(file).digest in built.output
    assert list(temporary.iterdir()) == []
    for model, total in (("acme/acme-large", "0.0025"), ("acme/acme-only-here", "0.007")):
        quoted = CliRunner().invoke(main, ["quote", model, "--input", "1000", "--book", str(file), "--json"])
        assert quoted.exit_code == 0, quoted.output
        assert json.loads(quoted.stdout)["total"] == total
    assert "litellm of 03 Feb 2026: imported" in built.output
    asked = ["quote", "acme/acme-only-here", "--input", "1000", "--book", str(file), "--json", "--at"]
    assert json.loads(CliRunner().invoke(main, [*asked, "2026-02-03"]).stdout)["total"] == "0.007"
    assert "unknown before 2026-02-03" in CliRunner().invoke(main, [*asked, "2026-02-02"]).stdout
    assert build(str(file), "--no-seed", *lists).exit_code == 2, "a file is replaced unasked"


def test_the_same_lists_make_the_same_bytes_in_another_process_and_at_another_time(temporary, tmp_path):
    first, second = tmp_path / "small.json", tmp_path / "map.json"
    first.write_bytes(small_list())
    second.write_bytes(cost_map(**{"acme-large": 7, "acme-one": 3}))
    lists = ["--no-seed", "--list", f"genai-prices={first}@2026-02-01", "--list", f"litellm={second}@2026-02-03"]
    lists += ["--exchange", "EUR=1.4@2026-02-03"]
    made = []
    for seed in ("1", "2"):
        file = tmp_path / f"prices{seed}.book"
        command = [sys.executable, "-m", "llmpricing.scripts.cli", "book", "build", str(file), *lists]
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True)
        made.append(file.read_bytes())
    assert made[0] == made[1]
    assert open_book(file).header.last_change == datetime(2026, 2, 3, tzinfo=UTC)


def test_a_book_of_the_lists_that_come_along_compares_by_their_scores_and_keeps_nobodys_own(temporary, tmp_path):
    file = tmp_path / "prices.book"
    built = build(str(file))
    assert built.exit_code == 0, built.output
    opened = open_book(file)
    assert len(opened.tables["score"]) > 250
    assert not opened.header.own_terms
    told = CliRunner().invoke(main, ["elsewhere", str(LOG), "--book", str(file)])
    assert told.exit_code == 0, told.output
    assert "by three published scores or more" in told.output
    assert "no score of it is known" not in told.output


def test_a_book_of_a_day_holds_what_was_published_by_then_and_answers_by_nothing_later(temporary, tmp_path):
    file, small = tmp_path / "prices.book", tmp_path / "map.json"
    small.write_bytes(cost_map(**{"acme-one": 7}))
    day = ["--known-at", "2026-02-03"]
    older = ["--list", f"litellm={small}@2026-02-03"]
    built = build(str(file), *older, *older, *day)  # twice the same moment, and all of it is known then
    assert built.exit_code == 0, built.output
    assert "genai-prices" not in built.output  # the lists that come along are younger
    asked = ["quote", "acme/acme-one", "--input", "1000", "--book", str(file), "--at", "2026-02-04", "--known-at"]
    assert "total: USD 0.007" in CliRunner().invoke(main, [*asked, "2026-02-03"]).stdout
    assert "is later than this book knows" in CliRunner().invoke(main, [*asked, "2026-02-04"]).output
    for words, said in (
        (day, "oldest list that comes along is of 2026-10-26"),
        ([*day, "--list", f"litellm={small}"], f"Say when {small} was published: --list litellm={small}@DATE."),
        ([*day, "--list", f"litellm={small}@2026-02-04"], "later than --known-at 2026-02-03: leave it out"),
    ):
        refused = build(str(tmp_path / "other.book"), *words)
        assert (refused.exit_code, said in " ".join(refused.output.split())) == (2, True), refused.output


def test_a_book_of_an_exchange_rate_audits_what_is_charged_in_it_and_says_how_to_have_another(temporary, tmp_path):
    """1,000 tokens of acme-one at 7 a million are 0.007 USD: 0.5 euro cents at 1.4, and of no known worth in pounds."""
    file, small = tmp_path / "prices.book", tmp_path / "map.json"
    small.write_bytes(cost_map(**{"acme-one": 7}))
    built = build(str(file), "--no-seed", "--list", f"litellm={small}@2026-02-03", "--exchange", "EUR=1.4@2026-02-03")
    assert built.exit_code == 0, built.output
    line = {"ai_org": "acme", "ai_model": "acme-one", "created_at": "2026-03-01T10:00:00Z", "cost": 0.5}
    body = {"usage": {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}}
    log = tmp_path / "portkey.jsonl"
    asked = ["audit", str(log), "--book", str(file), "--json"]
    log.write_text(json.dumps({**line, "response": {"body": body}, "cost_currency": "EUR"}))
    found = CliRunner().invoke(main, asked)
    assert found.exit_code == 0, found.output
    assert (json.loads(found.stdout)["logged"], json.loads(found.stdout)["recomputed"]) == ("0.007", "0.007")
    log.write_text(json.dumps({**line, "response": {"body": body}, "cost_currency": "GBP"}))
    refused = CliRunner().invoke(main, asked)
    assert refused.exit_code == 1
    assert "llmpricing book build prices.book --exchange GBP=USD_PER_GBP@2026-03-01" in refused.output


def test_a_list_that_cannot_be_read_ends_it_and_leaves_nothing(temporary, tmp_path):
    file, bad = tmp_path / "prices.book", tmp_path / "bad.json"
    bad.write_text("[{")
    refused = build(str(file), "--no-seed", "--list", f"litellm={bad}")
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    assert not file.exists()
    assert list(temporary.iterdir()) == []


def test_an_interrupted_build_leaves_neither_server_nor_file(place, tmp_path):
    file = tmp_path / "prices.book"
    command = [sys.executable, "-m", "llmpricing.scripts.cli", "book", "build", str(file)]
    with subprocess.Popen(
        command,
        env=os.environ | {"TMPDIR": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_interrupts,  # noqa: PLW1509 - it takes no lock that a thread could hold
    ) as building:
        wait_until(lambda: any(servers(place)) or building.poll() is not None, 120)
        (server,) = servers(place)
        building.send_signal(signal.SIGINT)
        _, said = building.communicate(timeout=120)
    assert (building.returncode, said.strip()) == (1, "Aborted!")
    assert not psutil.pid_exists(server)
    assert list(place.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--no-seed"], "--list SOURCE=FILE"),
        (["--list", "nobody=README.md"], "sources are genai-prices"),
        (["--list", "litellm=there/is/none.json"], "There is no file"),
        (["--list", f"litellm={__file__}@2999-01-01"], "lies in the future"),
        (["--list", f"litellm={__file__}@yesterday"], "'yesterday'"),
        (["--exchange", "EUR=1.08"], "CURRENCY=USD@DATE"),
        (["--exchange", "EUR=-1@2026-01-01"], "no amount of USD"),
    ],
)
def test_what_is_asked_wrongly_ends_in_2_before_anything_starts(words, told, temporary, tmp_path):
    refused = build(str(tmp_path / "prices.book"), *words)
    assert refused.exit_code == 2
    assert told in refused.output
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("command", READING)
def test_without_a_database_a_command_names_the_way_that_needs_none(command, tmp_path):
    on = commands_on(tmp_path, NOWHERE, "redis://127.0.0.1:1/0")
    refused = on.run(command, *READING[command])
    assert refused.exit_code == 1
    assert "The database cannot be reached" in refused.output
    assert "`llmpricing book build prices.book`" in refused.output.splitlines()[-1]
    assert "`--book prices.book`" in refused.output.splitlines()[-1]
    assert "secret" not in refused.output


def test_without_an_ini_file_a_book_is_made_once_of_the_installed_lists(temporary, tmp_path, monkeypatch):
    """And once more where what lies in its place is no book; lists that cannot be fetched leave it as it is."""
    monkeypatch.chdir(tmp_path)
    alone = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "LLMPRICING_SEED": "model-prices"}
    monkeypatch.setenv("LLMPRICING_DATABASE_URL", NOWHERE)

    def quoted(*words):
        return CliRunner().invoke(main, ["quote", "openai/gpt-4o", "--input", "1000", "--json", *words], env=alone)

    first = quoted()
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["total"] == "0.0025"
    assert "one is made of the installed lists" in first.stderr
    (file,) = (tmp_path / "cache" / "llmpricing").iterdir()
    written = file.stat().st_mtime_ns
    again = quoted()
    assert (json.loads(again.stdout)["total"], file.stat().st_mtime_ns) == ("0.0025", written)
    assert (str(file) in again.stderr, "is made of the" in again.stderr) == (True, False)
    offline = CliRunner().invoke(
        main, ["quote", "openai/gpt-4o", "--input", "1", "--fresh"], env={**alone, "https_proxy": "http://127.0.0.1:1"}
    )
    assert (offline.exit_code, offline.exception.__class__) == (1, SystemExit)
    assert file.stat().st_mtime_ns == written
    file.write_bytes(b"no book")
    assert json.loads(quoted().stdout)["total"] == "0.0025"
    assert list(temporary.iterdir()) == []


def test_a_fresh_book_is_made_only_where_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["--book", "prices.book"], ["-c", "mine.ini"]):
        refused = CliRunner().invoke(main, ["quote", *READING["quote"], "--fresh", *words])
        assert refused.exit_code == 2, refused.output
    (tmp_path / "development.ini").write_text("")
    (tmp_path / "var/pgdata").mkdir(parents=True)
    (tmp_path / "var/pgdata/PG_VERSION").write_text("18\n")  # a server of ours that is down now
    refused = CliRunner().invoke(main, ["quote", *READING["quote"], "--fresh"])
    assert (refused.exit_code, "llmpricing import --all" in refused.output) == (2, True)


def test_what_is_not_installed_is_told_all_at_once_before_anything_is_started(temporary, tmp_path, monkeypatch):
    def lacking(*_):
        raise StoreError("nothing here")

    monkeypatch.setattr(book_building, "installed_binaries", lacking)
    found = build(str(tmp_path / "prices.book"))
    assert (found.exit_code, list(temporary.iterdir())) == (1, [])
    assert "A book is built in a PostgreSQL of its own, which is not installed for this Python." in found.output
    assert "Next: pip install 'llmpricing[stores]'; or take a book that was made elsewhere" in found.output
    assert "docker" not in found.output
    monkeypatch.setattr(metadata, "version", lambda _: "0.0.1")
    both = build(str(tmp_path / "prices.book")).output
    assert "version 0.0.1 is installed, for the lists that come along" in both
    assert "pip install 'llmpricing[stores,seed]'" in both
