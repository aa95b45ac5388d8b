"""llmpricing import: what it reads, says and exits with, and that nothing half done remains."""

from __future__ import annotations

import gzip
import json
import lzma
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import Base, BookVersion, ObservationRow, Offering, PriceRow, SourceFetch
from llmpricing.models.revisions import IMPORT_LOCK
from llmpricing.services.imports.failures import failing_sources
from llmpricing.sources.registry import SOURCES
from tests.commands import Commands, commands_on
from tests.https_server import ListServer, certificate, trusted_server
from tests.lists import cost_map, price_list

SAMPLES = Path(__file__).parents[2] / "fixtures"
LIST = price_list(a=2, b=5)


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, empty_book_url, redis_url)


@pytest.fixture
def book(empty_book_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    monkeypatch.setenv("LLMPRICING_FETCH_HOSTS", "localhost")
    with trusted_server(certificate_file, monkeypatch) as found:
        yield found


@pytest.fixture
def list_file(tmp_path: Path) -> str:
    path = tmp_path / "list.json"
    path.write_bytes(LIST)
    return str(path)


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table holds, meters aside."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "meter"]
    with Session(engine) as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def fetches(engine: Engine) -> list[SourceFetch]:
    with Session(engine) as session:
        return list(session.scalars(select(SourceFetch).order_by(SourceFetch.id)))


def test_the_summary_has_the_same_names_in_text_and_json(commands: Commands, list_file: str) -> None:
    text_ = commands.run("import genai-prices", list_file, "--dry-run")
    said = commands.json("import genai-prices", list_file, "--published", "2026-11-10")
    assert said == {
        "source": "genai-prices",
        "outcome": "imported",
        "published_at": "2026-11-10T00:00:00Z",
        "dry_run": False,
        "new": 4,
        "changed": 0,
        "withdrawn": 0,
        "unchanged": 0,
        "quarantined": 0,
        "unknown_keys": {},
        "problems": [],
        "digest": said["digest"],
    }
    names = ("new", "changed", "withdrawn", "unchanged", "quarantined", "unknown_keys")
    assert all(f"  {name} " in text_.output for name in names)
    assert said["digest"] in text_.output


def test_the_same_file_twice_says_unchanged(commands: Commands, list_file: str) -> None:
    commands.json("import genai-prices", list_file, "--published", "2026-11-10")
    again = commands.json("import genai-prices", list_file, "--published", "2026-11-10")
    assert (again["outcome"], again["new"], again["unchanged"]) == ("unchanged", 0, 4)


@pytest.mark.parametrize(("ending", "pack"), [(".json.gz", gzip.compress), (".json.xz", lzma.compress)])
def test_packed_files_are_read(commands: Commands, tmp_path: Path, ending: str, pack) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / f"list{ending}"
    path.write_bytes(pack(LIST))
    assert commands.json("import genai-prices", str(path))["new"] == 4


def test_standard_input_is_read(commands: Commands) -> None:
    result = commands.run("import genai-prices - --json", data=LIST)
    assert json.loads(result.stdout)["new"] == 4


def test_a_file_without_a_date_counts_as_published_now(commands: Commands, list_file: str) -> None:
    before = datetime.now(UTC)
    published = datetime.fromisoformat(commands.json("import genai-prices", list_file)["published_at"])
    assert before <= published <= datetime.now(UTC)


def test_a_dry_run_tells_everything_and_changes_nothing(commands: Commands, book: Engine, list_file: str) -> None:
    before = rows(book)
    assert commands.json("import genai-prices", list_file, "--dry-run")["new"] == 4
    assert rows(book) == before
    assert commands.json("import genai-prices", list_file)["new"] == 4


def test_quarantined_prices_are_counted_and_no_failure(commands: Commands, tmp_path: Path, list_file: str) -> None:
    commands.json("import genai-prices", list_file, "--published", "2026-10-01")
    (tmp_path / "slipped.json").write_bytes(price_list(a=2000, b=6))
    said = commands.json("import genai-prices", str(tmp_path / "slipped.json"))
    assert (said["quarantined"], said["changed"]) == (2, 4)


def cost_entries(count: int) -> dict[str, Any]:
    """LiteLLM's map of so many offerings, each with prices for input and output."""
    entries: dict[str, Any] = json.loads(cost_map(**{f"model-{number}": 2 for number in range(count)}))
    return entries


def without_key(entries: dict[str, Any], key: str, count: int) -> dict[str, Any]:
    """The map with that key left out of its first entries."""
    return {
        name: {k: v for k, v in entry.items() if k != key or number >= count}
        for number, (name, entry) in enumerate(entries.items())
    }


def load_entries(commands: Commands, folder: Path, entries: Any, published: str, *words: str) -> Any:
    """What importing this map from a file says, done or refused."""
    (folder / "map.json").write_text(json.dumps(entries))
    words = (str(folder / "map.json"), "--published", published, "--json", *words)
    return json.loads(commands.run("import litellm", *words).stdout)


def base_prices(engine: Engine, meter: str) -> int:
    """How many prices the newest lists still say; what a list withdrew is carried on, no longer fresh."""
    query = select(func.count()).where(
        PriceRow.meter == meter, PriceRow.condition_key == "", PriceRow.state == "priced",
        func.upper_inf(PriceRow.recorded), func.upper_inf(PriceRow.valid), PriceRow.fresh_until.is_(None),
    )  # fmt: skip
    with Session(engine) as session:
        return session.scalar(query) or 0


@pytest.mark.parametrize(("key", "meter"), [("input", "input_tokens"), ("output", "output_tokens")])
def test_a_list_that_lost_a_key_is_refused_in_plain_words(
    commands: Commands, book: Engine, tmp_path: Path, key: str, meter: str
) -> None:
    entries = cost_entries(25)
    load_entries(commands, tmp_path, entries, "2026-10-01")
    before = rows(book)
    lost = without_key(entries, f"{key}_cost_per_token", 13)
    said = load_entries(commands, tmp_path, lost, "2026-11-01")
    assert said["outcome"] == "failed"
    assert f"map.json has no price of {meter} any more for 13 of the 25 listed offerings" in said["error"]
    assert "llmpricing import --allow-drop" in said["error"]
    assert (rows(book), base_prices(book, meter)) == (before, 25)


def test_what_a_list_withdraws_is_counted(commands: Commands, book: Engine, tmp_path: Path) -> None:
    entries = cost_entries(25)
    load_entries(commands, tmp_path, entries, "2026-10-01")
    said = load_entries(commands, tmp_path, without_key(entries, "input_cost_per_token", 12), "2026-11-01")
    assert [said[name] for name in ("outcome", "new", "changed", "withdrawn", "unchanged")] == [
        "imported", 0, 0, 12, 38,
    ]  # fmt: skip
    assert base_prices(book, "input_tokens") == 13


def test_a_few_offerings_may_lose_a_price_together(commands: Commands, tmp_path: Path) -> None:
    entries = cost_entries(19)
    load_entries(commands, tmp_path, entries, "2026-10-01")
    lost = without_key(entries, "input_cost_per_token", 19)
    assert load_entries(commands, tmp_path, lost, "2026-11-01")["withdrawn"] == 19


def test_a_person_may_say_that_a_lost_price_is_news(commands: Commands, book: Engine, tmp_path: Path) -> None:
    entries = cost_entries(25)
    load_entries(commands, tmp_path, entries, "2026-10-01")
    lost = without_key(entries, "input_cost_per_token", 25)
    assert load_entries(commands, tmp_path, lost, "2026-11-01", "--allow-drop")["withdrawn"] == 25
    assert base_prices(book, "input_tokens") == 0


def test_a_person_may_say_that_lost_entries_are_news(commands: Commands, tmp_path: Path) -> None:
    load_entries(commands, tmp_path, cost_entries(9), "2026-10-01")
    refused = load_entries(commands, tmp_path, cost_entries(4), "2026-11-01")
    assert "4 entries, the list before it 9" in refused["error"]
    assert "llmpricing import --allow-drop" in refused["error"]
    assert load_entries(commands, tmp_path, cost_entries(4), "2026-11-01", "--allow-drop")["unchanged"] == 8


def test_a_list_most_of_whose_entries_cannot_be_read_is_refused(
    commands: Commands, book: Engine, tmp_path: Path
) -> None:
    entries = cost_entries(9)
    for day in ("2026-10-01", "2026-10-02"):  # the second time it is unchanged, and still what the next is held against
        load_entries(commands, tmp_path, entries, day)
    before = rows(book)
    broken = {name: entry if number < 4 else None for number, (name, entry) in enumerate(entries.items())}
    said = load_entries(commands, tmp_path, broken, "2026-11-01")
    assert said["outcome"] == "failed"
    assert "map.json holds 4 offerings that can be read, the list before it 9" in said["error"]
    assert rows(book) == before
    assert load_entries(commands, tmp_path, broken, "2026-11-01", "--allow-drop")["outcome"] == "imported"


def test_a_list_whose_price_keys_all_have_other_names_is_refused(commands: Commands, tmp_path: Path) -> None:
    entries = cost_entries(9)
    load_entries(commands, tmp_path, entries, "2026-10-01")
    renamed = json.loads(json.dumps(entries).replace("_cost_per_token", "_price_per_token"))
    said = load_entries(commands, tmp_path, renamed, "2026-11-01")
    assert "holds 0 offerings with prices, the list before it 9" in said["error"]


def test_unknown_keys_and_problems_are_listed(commands: Commands) -> None:
    said = commands.json("import models-dev", str(SAMPLES / "models-dev" / "sample.json"))
    assert said["unknown_keys"]["cost.dreams"] == 1
    assert {"key", "reason"} == set(said["problems"][0])


def test_text_shows_signs_that_a_terminal_would_obey_as_escapes(commands: Commands, tmp_path: Path) -> None:
    entries = json.loads(cost_map(a=1)) | {"acme/\x1b[2Jz": {}}
    entries["acme/a"]["dream_cost\x1b[31m"] = 1
    (tmp_path / "odd.json").write_text(json.dumps(entries))
    said = commands.run("import litellm", str(tmp_path / "odd.json")).output
    assert "\x1b" not in said
    assert "acme/\\x1b[2Jz: " in said
    assert "dream_cost\\x1b[31m (1)" in said


def test_text_lists_the_first_problems_and_says_how_many_more(commands: Commands, tmp_path: Path) -> None:
    models = [{"id": "good", "prices": {"input_mtok": 1}}] + [{"id": f"bad-{n}", "prices": 7} for n in range(25)]
    (tmp_path / "bad.json").write_text(json.dumps([{"id": "acme", "name": "Acme", "models": models}]))
    said = commands.run("import genai-prices", str(tmp_path / "bad.json")).output
    assert "  problems     25\n" in said
    assert "bad-19: " in said
    assert "bad-20: " not in said
    assert "and 5 more" in said


def test_text_says_where_quarantined_prices_wait_and_that_a_dry_run_changed_nothing(
    commands: Commands, tmp_path: Path
) -> None:
    (tmp_path / "slipped.json").write_bytes(price_list(a=135_000))
    said = commands.run("import genai-prices --dry-run", str(tmp_path / "slipped.json")).output
    assert "llmpricing review list" in said
    assert "nothing was changed" in said


def test_another_list_of_the_same_time_is_refused(commands: Commands, tmp_path: Path, list_file: str) -> None:
    commands.json("import genai-prices", list_file, "--published", "2026-11-10")
    (tmp_path / "other.json").write_bytes(price_list(a=3, b=5))
    said = commands.json("import genai-prices", str(tmp_path / "other.json"), "--published", "2026-11-10", exit_code=1)
    assert said["outcome"] == "failed"
    assert "--published" in said["error"]


def test_a_file_beyond_the_bound_is_refused(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMPRICING_FETCH_MAX_MIB", "1")
    result = commands.run("import genai-prices -", data=b" " * (2**20 + 1))
    assert (result.exit_code, "LLMPRICING_FETCH_MAX_MIB" in result.stderr) == (1, True)


def test_a_file_that_cannot_be_read_is_told(commands: Commands) -> None:
    result = commands.run("import genai-prices /proc/self/mem")  # a file whose first byte nobody may read
    assert (result.exit_code, "cannot be read" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-source"],
        [],
        ["genai-prices", "no-such-file.json"],
        ["genai-prices", "."],
        ["genai-prices", "--published", "yesterday"],
        ["genai-prices", "--published", "2026-11-10T12:00:00"],
        ["genai-prices", "--published", "2999-01-01"],
        ["--all", "genai-prices"],
        ["--all", "--published", "2026-11-10"],
        ["genai-prices", "-", "one-too-many"],
    ],
)
def test_misuse_exits_2(commands: Commands, words: list[str]) -> None:
    assert commands.run("import", *words).exit_code == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"\x1f\x8b broken", b"\xfd7zXZ\x00"])
def test_a_list_that_cannot_be_read_exits_1_and_changes_nothing(
    commands: Commands, book: Engine, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "broken").write_bytes(data)
    before = rows(book)
    result = commands.run("import genai-prices", str(tmp_path / "broken"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "genai-prices: failed." in result.stderr
    assert rows(book) == before


def test_a_database_that_is_away_is_told_with_the_next_step(tmp_path: Path, redis_url: str, list_file: str) -> None:
    nowhere = commands_on(tmp_path, "postgresql+psycopg2://a:b@127.0.0.1:1/c", redis_url)
    result = nowhere.run("import genai-prices", list_file)
    assert result.exit_code == 1
    assert "The database cannot be reached" in result.stderr


def test_a_database_without_our_schema_is_told_with_the_next_step(
    tmp_path: Path, database_url: str, redis_url: str, list_file: str
) -> None:
    result = commands_on(tmp_path, database_url, redis_url).run("import genai-prices", list_file)
    assert result.exit_code == 1
    assert "initialize_llmpricing_db" in result.stderr


def test_a_list_that_did_not_change_at_its_address_proves_freshness(
    commands: Commands, book: Engine, server: ListServer
) -> None:
    url = server.serve("/list.json?token=secret", LIST, ETag='"one"')
    first, second = (commands.json("import genai-prices", url) for _ in range(2))
    assert (first["outcome"], second["outcome"]) == ("imported", "unchanged")
    assert second["unchanged"] == first["new"] == 4
    assert [asked.get("If-None-Match") for asked in server.asked] == [None, '"one"']
    imported, unchanged = fetches(book)
    assert unchanged.published_at > imported.published_at
    assert (unchanged.sha256, unchanged.size_bytes) == (imported.sha256, imported.size_bytes)
    assert imported.origin == f"{server.url}/list.json"  # what follows the question mark may be a token


def test_a_changed_list_at_the_address_is_imported(commands: Commands, server: ListServer) -> None:
    commands.json("import genai-prices", server.serve("/list.json", LIST, ETag='"one"'))
    said = commands.json("import genai-prices", server.serve("/list.json", price_list(a=3, b=5), ETag='"two"'))
    assert (said["outcome"], said["changed"], said["unchanged"]) == ("imported", 2, 2)


def test_after_another_list_the_address_is_asked_unconditionally(
    commands: Commands, server: ListServer, tmp_path: Path
) -> None:
    url = server.serve("/list.json", LIST, ETag='"one"')
    commands.json("import genai-prices", url)
    (tmp_path / "other.json").write_bytes(price_list(a=3, b=5))
    commands.json("import genai-prices", str(tmp_path / "other.json"))
    assert commands.json("import genai-prices", url)["changed"] == 2
    assert server.asked[-1].get("If-None-Match") is None


def test_unmodified_is_refused_where_another_list_came_meanwhile(
    commands: Commands, server: ListServer, tmp_path: Path
) -> None:
    url = server.serve("/list.json", LIST, ETag='"one"')
    commands.json("import genai-prices", url)
    (tmp_path / "other.json").write_bytes(price_list(a=3, b=5))

    def unmodified(request: BaseHTTPRequestHandler) -> None:
        commands.json("import genai-prices", str(tmp_path / "other.json"))
        request.send_response(304)
        request.end_headers()

    server.answer("/list.json", unmodified)
    assert "Run this again" in commands.json("import genai-prices", url, exit_code=1)["error"]


def test_a_host_off_the_list_exits_1(commands: Commands, book: Engine, server: ListServer) -> None:
    result = commands.run("import genai-prices https://evil.example/list.json")
    assert result.exit_code == 1
    assert "LLMPRICING_FETCH_HOSTS" in result.stderr
    assert server.asked == []
    assert failing(book) == {}  # it says nothing of the source's own address


def failing(engine: Engine) -> dict[str, str]:
    with Session(engine) as session:
        return {slug: one.reason for slug, one in failing_sources(session).items()}


def test_all_imports_every_source_from_its_own_address_and_one_failure_stops_no_other(
    commands: Commands, book: Engine, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {slug: server.url + f"/{slug}" for slug in SOURCES}
    for slug in ("genai-prices", "litellm", "models-dev"):
        server.serve(f"/{slug}", (SAMPLES / slug / "sample.json").read_bytes())
    moved = {slug: replace(info, url=urls[slug]) for slug, info in SOURCES.items()}
    monkeypatch.setattr("llmpricing.scripts.commands.import_lists.SOURCES", moved)
    answers = commands.json("import --all", exit_code=1)
    assert {a["source"]: a["outcome"] for a in answers} == {
        "genai-prices": "imported",
        "model-prices": "failed",
        "litellm": "imported",
        "models-dev": "imported",
    }
    (said,) = (a["error"] for a in answers if "error" in a)
    assert failing(book) == {"model-prices": said}  # and the pages tell it until it is read
    server.serve("/model-prices", (SAMPLES / "model-prices" / "sample.json").read_bytes())
    assert {a["outcome"] for a in commands.json("import --all")} == {"imported", "unchanged"}
    assert failing(book) == {}


@contextmanager
def waiting(engine: Engine, hold: str) -> Iterator[None]:
    """Hold a lock while the block runs."""
    with engine.connect() as holder:
        holder.execute(text(hold))
        yield
        holder.rollback()


def wait_for_lock(engine: Engine, count: int) -> None:
    """Until so many connections to this database wait for a lock."""
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    deadline = time.monotonic() + 30
    while True:
        with engine.connect() as connection:
            if connection.scalar(text(query)) == count:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_of_two_imports_at_once_one_imports_and_the_other_changes_nothing(
    commands: Commands, book: Engine, list_file: str
) -> None:
    words = (list_file, "--published", "2026-11-10", "--json")
    with waiting(book, f"select pg_advisory_xact_lock({IMPORT_LOCK})"):
        one, two = (commands.start("import genai-prices", *words) for _ in range(2))
        wait_for_lock(book, 2)
    said = [json.loads(process.communicate(timeout=60)[0]) for process in (one, two)]
    assert sorted((answer["outcome"], answer["new"]) for answer in said) == [("imported", 4), ("unchanged", 0)]
    assert [fetch.outcome for fetch in fetches(book)] == ["imported"]
    with Session(book) as session:
        assert session.scalar(select(BookVersion.version)) == 1


def test_an_import_that_is_killed_leaves_nothing_and_the_next_one_does_all(
    commands: Commands, book: Engine, list_file: str
) -> None:
    before = rows(book)
    with waiting(book, "lock table price in share mode"):  # words and offerings are written by then, prices are not
        process = commands.start("import genai-prices", list_file)
        wait_for_lock(book, 1)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
        process.communicate()
    wait_for_lock(book, 0)
    assert rows(book) == before
    assert commands.json("import genai-prices", list_file)["new"] == 4
    with Session(book) as session:
        counts = [session.scalar(select(func.count()).select_from(t)) for t in (Offering, ObservationRow, PriceRow)]
    assert counts == [2, 4, 4]
