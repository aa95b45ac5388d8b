"""The commands that only ask answer by a book's file as by its database: byte for byte, and without any server."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from sqlalchemy import make_url

from llmpricing.local_stores.ports import any_free_port
from llmpricing.local_stores.processes import working_folder
from tests.commands import Commands, commands_on
from tests.usage_twins import FOLDER

INI = Path(__file__).parents[3] / "development.ini"
ASKED = (
    "quote openai/gpt-4o --input 1000 --cache-read 200 --output 500 --at 2026-11-20 --json",
    "quote anthropic/claude-sonnet-4-5 --input 300000 --output 1000 --meter web_searches=1 --at 2026-11-20",
    f"price {FOLDER / 'litellm-spendlogs.csv'} --json",
    f"price {FOLDER / 'claude-code-session.jsonl'}",
    f"audit {FOLDER / 'litellm-spendlogs.csv'} --by model",
    f"audit {FOLDER / 'openrouter-activity.csv'} --json",
    f"audit {FOLDER / 'langfuse-observations.json'} --at-prices-of 2025-06-01",
    f"names {FOLDER / 'litellm-spendlogs.ndjson'}",
)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, full_book_of_module: str, redis_url: str) -> Commands:
    """Commands on the bundled price lists."""
    return commands_on(tmp_path_factory.mktemp("commands"), full_book_of_module, redis_url)


@pytest.fixture(scope="module")
def file(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "prices.book"
    written = commands.run("book export", str(path))
    assert written.exit_code == 0, written.output
    return path


def alone(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder of its own, where but for ``environment`` none names a server."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LLMPRICING_")} | environment
    return subprocess.run(
        [sys.executable, "-m", "llmpricing.scripts.cli", *words],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("asked", ASKED)
def test_a_file_answers_as_its_database_does(commands: Commands, file: Path, tmp_path: Path, asked: str) -> None:
    expected = commands.run(asked)
    found = alone(tmp_path, *asked.split(), "--book", str(file))
    assert (found.returncode, found.stdout, found.stderr) == (expected.exit_code, expected.stdout, expected.stderr)
    assert found.stdout


@pytest.fixture(scope="module")
def of_a_time(commands: Commands, file: Path) -> Path:
    """The same of what was known at the last change."""
    path = file.with_name("then.book")
    written = commands.run("book export", str(path), "--known-at", "2026-11-22T12:00:00Z")
    assert written.exit_code == 0, written.output
    return path


@pytest.mark.parametrize(
    "asked",
    [
        *ASKED,
        "calendar",
        f"elsewhere {FOLDER / 'litellm-spendlogs.csv'} --json",
        f"outlook {FOLDER / 'litellm-spendlogs.csv'} --json",
    ],
)
def test_a_file_of_a_time_answers_as_the_database_by_what_was_known_then(
    file: Path, of_a_time: Path, tmp_path: Path, asked: str
) -> None:
    expected, found = (alone(tmp_path, *asked.split(), "--book", str(one)) for one in (file, of_a_time))
    assert (found.returncode, found.stdout, found.stderr) == (expected.returncode, expected.stdout, expected.stderr)


@pytest.mark.parametrize(
    "asked",
    [
        "quote openai/gpt-4o --input 1000",
        f"price {FOLDER / 'litellm-spendlogs.csv'}",
        f"audit {FOLDER / 'litellm-spendlogs.csv'}",
        f"elsewhere {FOLDER / 'litellm-spendlogs.csv'}",
        f"outlook {FOLDER / 'litellm-spendlogs.csv'}",
    ],
)
def test_a_file_of_a_time_is_not_asked_by_what_was_known_later(of_a_time: Path, tmp_path: Path, asked: str) -> None:
    refused = alone(tmp_path, *asked.split(), "--book", str(of_a_time), "--known-at", "2026-11-22T12:00:01Z")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (
        "--known-at is later than this book knows: it was written by what was known 2026-11-22T12:00:00Z"
        in " ".join(refused.stderr.split())
    )
    assert "llmpricing book export FILE" in refused.stderr


def test_a_table_is_priced_by_a_file_as_by_its_database(commands: Commands, file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("model,at,input_tokens,output_tokens\ngpt-4o,2026-11-20T10:00:00Z,1000,500\nnobody,2026-11-20,1,1\n")
    outs = {name: [str(tmp_path / f"{name}.{kind}") for kind in ("parquet", "rejects.parquet")] for name in "ab"}
    options = ("--known-at", "2026-11-25T00:00:00Z", "--rejects")
    expected = commands.run("price", str(log), *options, outs["a"][1], "-o", outs["a"][0])
    found = alone(tmp_path, "price", str(log), *options, outs["b"][1], "-o", outs["b"][0], "--book", str(file))
    assert (found.returncode, expected.exit_code) == (0, 0), found.stderr + expected.output
    priced, rejected = zip(*([parquet.read_table(one) for one in outs[name]] for name in "ab"), strict=True)
    assert priced[0].equals(priced[1])
    assert rejected[0].drop(["reason"]).equals(rejected[1].drop(["reason"]))
    why, steps = zip(*(table["reason"][0].as_py().split(" (", 1) for table in rejected), strict=True)
    assert why[0] == why[1]
    assert "llmpricing import" in steps[0]  # the next step is the one of that book
    assert "--fresh" in steps[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with an ini file whose servers never ran."""
    folder, text = tmp_path / "checkout", INI.read_text("utf-8")
    folder.mkdir()
    (folder / "development.ini").write_text(text.replace("@localhost:5432/", f"@localhost:{any_free_port()}/"))
    return folder


def test_a_checkout_elsewhere_whose_servers_never_ran_needs_none_either(checkout: Path, tmp_path: Path) -> None:
    asked = ("quote", "openai/gpt-4o", "--input", "1", "-c", "checkout/development.ini")
    found = alone(tmp_path, *asked, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (found.returncode, "No server runs where checkout/development.ini says" in found.stderr) == (0, True)
    (checkout / "var/pgdata").mkdir(parents=True)
    (checkout / "var/pgdata/PG_VERSION").write_text("18\n")
    refused = alone(tmp_path, *asked, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert (refused.returncode, "The database cannot be reached" in refused.stderr) == (1, True), refused.stderr


def test_a_checkout_whose_port_another_one_s_server_holds_says_whose_book_it_asks(
    checkout: Path, full_book_of_module: str, tmp_path: Path
) -> None:
    data = working_folder(make_url(full_book_of_module).port or 5432)
    if data is None or data.name != "pgdata":
        pytest.skip("the tests' PostgreSQL is none that llmpricing started")
    ini = checkout / "development.ini"
    ini.write_text(re.sub(r"(?m)^sqlalchemy.url = .*", f"sqlalchemy.url = {full_book_of_module}", ini.read_text()))
    asked = ("audit", str(FOLDER / "litellm-spendlogs.csv"), "--json")
    found = alone(checkout, *asked)
    told = " ".join(found.stderr.split())
    assert "The price book is that of another folder" in told
    assert f"keeps its data in {data}." in told
    assert json.loads(found.stdout)["price_book"]["book"]
    own = alone(checkout, *asked, LLMPRICING_DATABASE_URL=full_book_of_module)
    assert "another folder" not in own.stderr


def test_a_time_before_a_book_began_is_told_with_the_book_that_would_know(file: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("model,at,input_tokens\ngpt-4o,2026-11-20T10:00:00Z,1000\n")
    for asked in ("quote openai/gpt-4o --input 1", "price log.csv", f"audit {FOLDER / 'litellm-spendlogs.csv'}"):
        found = alone(tmp_path, *asked.split(), "--book", str(file), "--known-at", "2026-01-02")
        assert (
            "llmpricing book build prices-2026-01-02.book --known-at 2026-01-02; then this command again with --book "
            "prices-2026-01-02.book" in " ".join(found.stderr.split())
        )


def test_names_without_a_server_say_what_works_without_one(file: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("our-chat\n")
    found = alone(tmp_path, "names", "names.txt", "--aliases", "ours.csv", "--book", str(file))
    assert "each as --map NAME=OFFERING" in found.stdout
    refused = alone(tmp_path, "alias", "import", "ours.csv")
    assert (refused.returncode, "there is no development.ini here" in refused.stderr) == (2, True), refused.stderr


def test_in_a_checkout_whose_servers_never_ran_a_file_needs_none(checkout: Path, tmp_path: Path) -> None:
    asked = ("audit", str(FOLDER / "litellm-spendlogs.csv"), "--json")
    port = int(re.search(r"@localhost:(\d+)/", (checkout / "development.ini").read_text())[1])
    with socket.socket() as other:  # such as the near end of somebody's connection: no server
        other.bind(("127.0.0.1", port))
        found = alone(checkout, *asked, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert found.stdout, found.stderr
    assert "No server runs where development.ini says" in found.stderr
    assert "Prices: a book made" in found.stderr
    assert [file.name for file in checkout.iterdir()] == ["development.ini"]


@pytest.mark.parametrize("made", ["before, by a server that is down now", "elsewhere, as the environment says"])
def test_a_book_that_somebody_made_is_never_replaced_by_one_of_lists(made: str, checkout: Path, tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    if made.startswith("before"):
        (checkout / "var/pgdata").mkdir(parents=True)
        (checkout / "var/pgdata/PG_VERSION").write_text("18\n")
    else:
        url = f"postgresql+psycopg2://llmpricing:dev_password@localhost:{any_free_port()}/llmpricing_dev"
        environment["LLMPRICING_DATABASE_URL"] = url
    refused = alone(checkout, "quote", "openai/gpt-4o", "--input", "1", **environment)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "The database cannot be reached" in refused.stderr
    assert "`--book prices.book`" in refused.stderr
    assert not (tmp_path / "cache").exists()


def test_without_a_price_book_a_command_says_how_to_name_one(tmp_path: Path) -> None:
    found = alone(tmp_path, "quote", "openai/gpt-4o", "--input", "1", "-c", "mine.ini")
    assert found.returncode == 2
    assert "`llmpricing book build prices.book`" in found.stderr
    assert "`--book prices.book`" in found.stderr
    missing = alone(tmp_path, "quote", "openai/gpt-4o", "--input", "1", "--book", "nothing.book")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "llmpricing book export FILE" in missing.stderr
